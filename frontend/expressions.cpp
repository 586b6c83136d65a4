// Evaluation of expressions, stage by stage: static values when everything is known, IR expressions otherwise.
#include <algorithm>
#include <cmath>

#include "frontend/diagnostics.h"
#include "frontend/equality.h"
#include "frontend/evaluator.h"
#include "frontend/graph_builder.h"
#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/tokens.h"
#include "results/metrics.h"
#include "support/text.h"

namespace afdc {

namespace {
/// What a file may take. A step is about a quarter of a kilobyte and half a microsecond, so every file is answered in
/// a second; real ones take a hundredth of it.
constexpr size_t kMostSteps = 1'000'000;
constexpr size_t kLettersInAStep = 64;
constexpr size_t kComparisonsInAStep = 4;
constexpr int kDeepestEvaluation = 4000;

/// `0`, `0.00`, `0e5`
bool saysZero(std::string_view digits) {
  return digits.substr(0, digits.find_first_of("eE")).find_first_of("123456789") == std::string_view::npos;
}

/// Does asking whether they are equal make sense? Anything may be asked to be null.
bool comparable(const Value& a, const Value& b) {
  if (a.kind == ValueKind::Null || b.kind == ValueKind::Null) return true;
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case ValueKind::Bool:
    case ValueKind::Number:
    case ValueKind::Text:
    case ValueKind::Symbol:
    case ValueKind::List:
    case ValueKind::Record: return true;
    default: return false;
  }
}
}  // namespace

using ast::ExprKind;
using ast::Op;

bool Evaluator::spend(size_t amount, SourceRange at) {
  steps_ += amount;
  if (steps_ <= kMostSteps) return true;
  if (!exhausted_) diags_->report<diag::too_many>(at, "more evaluation steps than a file may take", kMostSteps);
  exhausted_ = true;
  return false;
}

Value Evaluator::eval(const ast::Expr* e, Env* env, const Type* expected, Object* owner) {
  if (!e || !spend(1, e->range)) return {};
  if (depth_ >= kDeepestEvaluation) {
    if (!exhausted_) diags_->report<diag::nested_too_deep>(e->range, kDeepestEvaluation);
    exhausted_ = true;
    return {};
  }
  ++depth_;
  Value v = evalUnbounded(e, env, expected, owner);
  --depth_;
  if (v.text.size() >= kLettersInAStep && !spend(v.text.size() / kLettersInAStep, e->range)) return {};
  return v;
}

Value Evaluator::evalUnbounded(const ast::Expr* e, Env* env, const Type* expected, Object* owner) {
  switch (e->kind) {
    case ExprKind::Bad: return {};
    case ExprKind::Number:
    case ExprKind::Quantity: return literal(e);
    case ExprKind::Text: return Value::string(std::string(e->text));
    case ExprKind::Bool: return Value::boolean(e->flag);
    case ExprKind::Null: return Value::null();
    case ExprKind::Name: return evalName(e, env, expected);
    case ExprKind::Paren: return eval(e->a, env, expected, owner);
    case ExprKind::List: return evalList(e, env, expected, owner);
    case ExprKind::Comprehension: return evalComprehension(e, env, expected, owner);
    case ExprKind::Member: return evalMember(e, env);
    case ExprKind::Call: return evalCall(e, env, owner);
    case ExprKind::Amend:
    case ExprKind::Record: return evalAmend(e, env, expected, owner);
    case ExprKind::Unary: return evalUnary(e, env);
    case ExprKind::Binary: return evalBinary(e, env);
    case ExprKind::If: return evalIf(e, env, expected, owner);
    case ExprKind::Index: {
      Value list = eval(e->a, env), at = eval(e->b, env);
      if (list.poison() || at.poison()) return {};
      auto index = at.kind == ValueKind::Number ? at.quantity.value.toInteger() : std::nullopt;
      if (list.kind != ValueKind::List || !index) {
        operandError(e, list, at);
        return {};
      }
      if (*index < 0 || *index >= static_cast<int64_t>(list.list->size())) {
        diags_->report<diag::bad_call>(e->b->range,
                                       fmt::format("index {} is outside a list of {}", *index, list.list->size()));
        return {};
      }
      return (*list.list)[static_cast<size_t>(*index)];
    }
  }
  return {};
}

Value Evaluator::literal(const ast::Expr* e) {
  if (e->kind == ExprKind::Number) {
    auto n = Number::parse(e->text);
    if (!n) {
      diags_->report<diag::syntax_error>(e->range, fmt::format("`{}` has too many digits", e->text.substr(0, 40)));
      return {};
    }
    return representable(*n, !saysZero(e->text), e->range) ? Value::number(*n) : Value{};
  }
  auto [digits, spelled] = splitQuantity(e->text);
  auto number = Number::parse(digits);
  auto unit = parseUnit(spelled);
  if (!unit || !number) {
    auto& d = diags_->report<diag::unknown_unit>(e->range, spelled);
    if (auto meant = suggestUnit(spelled)) d.fix(e->range, fmt::format("{} {}", digits, *meant));
    return {};
  }
  Quantity q{*number * Number(unit->factor), unit->dimension,
             unit->dimension.none() && spelled != "pct" ? "" : std::string(spelled)};
  return representable(q.value, !saysZero(digits), e->range) ? Value::number(std::move(q)) : Value{};
}

/// Reports a number that left what a double holds: it became infinite, or zero where zero was not meant.
bool Evaluator::representable(const Number& n, bool nonzero, SourceRange at) {
  bool finite = std::isfinite(n.toDouble());
  if (finite && !(nonzero && n.toDouble() == 0)) return true;
  diags_->report<diag::not_representable>(
      at, diags_->sources().text(at),
      finite ? "closer to zero than 4.9e-324, the smallest" : "beyond 1.8e308, the largest");
  return false;
}

Value Evaluator::evalName(const ast::Expr* e, Env* env, const Type* expected) {
  // A member of the expected enum wins, so that `side = attention` needs no qualification.
  const Type* type = expected && expected->kind == TypeKind::List ? expected->element.get() : expected;
  if (type && type->kind == TypeKind::Enum) {
    for (const auto& member : type->enumeration->body().members)
      if (member.text == e->name.text) {
        Value v = Value::make(ValueKind::Symbol);
        v.text = member.text;
        v.decl = type->enumeration;
        return v;
      }
    bool found = false;
    Value v = lookup(e->name.text, env, e->name.range, found);
    if (found) return v;
    auto& d = diags_->report<diag::no_such_member>(e->name.range, e->name.text, type->enumeration->name.text);
    d.label(type->enumeration->name.range, "declared here");
    if (diags_->crowded(e->name.range.file)) return {};
    std::vector<std::string> names;
    for (const auto& member : type->enumeration->body().members) names.emplace_back(member.text);
    if (auto meant = suggest(e->name.text, names))
      d.fix(e->name.range, *meant);
    else if (names.size() <= 16)
      d.help("it is one of " + joinWords(names, "or"));
    return {};
  }
  bool found = false;
  Value v = lookup(e->name.text, env, e->name.range, found);
  if (found) return v;
  if (type && type->kind == TypeKind::Text && !moduleOf(env).failed)
    diags_->report<diag::unknown_name>(e->name.range, e->name.text)
        .fix(e->name.range, fmt::format("\"{}\"", e->name.text))
        .note("a text is needed here, and a text stands in quotes");
  else
    unknownName(e->name.text, env, e->name.range);
  return {};
}

Value Evaluator::evalMember(const ast::Expr* e, Env* env) {
  if (context_.results && e->a->kind == ExprKind::Name && e->a->name.text == "slo" && e->name.text == "satisfied") {
    return metricValue("", "slo.satisfied", {});
  }
  Value a = eval(e->a, env);
  switch (a.kind) {
    case ValueKind::Poison: return {};
    case ValueKind::ModuleRef: {
      const auto* found = findExported(*a.module, a.module->name, e->name, *diags_);
      return found ? declValue(*a.module, *found) : Value{};
    }
    case ValueKind::Record: {
      if (hasMember(a.object, e->name.text)) return get(a.object, e->name.text, e->name.range);
      // The blocks of a kind, in order: `cluster.pool`.
      if (childSchema(a.object->schema, e->name.text)) {
        std::vector<Value> blocks;
        for (auto label : childLabels(a.object)) {
          Value child = get(a.object, label, e->name.range);
          if (child.kind == ValueKind::Record && child.object->blockKind == e->name.text) blocks.push_back(child);
        }
        return Value::items(std::move(blocks));
      }
      auto& d = diags_->report<diag::unknown_field>(
          e->name.range, a.object->label.empty() ? std::string(a.object->schema->name) : a.object->label, e->name.text);
      if (diags_->crowded(e->name.range.file)) return {};
      if (auto meant = suggest(e->name.text, fieldNames(a.object))) d.fix(e->name.range, *meant);
      return {};
    }
    case ValueKind::Results:
      for (const auto& [name, value] : *a.fields)
        if (name == e->name.text) return value;
      diags_->report<diag::unknown_field>(e->name.range, "results", e->name.text);
      return {};
    default: diags_->report<diag::unknown_field>(e->name.range, describe(a), e->name.text); return {};
  }
}

Value Evaluator::evalAmend(const ast::Expr* e, Env* env, const Type* expected, Object* owner) {
  if (e->kind == ExprKind::Record) {
    const Type* type = expected && expected->kind == TypeKind::List ? expected->element.get() : expected;
    if (!type || type->kind != TypeKind::Record) {
      if (type && type->kind == TypeKind::Poison) return {};
      diags_->report<diag::type_mismatch>(e->range, "a record without a schema",
                                          type ? describe(*type) : "a value whose type is known");
      return {};
    }
    Object* object = newObject(type->schema, owner, e->range);
    object->layers.push_back({e->block, nullptr, 0, env, ir::OriginKind::Declared});
    return Value::record(object);
  }
  Value base = eval(e->a, env, nullptr, owner);
  if (base.poison()) return {};
  Layer layer{e->block, nullptr, 0, env, ir::OriginKind::Declared};
  if (base.kind == ValueKind::Schema) {
    Object* object = newObject(base.schema, owner, e->a->range);
    object->layers.push_back(layer);
    return Value::record(object);
  }
  if (base.kind == ValueKind::Record) {
    Object* object = derive(base.object, owner ? owner : base.object->parent, layer, true);
    object->declared = e->a->range;
    return Value::record(object);
  }
  diags_->report<diag::not_a_schema>(e->a->range, diags_->sources().text(e->a->range), describe(base));
  return {};
}

Value Evaluator::evalList(const ast::Expr* e, Env* env, const Type* expected, Object* owner) {
  std::vector<Value> items;
  bool bad = false;
  for (auto* item : e->list) {
    items.push_back(eval(item, env, expected, owner));
    bad |= items.back().poison();
  }
  return bad ? Value{} : Value::items(std::move(items));
}

Value Evaluator::evalComprehension(const ast::Expr* e, Env* env, const Type* expected, Object* owner) {
  Value over = eval(e->b, env);
  if (over.poison()) return {};
  if (over.kind != ValueKind::List) {
    diags_->report<diag::type_mismatch>(e->b->range, describe(over), "a list or a range");
    return {};
  }
  std::vector<Value> items;
  items.reserve(over.list->size());
  for (const auto& item : *over.list) {
    Env local;
    local.parent = env;
    local.name = e->name.text;
    local.local = item;
    if (!spend(1, e->range)) return {};
    Env* scope = newEnv(local);
    if (e->c) {
      Value keep = eval(e->c, scope);
      if (keep.poison()) return {};
      if (keep.kind != ValueKind::Bool) {
        diags_->report<diag::type_mismatch>(e->c->range, describe(keep), "a condition");
        return {};
      }
      if (!keep.flag) continue;
    }
    items.push_back(eval(e->a, scope, expected, owner));
    if (items.back().poison()) return {};
  }
  return Value::items(std::move(items));
}

Value Evaluator::evalIf(const ast::Expr* e, Env* env, const Type* expected, Object* owner) {
  Value condition = eval(e->a, env);
  if (condition.poison()) return {};
  if (condition.kind != ValueKind::Bool) {
    if (condition.kind == ValueKind::Symbolic)
      diags_
          ->report<diag::wrong_stage>(e->a->range, diags_->sources().text(e->a->range),
                                      condition.stage == Stage::Step ? "in each step" : "after evaluation")
          .help("a condition must be static");
    else
      diags_->report<diag::type_mismatch>(e->a->range, describe(condition), "a condition");
    return {};
  }
  return eval(condition.flag ? e->b : e->c, env, expected, owner);
}

Value Evaluator::evalRange(const ast::Expr* e, Env* env) {
  Value a = eval(e->a, env), b = eval(e->b, env);
  if (a.poison() || b.poison()) return {};
  auto low = a.kind == ValueKind::Number && a.quantity.dimension.none() ? a.quantity.value.toInteger() : std::nullopt;
  auto high = b.kind == ValueKind::Number && b.quantity.dimension.none() ? b.quantity.value.toInteger() : std::nullopt;
  if (!low || !high) {
    operandError(e, a, b);
    return {};
  }
  __int128 count = static_cast<__int128>(*high) - *low + (e->op == Op::RangeInclusive ? 1 : 0);
  if (count > static_cast<__int128>(kLongestList)) {
    diags_->report<diag::too_many>(
        e->range, fmt::format("{} elements", static_cast<int64_t>(std::min<__int128>(count, INT64_MAX))), kLongestList);
    return {};
  }
  std::vector<Value> items;
  if (count > 0 && !spend(static_cast<size_t>(count), e->range)) return {};
  items.reserve(static_cast<size_t>(std::max<__int128>(count, 0)));
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i) items.push_back(Value::number(Number::integer(*low + i)));
  return Value::items(std::move(items));
}

Value Evaluator::evalUnary(const ast::Expr* e, Env* env) {
  Value a = eval(e->a, env);
  if (a.poison()) return {};
  if (e->op == Op::Not) {
    if (a.kind == ValueKind::Bool) return Value::boolean(!a.flag);
    if (a.kind == ValueKind::Symbolic && a.stage == Stage::Result) {
      a.expr = context_.pool->make(ir::ExprOp::Not, a.expr);
      return a;
    }
  } else if (a.kind == ValueKind::Number) {
    a.quantity.value = -a.quantity.value;
    return a;
  } else if (a.kind == ValueKind::Symbolic || a.kind == ValueKind::Metric) {
    Value s = asSymbolic(a, e->range);
    s.expr = context_.pool->make(ir::ExprOp::Sub, context_.pool->constant(0), s.expr);
    return s;
  }
  diags_->report<diag::bad_operands>(e->opRange, ast::spelling(e->op), describe(a));
  return {};
}

void Evaluator::operandError(const ast::Expr* e, const Value& a, const Value& b) {
  SourceRange at = e->opRange.valid() ? e->opRange : e->range;
  auto& d = diags_->report<diag::bad_operands>(at, e->opRange.valid() ? ast::spelling(e->op) : "[]",
                                               fmt::format("{} and {}", describe(a), describe(b)));
  d.label(e->a->range, describe(a)).label(e->b->range, describe(b));
  if (e->op == Op::Add && (a.kind == ValueKind::Text || b.kind == ValueKind::Text))
    d.help("texts are not joined: write the whole text");
}

Value Evaluator::metricValue(std::string_view statistic, std::string_view metric, Dimension dimension) {
  std::string name = statistic.empty() ? std::string(metric) : fmt::format("{}({})", statistic, metric);
  Value v = Value::make(ValueKind::Symbolic);
  v.stage = Stage::Result;
  v.quantity.dimension = dimension;
  v.expr = context_.pool->metric(context_.strings->intern(name));
  return v;
}

Value Evaluator::asSymbolic(const Value& value, SourceRange at) {
  if (value.kind == ValueKind::Symbolic) return value;
  if (value.kind == ValueKind::Metric)
    return metricValue(findMetric(value.text)->distribution ? "mean" : "", value.text, value.quantity.dimension);
  if (value.kind == ValueKind::Number || value.kind == ValueKind::Bool) {
    Value v = Value::make(ValueKind::Symbolic);
    v.stage = Stage::Static;
    v.quantity.dimension = value.quantity.dimension;
    v.expr = context_.pool->constant(value.kind == ValueKind::Bool ? (value.flag ? 1 : 0) : value.quantity.base());
    return v;
  }
  if (!value.poison()) diags_->report<diag::type_mismatch>(at, describe(value), "a number");
  return {};
}

/// `a op b` where one of them is known later. Same rules of dimension as for values.
Value Evaluator::symbolic(const ast::Expr* e, const Value& left, const Value& right) {
  Value a = asSymbolic(left, e->a->range), b = asSymbolic(right, e->b->range);
  if (a.poison() || b.poison()) return {};
  Stage stage = std::max(a.stage, b.stage);
  bool comparison = e->op == Op::Less || e->op == Op::LessEq || e->op == Op::Greater || e->op == Op::GreaterEq;
  bool logic = e->op == Op::And || e->op == Op::Or;
  if ((comparison || logic) && stage == Stage::Step) {
    diags_->report<diag::wrong_stage>(e->range, diags_->sources().text(e->range), "in each step")
        .help("comparisons must be static: a graph has no branches over step symbols");
    return {};
  }
  static constexpr std::pair<Op, ir::ExprOp> table[] = {
      {Op::Add, ir::ExprOp::Add},         {Op::Sub, ir::ExprOp::Sub},
      {Op::Mul, ir::ExprOp::Mul},         {Op::Div, ir::ExprOp::Div},
      {Op::Less, ir::ExprOp::Less},       {Op::LessEq, ir::ExprOp::LessEq},
      {Op::Greater, ir::ExprOp::Greater}, {Op::GreaterEq, ir::ExprOp::GreaterEq},
      {Op::And, ir::ExprOp::And},         {Op::Or, ir::ExprOp::Or}};
  auto found = std::find_if(std::begin(table), std::end(table), [&](const auto& row) { return row.first == e->op; });
  if (found == std::end(table)) {
    operandError(e, left, right);
    return {};
  }
  auto da = a.quantity.dimension, db = b.quantity.dimension;
  bool same = comparison || e->op == Op::Add || e->op == Op::Sub;
  if (same && da != db) {
    const char* verb = comparison ? "compared" : e->op == Op::Add ? "added" : "subtracted";
    auto& d = diags_->report<diag::dimension_mismatch>(e->opRange, da.name(), db.name(), verb);
    d.label(e->a->range, da.name()).label(e->b->range, db.name());
    const ast::Expr* bare = da.none() ? e->a : db.none() ? e->b : nullptr;
    auto other = da.none() ? db : da;
    if (bare && other == Dimension::of(Base::Time))
      d.fix(bare->range, fmt::format("{} ms", diags_->sources().text(bare->range)));
    return {};
  }
  Value v = Value::make(ValueKind::Symbolic);
  v.stage = stage;
  v.expr = context_.pool->make(found->second, a.expr, b.expr);
  v.quantity.dimension = comparison || logic ? Dimension{}
                         : e->op == Op::Mul  ? da * db
                         : e->op == Op::Div  ? da / db
                                             : da;
  return v;
}

/// `a in list`, `a == b`, `a != b` of static values.
Value Evaluator::compare(const ast::Expr* e, const Value& a, const Value& b) {
  if (e->op == Op::In) {
    if (b.kind != ValueKind::List) {
      operandError(e, a, b);
      return {};
    }
    size_t compared = 0;
    bool found =
        std::any_of(b.list->begin(), b.list->end(), [&](const Value& item) { return equal(item, a, compared); });
    return spend(compared / kComparisonsInAStep, e->range) ? Value::boolean(found) : Value{};
  }
  if (!comparable(a, b)) {
    operandError(e, a, b);
    return {};
  }
  if (a.kind == ValueKind::Number && b.kind == ValueKind::Number) {
    if (a.quantity.dimension != b.quantity.dimension) return arithmetic(e, a, b);  // reports the dimensions
    if (!a.quantity.value.exact() || !b.quantity.value.exact()) {
      const auto* inexact = a.quantity.value.exact() ? e->b : e->a;
      diags_->report<diag::inexact_equality>(e->opRange)
          .label(inexact->range, "rounded")
          .fix(e->range, fmt::format("approx({}, {}, 1e-9)", diags_->sources().text(e->a->range),
                                     diags_->sources().text(e->b->range)));
      return {};
    }
  }
  size_t compared = 0;
  bool same = equal(a, b, compared);
  return spend(compared / kComparisonsInAStep, e->range) ? Value::boolean(same == (e->op == Op::Equal)) : Value{};
}

Value Evaluator::arithmetic(const ast::Expr* e, const Value& a, const Value& b) {
  const auto &x = a.quantity, &y = b.quantity;
  bool same = e->op != Op::Mul && e->op != Op::Div && e->op != Op::Pow;
  if (same && x.dimension != y.dimension) {
    const char* verb = e->op == Op::Add   ? "added"
                       : e->op == Op::Sub ? "subtracted"
                       : e->op == Op::Mod ? "divided with rest"
                                          : "compared";
    auto& d = diags_->report<diag::dimension_mismatch>(e->opRange, x.dimension.name(), y.dimension.name(), verb);
    d.label(e->a->range, a.quantity.text() + ": " + x.dimension.name())
        .label(e->b->range, b.quantity.text() + ": " + y.dimension.name());
    auto token = Dimension::of(Base::Token), bytes = Dimension::of(Base::Bytes);
    if ((x.dimension == token && y.dimension == bytes) || (x.dimension == bytes && y.dimension == token)) {
      const auto* tokens = x.dimension == token ? e->a : e->b;
      d.help(fmt::format("multiply the tokens by bytes per token, for example `{} * 70 kB/tok`",
                         diags_->sources().text(tokens->range)));
    } else if (x.dimension.none() || y.dimension.none()) {
      const auto* bare = x.dimension.none() ? e->a : e->b;
      auto other = x.dimension.none() ? y : x;
      std::string unit = other.unit.empty() ? other.dimension.unit() : other.unit;
      d.fix(bare->range, fmt::format("{} {}", diags_->sources().text(bare->range), unit));
    } else {
      d.help("both sides must have the same dimension");
    }
    return {};
  }
  std::string unit = !x.unit.empty() ? x.unit : y.unit;
  auto quantity = [&](Number n, Dimension d, std::string u, bool nonzero = false) {
    return representable(n, nonzero, e->range) ? Value::number(Quantity{n, d, std::move(u)}) : Value{};
  };
  switch (e->op) {
    case Op::Add: return quantity(x.value + y.value, x.dimension, unit);
    case Op::Sub: return quantity(x.value - y.value, x.dimension, unit);
    case Op::Mul:
      return quantity(x.value * y.value, x.dimension * y.dimension,
                      x.dimension.none()   ? y.unit
                      : y.dimension.none() ? x.unit
                                           : "",
                      !x.value.isZero() && !y.value.isZero());
    case Op::Div:
      if (y.value.isZero()) {
        diags_->report<diag::division_by_zero>(e->b->range).here("this is zero");
        return {};
      }
      return quantity(x.value / y.value, x.dimension / y.dimension, y.dimension.none() ? x.unit : "",
                      !x.value.isZero());
    case Op::Mod: {
      if (y.value.isZero()) {
        diags_->report<diag::division_by_zero>(e->b->range).here("this is zero");
        return {};
      }
      Number ratio = x.value / y.value;
      if (ratio.exact()) {
        auto r = ratio.rational();
        Int128 whole = r.num / r.den - (r.num % r.den != 0 && r.num < 0 ? 1 : 0);
        return quantity(x.value - Number(Rational{whole, 1}) * y.value, x.dimension, unit);
      }
      return quantity(Number::inexact(x.base() - std::floor(ratio.toDouble()) * y.base()), x.dimension, unit);
    }
    case Op::Pow: {
      auto exponent = y.dimension.none() ? y.value.toInteger() : std::nullopt;
      if (!exponent || *exponent > 64 || *exponent < -64) {
        diags_->report<diag::bad_operands>(e->opRange, "^", "an exponent that is not an integer between -64 and 64");
        return {};
      }
      if (*exponent < 0 && x.value.isZero()) {
        diags_->report<diag::division_by_zero>(e->a->range).here("this is zero");
        return {};
      }
      return quantity(x.value.power(static_cast<int>(*exponent)), x.dimension.raised(static_cast<int>(*exponent)), "",
                      !x.value.isZero());
    }
    case Op::Less: return Value::boolean(x.value.compare(y.value) < 0);
    case Op::LessEq: return Value::boolean(x.value.compare(y.value) <= 0);
    case Op::Greater: return Value::boolean(x.value.compare(y.value) > 0);
    case Op::GreaterEq: return Value::boolean(x.value.compare(y.value) >= 0);
    default: operandError(e, a, b); return {};
  }
}

/// `DeepSeek-R1` is the name of a checkpoint, and as an expression a difference of names that nobody knows: what has
/// been said of those since the first `before` messages becomes one.
bool Evaluator::reportPublishedName(const ast::Expr* e, size_t before) {
  if (e->op != Op::Sub && e->op != Op::Div) return false;
  const auto& first = diags_->all()[before];
  if (first.entry != &diag::unknown_name || first.primary.range.begin != e->range.begin) return false;
  auto text = diags_->sources().text(e->range);
  const auto* entry = loader_.library().meant(text, "model");
  if (!entry) return false;
  diags_->forget(before);
  diags_->report<diag::unknown_name>(e->range, text)
      .fix(e->range, entry->name)
      .note(fmt::format("the checkpoint is declared under that name; add `import {} {{ {} }}`", entry->module,
                        entry->name));
  return true;
}

Value Evaluator::evalBinary(const ast::Expr* e, Env* env) {
  if (e->op == Op::Range || e->op == Op::RangeInclusive) return evalRange(e, env);
  size_t before = diags_->count();
  Value a = eval(e->a, env);
  if (a.poison() && diags_->count() > before && reportPublishedName(e, before)) return {};
  if (e->op == Op::And || e->op == Op::Or) {
    // Static conditions stop early, so that the right side may rely on the left.
    if (a.kind == ValueKind::Bool && a.flag == (e->op == Op::Or)) return a;
    Value b = eval(e->b, env);
    if (a.poison() || b.poison()) return {};
    if (a.kind == ValueKind::Bool && b.kind == ValueKind::Bool) return b;
    bool later = a.kind == ValueKind::Symbolic || b.kind == ValueKind::Symbolic;
    if (later && (a.kind == ValueKind::Bool || a.kind == ValueKind::Symbolic) &&
        (b.kind == ValueKind::Bool || b.kind == ValueKind::Symbolic))
      return symbolic(e, a, b);
    operandError(e, a, b);
    return {};
  }
  // `x == member` resolves the member against the type of x.
  Type symbolType;
  const Type* expected = nullptr;
  if (a.kind == ValueKind::Symbol && (e->op == Op::Equal || e->op == Op::NotEqual || e->op == Op::In)) {
    symbolType = {TypeKind::Enum, {}, a.decl, nullptr, nullptr};
    expected = &symbolType;
  }
  Value b = eval(e->b, env, expected);
  if (a.poison() || b.poison()) return {};
  auto later = [](const Value& v) { return v.kind == ValueKind::Symbolic || v.kind == ValueKind::Metric; };
  if (later(a) || later(b)) return symbolic(e, a, b);
  if (e->op == Op::Equal || e->op == Op::NotEqual || e->op == Op::In) return compare(e, a, b);
  if (a.kind == ValueKind::Number && b.kind == ValueKind::Number) return arithmetic(e, a, b);
  // Lists: `3 * [dense] + 58 * [moe]`.
  if (e->op == Op::Add && a.kind == ValueKind::List && b.kind == ValueKind::List) {
    if (a.list->size() + b.list->size() > kLongestList) {
      diags_->report<diag::too_many>(e->range, fmt::format("{} elements", a.list->size() + b.list->size()),
                                     kLongestList);
      return {};
    }
    if (!spend(a.list->size() + b.list->size(), e->range)) return {};
    auto items = *a.list;
    items.insert(items.end(), b.list->begin(), b.list->end());
    return Value::items(std::move(items));
  }
  if (e->op == Op::Mul && (a.kind == ValueKind::List) != (b.kind == ValueKind::List)) {
    const Value& list = a.kind == ValueKind::List ? a : b;
    const Value& count = a.kind == ValueKind::List ? b : a;
    auto times = count.kind == ValueKind::Number && count.quantity.dimension.none() ? count.quantity.value.toInteger()
                                                                                    : std::nullopt;
    if (times && *times >= 0) {
      if (static_cast<__int128>(*times) * static_cast<__int128>(list.list->size()) >
          static_cast<__int128>(kLongestList)) {
        diags_->report<diag::too_many>(e->range, fmt::format("{} times {} elements", *times, list.list->size()),
                                       kLongestList);
        return {};
      }
      if (!spend(static_cast<size_t>(*times) * list.list->size() + 1, e->range)) return {};
      std::vector<Value> items;
      for (int64_t i = 0; i < *times; ++i) items.insert(items.end(), list.list->begin(), list.list->end());
      return Value::items(std::move(items));
    }
  }
  operandError(e, a, b);
  return {};
}

}  // namespace afdc
