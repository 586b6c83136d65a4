// Calls: functions of the language, built-in functions, operators of a graph, blocks of operators.
#include <algorithm>
#include <cmath>

#include "frontend/diagnostics.h"
#include "frontend/evaluator.h"
#include "frontend/graph_builder.h"
#include "results/metrics.h"
#include "support/text.h"

namespace afdc {

using ast::ExprKind;

Value Evaluator::evalCall(const ast::Expr* e, Env* env, const Type* expected, Object* owner) {
  // A measure with arguments: `Model.kv_bytes_per_token(kv = bf16)`.
  if (e->a->kind == ExprKind::Member) {
    Value subject = eval(e->a->a, env);
    if (subject.poison()) return {};
    if (subject.kind == ValueKind::Record) {
      const auto* field = subject.object->schema->find(e->a->name.text);
      if (field && field->item->kind == ast::ItemKind::Measure)
        return measure(subject.object, e->a->name.text, e->args, env, e->range);
    }
  }
  if (graph_ && e->a->kind == ExprKind::Name) {
    // The operators of a step have their own `min`, `max`, … over symbols; everything else is an intrinsic or a block.
    bool found = false;
    Value callee = lookup(e->a->name.text, env, e->a->range, found);
    if (!found) {
      auto& d = diags_->report<diag::unknown_operator>(e->a->range, e->a->name.text);
      std::vector<std::string> names;
      visibleNames(env, names);
      if (prelude_)
        for (const auto* import : prelude_->imports)
          for (const auto& decl : import->ast->decls)
            if (decl.kind == ast::DeclKind::Intrinsic) names.emplace_back(decl.name.text);
      if (auto meant = suggest(e->a->name.text, names)) d.fix(e->a->range, *meant);
      return {};
    }
    // A field that happens to be called like an operator (`bias : Bool`) does not hide it: only a block can be applied.
    bool callable = callee.kind == ValueKind::Intrinsic || callee.kind == ValueKind::Record ||
                    callee.kind == ValueKind::Function || callee.kind == ValueKind::Builtin;
    if (!callable && !callee.poison() && prelude_)
      if (auto named = moduleLookup(*prelude_, e->a->name.text); named && named->kind == ValueKind::Intrinsic)
        callee = *named;
    if (callee.kind == ValueKind::Intrinsic) return graph_->apply(*callee.decl, *callee.module, e, env);
    if (callee.kind == ValueKind::Record) return graph_->inlineBlock(callee.object, e->a->name.text, e, env);
    if (callee.kind == ValueKind::Null) {
      diags_->report<diag::unknown_operator>(e->a->range, e->a->name.text).help("the field is null here");
      return {};
    }
  }
  Value callee = eval(e->a, env);
  switch (callee.kind) {
    case ValueKind::Poison: return {};
    case ValueKind::Builtin: return callBuiltin(callee.text, e, env, expected);
    case ValueKind::Function: return callFunction(*callee.decl, *callee.module, e, env, owner);
    case ValueKind::Intrinsic:
      diags_->report<diag::wrong_stage>(e->a->range, diags_->sources().text(e->a->range), "inside a `graph`");
      return {};
    case ValueKind::Schema:
      diags_
          ->report<diag::bad_call>(e->range,
                                   fmt::format("`{}` is a schema; its fields are set with braces", callee.schema->name))
          .help(fmt::format("write `{} {{ … }}`", callee.schema->name));
      return {};
    default:
      diags_->report<diag::bad_call>(e->a->range, fmt::format("{} cannot be called", describe(callee)));
      return {};
  }
}

Value Evaluator::callFunction(const ast::Decl& fn, Module& module, const ast::Expr* call, Env* env, Object* owner) {
  if (!activeFunctions_.insert(&fn).second) {
    diags_->report<diag::value_cycle>(call->range, fn.name.text).label(fn.name.range, "a function may not call itself");
    return {};
  }
  struct Leave {
    std::set<const ast::Decl*>& active;
    const ast::Decl* fn;
    ~Leave() { active.erase(fn); }
  } leave{activeFunctions_, &fn};

  std::vector<const ast::Expr*> given(fn.params.size(), nullptr);
  size_t position = 0;
  for (const auto& arg : call->args) {
    size_t at = fn.params.size();
    if (arg.name.text.empty()) {
      at = position++;
    } else {
      for (size_t i = 0; i < fn.params.size(); ++i)
        if (fn.params[i].name.text == arg.name.text) at = i;
      if (at == fn.params.size()) {
        auto& d = diags_->report<diag::bad_call>(
            arg.name.range, fmt::format("`{}` has no parameter `{}`", fn.name.text, arg.name.text));
        std::vector<std::string> names;
        for (const auto& p : fn.params) names.emplace_back(p.name.text);
        if (auto meant = suggest(arg.name.text, names)) d.fix(arg.name.range, *meant);
        return {};
      }
    }
    if (at >= fn.params.size()) {
      diags_
          ->report<diag::bad_call>(arg.value->range,
                                   fmt::format("`{}` takes {} arguments", fn.name.text, fn.params.size()))
          .label(fn.name.range, "declared here");
      return {};
    }
    if (given[at]) {
      diags_->report<diag::bad_call>(arg.value->range, fmt::format("`{}` is given twice", fn.params[at].name.text));
      return {};
    }
    given[at] = arg.value;
  }
  Env* scope = moduleEnv(module);
  for (size_t i = 0; i < fn.params.size(); ++i) {
    const auto& p = fn.params[i];
    Type type = resolveType(p.type, module);
    const ast::Expr* source = given[i] ? given[i] : p.value;
    if (!source) {
      diags_->report<diag::bad_call>(call->range, fmt::format("`{}` needs `{}`", fn.name.text, p.name.text))
          .label(p.name.range, "declared here");
      return {};
    }
    Value v = eval(source, given[i] ? env : moduleEnv(module), &type, owner);
    if (v.kind != ValueKind::Symbolic || type.kind != TypeKind::Number)
      v = conform(v, type, source->range, p.name.text);
    if (v.poison()) return {};
    Env local;
    local.parent = scope;
    local.name = p.name.text;
    local.local = v;
    scope = newEnv(local);
  }
  Type result = resolveType(fn.type, module);
  Value v = eval(fn.value, scope, fn.type ? &result : nullptr, owner);
  return fn.type && v.kind != ValueKind::Symbolic ? conform(v, result, fn.value->range, fn.name.text) : v;
}

namespace {

/// Standard normal quantile of p99 and p90: z with Φ(z) = 0.99, 0.9.
constexpr double kZ99 = 2.3263478740408408, kZ90 = 1.2815515655446004;

Value distribution(Distribution d) {
  Value v = Value::make(ValueKind::Dist);
  v.dist = std::make_shared<const Distribution>(std::move(d));
  return v;
}

}  // namespace

Value Evaluator::callBuiltin(const std::string& name, const ast::Expr* call, Env* env, const Type* expected) {
  if (name == "evaluate") return evaluateInTest(call, env);
  if (name == "diagnostics") return diagnosticsInTest(call, env);
  std::vector<Value> args;
  std::vector<std::pair<std::string_view, Value>> named;
  for (const auto& arg : call->args) {
    Value v = eval(arg.value, env);
    if (v.poison()) return {};
    if (arg.name.text.empty())
      args.push_back(v);
    else
      named.emplace_back(arg.name.text, v);
  }
  auto complain = [&](const std::string& why) {
    diags_->report<diag::bad_call>(call->range, why);
    return Value{};
  };
  auto usage = [&](std::string_view text) { return complain(fmt::format("`{}` is called as `{}`", name, text)); };
  auto isNumber = [](const Value& v) { return v.kind == ValueKind::Number; };

  if (name == "min" || name == "max") {
    std::vector<Value> items = args;
    if (args.size() == 1 && args[0].kind == ValueKind::List) items = *args[0].list;
    if (items.empty() || !named.empty()) return usage(name + "(a, b, …)");
    Value best = items[0];
    for (size_t i = 1; i < items.size(); ++i) {
      if (best.kind == ValueKind::Symbolic || items[i].kind == ValueKind::Symbolic) {
        Value a = asSymbolic(best, call->range), b = asSymbolic(items[i], call->range);
        if (a.poison() || b.poison()) return {};
        a.expr = pool_->make(name == "min" ? ir::ExprOp::Min : ir::ExprOp::Max, a.expr, b.expr);
        a.stage = std::max(a.stage, b.stage);
        best = a;
        continue;
      }
      if (!isNumber(best) || !isNumber(items[i])) return usage(name + "(a, b, …)");
      if (best.quantity.dimension != items[i].quantity.dimension) {
        diags_->report<diag::dimension_mismatch>(call->range, best.quantity.dimension.name(),
                                                 items[i].quantity.dimension.name(), "compared");
        return {};
      }
      bool less = items[i].quantity.value.compare(best.quantity.value) < 0;
      if (less == (name == "min")) best = items[i];
    }
    return best;
  }
  if (name == "sum" || name == "len") {
    if (args.size() != 1 || args[0].kind != ValueKind::List) return usage(name + "(list)");
    if (name == "len") return Value::number(Number::integer(static_cast<int64_t>(args[0].list->size())));
    if (args[0].list->empty()) return Value::number(Number::integer(0));
    Value total = (*args[0].list)[0];
    for (size_t i = 1; i < args[0].list->size(); ++i) {
      const auto& next = (*args[0].list)[i];
      if (!isNumber(total) || !isNumber(next)) return usage("sum(list of numbers)");
      if (next.quantity.dimension != total.quantity.dimension) {
        diags_->report<diag::dimension_mismatch>(call->range, total.quantity.dimension.name(),
                                                 next.quantity.dimension.name(), "added");
        return {};
      }
      total.quantity.value = total.quantity.value + next.quantity.value;
    }
    return total;
  }
  if (name == "approx") {
    if (args.size() < 2 || args.size() > 3 || !isNumber(args[0]) || !isNumber(args[1]) ||
        (args.size() == 3 && !isNumber(args[2])))
      return usage("approx(x, y, rel = 1e-9)");
    if (args[0].quantity.dimension != args[1].quantity.dimension) {
      diags_->report<diag::dimension_mismatch>(call->range, args[0].quantity.dimension.name(),
                                               args[1].quantity.dimension.name(), "compared");
      return {};
    }
    double rel = args.size() == 3 ? args[2].quantity.base() : 1e-9;
    double x = args[0].quantity.base(), y = args[1].quantity.base();
    return Value::boolean(std::fabs(x - y) <= rel * std::max(std::fabs(x), std::fabs(y)));
  }
  if (name == "mean" || name == "median" || name == "p50" || name == "p90" || name == "p95" || name == "p99") {
    if (args.size() != 1) return usage(name + "(x)");
    if (args[0].kind == ValueKind::Metric) {
      if (!findMetric(args[0].text)->distribution)
        return complain(fmt::format("`{}` is a single number; it has no {}", args[0].text, name));
      return metricValue(name == "median" ? "p50" : name, args[0].text, args[0].quantity.dimension);
    }
    if (args[0].kind == ValueKind::Number) return args[0];
    if (args[0].kind != ValueKind::Dist) return usage(name + "(distribution or result)");
    if (name == "p95") return complain("the p95 of an input is not kept; use p50, p90 or p99");
    const auto& d = *args[0].dist;
    return Value::number(name == "mean" ? d.mean : name == "p90" ? d.p90 : name == "p99" ? d.p99 : d.p50);
  }
  if (name == "value_in") {
    auto unit = args.size() == 2 && args[1].kind == ValueKind::Text ? parseUnit(args[1].text) : std::nullopt;
    if (args.size() != 2 || !isNumber(args[0]) || !unit) return usage("value_in(x, \"GB/s\")");
    if (unit->dimension != args[0].quantity.dimension) {
      diags_->report<diag::dimension_mismatch>(call->range, args[0].quantity.dimension.name(), unit->dimension.name(),
                                               "converted into each other");
      return {};
    }
    return Value::number(args[0].quantity.value / Number(unit->factor));
  }
  if (name == "divisors") {
    auto n = args.size() == 1 && isNumber(args[0]) ? args[0].quantity.value.toInteger() : std::nullopt;
    if (!n || *n < 1 || *n > 1'000'000) return usage("divisors(n) with n from 1 to 1 000 000");
    std::vector<Value> items;
    for (int64_t i = 1; i <= *n; ++i)
      if (*n % i == 0) items.push_back(Value::number(Number::integer(i)));
    return Value::items(std::move(items));
  }
  if (name == "powers") {
    auto whole = [&](size_t i) {
      return i < args.size() && isNumber(args[i]) ? args[i].quantity.value.toInteger() : std::nullopt;
    };
    auto base = whole(0), last = whole(1);
    if (args.size() != 2 || !base || *base < 2 || !last || *last < 1)
      return usage("powers(base, last): 1, base, base^2, … up to last");
    std::vector<Value> items;
    for (int64_t i = 1; i <= *last; i *= *base) {
      items.push_back(Value::number(Number::integer(i)));
      if (i > *last / *base) break;
    }
    return Value::items(std::move(items));
  }
  if (name == "lognormal" || name == "uniform" || name == "constant" || name == "exponential") {
    auto get = [&](std::string_view key, size_t position) -> const Value* {
      for (const auto& [k, v] : named)
        if (k == key) return &v;
      return position < args.size() && named.empty() ? &args[position] : nullptr;
    };
    auto number = [&](double base, const Quantity& like) {
      return Quantity{Number::inexact(base), like.dimension, like.unit};
    };
    for (const auto& [k, v] : named)
      if (!isNumber(v)) return complain(fmt::format("`{}` must be a quantity", k));
    for (const auto& v : args)
      if (!isNumber(v)) return usage(name + "(quantities)");
    Distribution d;
    d.family = name;
    if (name == "constant") {
      const Value* v = get("value", 0);
      if (!v) return usage("constant(x)");
      d.parameters = {{"value", v->quantity}};
      d.mean = d.p50 = d.p90 = d.p99 = v->quantity;
      return distribution(d);
    }
    if (name == "exponential") {
      const Value* mean = get("mean", 0);
      if (!mean) return usage("exponential(mean = x)");
      d.parameters = {{"mean", mean->quantity}};
      d.mean = mean->quantity;
      double m = d.mean.base();
      d.p50 = number(m * std::log(2.0), d.mean), d.p90 = number(m * std::log(10.0), d.mean),
      d.p99 = number(m * std::log(100.0), d.mean);
      return distribution(d);
    }
    if (name == "uniform") {
      const Value *low = get("min", 0), *high = get("max", 1);
      if (!low || !high || low->quantity.dimension != high->quantity.dimension)
        return usage("uniform(min = a, max = b)");
      if (low->quantity.value.compare(high->quantity.value) > 0) return complain("the minimum is above the maximum");
      d.parameters = {{"min", low->quantity}, {"max", high->quantity}};
      Number half(Rational{1, 2});
      d.mean = d.p50 =
          Quantity{(low->quantity.value + high->quantity.value) * half, low->quantity.dimension, low->quantity.unit};
      double span = high->quantity.base() - low->quantity.base();
      d.p90 = number(low->quantity.base() + 0.9 * span, d.mean),
      d.p99 = number(low->quantity.base() + 0.99 * span, d.mean);
      return distribution(d);
    }
    const Value *median = get("median", 99), *mean = get("mean", 99), *p99 = get("p99", 99);
    if (!(p99 && (median || mean)) && !(mean && median))
      return usage("lognormal(median = x, p99 = y) or (mean = x, p99 = y) or (mean = x, median = y)");
    const Value* anchor = median ? median : mean;
    const Value* other = p99 ? p99 : mean;
    if (anchor->quantity.dimension != other->quantity.dimension)
      return complain("the parameters have different dimensions");
    double sigma = 0, mid = 0;
    if (median && p99) {
      mid = median->quantity.base();
      sigma = std::log(p99->quantity.base() / mid) / kZ99;
    } else if (median) {
      mid = median->quantity.base();
      sigma = std::sqrt(2 * std::log(mean->quantity.base() / mid));
    } else {
      // mean = m·exp(σ²/2), p99 = m·exp(zσ): σ² - 2zσ + 2·ln(p99/mean) = 0, the smaller root.
      double ratio = std::log(p99->quantity.base() / mean->quantity.base());
      sigma = kZ99 - std::sqrt(kZ99 * kZ99 - 2 * ratio);
      mid = mean->quantity.base() * std::exp(-sigma * sigma / 2);
    }
    if (!(mid > 0) || !(sigma >= 0) || !std::isfinite(sigma))
      return complain("no lognormal distribution has these parameters: the p99 or mean contradicts the median");
    for (const auto& [k, v] : named) d.parameters.emplace_back(std::string(k), v.quantity);
    d.mean = mean ? mean->quantity : number(mid * std::exp(sigma * sigma / 2), anchor->quantity);
    d.p50 = median ? median->quantity : number(mid, anchor->quantity);
    d.p90 = number(mid * std::exp(kZ90 * sigma), anchor->quantity);
    d.p99 = p99 ? p99->quantity : number(mid * std::exp(kZ99 * sigma), anchor->quantity);
    return distribution(d);
  }

  // Functions of one number.
  if (args.size() != 1 || !named.empty()) return usage(name + "(x)");
  Value x = args[0];
  if (x.kind == ValueKind::Symbolic && (name == "ceil" || name == "floor")) {
    x.expr = pool_->make(name == "ceil" ? ir::ExprOp::Ceil : ir::ExprOp::Floor, x.expr);
    return x;
  }
  if (!isNumber(x)) return usage(name + "(x)");
  auto& n = x.quantity.value;
  if (name == "abs") {
    if (n.negative()) n = -n;
    return x;
  }
  if (name == "duplex") {
    n = n / Number::integer(2);
    return x;
  }
  if (name == "ceil" || name == "floor" || name == "round") {
    if (!x.quantity.dimension.none()) return complain(fmt::format("`{}` needs a bare number", name));
    if (n.exact()) {
      Rational r = name == "round" ? (n + Number(Rational{1, 2})).rational() : n.rational();
      Int128 down = r.num / r.den - (r.num % r.den != 0 && r.num < 0 ? 1 : 0);
      n = Number(Rational{name == "ceil" && r.den != 1 ? down + 1 : down, 1});
    } else {
      n = Number::inexact(name == "ceil"    ? std::ceil(n.toDouble())
                          : name == "floor" ? std::floor(n.toDouble())
                                            : std::floor(n.toDouble() + 0.5));
    }
    return x;
  }
  if (!x.quantity.dimension.none())
    return complain(fmt::format("`{}` needs a bare number, not {}", name, x.quantity.dimension.name()));
  double v = n.toDouble();
  if (v < 0 || (name == "log2" && v == 0))
    return complain(fmt::format("`{}` of {} is not a number", name, shortest(v)));
  (void)expected;
  return Value::number(Number::inexact(name == "sqrt" ? std::sqrt(v) : std::log2(v)));
}

Value Evaluator::measure(Object* object, std::string_view name, std::span<const ast::Arg> args, Env* env,
                         SourceRange at) {
  const auto* field = object->schema->find(name);
  if (!host_) return {};
  force(object);
  auto graph = elaborate(object);
  if (!graph) return {};
  std::vector<MeasureArgument> arguments;
  for (const auto& arg : args) {
    Value v = eval(arg.value, env);
    if (v.poison()) return {};
    MeasureArgument a;
    a.name = arg.name.text;
    if (v.kind == ValueKind::Record && v.object->schema->isA("Format")) {
      force(v.object);
      ir::Strings scratch;
      a.format = precisionOf(v.object, scratch);
    } else {
      diags_->report<diag::bad_call>(arg.value->range, fmt::format("{} is not a format", describe(v)));
      return {};
    }
    arguments.push_back(a);
  }
  auto value = host_->measure(*graph, name, arguments);
  if (!value) {
    diags_->report<diag::bad_call>(at, fmt::format("`{}` cannot be measured with these arguments", name));
    return {};
  }
  Number n = *value == std::floor(*value) && std::fabs(*value) < 9e15 ? Number::integer(static_cast<int64_t>(*value))
                                                                      : Number::inexact(*value);
  return Value::number(Quantity{n, field->type.dimension, ""});
}

}  // namespace afdc
