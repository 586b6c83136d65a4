#include "passes/lowering/measure.h"

#include <algorithm>
#include <functional>

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

/// An attribute of an operator; `otherwise` where it has none of the name.
double attribute(const Graph& g, const Op& op, std::string_view name, double otherwise) {
  for (const auto& a : op.attributes)
    if (g.strings[a.name] == name) return g.exprs.evaluateOne(a.value, {});
  return otherwise;
}

double routedExperts(const Graph& g) {
  double most = 0;
  for (const auto& layers : g.stack)
    for (const auto& op : g.bodies[layers.body.index].ops)
      if (op.kind == OperatorKind::Route) most = std::max(most, attribute(g, op, "experts", 0));
  return most;
}

/// The share of a layer's routed experts that one token passes.
double activeShare(const Graph& g, const Body& body) {
  double share = 1;
  for (const auto& op : body.ops)
    if (op.kind == OperatorKind::Route) share = attribute(g, op, "top_k", 1) / attribute(g, op, "experts", 1);
  return share;
}

bool isRouted(const Tensor& weight) {
  return std::any_of(weight.dims.begin(), weight.dims.end(), [](const TensorDim& d) { return d.axis == Axis::ep; });
}

/// What a stored tensor adds to one of the measures that are sums over bodies.
using Measure = std::function<double(const Body&, const Tensor&)>;

double sumOver(const Graph& g, const Measure& measure) {
  auto ofBody = [&](const Body& body) {
    double sum = 0;
    for (const auto& t : body.tensors) sum += measure(body, t);
    return sum;
  };
  double total = ofBody(g.bodies[g.main.index]);
  for (const auto& layers : g.stack) total += layers.count * ofBody(g.bodies[layers.body.index]);
  return total;
}

}  // namespace

std::optional<double> measureModel(const Graph& graph, std::string_view name,
                                   const std::vector<FormatOverride>& overrides) {
  auto bytes = [&](const Tensor& t) {
    for (const auto& o : overrides)
      if (o.cls == graph.strings[t.cls]) return elements(graph, t) * o.format.bytesPerElement();
    const auto* p = graph.precision(t.cls);
    return elements(graph, t) * (p ? p->bytesPerElement() : 0.0);
  };
  auto bytesOf = [&](TensorKind kind) {
    return sumOver(graph, [&](const Body&, const Tensor& t) { return t.kind == kind ? bytes(t) : 0.0; });
  };
  auto weights = [&](bool active) {
    return sumOver(graph, [&](const Body& body, const Tensor& t) {
      if (t.kind != TensorKind::Weight) return 0.0;
      return elements(graph, t) * (active && isRouted(t) ? activeShare(graph, body) : 1);
    });
  };
  if (name == "routed_experts") return routedExperts(graph);
  if (name == "params") return weights(false);
  if (name == "active_params") return weights(true);
  if (name == "weight_bytes") return bytesOf(TensorKind::Weight);
  if (name == "kv_bytes_per_token") return bytesOf(TensorKind::Cache);
  if (name == "state_bytes_per_seq") return bytesOf(TensorKind::State);
  return std::nullopt;
}

}  // namespace afdc
