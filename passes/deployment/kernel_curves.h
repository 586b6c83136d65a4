// What a device's kernels reach of its roofline, kind by kind: the curves of the library of kernels that an engine's
// runtime uses there (std.kernels).
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/scenario.h"
#include "support/diagnostics.h"

namespace afdc {

enum class Curved : uint8_t {
#define KERNEL_KIND(kind, ...) kind,
#include "passes/deployment/kernel_kinds.def"
#undef KERNEL_KIND
  Count
};

/// t = start + [(F / (P·compute))^q + (bytes / (W·memory))^q]^(1/q); q = 0: the larger of the two. Experts besides:
/// bytes are their weights', and t += touched experts · expert + (rows · their activations + tokens · the tokens')
/// bytes / W.
struct KernelCurve {
  double start = 0, compute = 1, memory = 1, sharpness = 0;
  double expert = 0, rows = 1, tokens = 0;
};

/// Collectives inside the scale-up domain: a step by the ranks themselves; sums by the switch.
struct CollectiveCurve {
  double latency = 0, bandwidth = 1;        ///< s, share of the link's
  double sum_start = 0, sum_bandwidth = 0;  ///< s, share of the link's; 0: the switch does not add up
};

struct KernelCurves {
  std::string architecture;  ///< what the curves are called
  bool own = false;          ///< measured on this very device
  std::array<KernelCurve, static_cast<size_t>(Curved::Count)> curves;
  CollectiveCurve collective;
  const KernelCurve& of(Curved kind) const { return curves[static_cast<size_t>(kind)]; }
};

/// The records of a library of kernels, by kind.
struct KernelRecords {
#define KERNEL_KIND(kind, field, ...) ir::NodeId field;
#include "passes/deployment/kernel_kinds.def"
#undef KERNEL_KIND
  ir::NodeId collective;
};
/// What a device names beside its own figures.
struct DeviceRecords {
  ir::NodeId kernels;  ///< invalid: what its kernels reach is not known
  std::string tables;  ///< a file of measured kernels; "": none
};
struct KernelLibraries {
  std::vector<std::string> measured_on;
  std::vector<ir::NodeId> libraries;
};

/// The curves of the library called `wanted` among the `kernels` of `device`. nullopt: none is wanted, or none are
/// known of the device; or, reported, the device has others but not that one (at `said` of the runtime that wants it),
/// or a curve lacks a field.
std::optional<KernelCurves> readKernelCurves(const ir::Scenario& s, const std::string& device, ir::NodeId kernels,
                                             std::string_view runtime, const std::string& wanted, SourceRange said,
                                             Diagnostics& diags);

}  // namespace afdc
