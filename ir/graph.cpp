#include "ir/graph.h"

#include <fmt/format.h>

namespace afdc::ir {

const Precision* Graph::precision(StringId cls) const {
  for (const auto& p : precisions)
    if (p.cls == cls) return &p;
  return nullptr;
}

uint32_t Graph::layerCount() const {
  uint32_t count = 0;
  for (const auto& layers : stack) count += layers.count;
  return count;
}

std::string verify(const Graph& graph) {
  auto exprOk = [&](ExprId id) { return id.valid() && id.index < graph.exprs.size(); };
  if (!graph.main.valid() || graph.main.index >= graph.bodies.size()) return "no main body";
  for (const auto& layers : graph.stack)
    if (!layers.body.valid() || layers.body.index >= graph.bodies.size() || layers.count == 0)
      return "the stack names no body";
  for (const auto& body : graph.bodies) {
    auto in = [&](std::string_view what) { return fmt::format("body {}: {}", graph.strings[body.name], what); };
    std::vector<bool> defined(body.tensors.size(), false);
    for (size_t i = 0; i < body.tensors.size(); ++i) {
      const auto& t = body.tensors[i];
      if (t.kind != TensorKind::Activation && t.kind != TensorKind::Route) defined[i] = true;
      for (const auto& dim : t.dims)
        for (const auto& part : dim.parts)
          if (!exprOk(part.size) || (dim.axis != Axis::None && !exprOk(part.units)))
            return in(fmt::format("tensor {} has a dimension without a size", graph.strings[t.name]));
      if (t.kind != TensorKind::Activation && t.kind != TensorKind::Route && !t.cls.valid())
        return in(fmt::format("{} has no class of precision", graph.strings[t.name]));
    }
    for (auto p : body.params) {
      if (p.index >= body.tensors.size()) return in("a parameter is missing");
      defined[p.index] = true;
    }
    for (const auto& op : body.ops) {
      for (const auto& operand : op.operands)
        if (operand.tensor.index >= body.tensors.size() || !defined[operand.tensor.index])
          return in(fmt::format("an operand of {} is used before it is defined", nameOf(op.kind)));
      for (const auto& a : op.attributes)
        if (!exprOk(a.value)) return in("an attribute has no value");
      if (op.result.index >= body.tensors.size()) return in("an operator has no result");
      if (defined[op.result.index])
        return in(fmt::format("{} is defined twice", graph.strings[body.tensors[op.result.index].name]));
      defined[op.result.index] = true;
    }
    if (!body.returned.valid() || body.returned.index >= body.tensors.size() || !defined[body.returned.index])
      return in("nothing is returned");
  }
  return "";
}

}  // namespace afdc::ir
