// What a device's kernels reach of its roofline, kind by kind: the curves of the library of kernels that an engine's
// runtime uses there (std.kernels).
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ir/scenario.h"
#include "support/diagnostics.h"

namespace afdc {

/// Kinds of kernels that reach the roofline differently; parallel to `kCurveNames`.
enum class Curved : uint8_t {
  GemmBf16,
  GemmFp8,
  GemmFp8Block,
  GemmFp4,
  ExpertsBf16,
  ExpertsFp8,
  ExpertsFp8Block,
  ExpertsFp4,
  ExpertsMxfp4,  ///< four-bit weights that meet eight-bit activations
  ExpertsW4,     ///< four-bit weights widened for 16-bit arithmetic
  Prefill,
  PrefillFp8,  ///< of a cache of eight bits
  Decode,
  DecodeFp8,  ///< of a cache of eight bits
  LatentPrefill,
  LatentDecode,
  Elementwise,
  Count
};
inline constexpr std::array<std::string_view, static_cast<size_t>(Curved::Count)> kCurveNames = {
    "gemm_bf16",      "gemm_fp8",      "gemm_fp8_block", "gemm_fp4", "experts_bf16", "experts_fp8", "experts_fp8_block",
    "experts_fp4",    "experts_mxfp4", "experts_w4",     "prefill",  "prefill_fp8",  "decode",      "decode_fp8",
    "latent_prefill", "latent_decode", "elementwise"};

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

/// The curves of the library called `wanted` on `gpu`. nullopt: none is wanted, or none are known of the device; or,
/// reported at `said` of the runtime that wants it, the device has others but not that one.
std::optional<KernelCurves> readKernelCurves(const ir::Scenario& s, ir::NodeId gpu, std::string_view runtime,
                                             const std::string& wanted, SourceRange said, Diagnostics& diags);

}  // namespace afdc
