#include "frontend/search.h"

#include <fmt/format.h>

#include <cmath>

#include "frontend/write.h"

namespace afdc {

namespace {

constexpr std::string_view kBase = "base", kScenario = "scenario", kValue = "the axis's value";
constexpr double kExactBelow = 9007199254740992;  // 2^53
constexpr uint64_t kMany = uint64_t{1} << 62;
constexpr double kTie = 1e-9;  ///< relative: nearer than this, rounding could decide

std::string dotted(ast::Path path) {
  std::string out;
  for (const auto& name : path) out += (out.empty() ? "" : ".") + std::string(name.text);
  return out;
}

/// The first error after the first `before` messages, in words. Of a file with ten thousand mistakes none is kept.
std::string firstMistake(const Diagnostics& diags, size_t before) {
  const auto* first = diags.firstError(before);
  return first ? first->message : "one mistake of very many";
}

/// Equal values of an axis have equal keys. A record equals only itself here: two that share a name may differ in what
/// amends them, and a search must not lose either.
std::string keyOf(const Value& v) {
  switch (v.kind) {
    case ValueKind::Record: return fmt::format("{}", static_cast<const void*>(v.object));
    case ValueKind::Number: return v.quantity.exactText();
    case ValueKind::List: {
      std::string key = "[";
      for (const auto& item : *v.list) key += keyOf(item) + ",";
      return key + "]";
    }
    case ValueKind::Dist: {
      std::string key = v.dist->family + "(";
      for (const auto& [name, quantity] : v.dist->parameters) key += name + "=" + quantity.exactText() + ",";
      return key + ")";
    }
    default: return fmt::format("{} {} {}:{}", static_cast<int>(v.kind), v.flag, v.text.size(), v.text);
  }
}

}  // namespace

class Condition {
 public:
  Condition(Search& search, const ast::Expr* e, Search::Written in) : search_(search), in_(in), whole_(e) {
    root_ = compile(e);
  }

  enum class Answer : uint8_t { No, Yes, Error };
  /// `read` gets the axes that decide.
  Answer holds(std::span<const uint32_t> ids, uint64_t& read) {
    read_ = 0;
    auto answer = decide(ids);
    read = read_;
    return answer;
  }

  /// Of the last point whose answer was `Error`.
  const std::string& mistake() const { return mistake_; }

 private:
  Answer decide(std::span<const uint32_t> ids) {
    if (!opaque_) {
      auto v = value(root_, ids);
      if (v.kind == Fact::Bool) return v.number != 0 ? Answer::Yes : Answer::No;
    }
    // As the evaluator sees it.
    const auto* known = all_.find(ids);
    if (!known) known = &ask(whole_, all_, ids);
    read_ |= all_.mask();
    return known->kind != Fact::Bool ? Answer::Error : known->number != 0 ? Answer::Yes : Answer::No;
  }

  struct Fact {
    enum Kind : uint8_t { Number, Bool, Unsure, Other } kind = Other;
    bool exact = false;  ///< a whole number, computed from whole numbers
    double number = 0;
  };
  struct Node {
    const ast::Expr* e;
    ast::Op op = ast::Op::None;  ///< None: a leaf, asked of the evaluator
    size_t a = 0, b = 0;
    ByAxes<Fact> known;
  };

  size_t compile(const ast::Expr* e) {
    while (e->kind == ast::ExprKind::Paren && e->a) e = e->a;
    bool known = false;
    if (e->kind == ast::ExprKind::Binary) switch (e->op) {
        case ast::Op::Add:
        case ast::Op::Sub:
        case ast::Op::Mul:
        case ast::Op::Div:
        case ast::Op::Mod:
        case ast::Op::Less:
        case ast::Op::LessEq:
        case ast::Op::Greater:
        case ast::Op::GreaterEq:
        case ast::Op::Equal:
        case ast::Op::NotEqual:
        case ast::Op::And:
        case ast::Op::Or: known = true; break;
        default: break;
      }
    Node n{e, known ? e->op : ast::Op::None, 0, 0, {}};
    if (known) n.a = compile(e->a), n.b = compile(e->b);
    nodes_.push_back(std::move(n));
    return nodes_.size() - 1;
  }

  const Fact& ask(const ast::Expr* e, ByAxes<Fact>& memo, std::span<const uint32_t> ids) {
    uint64_t read = 0;
    Value v = search_.evaluate(e, in_, ids.size(), read, &mistake_);
    Fact fact;
    if (v.kind == ValueKind::Bool) {
      fact = {Fact::Bool, true, v.flag ? 1.0 : 0.0};
    } else if (v.kind == ValueKind::Number) {
      auto whole = v.quantity.value.toInteger();
      fact = {Fact::Number, whole && std::fabs(static_cast<double>(*whole)) < kExactBelow, v.quantity.value.toDouble()};
    }
    return memo.put(ids, read, fact);
  }

  Fact value(size_t index, std::span<const uint32_t> ids) {
    auto& n = nodes_[index];
    if (n.op == ast::Op::None) {
      const auto* known = n.known.find(ids);
      if (!known) known = &ask(n.e, n.known, ids);
      read_ |= n.known.mask();
      // Symbols, texts and mistakes are the evaluator's.
      if (known->kind == Fact::Other) opaque_ = true;
      return *known;
    }
    Fact a = value(n.a, ids);
    if (n.op == ast::Op::And || n.op == ast::Op::Or) {
      if (a.kind != Fact::Bool || (a.number != 0) == (n.op == ast::Op::Or)) return a;
      return value(n.b, ids);
    }
    Fact b = value(n.b, ids);
    if (a.kind != Fact::Number || b.kind != Fact::Number) return {Fact::Unsure, false, 0};
    bool exact = a.exact && b.exact;
    auto number = [&](double r) { return Fact{Fact::Number, exact && std::fabs(r) < kExactBelow, r}; };
    auto truth = [&](bool yes) {
      bool near = std::fabs(a.number - b.number) <= kTie * (std::fabs(a.number) + std::fabs(b.number));
      return exact || !near ? Fact{Fact::Bool, true, yes ? 1.0 : 0.0} : Fact{Fact::Unsure, false, 0};
    };
    switch (n.op) {
      case ast::Op::Add: return number(a.number + b.number);
      case ast::Op::Sub: return number(a.number - b.number);
      case ast::Op::Mul: return number(a.number * b.number);
      case ast::Op::Div:
        if (b.number == 0) return {Fact::Unsure, false, 0};
        exact = exact && std::fmod(a.number, b.number) == 0;
        return number(a.number / b.number);
      case ast::Op::Mod:
        if (!exact || b.number <= 0 || a.number < 0) return {Fact::Unsure, false, 0};
        return number(std::fmod(a.number, b.number));
      case ast::Op::Less: return truth(a.number < b.number);
      case ast::Op::LessEq: return truth(a.number <= b.number);
      case ast::Op::Greater: return truth(a.number > b.number);
      case ast::Op::GreaterEq: return truth(a.number >= b.number);
      case ast::Op::Equal: return truth(a.number == b.number);
      case ast::Op::NotEqual: return truth(a.number != b.number);
      default: return {};
    }
  }

  Search& search_;
  Search::Written in_;
  const ast::Expr* whole_;
  std::vector<Node> nodes_;
  size_t root_ = 0;
  uint64_t read_ = 0;
  bool opaque_ = false;  ///< only the evaluator can say
  std::string mistake_ = "the condition is neither true nor false";
  ByAxes<Fact> all_;
};

Search::Search(Evaluator& evaluator, Object* explore, std::string_view space)
    : ev_(cleared(evaluator)), explore_(explore), space_(space), builder_(ScenarioBuilder::forSearch(evaluator)) {
  read(explore, false);
  outer_ = list_.size();
  if (!space_.empty()) read(spaceAt(0), true);
  ids_.assign(list_.size(), 0);
}

std::vector<std::string> Search::spaces(Evaluator& evaluator, Object* explore) {
  std::vector<std::string> out;
  for (auto label : evaluator.childLabels(explore)) out.emplace_back(label);
  return out;
}

void Search::read(Object* object, bool inSpace) {
  for (size_t i = 0; i < object->layers.size(); ++i) {
    if (!object->layers[i].block) continue;
    for (const auto& m : object->layers[i].block->members) {
      Written in{inSpace, i};
      if (m.kind == ast::MemberKind::Require) {
        auto& filter = requires_.emplace_back();
        filter.member = &m;
        filter.text = m.message.empty() ? "require " + std::string(ev_.diags().sources().text(m.value->range))
                                        : std::string(m.message);
        filter.condition = std::make_unique<Condition>(*this, m.value, in);
      }
      if (m.kind == ast::MemberKind::Vary) {
        auto& axis = list_.emplace_back();
        place(axis, m, in);
        axes_.push_back(dotted(m.path));
      }
      if (m.kind == ast::MemberKind::Find) {
        place(findAxes_.emplace_back(), m, in);
        auto& find = finds_.emplace_back();
        find.path = dotted(m.path);
        find.minimum = m.label.text == "minimum";
        Value range = m.value ? ev_.eval(m.value, ev_.frame(object, i)) : Value{};
        if (range.kind == ValueKind::List && range.list->size() == 2)
          find.least = (*range.list)[0].quantity, find.most = (*range.list)[1].quantity;
      }
    }
  }
}

void Search::place(Axis& axis, const ast::Member& m, Written in) {
  axis.member = &m, axis.in = in;
  if (!in.inSpace) axis.path.push_back({kBase, m.range});
  axis.path.insert(axis.path.end(), m.path.begin(), m.path.end());
  SourceRange range = m.value ? m.value->range : m.range;
  axis.value.kind = ast::ExprKind::Name;
  axis.value.name = {kValue, range};
  axis.value.range = range;
  axis.assignment.kind = ast::MemberKind::Assign;
  axis.assignment.range = m.range;
  axis.assignment.path = axis.path;
  axis.assignment.value = &axis.value;
}

Search::~Search() {
  if (ev_.searching_ == this) cleared(ev_);
}

Evaluator& Search::cleared(Evaluator& evaluator) {
  if (auto* search = std::exchange(evaluator.searching_, nullptr)) search->leave(0);
  return evaluator;
}

Object* Search::assigned(Object* search, Axis& axis, size_t index, const Value& value) {
  Env env;
  env.parent = search->layers[axis.in.layer].env;
  env.name = kValue;
  env.local = value;
  env.axes = axisBit(index);
  return ev_.derive(search, search->parent, {nullptr, &axis.assignment, 0, ev_.newEnv(env), ir::OriginKind::Set},
                    false);
}

Object* Search::at(size_t depth) {
  if (ev_.searching_ != this) {
    cleared(ev_);
    ev_.searching_ = this;
  }
  size_t same = 0;
  while (same < levels_.size() && same < depth && levels_[same].id == ids_[same]) ++same;
  if (same < depth) leave(same);
  while (levels_.size() < depth) {
    size_t i = levels_.size();
    auto mark = ev_.mark();
    Object* before = i == outer_ && !space_.empty() ? spaceAt(i) : i > 0 ? levels_[i - 1].object : explore_;
    levels_.push_back({assigned(before, list_[i], i, list_[i].values[ids_[i]]), mark, ids_[i]});
  }
  return depth > 0 ? levels_[depth - 1].object : explore_;
}

Object* Search::spaceAt(size_t depth) {
  if (depth > outer_ || space_.empty()) return at(depth);
  return ev_.get(at(depth), space_, explore_->declared).object;
}

void Search::leave(size_t depth) {
  while (levels_.size() > depth) {
    ev_.release(levels_.back().mark);
    levels_.pop_back();
  }
}

Value Search::evaluate(const ast::Expr* e, Written in, size_t depth, uint64_t& read, std::string* mistake) {
  auto& diags = ev_.diags();
  size_t before = diags.count(), errors = diags.errors();
  ev_.steps_ = 0, ev_.exhausted_ = false;
  ev_.read_ = 0;
  Object* object = in.inSpace ? spaceAt(depth) : at(std::min(depth, outer_));
  Value v = ev_.eval(e, ev_.frame(object, in.layer));
  read = std::exchange(ev_.read_, 0);
  if (diags.errors() > errors) {
    v = {};
    if (mistake) *mistake = firstMistake(diags, before);
  }
  diags.forget(before);
  return v;
}

const std::vector<uint32_t>& Search::valuesOf(size_t index) {
  auto& axis = list_[index];
  if (const auto* known = axis.lists.find(ids_)) return *known;
  uint64_t read = 0;
  Value list = evaluate(axis.member->value, axis.in, index, read);
  std::vector<uint32_t> numbers;
  if (list.kind == ValueKind::List) {
    const auto* source = axis.member->value;
    bool each = source->kind == ast::ExprKind::List && source->list.size() == list.list->size();
    for (size_t i = 0; i < list.list->size(); ++i) {
      const auto& value = (*list.list)[i];
      auto [number, fresh] = axis.numbers.try_emplace(keyOf(value), static_cast<uint32_t>(axis.values.size()));
      numbers.push_back(number->second);
      if (!fresh) continue;
      // What has no name of its own is shown as it was written.
      bool unnamed = value.kind == ValueKind::Record && value.object->label.empty();
      axis.values.push_back(value);
      axis.texts.push_back(each && unnamed ? std::string(ev_.diags().sources().text(source->list[i]->range))
                                           : Writer(ev_).expression(value));
      if (value.kind == ValueKind::Record || value.kind == ValueKind::List) ev_.pin();
    }
  }
  return axis.lists.put(ids_, read, std::move(numbers));
}

Value Search::pointHere() {
  if (found_) return ev_.get(found_, space_.empty() ? kBase : kScenario, explore_->declared);
  if (!space_.empty()) return ev_.get(spaceAt(list_.size()), kScenario, explore_->declared);
  return ev_.get(at(list_.size()), kBase, explore_->declared);
}

std::string Search::source(std::span<const uint32_t> ids, const std::string& name) {
  std::vector<uint32_t> here(ids.begin(), ids.end());
  std::swap(here, ids_);
  Value point = pointHere();
  std::string out = point.kind == ValueKind::Record ? Writer(ev_).file(point.object, name) : "";
  ids_ = std::move(here);
  return out;
}

ir::Resolved Search::resolve(std::span<const uint32_t> ids) {
  std::vector<uint32_t> here(ids.begin(), ids.end());
  std::swap(here, ids_);
  auto out = resolveHere();
  ids_ = std::move(here);
  return out;
}

ir::Resolved Search::resolveWith(std::span<const uint32_t> ids, size_t find, double value) {
  std::vector<uint32_t> here(ids.begin(), ids.end());
  std::swap(here, ids_);
  auto dimension = valueOf(ids_, find)->dimension;
  Object* search = spaceAt(list_.size());
  auto mark = ev_.mark();
  found_ =
      assigned(search, findAxes_[find], list_.size(), Value::number(Quantity{Number::inexact(value), dimension, ""}));
  auto out = resolveHere();
  found_ = nullptr;
  ev_.release(mark);
  ids_ = std::move(here);
  return out;
}

std::optional<Quantity> Search::valueOf(std::span<const uint32_t> ids, size_t find) {
  std::vector<uint32_t> here(ids.begin(), ids.end());
  std::swap(here, ids_);
  Value at = Value::record(spaceAt(list_.size()));
  for (const auto& name : findAxes_[find].path)
    at = at.kind == ValueKind::Record && ev_.hasMember(at.object, name.text) ? ev_.get(at.object, name.text, name.range)
                                                                             : Value{};
  ids_ = std::move(here);
  return at.kind == ValueKind::Number ? std::optional(at.quantity) : std::nullopt;
}

ir::Resolved Search::resolveHere() {
  auto& diags = ev_.diags();
  size_t before = diags.count(), errors = diags.errors();
  ev_.steps_ = 0, ev_.exhausted_ = false;  // a budget for each point
  Evaluator::Watch watch;
  ev_.watch_ = &watch;
  ev_.read_ = 0;
  ir::Resolved out;
  Value point = pointHere();
  if (point.kind == ValueKind::Record) {
    ev_.force(point.object);
    out.scenario = &builder_.build(point.object, at(std::min(list_.size(), outer_)));
  }
  ev_.watch_ = nullptr;
  out.decided.assign(watch.decided.begin(), watch.decided.end());
  if (diags.errors() > errors) {
    out.scenario = nullptr;
    out.failed = watch.failed ? *watch.failed : ~uint64_t{0};
    if (out.reason.empty()) out.reason = firstMistake(diags, before);
  }
  diags.forget(before);
  ev_.read_ = 0;
  return out;
}

Search::Size Search::sizeBelow(size_t depth) {
  if (depth == list_.size()) return {1, 0};
  auto& axis = list_[depth];
  if (const auto* known = axis.sizes.find(ids_)) return {known->points, axis.sizes.mask()};
  const List& values = valuesOf(depth);
  Size all{0, axis.lists.mask()};
  uint32_t own = ids_[depth];
  for (size_t i = 0; i < values.size(); ++i) {
    ids_[depth] = values[i];
    Size below = sizeBelow(depth + 1);
    all.read |= below.read & ~axisBit(depth);
    bool same = (below.read & axisBit(depth)) == 0;  // below each of the values
    uint64_t times = same ? values.size() : 1;
    all.points = below.points > kMany / times ? kMany : std::min(kMany, all.points + times * below.points);
    if (same) break;
  }
  ids_[depth] = own;
  axis.sizes.put(ids_, all.read, all);
  return {all.points, axis.sizes.mask()};
}

bool Search::enter(size_t axis) {
  for (; axis < list_.size(); ++axis) {
    auto& a = list_[axis];
    a.here = &valuesOf(axis), a.at = 0;
    a.from = point_.number;
    if (a.here->empty()) return advance(axis);
    ids_[axis] = (*a.here)[0];
  }
  return true;
}

bool Search::advance(size_t end) {
  while (end > 0) {
    auto& a = list_[end - 1];
    if (++a.at < a.here->size()) {
      ids_[end - 1] = (*a.here)[a.at];
      a.from = point_.number;
      return enter(end);
    }
    --end;
  }
  return false;
}

bool Search::next() {
  bool there = false;
  switch (std::exchange(state_, State::Running)) {
    case State::Start: there = enter(0); break;
    case State::Placed: there = true; break;
    case State::Running:
      ++point_.number;
      there = advance(list_.size());
      break;
    case State::Ended: break;
  }
  if (!there) {
    state_ = State::Ended;
    return false;
  }
  point_.ids = ids_;
  point_.pruned = point_.refused = nullptr;
  for (auto& filter : requires_) {
    auto answer = filter.condition->holds(ids_, point_.decided);
    if (answer == Condition::Answer::Yes) continue;
    (answer == Condition::Answer::No ? point_.pruned : point_.refused) =
        answer == Condition::Answer::No ? &filter.text : &filter.condition->mistake();
    break;
  }
  return true;
}

void Search::seek(uint64_t number) {
  state_ = number < size() ? State::Placed : State::Ended;
  point_.number = number;
  uint64_t before = 0;
  for (size_t depth = 0; depth < list_.size() && state_ == State::Placed; ++depth) {
    auto& axis = list_[depth];
    axis.here = &valuesOf(depth);
    for (axis.at = 0;; ++axis.at) {
      ids_[depth] = (*axis.here)[axis.at];
      uint64_t below = sizeBelow(depth + 1).points;
      if (before + below > number) break;
      before += below;
    }
    axis.from = before;
  }
}

uint64_t Search::pass(uint64_t mask) {
  size_t depth = list_.size();
  while (depth > 0 && (mask & axisBit(depth - 1)) == 0) --depth;
  if (depth == list_.size()) return 0;
  uint64_t first = depth > 0 ? list_[depth - 1].from : 0, end = first + sizeBelow(depth).points;
  uint64_t passed = end - 1 - point_.number;
  point_.number = end - 1;
  // As if their last values had been visited.
  for (size_t i = depth; i < list_.size(); ++i) list_[i].at = list_[i].here->size();
  return passed;
}

}  // namespace afdc
