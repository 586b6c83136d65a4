#include <algorithm>

#include "ir/places.h"
#include "passes/lowering/diagnostics.h"
#include "passes/lowering/lowering.h"

namespace afdc {

using namespace ir;

bool Arithmetic::can(std::string_view arithmetic) const {
  return std::find(has.begin(), has.end(), arithmetic) != has.end();
}

std::optional<Graph> lower(const Scenario& s, NodeId model, const Arithmetic& engine,
                           std::vector<std::string>& fallbacks, Diagnostics& diags) {
  NodeId node = s.find(model, "graph");
  if (!node.valid()) return std::nullopt;
  Graph graph = s.graphs[s[node].index];
  auto quantOf = [&](std::string_view field) {
    for (NodeId quant : engine.quants)
      if (NodeId found = s.find(quant, field); found.valid()) return found;
    return NodeId{};
  };
  NodeId asked = quantOf("compute");
  std::string compute(asked.valid() ? s.strings[s[asked].text] : std::string_view());
  if (!compute.empty() && !engine.can(compute)) {
    auto& d = diags.report<diag::no_such_compute>(rangeOf(s, asked, diags), engine.device, compute);
    std::string list;
    for (auto a : engine.has) list += (list.empty() ? "" : ", ") + std::string(a);
    d.help(fmt::format("it has {}; leave `compute` unset to compute in bf16 from the stored format", list));
    return std::nullopt;
  }
  for (auto& p : graph.precisions) {
    std::string cls(graph.strings[p.cls]);
    if (NodeId format = quantOf(cls); format.valid()) {
      p.bits = s.number(format, "bits").value_or(p.bits);
      p.scaleBits = s.number(format, "scale_bits").value_or(0);
      p.block = s.number(format, "block").value_or(1);
      p.format =
          graph.strings.intern(s[format].label.valid() ? s.strings[s[format].label] : std::string_view("format"));
      p.compute = graph.strings.intern(s.text(format, "compute"));
    }
    bool product = cls == "linear" || cls == "expert" || cls == "head" || cls == "embedding" || cls == "router";
    if (!compute.empty() && (cls == "linear" || cls == "expert")) p.compute = graph.strings.intern(compute);
    auto wanted = graph.strings[p.compute];
    if (engine.can(wanted) || wanted.empty()) continue;
    // fp4 weights on a device with fp8 but no fp4 arithmetic are still products with bf16 activations: weight-only.
    if (product)
      fallbacks.push_back(fmt::format("{} is stored as {} and multiplied in bf16: {} has no {} arithmetic", cls,
                                      graph.strings[p.format], engine.device, wanted));
    p.compute = graph.strings.intern("bf16");
  }
  return graph;
}

}  // namespace afdc
