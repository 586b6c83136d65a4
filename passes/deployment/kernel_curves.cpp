#include "passes/deployment/kernel_curves.h"

#include <fmt/format.h>

#include <vector>

#include "ir/places.h"
#include "passes/deployment/diagnostics.h"
#include "support/text.h"

namespace afdc {

using ir::NodeId;
using ir::Scenario;

namespace {

KernelCurve readCurve(const Scenario& s, NodeId library, std::string_view name) {
  NodeId curve = s.find(library, name);
  auto get = [&](const char* field, double otherwise) { return s.number(curve, field).value_or(otherwise); };
  return {get("start", 0),  get("compute", 1), get("memory", 1), get("sharpness", 0),
          get("expert", 0), get("rows", 1),    get("tokens", 0)};
}

CollectiveCurve readCollective(const Scenario& s, NodeId library) {
  NodeId curve = s.find(library, "collective");
  auto get = [&](const char* field, double otherwise) { return s.number(curve, field).value_or(otherwise); };
  return {get("latency", 0), get("bandwidth", 1), get("sum_start", 0), get("sum_bandwidth", 0)};
}

/// The library of a device's kernels that is called `wanted`; reports, at `said`, that there is none.
NodeId libraryOf(const Scenario& s, NodeId gpu, std::string_view runtime, const std::string& wanted, SourceRange said,
                 Diagnostics& diags) {
  std::vector<std::string> names;
  for (NodeId library : s.blocks(s.find(gpu, "kernels"), "library")) {
    if (s.strings[s[library].name] == wanted) return library;
    names.push_back(fmt::format("`{}`", s.strings[s[library].name]));
  }
  diags
      .report<diag::not_evaluable>(
          said, runtime, fmt::format("it runs the kernels of `{}`, and `{}` has none of them", wanted, s.show(gpu)))
      .help(
          fmt::format("`{}` has {}; where nothing of `{}` was measured, `library {} = common` in its `kernels` says so",
                      s.show(gpu), joinWords(names), wanted, wanted));
  return {};
}

}  // namespace

std::optional<KernelCurves> readKernelCurves(const Scenario& s, NodeId gpu, std::string_view runtime,
                                             const std::string& wanted, SourceRange said, Diagnostics& diags) {
  NodeId kernels = s.find(gpu, "kernels");
  if (!kernels.valid() || wanted.empty()) return std::nullopt;
  NodeId library = libraryOf(s, gpu, runtime, wanted, said, diags);
  if (!library.valid()) return std::nullopt;
  KernelCurves out;
  out.architecture = s.show(kernels);
  if (NodeId devices = s.find(kernels, "measured_on"); devices.valid())
    for (auto name : s[devices].children) out.own |= s.strings[s[name].text] == s.show(gpu);
  for (size_t i = 0; i < kCurveNames.size(); ++i) out.curves[i] = readCurve(s, library, kCurveNames[i]);
  out.collective = readCollective(s, library);
  return out;
}

}  // namespace afdc
