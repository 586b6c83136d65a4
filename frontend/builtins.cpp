#include "frontend/builtins.h"

#include <algorithm>
#include <cmath>

#include "frontend/diagnostics.h"
#include "frontend/evaluator.h"
#include "results/metrics.h"
#include "support/text.h"

namespace afdc {

namespace {
constexpr size_t kItemsInAStep = 4;
}

bool BuiltinCall::evaluateArguments() {
  for (const auto& arg : expression->args) {
    Value v = ev.eval(arg.value, env);
    if (v.poison()) return false;
    // Functions of a list look at each of its items.
    if (v.kind == ValueKind::List && !ev.spend(v.list->size() / kItemsInAStep, expression->range)) return false;
    if (arg.name.text.empty())
      args.push_back(v);
    else
      named.emplace_back(arg.name.text, v);
  }
  return true;
}

std::optional<int64_t> BuiltinCall::integer(size_t i) const {
  return number(i) ? args[i].quantity.value.toInteger() : std::nullopt;
}

const Value* BuiltinCall::parameter(std::string_view key, size_t position) const {
  for (const auto& [name, value] : named)
    if (name == key) return &value;
  return position < args.size() && named.empty() ? &args[position] : nullptr;
}

Value BuiltinCall::complain(const std::string& why) const {
  ev.diags().report<diag::bad_call>(expression->range, why);
  return {};
}

Value BuiltinCall::misused(std::string_view usage) const {
  return complain(fmt::format("`{}` is called as `{}`", builtin.name, usage));
}

Value BuiltinCall::differentDimensions(const Quantity& a, const Quantity& b, std::string_view verb) const {
  ev.diags().report<diag::dimension_mismatch>(expression->range, a.dimension.name(), b.dimension.name(), verb);
  return {};
}

/// The functions themselves. A class, so that the evaluator can let exactly these in.
struct BuiltinFunctions {
  // ---- of several values ---------------------------------------------------------------------------------------

  static Value extreme(BuiltinCall& c, bool least) {
    std::vector<Value> items = c.args;
    if (c.count() == 1 && c.args[0].kind == ValueKind::List) items = *c.args[0].list;
    if (items.empty() || !c.named.empty()) return c.misused();
    Value best = items[0];
    for (size_t i = 1; i < items.size(); ++i) {
      best = better(c, best, items[i], least);
      if (best.poison()) return {};
    }
    return best;
  }
  static Value better(BuiltinCall& c, const Value& best, const Value& next, bool least) {
    if (best.kind == ValueKind::Symbolic || next.kind == ValueKind::Symbolic) {
      Value a = c.ev.asSymbolic(best, c.expression->range), b = c.ev.asSymbolic(next, c.expression->range);
      if (a.poison() || b.poison()) return {};
      a.expr = c.ev.context_.pool->make(least ? ir::ExprOp::Min : ir::ExprOp::Max, a.expr, b.expr);
      a.stage = std::max(a.stage, b.stage);
      return a;
    }
    if (!best.isNumber() || !next.isNumber()) return c.misused();
    if (best.quantity.dimension != next.quantity.dimension)
      return c.differentDimensions(best.quantity, next.quantity, "compared");
    bool less = next.quantity.value.compare(best.quantity.value) < 0;
    return less == least ? next : best;
  }
  static Value min(BuiltinCall& c) { return extreme(c, true); }
  static Value max(BuiltinCall& c) { return extreme(c, false); }

  static Value len(BuiltinCall& c) {
    if (c.count() != 1 || c.args[0].kind != ValueKind::List) return c.misused();
    return Value::number(Number::integer(static_cast<int64_t>(c.args[0].list->size())));
  }
  static Value sum(BuiltinCall& c) {
    if (c.count() != 1 || c.args[0].kind != ValueKind::List) return c.misused();
    const auto& items = *c.args[0].list;
    if (items.empty()) return Value::number(Number::integer(0));
    Value total = items[0];
    for (size_t i = 1; i < items.size(); ++i) {
      if (!total.isNumber() || !items[i].isNumber()) return c.misused("sum(list of numbers)");
      if (items[i].quantity.dimension != total.quantity.dimension)
        return c.differentDimensions(total.quantity, items[i].quantity, "added");
      total.quantity.value = total.quantity.value + items[i].quantity.value;
    }
    return total;
  }

  static Value approx(BuiltinCall& c) {
    bool tolerance = c.count() == 3;
    if (!c.number(0) || !c.number(1) || c.count() > 3 || (tolerance && !c.number(2))) return c.misused();
    const auto &a = c.args[0].quantity, &b = c.args[1].quantity;
    if (a.dimension != b.dimension) return c.differentDimensions(a, b, "compared");
    double relative = tolerance ? c.args[2].quantity.base() : 1e-9;
    double x = a.base(), y = b.base();
    return Value::boolean(std::fabs(x - y) <= relative * std::max(std::fabs(x), std::fabs(y)));
  }

  static Value valueIn(BuiltinCall& c) {
    auto unit = c.count() == 2 && c.args[1].kind == ValueKind::Text ? parseUnit(c.args[1].text) : std::nullopt;
    if (!unit || !c.number(0)) return c.misused();
    const auto& x = c.args[0].quantity;
    if (unit->dimension != x.dimension) {
      Quantity one{Number::integer(1), unit->dimension, ""};
      return c.differentDimensions(x, one, "converted into each other");
    }
    return Value::number(x.value / Number(unit->factor));
  }

  // ---- lists of numbers ----------------------------------------------------------------------------------------

  static Value divisors(BuiltinCall& c) {
    auto n = c.count() == 1 ? c.integer(0) : std::nullopt;
    if (!n || *n < 1 || *n > 1'000'000) return c.misused("divisors(n) with n from 1 to 1 000 000");
    std::vector<Value> items;
    for (int64_t i = 1; i <= *n; ++i)
      if (*n % i == 0) items.push_back(Value::number(Number::integer(i)));
    return Value::items(std::move(items));
  }
  static Value powers(BuiltinCall& c) {
    auto base = c.integer(0), last = c.integer(1);
    if (c.count() != 2 || !base || *base < 2 || !last || *last < 1)
      return c.misused("powers(base, last): 1, base, base^2, … up to last");
    std::vector<Value> items;
    for (int64_t i = 1; i <= *last; i *= *base) {
      items.push_back(Value::number(Number::integer(i)));
      if (i > *last / *base) break;
    }
    return Value::items(std::move(items));
  }

  // ---- statistics of a distribution or a result ----------------------------------------------------------------

  static Value statistic(BuiltinCall& c) {
    if (c.count() != 1) return c.misused(c.name() + "(x)");
    const Value& x = c.args[0];
    if (x.kind == ValueKind::Metric) {
      if (!findMetric(x.text)->distribution)
        return c.complain(fmt::format("`{}` is a single number; it has no {}", x.text, c.name()));
      return c.ev.metricValue(c.name() == "median" ? "p50" : c.name(), x.text, x.quantity.dimension);
    }
    if (x.isNumber()) return x;
    if (x.kind != ValueKind::Dist) return c.misused();
    if (c.name() == "p95") return c.complain("the p95 of an input is not kept; use p50, p90 or p99");
    const auto& d = *x.dist;
    return Value::number(c.name() == "mean" ? d.mean : c.name() == "p90" ? d.p90 : c.name() == "p99" ? d.p99 : d.p50);
  }

  // ---- distributions -------------------------------------------------------------------------------------------

  /// Standard normal quantile of p99 and p90: z with Φ(z) = 0.99, 0.9.
  static constexpr double kZ99 = 2.3263478740408408, kZ90 = 1.2815515655446004;

  static Value made(Distribution d) {
    Value v = Value::make(ValueKind::Dist);
    v.dist = std::make_shared<const Distribution>(std::move(d));
    return v;
  }
  static Quantity like(const Quantity& model, double base) {
    return Quantity{Number::inexact(base), model.dimension, model.unit};
  }
  /// Says what is wrong when a parameter is no quantity.
  static bool quantities(BuiltinCall& c) {
    for (const auto& [name, value] : c.named)
      if (!value.isNumber()) {
        c.complain(fmt::format("`{}` must be a quantity", name));
        return false;
      }
    if (std::all_of(c.args.begin(), c.args.end(), [](const Value& v) { return v.isNumber(); })) return true;
    c.misused(c.name() + "(quantities)");
    return false;
  }

  static Value constant(BuiltinCall& c) {
    if (!quantities(c)) return {};
    const Value* v = c.parameter("value", 0);
    if (!v) return c.misused();
    const auto& x = v->quantity;
    return made({c.name(), {{"value", x}}, x, x, x, x});
  }

  static Value exponential(BuiltinCall& c) {
    if (!quantities(c)) return {};
    const Value* v = c.parameter("mean", 0);
    if (!v) return c.misused();
    const auto& mean = v->quantity;
    auto quantile = [&](double below) { return like(mean, mean.base() * std::log(below)); };
    return made({c.name(), {{"mean", mean}}, mean, quantile(2.0), quantile(10.0), quantile(100.0)});
  }

  static Value uniform(BuiltinCall& c) {
    if (!quantities(c)) return {};
    const Value *low = c.parameter("min", 0), *high = c.parameter("max", 1);
    if (!low || !high || low->quantity.dimension != high->quantity.dimension) return c.misused();
    const auto &a = low->quantity, &b = high->quantity;
    if (a.value.compare(b.value) > 0) return c.complain("the minimum is above the maximum");
    Quantity middle{(a.value + b.value) * Number(Rational{1, 2}), a.dimension, a.unit};
    double span = b.base() - a.base();
    auto quantile = [&](double below) { return like(middle, a.base() + below * span); };
    return made({c.name(), {{"min", a}, {"max", b}}, middle, middle, quantile(0.9), quantile(0.99)});
  }

  /// A lognormal has the median m and the mean m·exp(σ²/2); its quantile of a standard normal's z is m·exp(zσ).
  static Value lognormal(BuiltinCall& c) {
    if (!quantities(c)) return {};
    const Value *median = c.parameter("median"), *mean = c.parameter("mean"), *p99 = c.parameter("p99");
    if (!(p99 && (median || mean)) && !(mean && median)) return c.misused();
    const Quantity& anchor = (median ? median : mean)->quantity;
    const Quantity& other = (p99 ? p99 : mean)->quantity;
    if (anchor.dimension != other.dimension) return c.complain("the parameters have different dimensions");
    double sigma = 0, mid = 0;
    if (median && p99) {
      mid = anchor.base();
      sigma = std::log(other.base() / mid) / kZ99;
    } else if (median) {
      mid = anchor.base();
      sigma = std::sqrt(2 * std::log(other.base() / mid));
    } else {
      // mean = m·exp(σ²/2), p99 = m·exp(zσ): σ² - 2zσ + 2·ln(p99/mean) = 0, the smaller root.
      double ratio = std::log(other.base() / anchor.base());
      sigma = kZ99 - std::sqrt(kZ99 * kZ99 - 2 * ratio);
      mid = anchor.base() * std::exp(-sigma * sigma / 2);
    }
    if (!(mid > 0) || !(sigma >= 0) || !std::isfinite(sigma))
      return c.complain("no lognormal distribution has these parameters: the p99 or mean contradicts the median");
    Distribution d;
    d.family = c.name();
    for (const auto& [name, value] : c.named) d.parameters.emplace_back(std::string(name), value.quantity);
    d.mean = mean ? mean->quantity : like(anchor, mid * std::exp(sigma * sigma / 2));
    d.p50 = median ? median->quantity : like(anchor, mid);
    d.p90 = like(anchor, mid * std::exp(kZ90 * sigma));
    d.p99 = p99 ? p99->quantity : like(anchor, mid * std::exp(kZ99 * sigma));
    return made(std::move(d));
  }

  // ---- of one number -------------------------------------------------------------------------------------------

  static bool oneNumber(const BuiltinCall& c) { return c.count() == 1 && c.named.empty() && c.number(0); }

  static Value abs(BuiltinCall& c) {
    if (!oneNumber(c)) return c.misused();
    Value x = c.args[0];
    if (x.quantity.value.negative()) x.quantity.value = -x.quantity.value;
    return x;
  }
  static Value duplex(BuiltinCall& c) {
    if (!oneNumber(c)) return c.misused();
    Value x = c.args[0];
    x.quantity.value = x.quantity.value / Number::integer(2);
    return x;
  }

  /// The integer at or below a fraction.
  static Int128 below(const Rational& r) { return r.num / r.den - (r.num % r.den != 0 && r.num < 0 ? 1 : 0); }
  static Number whole(Int128 n) { return Number(Rational{n, 1}); }
  static Number floorOf(const Number& n) {
    return n.exact() ? whole(below(n.rational())) : Number::inexact(std::floor(n.toDouble()));
  }
  static Number ceilOf(const Number& n) {
    if (!n.exact()) return Number::inexact(std::ceil(n.toDouble()));
    return whole(below(n.rational()) + (n.rational().den != 1 ? 1 : 0));
  }
  static Number roundOf(const Number& n) {
    return n.exact() ? floorOf(n + Number(Rational{1, 2})) : Number::inexact(std::floor(n.toDouble() + 0.5));
  }
  static Value rounded(BuiltinCall& c, Number (*round)(const Number&)) {
    if (!oneNumber(c)) return c.misused();
    Value x = c.args[0];
    if (!x.quantity.dimension.none()) return c.complain(fmt::format("`{}` needs a bare number", c.name()));
    x.quantity.value = round(x.quantity.value);
    return x;
  }
  /// In each step too, where the number is an expression.
  static Value roundedLate(BuiltinCall& c, Number (*round)(const Number&), ir::ExprOp op) {
    bool late = c.count() == 1 && c.named.empty() && c.args[0].kind == ValueKind::Symbolic;
    if (!late) return rounded(c, round);
    Value x = c.args[0];
    x.expr = c.ev.context_.pool->make(op, x.expr);
    return x;
  }
  static Value ceil(BuiltinCall& c) { return roundedLate(c, ceilOf, ir::ExprOp::Ceil); }
  static Value floor(BuiltinCall& c) { return roundedLate(c, floorOf, ir::ExprOp::Floor); }
  static Value round(BuiltinCall& c) { return rounded(c, roundOf); }

  static Value real(BuiltinCall& c, double (*function)(double), bool ofZero) {
    if (!oneNumber(c)) return c.misused();
    const auto& x = c.args[0].quantity;
    if (!x.dimension.none())
      return c.complain(fmt::format("`{}` needs a bare number, not {}", c.name(), x.dimension.name()));
    double v = x.value.toDouble();
    if (v < 0 || (v == 0 && !ofZero))
      return c.complain(fmt::format("`{}` of {} is not a number", c.name(), shortest(v)));
    return Value::number(Number::inexact(function(v)));
  }
  static Value sqrt(BuiltinCall& c) {
    return real(
        c, [](double v) { return std::sqrt(v); }, true);
  }
  static Value log2(BuiltinCall& c) {
    return real(
        c, [](double v) { return std::log2(v); }, false);
  }

  // ---- in test blocks ------------------------------------------------------------------------------------------

  static Value evaluate(BuiltinCall& c) { return c.ev.evaluateInTest(c.expression, c.env); }
  static Value diagnostics(BuiltinCall& c) { return c.ev.diagnosticsInTest(c.expression, c.env); }
};

namespace {

using F = BuiltinFunctions;
constexpr std::string_view kOfDistribution = "of a distribution, or of a result that has one";

constexpr Builtin kBuiltins[] = {
    {"min", "min(a, b, …)", "the least of numbers, or of the numbers of one list", F::min},
    {"max", "max(a, b, …)", "the greatest of numbers, or of the numbers of one list", F::max},
    {"abs", "abs(x)", "without its sign", F::abs},
    {"ceil", "ceil(x)", "the integer at or above", F::ceil},
    {"floor", "floor(x)", "the integer at or below", F::floor},
    {"round", "round(x)", "the nearest integer, halves upwards", F::round},
    {"sqrt", "sqrt(x)", "the square root", F::sqrt},
    {"log2", "log2(x)", "the logarithm to base 2", F::log2},
    {"sum", "sum(list)", "of the numbers of a list", F::sum},
    {"len", "len(list)", "how many items it has", F::len},
    {"approx", "approx(x, y, rel = 1e-9)", "are they equal but for rounding?", F::approx},
    {"mean", "mean(distribution or result)", kOfDistribution, F::statistic},
    {"median", "median(distribution or result)", kOfDistribution, F::statistic},
    {"p50", "p50(distribution or result)", kOfDistribution, F::statistic},
    {"p90", "p90(distribution or result)", kOfDistribution, F::statistic},
    {"p95", "p95(distribution or result)", "of a result that has one", F::statistic},
    {"p99", "p99(distribution or result)", kOfDistribution, F::statistic},
    {"value_in", "value_in(x, \"GB/s\")", "a quantity as a bare number of this unit", F::valueIn},
    {"duplex", "duplex(x)", "each direction of a link whose two directions are given together", F::duplex},
    {"divisors", "divisors(n)", "the integers that divide it, ascending", F::divisors},
    {"powers", "powers(base, last)", "1, base, base^2, … up to last", F::powers},
    {"lognormal", "lognormal(median = x, p99 = y) or (mean = x, p99 = y) or (mean = x, median = y)",
     "a distribution of many small factors", F::lognormal},
    {"uniform", "uniform(min = a, max = b)", "a distribution that is even between them", F::uniform},
    {"constant", "constant(x)", "a distribution of one value", F::constant},
    {"exponential", "exponential(mean = x)", "a distribution without memory", F::exponential},
    {"evaluate", "evaluate(scenario)", "its results, in a test", F::evaluate, true},
    {"diagnostics", "diagnostics(scenario)", "the ids of what is said of it, in a test", F::diagnostics, true},
};

}  // namespace

std::span<const Builtin> builtins() { return kBuiltins; }

const Builtin* findBuiltin(std::string_view name) {
  auto found = std::find_if(std::begin(kBuiltins), std::end(kBuiltins), [&](const auto& b) { return b.name == name; });
  return found == std::end(kBuiltins) ? nullptr : &*found;
}

Value Evaluator::callBuiltin(const Builtin& builtin, const ast::Expr* call, Env* env) {
  BuiltinCall made(*this, builtin, call, env);
  if (!builtin.takesExpressions && !made.evaluateArguments()) return {};
  return builtin.run(made);
}

}  // namespace afdc
