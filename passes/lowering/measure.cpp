#include "passes/lowering/measure.h"

#include <algorithm>

namespace afdc {

using namespace ir;

namespace {

/// Elements of a stored tensor, unsharded: sizes of storage are static, so every dimension is a constant.
double elements(const Graph& g, const Tensor& t) {
  double count = 1;
  for (const auto& dim : t.dims) {
    double size = 0;
    for (const auto& part : dim.parts) size += g.exprs.evaluateOne(part.size, {});
    count *= size;
  }
  return count;
}

}  // namespace

std::optional<double> measureModel(const Graph& graph, std::string_view name,
                                   const std::vector<FormatOverride>& overrides) {
  if (name == "routed_experts") {
    double most = 0;
    for (const auto& run : graph.stack)
      for (const auto& op : graph.bodies[run.body.index].ops)
        for (const auto& a : op.attributes)
          if (graph.strings[op.intrinsic] == "route" && graph.strings[a.name] == "experts")
            most = std::max(most, graph.exprs.evaluateOne(a.value, {}));
    return most;
  }
  auto bytesPer = [&](StringId cls) {
    for (const auto& o : overrides)
      if (o.cls == graph.strings[cls]) return o.format.bytesPerElement();
    const auto* p = graph.precision(cls);
    return p ? p->bytesPerElement() : 0.0;
  };
  bool params = name == "params", active = name == "active_params", weightBytes = name == "weight_bytes",
       kv = name == "kv_bytes_per_token", state = name == "state_bytes_per_seq";
  if (!params && !active && !weightBytes && !kv && !state) return std::nullopt;
  auto ofBody = [&](const Body& body) {
    double sum = 0;
    // The share of routed experts that one token passes, from the route of this layer.
    double share = 1;
    if (active)
      for (const auto& op : body.ops)
        if (graph.strings[op.intrinsic] == "route") {
          double experts = 1, topK = 1;
          for (const auto& a : op.attributes) {
            if (graph.strings[a.name] == "experts") experts = graph.exprs.evaluateOne(a.value, {});
            if (graph.strings[a.name] == "top_k") topK = graph.exprs.evaluateOne(a.value, {});
          }
          share = topK / experts;
        }
    for (const auto& t : body.tensors) {
      bool weight = t.kind == TensorKind::Weight;
      if ((params || active || weightBytes) && weight) {
        bool routed = false;
        if (active)
          for (const auto& dim : t.dims) routed |= dim.axis == Axis::ep;
        sum += elements(graph, t) * (weightBytes ? bytesPer(t.cls) : 1) * (routed ? share : 1);
      }
      if ((kv && t.kind == TensorKind::Cache) || (state && t.kind == TensorKind::State))
        sum += elements(graph, t) * bytesPer(t.cls);
    }
    return sum;
  };
  double total = ofBody(graph.bodies[graph.main.index]);
  for (const auto& run : graph.stack) total += run.count * ofBody(graph.bodies[run.body.index]);
  return total;
}

}  // namespace afdc
