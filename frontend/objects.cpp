// Objects: late-bound fields, each evaluated once; amendments; checks of a finished object.
#include <algorithm>
#include <cctype>
#include <ranges>

#include "frontend/diagnostics.h"
#include "frontend/evaluator.h"
#include "frontend/graph_builder.h"
#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/parse.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr size_t kStepsOfARecord = 16;  ///< what making one costs, in steps of evaluation
constexpr size_t kMembersInAStep = 16;  ///< so many can be looked at in the time of a step of evaluation

/// Visits the members of a layer with the part of their path that is relative to the object.
template <class F>
void members(const Layer& layer, F&& visit) {
  if (layer.single) {
    visit(*layer.single, layer.single->path.subspan(layer.skip));
  } else if (layer.block) {
    for (const auto& m : layer.block->members) visit(m, m.path);
  }
}

bool isPathMember(const ast::Member& m) {
  return m.kind == ast::MemberKind::Assign || m.kind == ast::MemberKind::Amend;
}

std::string_view headOf(const ast::Member& m, ast::Path path) {
  if (isPathMember(m)) return path.empty() ? std::string_view() : path[0].text;
  if (m.kind == ast::MemberKind::Child || m.kind == ast::MemberKind::Let) return m.label.text;
  return {};
}

}  // namespace

Object* Evaluator::newObject(const Schema* schema, Object* parent, SourceRange declared) {
  Object& object = objects_.emplace_back();
  spend(kStepsOfARecord, declared);
  object.schema = schema;
  object.parent = parent;
  object.declared = declared;
  object.generation = generation_;
  object.number = objects_.size() - 1;
  return &object;
}

Evaluator::Mark Evaluator::mark() {
  Mark mark{objects_.size(), envs_.size(), generation_};
  generation_ = ++generations_;
  return mark;
}

void Evaluator::release(const Mark& mark) {
  if (std::exchange(outlives_, false)) pin();
  while (objects_.size() > std::max(mark.objects, pinnedObjects_)) objects_.pop_back();
  while (envs_.size() > std::max(mark.envs, pinnedEnvs_)) envs_.pop_back();
  generation_ = mark.generation;
}

/// A new object like `base`, with one more layer (unless it is empty). `inherit` marks the base's layers as inherited.
Object* Evaluator::derive(Object* base, Object* parent, Layer layer, bool inherit) {
  Object* object = newObject(base->schema, parent, base->declared);
  object->layers = base->layers;
  spend(kStepsOfARecord + base->layers.size(), base->declared);
  object->label = base->label;
  object->blockKind = base->blockKind;
  if (inherit)
    for (auto& l : object->layers)
      if (l.origin == ir::OriginKind::Declared) l.origin = ir::OriginKind::Base;
  if (layer.block || layer.single) object->layers.push_back(layer);
  return object;
}

/// How many layers there are up to the last one that says something of a field; 0 where none does.
size_t Evaluator::lastToSay(Object* object, std::string_view name) {
  auto says = [&](const Layer& layer) {
    bool found = false;
    members(layer, [&](const ast::Member& m, ast::Path path) { found = found || headOf(m, path) == name; });
    return found;
  };
  size_t i = object->layers.size();
  while (i > 0 && !says(object->layers[i - 1])) --i;
  return i;
}

Env* Evaluator::schemaFrame(Object* object, const Schema* owner) {
  for (const auto& [schema, env] : object->schemaFrames)
    if (schema == owner) return env;
  touch(object);
  Env env;
  env.parent = owner->env;
  env.object = object;
  return object->schemaFrames.emplace_back(owner, newEnv(env)).second;
}

Env* Evaluator::frame(Object* object, size_t layer) {
  const auto& l = object->layers[layer];
  if (l.single) return l.env;  // written in the enclosing block: its names are meant
  object->frames.resize(object->layers.size());
  auto& env = object->frames[layer];
  if (!env) {
    touch(object);
    Env made;
    made.parent = l.env;
    made.object = object;
    env = newEnv(made);
  }
  return env;
}

bool Evaluator::hasMember(Object* object, std::string_view name) {
  if (const auto* field = object->schema->find(name)) return field->item->kind != ast::ItemKind::Blocks;
  const auto& own = ownNames(object);
  return std::binary_search(own.begin(), own.end(), name);
}

/// The names of its child blocks and `let`s, sorted. Nothing amends an object any more when its names are asked for.
const std::vector<std::string_view>& Evaluator::ownNames(Object* object) {
  if (object->ownNames) return *object->ownNames;
  auto& names = object->ownNames.emplace();
  for (const auto& layer : object->layers)
    members(layer, [&](const ast::Member& m, ast::Path) {
      if (m.kind == ast::MemberKind::Child || m.kind == ast::MemberKind::Let) names.push_back(m.label.text);
    });
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string_view> Evaluator::childLabels(Object* object) {
  std::vector<std::string_view> labels;
  std::set<std::string_view> seen;
  for (const auto& layer : object->layers)
    members(layer, [&](const ast::Member& m, ast::Path) {
      if (m.kind == ast::MemberKind::Child && seen.insert(m.label.text).second) labels.push_back(m.label.text);
    });
  return labels;
}

std::vector<std::string> Evaluator::fieldNames(Object* object) {
  std::vector<std::string> names;
  for (const auto& field : object->schema->fields)
    if (field.item->kind != ast::ItemKind::Blocks) names.emplace_back(field.item->name.text);
  for (auto label : childLabels(object)) names.emplace_back(label);
  return names;
}

const Schema* Evaluator::childSchema(const Schema* schema, std::string_view kind) {
  const auto* field = schema->find(kind);
  if (!field || field->item->kind != ast::ItemKind::Blocks) return nullptr;
  return schemaByPath(field->item->path, *field->owner->module);
}

Value Evaluator::get(Object* object, std::string_view name, SourceRange at) {
  if (auto found = object->slots.find(name); found != object->slots.end()) {
    if (found->second.state == Object::State::Done) {
      read_ |= found->second.axes;
      return found->second.value;
    }
    diags_->report<diag::value_cycle>(at.valid() ? at : object->declared, name)
        .help("break the circle: one of these values must not need the other");
    found->second.value = {};
    return {};
  }
  touch(object);
  auto& slot = object->slots[name];
  auto context = keepContext();
  context_.graph = nullptr;  // a field is static whoever asks for it
  // A field of type Any belongs to another tool and may speak of results (`emit report { pareto = [cost_per_mtok] }`).
  const auto* field = object->schema->find(name);
  context_.results = field && field->item->type && field->type.kind == TypeKind::Any;
  context_.computing = {object, name};
  uint64_t readBefore = std::exchange(read_, 0);
  slot.value = compute(object, name, slot, at);
  slot.state = Object::State::Done;
  slot.axes = read_;
  read_ |= readBefore;
  return slot.value;
}

Value Evaluator::adopt(Value value, Object* owner) {
  if (value.kind != ValueKind::Record || value.object->parent == owner || !value.object->schema->needsGiven)
    return value;
  return Value::record(derive(value.object, owner, {}, false));
}

Value Evaluator::given(Object* object, const SchemaField& field) {
  auto name = field.item->name.text;
  for (Object* p = object->parent; p; p = p->parent)
    if (hasMember(p, name)) {
      Value v = get(p, name, field.item->range);
      const auto* provider = p->schema->find(name);
      if (provider && provider->item->type && !(provider->type == field.type) && field.type.kind != TypeKind::Poison) {
        diags_->report<diag::hides_other_type>(field.item->name.range, name, name)
            .here(describe(field.type))
            .label(provider->item->name.range, describe(provider->type));
        return {};
      }
      return v;
    }
  diags_->report<diag::missing_given>(object->declared, object->schema->name, name)
      .label(field.item->range, "declared here");
  return {};
}

/// How a field gets its value: from what replaces it last (a layer, or else the schema), then from what amends that.
class FieldComputation {
 public:
  FieldComputation(Evaluator& ev, Object* object, std::string_view name, Object::Slot& slot, SourceRange at)
      : ev_(ev),
        object_(object),
        name_(name),
        slot_(slot),
        at_(at),
        field_(object->schema->find(name)),
        item_(field_ ? field_->item : nullptr) {}

  Value run() {
    if (!collect()) return {};
    noteOrigins();
    if (amendments_ > 0) {
      const auto& last = contributions_[amendments_ - 1];
      if (last.member->kind == ast::MemberKind::Let) return local(last);
      value_ = last.member->kind == ast::MemberKind::Child ? child(last) : assigned(last);
      absent_ = false;
    } else if (item_) {
      if (item_->kind == ast::ItemKind::Given && contributions_.empty()) return ev_.given(object_, *field_);
      if (item_->kind == ast::ItemKind::Measure) return ev_.measure(object_, name_, {}, nullptr, at_);
      if (item_->value) {
        value_ = ev_.eval(item_->value, ev_.schemaFrame(object_, field_->owner), &field_->type, object_);
        absent_ = false;
      }
    }
    if (value_.poison()) return {};
    for (size_t i = amendments_; i < contributions_.size(); ++i)
      if (!amend(contributions_[i])) return {};
    if (value_.kind == ValueKind::Record && !blockKind_.empty()) labelBlock();
    return field_ ? settled() : ev_.adopt(value_, object_);
  }

 private:
  struct Contribution {
    size_t layer;
    const ast::Member* member;
    ast::Path rest;  ///< what the path says beyond the field's name
    bool replaces;
  };

  /// False when the file has taken more than it may.
  bool collect() {
    if (ev_.exhausted_) return false;
    size_t looked = 0;
    for (size_t i = 0; i < object_->layers.size(); ++i)
      members(object_->layers[i], [&](const ast::Member& m, ast::Path path) {
        ++looked;
        if (headOf(m, path) != name_) return;
        bool replaces = m.kind == ast::MemberKind::Let || (m.kind == ast::MemberKind::Assign && path.size() == 1) ||
                        (m.kind == ast::MemberKind::Child && (m.value || !m.extends.empty()));
        contributions_.push_back({i, &m, isPathMember(m) ? path.subspan(1) : ast::Path(), replaces});
      });
    ev_.spend(looked / kMembersInAStep, object_->declared);
    amendments_ = contributions_.size();
    while (amendments_ > 0 && !contributions_[amendments_ - 1].replaces) --amendments_;
    return true;
  }

  void noteOrigin(ir::OriginKind kind, SourceRange range) {
    slot_.kinds.push_back(kind);
    slot_.ranges.push_back(range);
  }
  /// The last one is in force, so it comes first.
  void noteOrigins() {
    for (const auto& c : std::views::reverse(contributions_))
      noteOrigin(object_->layers[c.layer].origin, c.member->value   ? c.member->value->range
                                                  : c.member->block ? c.member->block->range
                                                                    : c.member->range);
    if (item_ && item_->value)
      noteOrigin(item_->kind == ast::ItemKind::Let ? ir::OriginKind::Derived : ir::OriginKind::Default,
                 item_->value->range);
    if (!slot_.ranges.empty()) slot_.range = slot_.ranges.front();
  }

  /// `let x = …` inside the block.
  Value local(const Contribution& c) {
    const auto& m = *c.member;
    Env* env = ev_.frame(object_, c.layer);
    Type type = m.type ? ev_.resolveType(m.type, ev_.moduleOf(env)) : Type{};
    Value value = ev_.eval(m.value, env, m.type ? &type : nullptr, object_);
    return m.type ? ev_.conform(value, type, m.value->range, name_) : value;
  }

  /// `x = …`
  Value assigned(const Contribution& c) {
    return ev_.eval(c.member->value, ev_.frame(object_, c.layer), field_ ? &field_->type : nullptr, object_);
  }

  /// `engine x = …` or `engine x extends …`
  Value child(const Contribution& c) {
    const auto& m = *c.member;
    Env* env = ev_.frame(object_, c.layer);
    const Schema* schema = ev_.childSchema(object_->schema, m.kindName.text);
    blockKind_ = m.kindName.text;
    if (!schema) return {};
    Type type{TypeKind::Record, {}, nullptr, schema, nullptr};
    if (m.value) return ev_.conform(ev_.eval(m.value, env, &type, object_), type, m.value->range, name_);
    Value base = ev_.pathValue(m.extends, env, m.extends.size());
    Object* made = nullptr;
    if (base.kind == ValueKind::Schema)
      made = ev_.newObject(base.schema, object_, m.label.range);
    else if (base.kind == ValueKind::Record)
      made = ev_.derive(base.object, object_, {}, true);
    else if (!base.poison())
      ev_.diags().report<diag::not_a_schema>(m.extends.back().range, m.extends.back().text, ev_.describe(base));
    if (!made) return {};
    made->layers.push_back({m.block, nullptr, 0, env, object_->layers[c.layer].origin});
    return ev_.conform(Value::record(made), type, m.extends.back().range, name_);
  }

  /// `x { … }`, `x.y = …`, `engine x { … }`. False: it has been reported why that cannot be.
  bool amend(const Contribution& c) {
    const auto& m = *c.member;
    Layer layer{m.block, nullptr, 0, ev_.frame(object_, c.layer), object_->layers[c.layer].origin};
    if (isPathMember(m) && !c.rest.empty()) {
      layer.block = nullptr;
      layer.single = &m;
      layer.skip = m.path.size() - c.rest.size();
    }
    if (value_.kind == ValueKind::Null) return begin(m, layer);
    if (value_.kind != ValueKind::Record) {
      ev_.diags().report<diag::not_a_schema>(m.range, name_, ev_.describe(value_));
      return false;
    }
    // One record takes all the amendments that follow each other.
    if (value_.object == amended_) {
      amended_->layers.push_back(layer);
    } else {
      amended_ = ev_.derive(value_.object, object_, layer, false);
      value_ = Value::record(amended_);
    }
    return true;
  }

  /// The first amendment of a field without a value makes its record.
  bool begin(const ast::Member& m, const Layer& layer) {
    bool typed = field_ && field_->type.kind == TypeKind::Record;
    const Schema* schema = typed ? field_->type.schema : nullptr;
    bool block = m.kind == ast::MemberKind::Child;
    if (block) {
      schema = ev_.childSchema(object_->schema, m.kindName.text);
      blockKind_ = m.kindName.text;
    }
    if (!schema) {
      if (field_ && !typed && field_->type.kind != TypeKind::Poison)
        ev_.diags().report<diag::not_a_schema>(m.range, name_, ev_.describe(field_->type));
      return false;
    }
    Object* made = ev_.newObject(schema, object_, block ? m.label.range : m.path[0].range);
    made->layers.push_back(layer);
    value_ = Value::record(made);
    absent_ = false;
    return true;
  }

  void labelBlock() {
    if (value_.object->parent != object_) value_ = Value::record(ev_.derive(value_.object, object_, {}, false));
    value_.object->blockKind = blockKind_;
    value_.object->label = name_;
  }

  /// The value as the field's type wants it; reports what is missing or does not fit.
  Value settled() {
    if (value_.kind == ValueKind::List && value_.list->written > kLongestList) {
      ev_.diags().report<diag::too_many>(
          slot_.range, fmt::format("{} elements, those of lists in lists counted", value_.list->written), kLongestList);
      return {};
    }
    if (value_.kind == ValueKind::Null) {
      if (item_->optional) return value_;
      if (absent_)
        ev_.noteMissing(object_, *field_, at_);
      else
        ev_.diags().report<diag::not_optional>(slot_.range, name_).label(item_->range, "declared here");
      return {};
    }
    Value value = ev_.adopt(ev_.conform(value_, field_->type, slot_.range, name_, item_->range), object_);
    if (!value.poison() && !ev_.constrain(object_, *field_, value, slot_.range)) return {};
    return value;
  }

  Evaluator& ev_;
  Object* object_;
  std::string_view name_;
  Object::Slot& slot_;
  SourceRange at_;
  const SchemaField* field_;
  const ast::SchemaItem* item_;
  std::vector<Contribution> contributions_;  ///< in order; those from `amendments_` on amend
  size_t amendments_ = 0;
  Value value_ = Value::null();
  Object* amended_ = nullptr;  ///< the record that was made for the amendments
  bool absent_ = true;         ///< nobody has said anything
  std::string blockKind_;      ///< "engine" for a child block
};

Value Evaluator::compute(Object* object, std::string_view name, Object::Slot& slot, SourceRange at) {
  return FieldComputation(*this, object, name, slot, at).run();
}

/// Fields without a value are reported together, an object at a time.
void Evaluator::noteMissing(Object* object, const SchemaField& field, SourceRange at) {
  auto known = std::find_if(missing_.begin(), missing_.end(), [&](const Missing& m) { return m.object == object; });
  if (known == missing_.end())
    known = missing_.insert(missing_.end(), {object, object->declared.valid() ? object->declared : at, {}});
  known->fields.push_back(&field);
}

bool Evaluator::constrain(Object* object, const SchemaField& field, const Value& value, SourceRange at) {
  const auto* item = field.item;
  Env* env = nullptr;
  auto scope = [&] {
    if (!env) {
      Env made;
      made.parent = schemaFrame(object, field.owner);
      made.name = "it";
      made.local = value;
      env = newEnv(made);
    }
    return env;
  };
  if (item->where) {
    Value holds = eval(item->where, scope());
    if (holds.kind == ValueKind::Bool && !holds.flag) {
      auto& d =
          diags_->report<diag::require_failed>(at, fmt::format("`{}`", diags_->sources().text(item->where->range)));
      d.here(fmt::format("`{}` is {}", item->name.text, describe(value))).label(item->range, "the schema says so here");
      // 90 where 90 pct was meant.
      if (value.kind == ValueKind::Number && value.quantity.dimension.none() && value.quantity.unit.empty()) {
        Env percent;
        percent.parent = schemaFrame(object, field.owner);
        percent.name = "it";
        percent.local = value;
        percent.local.quantity.value = value.quantity.value / Number::integer(100);
        Value would = eval(item->where, newEnv(percent));
        if (field.type.kind == TypeKind::Number && would.kind == ValueKind::Bool && would.flag)
          d.fix(at, fmt::format("{} pct", diags_->sources().text(at)));
      }
      return false;
    }
  }
  if (item->plausible && value.kind == ValueKind::Number && item->plausible->kind == ast::ExprKind::Binary) {
    Value low = eval(item->plausible->a, scope()), high = eval(item->plausible->b, scope());
    if (low.kind != ValueKind::Number || high.kind != ValueKind::Number) return true;
    auto inside = [&](const Number& n) {
      return n.compare(low.quantity.value) >= 0 && n.compare(high.quantity.value) <= 0;
    };
    if (inside(value.quantity.value)) return true;
    auto text = diags_->sources().text(at);
    auto& d = diags_->report<diag::implausible>(at, text, item->name.text, low.quantity.text(), high.quantity.text());
    // The same number with another unit of the dimension is the usual slip.
    auto unit = parseUnit(value.quantity.unit);
    if (!unit) return true;
    Number written = value.quantity.value / Number(unit->factor);
    for (std::string_view candidate :
         {"TB/s", "GB/s", "Gbit/s", "TFLOP/s", "PFLOP/s", "GB", "GiB", "us", "ms", "USD/h", "W", "kW"}) {
      auto other = parseUnit(candidate);
      if (other->dimension == value.quantity.dimension && inside(written * Number(other->factor))) {
        d.fix(at, fmt::format("{} {}", shortest(written.toDouble()), candidate));
        break;
      }
    }
    d.label(item->range, "the schema's plausible range");
  }
  return true;
}

void Evaluator::checkLayers(Object* object) {
  for (size_t i = 0; i < object->layers.size(); ++i) {
    std::set<std::string_view> complete;
    std::unordered_map<std::string_view, SourceRange> first;
    members(object->layers[i], [&](const ast::Member& m, ast::Path path) {
      auto name = headOf(m, path);
      SourceRange at = isPathMember(m) && !path.empty() ? path[0].range : m.label.range;
      if (m.kind == ast::MemberKind::Child) {
        if (!childSchema(object->schema, m.kindName.text)) {
          auto& d = diags_->report<diag::unknown_field>(m.kindName.range, object->schema->name, m.kindName.text);
          std::vector<std::string> kinds;
          for (const auto& f : object->schema->fields)
            if (f.item->kind == ast::ItemKind::Blocks) kinds.emplace_back(f.item->name.text);
          if (auto meant = suggest(m.kindName.text, kinds))
            d.fix(m.kindName.range, *meant);
          else if (!kinds.empty())
            d.help("it has blocks of kind " + joinWords(kinds));
        }
        if (!first.emplace(name, at).second) diags_->report<diag::set_twice>(at, name).label(first[name], "first here");
        return;
      }
      if (m.kind == ast::MemberKind::Let) {
        if (const auto* f = object->schema->find(name))
          diags_->report<diag::declared_twice>(at, name).label(f->item->range, "a field of the schema");
        return;
      }
      if (m.kind == ast::MemberKind::Require) return;
      if (!isPathMember(m)) {
        bool promises = object->schema->isA("Slo") || object->schema->isA("Explore");
        std::string_view word = m.kind == ast::MemberKind::Expect ? "expect"
                                : m.kind == ast::MemberKind::Vary ? "vary"
                                : m.kind == ast::MemberKind::Find ? "find"
                                : m.maximize                      ? "maximize"
                                                                  : "minimize";
        bool axis = m.kind == ast::MemberKind::Vary && searches(object->schema);
        if (!axis && (!promises || (m.kind != ast::MemberKind::Expect && !object->schema->isA("Explore"))))
          diags_->report<diag::wrong_stage>(m.range, word,
                                            m.kind == ast::MemberKind::Expect ? "in slo, explore and test"
                                            : m.kind == ast::MemberKind::Vary ? "in explore and its spaces"
                                                                              : "in explore");
        return;
      }
      if (path.empty()) return;
      const auto* field = object->schema->find(name);
      if (field && field->item->kind == ast::ItemKind::Blocks) {
        diags_->report<diag::unknown_field>(at, object->schema->name, name)
            .here("a kind of block")
            .help(fmt::format("give the block a name: `{} NAME {{ … }}`", name));
        return;
      }
      if (!field && !hasMember(object, name)) {
        auto& d = diags_->report<diag::unknown_field>(at, object->schema->name, name);
        fieldsUnknownIn_.insert({object->declared.file, object->declared.begin});
        if (diags_->crowded(at.file)) return;
        auto names = fieldNames(object);
        if (auto meant = suggest(name, names))
          d.fix(at, *meant);
        else if (!names.empty() && names.size() <= 16)
          d.help("its fields are " + joinWords(names));
        return;
      }
      if (field && (field->item->kind == ast::ItemKind::Let || field->item->kind == ast::ItemKind::Measure))
        diags_->report<diag::derived_field>(at, name).label(field->item->range, "derived here");
      if (m.kind == ast::MemberKind::Assign && path.size() == 1) {
        if (!complete.insert(name).second)
          diags_->report<diag::set_twice>(at, name).label(first[name], "first set here");
        first.emplace(name, at);
      }
    });
  }
}

void Evaluator::forceValue(const Value& value) {
  if (value.kind == ValueKind::Record) force(value.object);
  if (value.kind != ValueKind::List || std::exchange(value.list->forced, true)) return;
  for (const auto& item : *value.list) forceValue(item);
}

/// One message for all the fields that an object lacks.
void Evaluator::reportMissing() {
  for (const auto& m : std::exchange(missing_, {})) {
    // The field that was meant has been reported under the name that it was given.
    if (fieldsUnknownIn_.count({m.object->declared.file, m.object->declared.begin}) > 0) continue;
    std::vector<std::string> names;
    for (const auto* f : m.fields) names.push_back(fmt::format("`{}`", f->item->name.text));
    auto& d = diags_->report<diag::missing_field>(
        m.at, m.object->label.empty() ? std::string(m.object->schema->name) : m.object->label, joinWords(names));
    d.here(m.fields.size() == 1 ? "it is not set" : "they are not set");
    for (size_t i = 0; i < std::min<size_t>(m.fields.size(), 4); ++i)
      d.label(m.fields[i]->item->range, fmt::format("{} is needed", describe(m.fields[i]->type)));
  }
}

void Evaluator::force(Object* object) {
  if (object->forced) return;
  object->forced = true;
  forceFields(object);
  size_t errors = diags_->errors();
  reportMissing();
  if (watch_ && !watch_->failed && diags_->errors() > errors) watch_->failed = read_;
}

void Evaluator::forceFields(Object* object) {
  // What each check looks at is its own affair, beside what led to this object.
  auto each = [this, path = read_](auto&& check) {
    size_t errors = diags_->errors();
    read_ = path;
    check();
    if (watch_) watch_->decided.insert(read_);
    if (watch_ && !watch_->failed && diags_->errors() > errors) watch_->failed = read_;
    read_ = path;
  };
  each([&] { checkLayers(object); });
  for (const auto& field : object->schema->fields) {
    auto kind = field.item->kind;
    if (kind == ast::ItemKind::Blocks || kind == ast::ItemKind::Measure) continue;
    each([&] { forceValue(get(object, field.item->name.text, object->declared)); });
  }
  for (auto label : childLabels(object)) each([&] { forceValue(get(object, label, object->declared)); });
  for (size_t i = 0; i < object->layers.size(); ++i)
    members(object->layers[i], [&](const ast::Member& m, ast::Path) {
      if (m.kind == ast::MemberKind::Let) each([&] { forceValue(get(object, m.label.text, m.range)); });
    });
  if (object->schema->isA("Node")) each([&] { checkAmendedCount(object); });
  for (const auto* s = object->schema; s; s = s->base)
    for (const auto& item : s->decl->body().items)
      if (item.kind == ast::ItemKind::Require)
        each([&] { checkRequire(item.value, item.message, schemaFrame(object, s), object->declared, object); });
  for (size_t i = 0; i < object->layers.size(); ++i)
    members(object->layers[i], [&](const ast::Member& m, ast::Path path) {
      Env* env = frame(object, i);
      // In a search `require` filters points: it need not hold for the base, only make sense.
      if (m.kind == ast::MemberKind::Require && searches(object->schema))
        eval(m.value, env);
      else if (m.kind == ast::MemberKind::Require)
        each([&] { checkRequire(m.value, m.message, env, object->declared); });
      bool promise = m.kind == ast::MemberKind::Expect || m.kind == ast::MemberKind::Objective;
      if (promise && (object->schema->isA("Slo") || object->schema->isA("Explore"))) {
        auto context = keepContext();
        context_.results = true;
        Value v = eval(m.value, env);
        if (!v.poison() && v.kind != ValueKind::Symbolic && v.kind != ValueKind::Metric && v.kind != ValueKind::Bool)
          diags_->report<diag::type_mismatch>(m.value->range, describe(v), "a statement about results");
      }
      if (m.kind == ast::MemberKind::Vary && searches(object->schema)) {
        Value axis = eval(m.value, env);
        if (axis.kind == ValueKind::List && axis.list->written > kLongestList)
          diags_->report<diag::too_many>(
              m.value->range, fmt::format("{} elements, those of lists in lists counted", axis.list->written),
              kLongestList);
        else if (axis.kind == ValueKind::List)
          checkAxis(object, m, path, axis);
        else if (!axis.poison())
          diags_->report<diag::type_mismatch>(m.value->range, describe(axis), "a list of values")
              .fix(m.value->range, fmt::format("[{}]", diags_->sources().text(m.value->range)));
      }
      if (m.kind == ast::MemberKind::Find && searches(object->schema)) {
        if (m.label.text != "minimum" && m.label.text != "maximum")
          diags_->report<diag::bad_call>(
              m.label.range, fmt::format("`find {}`: it is `find minimum PATH` or `find maximum PATH`", m.label.text));
        Value at = axisTarget(object, m, path).value;
        if (!at.poison() && at.kind != ValueKind::Number)
          diags_->report<diag::type_mismatch>(path.back().range, describe(at), "a number");
        if (m.value) {
          Value range = eval(m.value, env);
          bool two = range.kind == ValueKind::List && range.list->size() == 2;
          if (!range.poison() && !two)
            diags_->report<diag::type_mismatch>(m.value->range, describe(range), "a list of two: [least, most]");
        }
      }
    });
  if (searches(object->schema)) each([&] { checkAxesDiffer(object); });
  // The graph of a whole model is elaborated once, which checks its shapes.
  if (object->schema->graph && object->schema->find("stack")) {
    size_t before = diags_->errors();
    if (before == 0) each([&] { elaborate(object); });
  }
}

Evaluator::AxisTarget Evaluator::axisTarget(Object* object, const ast::Member& m, ast::Path path) {
  AxisTarget at{object->schema->isA("Explore") ? get(object, "base", m.range) : Value::record(object)};
  for (size_t k = 0; k < path.size() && at.value.kind == ValueKind::Record; ++k) {
    Object* here = at.value.object;
    if (!hasMember(here, path[k].text)) {
      auto whole = diags_->sources().text({path[0].range.file, path[0].range.begin, path.back().range.end});
      auto& d = diags_->report<diag::no_such_path>(path[k].range, whole, describe(at.value), path[k].text);
      if (auto meant = suggest(path[k].text, fieldNames(here)))
        d.fix(path[k].range, *meant);
      else if (auto inner = pathTo(here, path[k].text); !inner.empty())
        d.fix(path[k].range, fmt::format("{}.{}", inner, path[k].text));
      else
        d.help(describe(at.value) + " has " + joinWords(fieldNames(here)));
      return {};
    }
    // Of what lies behind a value that could not be made, nothing is known.
    at.field = k + 1 == path.size() ? here->schema->find(path[k].text) : nullptr;
    at.value = get(here, path[k].text, path[k].range);
  }
  return at;
}

std::string Evaluator::pathTo(Object* object, std::string_view member, int depth) {
  if (depth == 0) return {};
  for (const auto& name : fieldNames(object)) {
    Value v = hasMember(object, name) ? get(object, name, object->declared) : Value{};
    if (v.kind != ValueKind::Record) continue;
    if (hasMember(v.object, member)) return name;
    if (auto inner = pathTo(v.object, member, depth - 1); !inner.empty()) return name + "." + inner;
  }
  return {};
}

/// The values of an axis must be such as its field takes: else every point of the search would fail for it.
void Evaluator::checkAxis(Object* object, const ast::Member& m, ast::Path path, const Value& values) {
  auto target = axisTarget(object, m, path);
  auto whole = diags_->sources().text({path[0].range.file, path[0].range.begin, path.back().range.end});
  if (values.list->empty() && m.value->kind == ast::ExprKind::List)
    diags_->report<diag::empty_axis>(m.value->range, whole);
  if (!target.field || !target.field->item->type) return;
  bool each = m.value->kind == ast::ExprKind::List && m.value->list.size() == values.list->size();
  for (size_t i = 0; i < values.list->size(); ++i) {
    const Value& value = (*values.list)[i];
    if (value.kind == ValueKind::Null && target.field->item->optional) continue;
    auto at = each ? m.value->list[i]->range : m.value->range;
    if (conform(value, target.field->type, at, path.back().text, target.field->item->range).poison()) return;
  }
}

void Evaluator::checkAxesDiffer(Object* object) {
  std::map<std::string, SourceRange> axes;
  for (const auto& layer : object->layers)
    members(layer, [&](const ast::Member& m, ast::Path path) {
      if (m.kind != ast::MemberKind::Vary || path.empty()) return;
      std::string dotted;
      for (const auto& name : path) dotted += (dotted.empty() ? "" : ".") + std::string(name.text);
      SourceRange at{path[0].range.file, path[0].range.begin, path.back().range.end};
      auto [first, fresh] = axes.try_emplace(dotted, at);
      if (!fresh) diags_->report<diag::varied_twice>(at, dotted).label(first->second, "first varied here");
    });
}

void Evaluator::explainParts(const ast::Expr* e, Env* env, Diagnostic& d, int depth) {
  if (!e || depth > 6 || d.notes.size() >= 8) return;
  if (e->kind == ast::ExprKind::Name || e->kind == ast::ExprKind::Member || e->kind == ast::ExprKind::Call) {
    Value v = eval(e, env);
    if (v.kind == ValueKind::Number || v.kind == ValueKind::Symbol || v.kind == ValueKind::Text ||
        v.kind == ValueKind::Bool) {
      std::string value = v.kind == ValueKind::Number ? v.quantity.text()
                          : v.kind == ValueKind::Bool ? (v.flag ? "true" : "false")
                                                      : v.text;
      std::string note = fmt::format("{} = {}", diags_->sources().text(e->range), value);
      if (std::find(d.notes.begin(), d.notes.end(), note) == d.notes.end()) d.note(note);
    }
    if (e->kind == ast::ExprKind::Call)
      for (const auto& arg : e->args) explainParts(arg.value, env, d, depth + 1);
    return;
  }
  explainParts(e->a, env, d, depth + 1);
  explainParts(e->b, env, d, depth + 1);
  explainParts(e->c, env, d, depth + 1);
}

void Evaluator::checkRequire(const ast::Expr* condition, std::string_view message, Env* env, SourceRange context,
                             Object* object) {
  Value holds = eval(condition, env);
  if (holds.poison()) return;
  if (holds.kind != ValueKind::Bool) {
    diags_->report<diag::type_mismatch>(condition->range, describe(holds), "a condition");
    return;
  }
  if (holds.flag) return;
  std::string text =
      message.empty() ? fmt::format("`{}`", diags_->sources().text(condition->range)) : std::string(message);
  // The author of a file is shown the own line; what the library wants of it stands beside it.
  SourceRange place = condition->range;
  if (!isAuthors(place)) {
    if (auto written = writtenPlace(condition, object); written.valid()) place = written;
    for (Object* o = object; o && !isAuthors(place); o = o->parent) place = o->declared;
    if (!isAuthors(place)) place = condition->range;
  }
  auto& d = diags_->report<diag::require_failed>(place, text);
  if (place == condition->range)
    d.label(context, "for this");
  else
    d.label(condition->range, "the library requires it here");
  explainParts(condition, env, d);
}

SourceRange Evaluator::writtenPlace(const ast::Expr* condition, Object* object) {
  if (!condition || !object) return {};
  if (condition->kind == ast::ExprKind::Name || condition->kind == ast::ExprKind::Member) {
    Object* owner = object;
    if (condition->kind == ast::ExprKind::Member) {
      Value v = eval(condition->a, schemaFrame(object, object->schema));
      if (v.kind != ValueKind::Record) return {};
      owner = v.object;
    }
    auto slot = owner->slots.find(condition->name.text);
    return slot != owner->slots.end() && isAuthors(slot->second.range) ? slot->second.range : SourceRange{};
  }
  for (const auto* part : {condition->a, condition->b, condition->c})
    if (auto place = writtenPlace(part, object); place.valid()) return place;
  for (const auto& arg : condition->args)
    if (auto place = writtenPlace(arg.value, object); place.valid()) return place;
  return {};
}

/// `deployment.model=meta-llama/Llama-3.1-8B`: what the library knows under this name, as it is declared there.
std::string Evaluator::withLibraryName(const std::string& assignment, Module& module) {
  size_t equals = assignment.find('=');
  if (equals == std::string::npos) return assignment;
  std::string_view name = std::string_view(assignment).substr(equals + 1);
  while (name.starts_with(' ')) name.remove_prefix(1);
  while (name.ends_with(' ')) name.remove_suffix(1);
  bool word = !name.empty() && std::isalpha(static_cast<unsigned char>(name[0]));
  for (char c : name)
    word =
        word && (std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_-./").find(c) != std::string::npos);
  if (!word || moduleLookup(module, name)) return assignment;
  // By ear only what people have other names for: schemas and functions are meant as they are written.
  for (std::string_view kind : {"model", "gpu", "node", "cluster", "runtime", "workload"})
    if (const auto* entry = loader_.library().meant(name, kind)) return assignment.substr(0, equals + 1) + entry->name;
  return assignment;
}

Object* Evaluator::amended(Object* object, const std::string& asked, Module& module) {
  std::string assignment = withLibraryName(asked, module);
  size_t equals = assignment.find('=');
  uint32_t file = diags_->sources().add("--set", assignment);
  commandLineFiles_.insert(file);
  auto range = [&](size_t begin, size_t end) {
    return SourceRange{file, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  };
  if (equals == std::string::npos) {
    diags_->report<diag::syntax_error>(range(0, assignment.size()), std::string("expected `path=value`"));
    return nullptr;
  }
  size_t before = diags_->errors();
  auto parsed = parseExpression(file, static_cast<uint32_t>(equals + 1), *diags_);
  if (diags_->errors() > before) return nullptr;
  ast::Member& member = commandLineMembers_.emplace_back();
  member.kind = ast::MemberKind::Assign;
  member.value = parsed->decls[0].body().value;
  member.range = range(0, assignment.size());
  std::vector<ast::Name> path;
  auto text = diags_->sources().file(file).text();
  for (size_t begin = 0; begin < equals;) {
    size_t end = std::min(text.find('.', begin), equals);
    size_t first = text.find_first_not_of(' ', begin), last = text.find_last_not_of(' ', end - 1);
    if (first >= end || last + 1 <= first) break;
    path.push_back({text.substr(first, last + 1 - first), range(first, last + 1)});
    begin = end + 1;
  }
  member.path = parsed->copy(path);
  commandLine_.push_back(std::move(parsed));
  // Every step of the path must exist before anything is set.
  Value at = Value::record(object);
  for (size_t i = 0; i < path.size(); ++i) {
    if (at.kind != ValueKind::Record || !hasMember(at.object, path[i].text)) {
      auto& d = diags_->report<diag::no_such_path>(path[i].range, text.substr(0, equals), describe(at), path[i].text);
      if (at.kind == ValueKind::Record) {
        auto names = fieldNames(at.object);
        if (auto meant = suggest(path[i].text, names))
          d.fix(path[i].range, *meant);
        else if (auto inner = pathTo(at.object, path[i].text); !inner.empty())
          d.help(fmt::format("write `{}.{}`", inner, path[i].text));
        else
          d.help("it has " + joinWords(names));
      }
      return nullptr;
    }
    if (i + 1 < path.size()) at = get(at.object, path[i].text, path[i].range);
    // Unset optional records are filled by the assignment itself.
    if (at.kind == ValueKind::Null) break;
  }
  if (path.empty()) {
    diags_->report<diag::syntax_error>(member.range, std::string("expected `path=value`"));
    return nullptr;
  }
  Layer layer{nullptr, &member, 0, moduleEnv(module), ir::OriginKind::Set};
  return derive(object, object->parent, layer, false);
}

}  // namespace afdc
