#include "passes/deployment/kernel_curves.h"

#include <fmt/format.h>

#include <algorithm>

#include "passes/deployment/diagnostics.h"
#include "passes/deployment/fields.h"
#include "support/text.h"

namespace afdc {

using ir::NodeId;
using ir::Scenario;

namespace {

KernelCurve readCurve(const Scenario& s, NodeId record, FieldReader& fields) {
  KernelCurve curve;
  fields.read(curve, "Curve", record);
  if (s.isA(record, "ExpertCurve")) fields.read(curve, "ExpertCurve", record);
  return curve;
}

/// The library of a device's kernels that is called `wanted`; reports, at `said`, that there is none.
NodeId libraryOf(const Scenario& s, std::string_view device, const KernelLibraries& all, std::string_view runtime,
                 const std::string& wanted, SourceRange said, Diagnostics& diags) {
  std::vector<std::string> names;
  for (NodeId library : all.libraries) {
    if (s.strings[s[library].name] == wanted) return library;
    names.push_back(fmt::format("`{}`", s.strings[s[library].name]));
  }
  diags
      .report<diag::not_evaluable>(
          said, runtime, fmt::format("it runs the kernels of `{}`, and `{}` has none of them", wanted, device))
      .help(
          fmt::format("`{}` has {}; where nothing of `{}` was measured, `library {} = common` in its `kernels` says so",
                      device, joinWords(names), wanted, wanted));
  return {};
}

}  // namespace

std::optional<KernelCurves> readKernelCurves(const Scenario& s, const std::string& device, NodeId kernels,
                                             std::string_view runtime, const std::string& wanted, SourceRange said,
                                             Diagnostics& diags) {
  if (!kernels.valid() || wanted.empty()) return std::nullopt;
  FieldReader fields(s, diags);
  KernelLibraries all;
  fields.read(all, "KernelLibraries", kernels);
  NodeId library = libraryOf(s, device, all, runtime, wanted, said, diags);
  if (!library.valid()) return std::nullopt;
  KernelRecords records;
  fields.read(records, "Kernels", library);
  if (fields.failed()) return std::nullopt;
  KernelCurves out;
  out.architecture = s.show(kernels);
  out.own = std::find(all.measured_on.begin(), all.measured_on.end(), device) != all.measured_on.end();
#define KERNEL_KIND(kind, field, ...) \
  out.curves[static_cast<size_t>(Curved::kind)] = readCurve(s, records.field, fields);
#include "passes/deployment/kernel_kinds.def"
#undef KERNEL_KIND
  fields.read(out.collective, "CollectiveCurve", records.collective);
  if (fields.failed()) return std::nullopt;
  return out;
}

}  // namespace afdc
