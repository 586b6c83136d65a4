// Names, modules, kinds and types.
#include <algorithm>

#include "frontend/builtins.h"
#include "frontend/diagnostics.h"
#include "frontend/evaluator.h"
#include "frontend/graph_builder.h"
#include "frontend/syntax/habits.h"
#include "results/metrics.h"
#include "support/text.h"

namespace afdc {

Evaluator::Evaluator(Diagnostics& diags, ModuleLoader& loader, Host* host)
    : diags_(&diags), loader_(loader), host_(host) {
  context_.pool = &scratchPool_;
  context_.strings = &scratchStrings_;
}

Evaluator::~Evaluator() = default;

Module* Evaluator::prelude() {
  if (!prelude_) prelude_ = loader_.loadStandard("std.prelude");
  return prelude_;
}

Env* Evaluator::moduleEnv(Module& module) {
  auto& env = moduleEnvs_[&module];
  if (!env) {
    env = newEnv({});
    env->module = &module;
  }
  return env;
}

Module& Evaluator::moduleOf(Env* env) const {
  while (!env->module) env = env->parent;
  return *env->module;
}

ir::Place Evaluator::place(SourceRange range, ir::Strings& strings) const {
  if (!range.valid()) return {};
  const auto& file = diags_->sources().file(range.file);
  auto at = file.position(range.begin);
  return {strings.intern(file.name()), at.line, at.column};
}

Value Evaluator::lookup(std::string_view name, Env* env, SourceRange at, bool& found) {
  found = true;
  for (Env* e = env; e; e = e->parent) {
    if (!e->name.empty() && e->name == name) {
      read_ |= e->axes;
      return e->local;
    }
    // In a field's own value its name means an outer one: `Gqa { heads = heads }`.
    bool itself = e->object == context_.computing.first && name == context_.computing.second;
    if (e->object && !itself && hasMember(e->object, name)) return get(e->object, name, at);
    // A search speaks of its base scenario's fields as its own.
    if (e->object && searches(e->object->schema) &&
        context_.computing != std::pair(e->object, std::string_view("base")) && hasMember(e->object, "base")) {
      Value base = get(e->object, "base", at);
      if (base.kind == ValueKind::Record && hasMember(base.object, name)) return get(base.object, name, at);
    }
    if (e->module) {
      if (auto value = moduleLookup(*e->module, name)) return *value;
      break;
    }
  }
  // The command line imports nothing: whatever the library declares is known there.
  if (at.valid() && commandLineFiles_.count(at.file) > 0)
    if (const auto* entry = loader_.library().find(name))
      if (Module* module = loader_.loadStandard(entry->module))
        if (auto value = moduleLookup(*module, name)) return *value;
  if (context_.graph)
    if (auto value = context_.graph->symbol(name)) return *value;
  if (const auto* metric = findMetric(name)) {
    if (context_.results) {
      Value v = Value::make(ValueKind::Metric);
      v.text = name;
      v.quantity.dimension = dimensionOf(*metric);
      return v;
    }
    diags_->report<diag::wrong_stage>(at, name, "after evaluation, in `expect`, `minimize` and `maximize`");
    return {};
  }
  for (auto symbol : ir::kSymbolNames)
    if (symbol == name) {
      diags_->report<diag::wrong_stage>(at, name, "inside a `graph`");
      return {};
    }
  found = false;
  return {};
}

std::optional<Value> Evaluator::moduleLookup(Module& module, std::string_view name) {
  auto in = [&](Module& m) -> std::optional<Value> {
    if (auto found = m.decls.find(name); found != m.decls.end()) return declValue(m, *found->second);
    if (auto found = m.names.find(name); found != m.names.end())
      return found->second.decl ? declValue(*found->second.module, *found->second.decl) : Value{};
    return std::nullopt;
  };
  if (auto value = in(module)) return value;
  if (auto found = module.aliases.find(name); found != module.aliases.end()) {
    Value v = Value::make(ValueKind::ModuleRef);
    v.module = found->second;
    return v;
  }
  if (prelude() && &module != prelude())
    if (auto value = in(*prelude())) return value;
  if (!findBuiltin(name)) return std::nullopt;
  Value v = Value::make(ValueKind::Builtin);
  v.text = name;
  return v;
}

Value Evaluator::declValue(Module& module, const ast::Decl& decl) {
  if (decl.kind == ast::DeclKind::Schema) {  // may mention itself in the types of its fields
    Value v = Value::make(ValueKind::Schema);
    v.schema = schemaOf(module, decl);
    return v.schema ? v : Value{};
  }
  auto [slot, fresh] = declValues_.try_emplace(&decl);
  if (fresh) outlives_ = true;
  if (!fresh) {
    if (!slot->second.done) {
      diags_->report<diag::value_cycle>(decl.name.range, decl.name.text);
      return {};
    }
    return slot->second.value;
  }
  auto& entry = slot->second;  // node-based: stays valid while others are added
  Value v;
  // A declaration is evaluated in its own context, whoever asks for it first.
  auto context = keepContext();
  context_.graph = nullptr;
  context_.results = false;
  switch (decl.kind) {
    case ast::DeclKind::Let: {
      const auto& body = decl.body();
      Type type = resolveType(body.type, module);
      v = eval(body.value, moduleEnv(module), body.type ? &type : nullptr);
      if (body.type) v = conform(v, type, body.value->range, decl.name.text);
      // What is amended here is a record of its own, not the one that it was made from.
      if (v.kind == ValueKind::Record && (v.object->label.empty() || body.value->kind == ast::ExprKind::Amend))
        v.object->label = decl.name.text;
      break;
    }
    case ast::DeclKind::Fn:
      v = Value::make(ValueKind::Function);
      v.decl = &decl;
      v.module = &module;
      break;
    case ast::DeclKind::Intrinsic:
      v = Value::make(ValueKind::Intrinsic);
      v.decl = &decl;
      v.module = &module;
      break;
    case ast::DeclKind::Block: v = blockValue(module, decl); break;
    case ast::DeclKind::Schema:
    case ast::DeclKind::Enum:
    case ast::DeclKind::Kind: break;
  }
  entry.value = v;
  entry.done = true;
  return v;
}

const Schema* Evaluator::kindSchema(std::string_view kind, Module& module) {
  auto search = [&](Module& m) -> const Schema* {
    for (const auto& decl : m.ast->decls)
      if (decl.kind == ast::DeclKind::Kind && decl.name.text == kind) return schemaByPath(decl.body().path, m);
    return nullptr;
  };
  if (auto* schema = search(module)) return schema;
  for (auto* import : module.imports)
    if (auto* schema = search(*import)) return schema;
  return prelude() ? search(*prelude()) : nullptr;
}

const Schema* Evaluator::schemaByPath(ast::Path path, Module& module, bool report) {
  if (path.empty()) return nullptr;
  if (path.size() > 1 && path[0].text == "std") {  // kinds name their schema by its full path, loaded when first used
    std::string dotted;
    for (size_t i = 0; i + 1 < path.size(); ++i) dotted += (i ? "." : "") + std::string(path[i].text);
    Module* target = loader_.loadStandard(dotted);
    if (!target) return nullptr;
    auto found = target->decls.find(path.back().text);
    return found == target->decls.end() ? nullptr : schemaOf(*target, *found->second);
  }
  Value v = pathValue(path, moduleEnv(module), path.size());
  if (v.kind == ValueKind::Schema) return v.schema;
  if (report && !v.poison()) diags_->report<diag::type_mismatch>(path.back().range, describe(v), "a schema");
  return nullptr;
}

Value Evaluator::pathValue(ast::Path path, Env* env, size_t count) {
  bool found = false;
  Value v = lookup(path[0].text, env, path[0].range, found);
  if (!found) {
    unknownName(path[0].text, env, path[0].range);
    return {};
  }
  for (size_t i = 1; i < count && !v.poison(); ++i) {
    if (v.kind == ValueKind::ModuleRef) {
      const auto* inner = findExported(*v.module, v.module->name, path[i], *diags_);
      if (!inner) return {};
      v = declValue(*v.module, *inner);
    } else if (v.kind == ValueKind::Record && hasMember(v.object, path[i].text)) {
      v = get(v.object, path[i].text, path[i].range);
    } else {
      auto& d = diags_->report<diag::unknown_field>(path[i].range, describe(v), path[i].text);
      if (v.kind == ValueKind::Record && !diags_->crowded(path[i].range.file))
        if (auto meant = suggest(path[i].text, fieldNames(v.object))) d.fix(path[i].range, *meant);
      return {};
    }
  }
  return v;
}

Value Evaluator::blockValue(Module& module, const ast::Decl& decl) {
  const auto& member = *decl.body().block;
  const Schema* schema = kindSchema(member.kindName.text, module);
  if (!schema) {
    std::vector<std::string> kinds{"test", "let", "schema"};
    if (prelude())
      for (const auto& k : prelude()->ast->decls)
        if (k.kind == ast::DeclKind::Kind) kinds.emplace_back(k.name.text);
    auto meant = suggest(member.kindName.text, kinds);
    if (module.failed && !meant) return {};  // an import that failed may have declared it
    auto& d = diags_->report<diag::unknown_kind>(member.kindName.range, member.kindName.text);
    if (meant)
      d.fix(member.kindName.range, *meant);
    else
      d.help(fmt::format("a declaration begins with its kind, `model {}`, or with `let`, `fn`, `schema` or `enum`",
                         member.label.text));
    return {};
  }
  Object* object = nullptr;
  Env* env = moduleEnv(module);
  if (member.value) {
    Type type{TypeKind::Record, {}, nullptr, schema, nullptr};
    Value v = conform(eval(member.value, env, &type), type, member.value->range, decl.name.text);
    if (v.kind != ValueKind::Record) return {};
    object = derive(v.object, nullptr, {}, false);
  } else if (!member.extends.empty()) {
    Value base = pathValue(member.extends, env, member.extends.size());
    if (base.poison()) return {};
    auto& last = member.extends.back();
    const Schema* baseSchema = base.kind == ValueKind::Schema   ? base.schema
                               : base.kind == ValueKind::Record ? base.object->schema
                                                                : nullptr;
    if (!baseSchema) {
      diags_->report<diag::not_a_schema>(last.range, last.text, describe(base));
      return {};
    }
    if (!baseSchema->isA(schema)) {
      diags_
          ->report<diag::type_mismatch>(last.range, fmt::format("`{}`", baseSchema->name),
                                        fmt::format("`{}` or a schema that extends it", schema->name))
          .label(member.kindName.range, fmt::format("a `{}` is a `{}`", member.kindName.text, schema->name));
      return {};
    }
    Layer layer{member.block, nullptr, 0, env, ir::OriginKind::Declared};
    if (base.kind == ValueKind::Record) {
      object = derive(base.object, nullptr, layer, true);
    } else {
      object = newObject(base.schema, nullptr, member.label.range);
      object->layers.push_back(layer);
    }
  } else {
    object = newObject(schema, nullptr, member.label.range);
    object->layers.push_back({member.block, nullptr, 0, env, ir::OriginKind::Declared});
  }
  object->label = member.label.text;
  object->blockKind = member.kindName.text;
  object->declared = member.label.range;
  return Value::record(object);
}

const Schema* Evaluator::schemaOf(Module& module, const ast::Decl& decl) {
  if (auto found = schemaByDecl_.find(&decl); found != schemaByDecl_.end()) return found->second;
  if (decl.kind != ast::DeclKind::Schema) return nullptr;
  Schema& schema = schemas_.emplace_back();
  schema.name = decl.name.text;
  schemaByDecl_[&decl] = &schema;
  const Schema* base = nullptr;
  if (!decl.body().path.empty()) {
    base = schemaByPath(decl.body().path, module);
    int depth = 0;
    for (auto* s = base; s; s = s->base) ++depth;
    if (depth > 16 || (base && !base->decl)) {
      diags_->report<diag::extends_cycle>(decl.name.range, decl.name.text, 16);
      base = nullptr;
    }
    if (!base) return schemaByDecl_[&decl] = nullptr;
  }
  if (base) {
    schema.fields = base->fields;
    schema.index = base->index;
    schema.needsGiven = base->needsGiven;
    schema.graph = base->graph;
    schema.graphOwner = base->graphOwner;
    schema.storages = base->storages;
  }
  schema.module = &module;
  schema.decl = &decl;
  schema.base = base;
  schema.env = moduleEnv(module);
  std::set<std::string_view> own;
  for (const auto& item : decl.body().items) {
    if (item.kind == ast::ItemKind::Graph) schema.graph = item.graph, schema.graphOwner = &schema;
    if (item.kind == ast::ItemKind::Storage) schema.storages.push_back(item.storage);
    if (item.kind == ast::ItemKind::Require || item.kind == ast::ItemKind::Graph || item.kind == ast::ItemKind::Storage)
      continue;
    if (!own.insert(item.name.text).second) diags_->report<diag::declared_twice>(item.name.range, item.name.text);
    SchemaField field{&item, &schema, item.type ? resolveType(item.type, module) : Type{}};
    if (item.kind == ast::ItemKind::Given) schema.needsGiven = true;
    if (auto found = schema.index.find(item.name.text); found != schema.index.end()) {
      schema.fields[found->second] = field;
    } else {
      schema.index.emplace(item.name.text, schema.fields.size());
      schema.fields.push_back(field);
    }
  }
  return &schema;
}

std::optional<Dimension> Evaluator::dimensionNamed(std::string_view name) const {
  static const std::pair<std::string_view, Dimension> aliases[] = {
      {"Ratio", {}},
      {"Float", {}},
      {"Number", {}},
      {"Bandwidth", Dimension::of(Base::Bytes) / Dimension::of(Base::Time)},
      {"Power", Dimension::of(Base::Energy) / Dimension::of(Base::Time)}};
  for (const auto& [alias, dimension] : aliases)
    if (alias == name) return dimension;
  for (size_t i = 0; i < kBaseCount; ++i)
    if (kBaseNames[i] == name) return Dimension::of(static_cast<Base>(i));
  return std::nullopt;
}

Type Evaluator::resolveType(const ast::TypeExpr* type, Module& module) {
  if (!type) return {};
  Type out;
  switch (type->kind) {
    case ast::TypeExpr::One: out.kind = TypeKind::Number; return out;
    case ast::TypeExpr::List:
      out.kind = TypeKind::List;
      out.element = std::make_shared<const Type>(resolveType(type->inner, module));
      return out;
    case ast::TypeExpr::Product: {
      out.kind = TypeKind::Number;
      for (size_t i = 0; i < type->factors.size(); ++i) {
        Type factor = resolveType(type->factors[i], module);
        if (factor.kind == TypeKind::Poison) return factor;
        if (factor.kind != TypeKind::Number) {
          diags_->report<diag::type_mismatch>(type->factors[i]->range, "a type without dimension", "a dimension");
          return Type{TypeKind::Poison, {}, nullptr, nullptr, nullptr};
        }
        out.dimension = type->divides[i] ? out.dimension / factor.dimension : out.dimension * factor.dimension;
      }
      return out;
    }
    case ast::TypeExpr::Named: break;
  }
  if (type->path.size() == 1) {
    auto name = type->path[0].text;
    if (name == "Int") return {TypeKind::Int, {}, nullptr, nullptr, nullptr};
    if (name == "Bool") return {TypeKind::Bool, {}, nullptr, nullptr, nullptr};
    if (name == "Text") return {TypeKind::Text, {}, nullptr, nullptr, nullptr};
    if (name == "Any") return {};
    if (name == "Dist") {
      out.kind = TypeKind::Dist;
      Type inner = resolveType(type->inner, module);
      out.dimension = inner.dimension;
      return out;
    }
    if (auto dimension = dimensionNamed(name)) {
      out.kind = TypeKind::Number;
      out.dimension = *dimension;
      return out;
    }
    for (Module* m : {&module, prelude()}) {
      if (!m) continue;
      auto found = m->decls.find(name);
      const ast::Decl* decl = found != m->decls.end() ? found->second : nullptr;
      if (auto imported = m->names.find(name); !decl && imported != m->names.end()) {
        if (!imported->second.decl) return {TypeKind::Poison, {}, nullptr, nullptr, nullptr};
        decl = imported->second.decl;
      }
      if (decl && decl->kind == ast::DeclKind::Enum) return {TypeKind::Enum, {}, decl, nullptr, nullptr};
    }
  }
  if (auto* schema = schemaByPath(type->path, module)) return {TypeKind::Record, {}, nullptr, schema, nullptr};
  return {TypeKind::Poison, {}, nullptr, nullptr, nullptr};
}

std::string Evaluator::describe(const Type& type) const {
  switch (type.kind) {
    case TypeKind::Any: return "any value";
    case TypeKind::Int: return "an integer";
    case TypeKind::Number: return type.dimension.none() ? "a number" : type.dimension.name();
    case TypeKind::Bool: return "true or false";
    case TypeKind::Text: return "a text";
    case TypeKind::Enum: return fmt::format("a member of `{}`", type.enumeration->name.text);
    case TypeKind::Record: return fmt::format("a `{}`", type.schema->name);
    case TypeKind::List: return "a list";
    case TypeKind::Dist: return fmt::format("a distribution of {}", type.dimension.name());
    case TypeKind::Poison: return "?";
  }
  return "?";
}

std::string Evaluator::describe(const Value& value) const {
  switch (value.kind) {
    case ValueKind::Poison: return "?";
    case ValueKind::Null: return "null";
    case ValueKind::Bool: return value.flag ? "true" : "false";
    case ValueKind::Number:
      return value.quantity.dimension.none()
                 ? fmt::format("the number {}", value.quantity.text())
                 : fmt::format("{} ({})", value.quantity.text(), value.quantity.dimension.name());
    case ValueKind::Text: return fmt::format("the text \"{}\"", value.text);
    case ValueKind::Symbol: return fmt::format("`{}`", value.text);
    case ValueKind::List: return "a list";
    case ValueKind::Record:
      return value.object->label.empty() ? fmt::format("a `{}`", value.object->schema->name)
                                         : fmt::format("`{}`", value.object->label);
    case ValueKind::Dist: return fmt::format("a distribution of {}", value.dist->mean.dimension.name());
    case ValueKind::Schema: return fmt::format("the schema `{}`", value.schema->name);
    case ValueKind::Function:
    case ValueKind::Builtin: return "a function";
    case ValueKind::Intrinsic: return "an operator";
    case ValueKind::ModuleRef: return fmt::format("the module `{}`", value.module->name);
    case ValueKind::Symbolic: return value.stage == Stage::Step ? "a step expression" : "an expression over results";
    case ValueKind::Tensor: return "a tensor";
    case ValueKind::Results: return "results";
    case ValueKind::Metric: return fmt::format("the result `{}`", value.text);
  }
  return "?";
}

namespace {

/// Units that people write for a dimension, for the fix of a number without one.
std::vector<std::string_view> usualUnits(const Dimension& d) {
  auto is = [&](std::string_view unit) { return parseUnit(unit)->dimension == d; };
  if (is("B")) return {"GB", "GiB"};
  if (is("B/s")) return {"GB/s", "Gbit/s"};
  if (is("FLOP/s")) return {"TFLOP/s"};
  if (is("s")) return {"ms", "s"};
  if (is("tok")) return {"tok"};
  if (is("req")) return {"req"};
  if (is("req/s")) return {"req/s"};
  if (is("tok/s")) return {"tok/s"};
  if (is("W")) return {"W"};
  if (is("USD/h")) return {"USD/h"};
  if (is("USD")) return {"USD"};
  if (is("J")) return {"kWh", "J"};
  if (is("USD/kWh")) return {"USD/kWh"};
  if (is("B/tok")) return {"B/tok"};
  return {};
}

/// The same number in a unit of another dimension that people mean: `4 req` for `4 req/s`, `400 GB` for `400 GB/s`, and
/// the other way round. Nothing where what is written is no number and unit.
std::optional<std::string> otherUnit(const Quantity& written, const Dimension& wanted, std::string_view text) {
  if (written.unit.empty() || !text.ends_with(written.unit)) return std::nullopt;
  auto number = text.substr(0, text.size() - written.unit.size());
  while (number.ends_with(' ')) number.remove_suffix(1);
  if (number.empty() || number.find_first_not_of("0123456789._eE+-") != std::string_view::npos) return std::nullopt;
  std::vector<std::string> units;
  for (std::string_view per : {"/s", "/h", "/tok", "/kWh"}) {
    units.push_back(written.unit + std::string(per));
    if (written.unit.ends_with(per)) units.push_back(written.unit.substr(0, written.unit.size() - per.size()));
  }
  for (auto unit : usualUnits(wanted)) units.emplace_back(unit);
  for (const auto& unit : units)
    if (auto parsed = parseUnit(unit); parsed && parsed->dimension == wanted) return fmt::format("{} {}", number, unit);
  return std::nullopt;
}

}  // namespace

Value Evaluator::conform(Value value, const Type& type, SourceRange at, std::string_view what, SourceRange declared) {
  auto mismatch = [&]() -> Value {
    auto& d =
        diags_->report<diag::type_mismatch>(at, describe(value), fmt::format("{} for `{}`", describe(type), what));
    if (value.kind == ValueKind::Schema && type.kind == TypeKind::Record)
      d.fix(at, fmt::format("{} {{ }}", diags_->sources().text(at)));
    if (value.kind == ValueKind::Text && (type.kind == TypeKind::Record || type.kind == TypeKind::Enum))
      d.fix(at, value.text);
    d.label(declared, fmt::format("declared here: {}", describe(type)));
    return {};
  };
  if (value.poison() || type.kind == TypeKind::Poison)
    return value.poison() || type.kind != TypeKind::Poison ? value : Value{};
  switch (type.kind) {
    case TypeKind::Any: return value;
    case TypeKind::Bool: return value.kind == ValueKind::Bool ? value : mismatch();
    case TypeKind::Text: return value.kind == ValueKind::Text ? value : mismatch();
    case TypeKind::Int:
      if (value.kind != ValueKind::Number || !value.quantity.dimension.none() || !value.quantity.value.toInteger())
        return mismatch();
      return value;
    case TypeKind::Dist:
      if (value.kind == ValueKind::Dist) {
        if (value.dist->mean.dimension == type.dimension) return value;
        return mismatch();
      }
      [[fallthrough]];
    case TypeKind::Number: {
      if (value.kind != ValueKind::Number) return mismatch();
      if (value.quantity.dimension != type.dimension) {
        auto text = diags_->sources().text(at);
        if (value.quantity.dimension.none()) {
          auto& d = diags_->report<diag::needs_unit>(at, text, fmt::format("{} (`{}`)", type.dimension.name(), what));
          d.label(declared, "declared here");
          for (auto unit : usualUnits(type.dimension)) d.fix(at, fmt::format("{} {}", text, unit));
        } else {
          auto& d = diags_->report<diag::wrong_dimension>(at, text, value.quantity.dimension.name(),
                                                          fmt::format("{} (`{}`)", type.dimension.name(), what));
          d.label(declared, "declared here");
          if (auto meant = otherUnit(value.quantity, type.dimension, text)) d.fix(at, *meant);
        }
        return {};
      }
      if (type.kind == TypeKind::Number) return value;
      Distribution fixed{"constant",    {{"value", value.quantity}}, value.quantity, value.quantity, value.quantity,
                         value.quantity};
      Value v = Value::make(ValueKind::Dist);
      v.dist = std::make_shared<const Distribution>(std::move(fixed));
      return v;
    }
    case TypeKind::Enum:
      if (value.kind == ValueKind::Symbol && value.decl == type.enumeration) return value;
      return mismatch();
    case TypeKind::Record:
      if (value.kind == ValueKind::Record && value.object->schema->isA(type.schema)) return value;
      return mismatch();
    case TypeKind::List: {
      if (value.kind != ValueKind::List) return mismatch();
      std::vector<Value> items;
      bool changed = false;
      if (!spend(value.list->size(), at)) return {};
      for (const auto& item : *value.list) {
        items.push_back(conform(item, *type.element, at, what));
        if (items.back().poison()) return {};
        changed |= items.back().kind != item.kind;
      }
      return changed ? Value::items(std::move(items)) : value;
    }
    case TypeKind::Poison: return {};
  }
  return value;
}

void Evaluator::visibleNames(Env* env, std::vector<std::string>& out) {
  if (context_.results)
    for (const auto& metric : metricTable()) out.emplace_back(metric.name);
  for (const auto& builtin : builtins()) out.emplace_back(builtin.name);
  for (Env* e = env; e; e = e->parent) {
    if (!e->name.empty()) out.emplace_back(e->name);
    if (e->object)
      for (auto& name : fieldNames(e->object)) out.push_back(name);
    if (!e->module) continue;
    for (const auto& decl : e->module->ast->decls)
      if (!decl.isBlock("test")) out.emplace_back(decl.name.text);
    for (const auto& import : e->module->ast->imports)
      for (const auto& name : import.names) out.emplace_back(name.text);
    if (prelude())
      for (const auto& import : prelude()->ast->imports)
        for (const auto& name : import.names) out.emplace_back(name.text);
    for (auto name : kBaseNames) out.emplace_back(name);
    for (std::string_view name : {"Int", "Bool", "Text", "Ratio", "Dist"}) out.emplace_back(name);
  }
}

void Evaluator::unknownName(std::string_view name, Env* env, SourceRange at) {
  Module& module = moduleOf(env);
  // A module with syntax errors may have lost the declaration: say nothing about names it might have held.
  if (module.failed && !module.standard) return;
  // One mistake may be met at many places: an import that is missing, a declaration that is misspelt.
  auto [known, fresh] = unknownNames_.try_emplace({diags_, &module, std::string(name)}, diags_->count());
  if (!fresh && diags_->addPlace(known->second, diag::unknown_name, name, at)) return;
  known->second = diags_->count();
  auto& d = diags_->report<diag::unknown_name>(at, name);
  if (diags_->crowded(at.file)) return;
  if (const auto* habit = habitOfName(name)) {
    if (!habit->instead.empty())
      d.fix(at, std::string(habit->instead));
    else
      d.help(std::string(habit->advice));
    return;
  }
  std::vector<std::string> names;
  visibleNames(env, names);
  if (auto meant = suggest(name, names)) {
    d.fix(at, *meant);
    if (auto own = module.decls.find(*meant); own != module.decls.end())
      d.label(own->second->name.range, "declared here");
    return;
  }
  // Perhaps the standard library has it: say which import is missing.
  if (const auto* entry = loader_.library().meant(name)) {
    if (entry->name != name) d.fix(at, entry->name);
    d.help(fmt::format("add `import {} {{ {} }}`", entry->module, entry->name));
    return;
  }
  if (context_.results) {
    std::vector<std::string> metrics;
    for (const auto& metric : metricTable()) metrics.emplace_back(metric.name);
    d.help("results are " + joinWords(metrics) + "; of a distribution: mean, p50, p90, p99");
    return;
  }
  d.help("declare it, or import the module that does");
}

}  // namespace afdc
