#include "ir/expr.h"

#include <fmt/format.h>
#include <atomic>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/text.h"

namespace afdc::ir {

Axis axisNamed(std::string_view name) {
  auto found = std::find(kAxisNames.begin(), kAxisNames.end(), name);
  return found == kAxisNames.end() ? Axis::None : static_cast<Axis>(found - kAxisNames.begin());
}

ExprId ExprPool::add(ExprNode node) {
  for (size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i] == node) return {static_cast<uint32_t>(i)};
  nodes_.push_back(node);
  return {static_cast<uint32_t>(nodes_.size() - 1)};
}

double ExprPool::apply(ExprOp op, double a, double b) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  auto compare = [&](bool holds) { return std::isnan(a) || std::isnan(b) ? unknown : holds ? 1.0 : 0.0; };
  switch (op) {
    case ExprOp::Add: return a + b;
    case ExprOp::Sub: return a - b;
    case ExprOp::Mul: return a * b;
    case ExprOp::Div: return a / b;
    case ExprOp::Min: return std::min(a, b);
    case ExprOp::Max: return std::max(a, b);
    case ExprOp::Ceil: return std::ceil(a);
    case ExprOp::Floor: return std::floor(a);
    case ExprOp::Less: return compare(a < b);
    case ExprOp::LessEq: return compare(a <= b);
    case ExprOp::Greater: return compare(a > b);
    case ExprOp::GreaterEq: return compare(a >= b);
    case ExprOp::And: return a == 0 || b == 0 ? 0 : std::isnan(a) || std::isnan(b) ? unknown : 1;
    case ExprOp::Or: return a == 1 || b == 1 ? 1 : std::isnan(a) || std::isnan(b) ? unknown : 0;
    case ExprOp::Not: return std::isnan(a) ? unknown : a == 0 ? 1 : 0;
    default: return unknown;
  }
}

ExprId ExprPool::make(ExprOp op, ExprId a, ExprId b) {
  bool unary = op == ExprOp::Ceil || op == ExprOp::Floor || op == ExprOp::Not;
  if (isConstant(a) && (unary || isConstant(b)))
    return constant(apply(op, constantValue(a), unary ? 0 : constantValue(b)));
  // x·1, x/1 and x+0 are the common results of folding schema arithmetic.
  if (!unary && isConstant(b)) {
    if ((op == ExprOp::Mul || op == ExprOp::Div) && constantValue(b) == 1) return a;
    if ((op == ExprOp::Add || op == ExprOp::Sub) && constantValue(b) == 0) return a;
  }
  if (op == ExprOp::Mul && isConstant(a) && constantValue(a) == 1) return b;
  if (op == ExprOp::Add && isConstant(a) && constantValue(a) == 0) return b;
  return add({op, a.index, unary ? 0 : b.index, 0});
}

void ExprPool::evaluate(const Inputs& inputs, std::vector<double>& values) const {
  values.resize(nodes_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const auto& n = nodes_[i];
    switch (n.op) {
      case ExprOp::Constant: values[i] = n.value; break;
      case ExprOp::Symbol: values[i] = inputs.symbols[n.a]; break;
      case ExprOp::Degree: values[i] = inputs.degrees[n.a]; break;
      case ExprOp::Metric:
        values[i] = inputs.metrics && n.a < inputs.metrics->size() ? (*inputs.metrics)[n.a]
                                                                   : std::numeric_limits<double>::quiet_NaN();
        break;
      default: values[i] = apply(n.op, values[n.a], values[n.b]);
    }
  }
}

ExprPool::Program ExprPool::bind(const std::array<double, kAxisNames.size()>& degrees,
                                 const std::vector<ExprId>& wanted) const {
  static std::atomic<uint64_t> bindings{0};
  Program out;
  out.id = ++bindings;
  Inputs inputs;
  inputs.degrees = degrees;
  evaluate(inputs, out.known);
  std::vector<bool> moves(nodes_.size(), false), rows(nodes_.size(), false), needed(nodes_.size(), false);
  auto operands = [&](const ExprNode& n, auto&& visit) {
    if (n.op == ExprOp::Constant || n.op == ExprOp::Symbol || n.op == ExprOp::Degree || n.op == ExprOp::Metric) return;
    visit(n.a);
    visit(n.b);
  };
  for (size_t i = 0; i < nodes_.size(); ++i) {
    moves[i] = nodes_[i].op == ExprOp::Symbol;
    rows[i] = moves[i] && nodes_[i].a == static_cast<uint32_t>(Symbol::expert_rows);
    operands(nodes_[i], [&](uint32_t o) {
      moves[i] = moves[i] || moves[o];
      rows[i] = rows[i] || rows[o];
    });
  }
  for (auto id : wanted)
    if (id.valid()) needed[id.index] = true;
  // Operands come before what uses them.
  for (size_t i = nodes_.size(); i-- > 0;)
    if (needed[i]) operands(nodes_[i], [&](uint32_t o) { needed[o] = true; });
  for (size_t i = 0; i < nodes_.size(); ++i)
    if (needed[i] && moves[i]) out.steps.push_back(static_cast<uint32_t>(i));
  // Operands still come first: what does not depend on the rows needs nothing that does.
  auto middle = std::stable_partition(out.steps.begin(), out.steps.end(), [&](uint32_t i) { return !rows[i]; });
  out.ofRows = static_cast<size_t>(middle - out.steps.begin());
  return out;
}

void ExprPool::run(const Program& program, const std::array<double, static_cast<size_t>(Symbol::kCount)>& symbols,
                   std::vector<double>& values) const {
  if (values.size() != program.known.size()) values = program.known;
  run(program.steps, symbols, values);
}

void ExprPool::runRows(const Program& program, const std::array<double, static_cast<size_t>(Symbol::kCount)>& symbols,
                       std::vector<double>& values) const {
  run(std::span(program.steps).subspan(program.ofRows), symbols, values);
}

void ExprPool::run(std::span<const uint32_t> steps,
                   const std::array<double, static_cast<size_t>(Symbol::kCount)>& symbols,
                   std::vector<double>& values) const {
  for (uint32_t i : steps) {
    const auto& n = nodes_[i];
    values[i] = n.op == ExprOp::Symbol ? symbols[n.a] : apply(n.op, values[n.a], values[n.b]);
  }
}

double ExprPool::evaluateOne(ExprId id, const Inputs& inputs) const {
  std::vector<double> values;
  evaluate(inputs, values);
  return values[id.index];
}

std::string ExprPool::text(ExprId id, const Strings& strings) const {
  const auto& n = nodes_[id.index];
  auto side = [&](uint32_t index) { return text(ExprId{index}, strings); };
  auto infix = [&](const char* op) { return fmt::format("({} {} {})", side(n.a), op, side(n.b)); };
  switch (n.op) {
    case ExprOp::Constant: return shortest(n.value);
    case ExprOp::Symbol: return std::string(kSymbolNames[n.a]);
    case ExprOp::Degree: return std::string(kAxisNames[n.a]);
    case ExprOp::Metric: return fmt::format("metric \"{}\"", strings[StringId{n.a}]);
    case ExprOp::Add: return infix("+");
    case ExprOp::Sub: return infix("-");
    case ExprOp::Mul: return infix("*");
    case ExprOp::Div: return infix("/");
    case ExprOp::Less: return infix("<");
    case ExprOp::LessEq: return infix("<=");
    case ExprOp::Greater: return infix(">");
    case ExprOp::GreaterEq: return infix(">=");
    case ExprOp::And: return infix("and");
    case ExprOp::Or: return infix("or");
    case ExprOp::Min: return fmt::format("min({}, {})", side(n.a), side(n.b));
    case ExprOp::Max: return fmt::format("max({}, {})", side(n.a), side(n.b));
    case ExprOp::Ceil: return fmt::format("ceil({})", side(n.a));
    case ExprOp::Floor: return fmt::format("floor({})", side(n.a));
    case ExprOp::Not: return fmt::format("not({})", side(n.a));
  }
  return "?";
}

}  // namespace afdc::ir
