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
  const auto& compute = engine.asked;
  if (!compute.empty() && !engine.can(compute)) {
    auto& d = diags.report<diag::no_such_compute>(rangeOf(s, engine.askedAt, diags), engine.device, compute);
    std::string list;
    for (auto a : engine.has) list += (list.empty() ? "" : ", ") + std::string(a);
    d.help(fmt::format("it has {}; leave `compute` unset to compute in bf16 from the stored format", list));
    return std::nullopt;
  }
  for (auto& p : graph.precisions) {
    std::string cls(graph.strings[p.cls]);
    auto format =
        std::find_if(engine.formats.begin(), engine.formats.end(), [&](const StoredFormat& f) { return f.cls == cls; });
    if (format != engine.formats.end()) {
      p.bits = format->bits;
      p.scaleBits = format->scale_bits;
      p.block = format->block;
      p.format = graph.strings.intern(format->name);
      p.compute = graph.strings.intern(format->compute);
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
