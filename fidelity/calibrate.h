// Fits the overheads of runtimes and the corrections of devices to measured records, by the predictions that the
// evaluator makes for them (docs/fidelity.md). Deterministic: no random numbers.
#pragma once
#include <array>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "fidelity/predict.h"

namespace afdc {

/// One fitted figure: where it lies in a runtime or a device, its prior, and how far from it a fit may go.
struct FitParameter {
  const char* path;  ///< in .afd, below the runtime or the device
  double& (*in)(EngineConfig&);
  double prior, low, high;
  double sigma;  ///< of the ridge, in log space
  double unit;   ///< the .afd text is in this many of `suffix`
  const char* suffix;
};
/// At most eight of an engine version, and of a device at most two of five: see Fitter::keepTwo. The datasheet bounds
/// the bandwidth. Not fitted is what kernels wait for each other: whole recorded steps were measured within 5 % of the
/// sum of their kernels (docs/fidelity.md), so that gaps are near the microsecond that the runtimes state. Tokenisers
/// are assumed to do a megabyte or so of text a second.
#define AFD_IN(member) [](EngineConfig& e) -> double& { return e.member; }
inline constexpr std::array<FitParameter, 8> kRuntimeParameters = {{
    {"efficiency.compute", AFD_IN(runtime.eta_compute), 0.9, 0.3, 1, 0.2, 0.01, " pct"},
    {"efficiency.memory", AFD_IN(runtime.eta_memory), 0.9, 0.3, 1, 0.2, 0.01, " pct"},
    {"launch.launch", AFD_IN(runtime.launch), 50e-6, 1e-6, 200e-6, 0.35, 1e-6, " us"},
    {"host.fixed", AFD_IN(runtime.host_fixed), 1e-3, 1e-5, 60e-3, 0.7, 1e-3, " ms"},
    {"host.per_seq", AFD_IN(runtime.host_per_seq), 10e-6, 1e-8, 1e-3, 0.7, 1e-6, " us"},
    {"front_fixed", AFD_IN(runtime.front_fixed), 5e-3, 1e-4, 0.5, 0.7, 1e-3, " ms"},
    {"front_serial", AFD_IN(runtime.front_serial), 2e-3, 1e-5, 0.1, 0.7, 1e-3, " ms"},
    {"front_per_token", AFD_IN(runtime.front_per_token), 3e-6, 1e-7, 30e-6, 0.7, 1e-6, " us/tok"},
}};
inline constexpr std::array<FitParameter, 5> kDeviceParameters = {{
    {"measured.start", AFD_IN(device.measured_start), 1, 0.2, 3, 0.5, 0.01, " pct"},
    {"measured.host", AFD_IN(device.measured_host), 1, 0.2, 4, 0.5, 0.01, " pct"},
    {"measured.compute", AFD_IN(device.measured_compute), 1, 0.5, 1.5, 0.2, 0.01, " pct"},
    {"measured.memory", AFD_IN(device.measured_memory), 1, 0.25, 1, 0.2, 0.01, " pct"},
    {"measured.experts", AFD_IN(device.measured_experts), 1, 0.2, 1, 0.2, 0.01, " pct"},
}};
#undef AFD_IN

/// A value for each parameter of a runtime, or of a device, in the order of its table.
using Figures = std::vector<double>;
/// All at their priors.
Figures priorsOf(std::span<const FitParameter> parameters);

struct FittedFigures {
  std::map<std::string, Figures> runtimes, devices;
  /// By runtime and device: curves of its kin, for a device whose own are left out with it.
  std::map<std::pair<std::string, std::string>, decltype(KernelCurves::curves)> kernels;
  /// Puts the figures of this fit into an engine that runs `runtime` on `device`.
  void apply(const std::string& runtime, const std::string& device, EngineConfig& e) const;
};

struct FitReport {
  FittedFigures fit;
  double before = 0, after = 0;  ///< loss
  size_t records = 0;
  std::map<std::string, size_t> perRuntime, perDevice;
  std::map<std::string, std::set<std::string>> products;  ///< by key of `fit.devices`: which have the chip
  std::map<std::string, double> medians;                  ///< by metric, over groups, after
  /// The same where each record is predicted by a fit that did not see its device, or its model.
  std::map<std::string, double> withoutDevice, withoutModel;
};

struct FitOptions {
  bool leaveOut = false;  ///< fit again without each device, and without each model
};

/// `progress` is told what is being fitted.
FitReport fitRecords(Predictor& predictor, const std::vector<Record>& records, const FitOptions& options,
                     const std::function<void(const std::string&)>& progress);

/// The fitted figures as an .afd module that overrides the library's; `sources` names what they were fitted to.
std::string overlay(const FitReport& report, const std::string& sources);
/// "median error 9.9 % over groups", with what is left out where the report says it.
std::string medianText(const FitReport& report, const std::string& metric);

}  // namespace afdc
