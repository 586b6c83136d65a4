#include "passes/deployment/kernel_curves.h"

#include <utility>

namespace afdc {

using ir::NodeId;
using ir::Scenario;

namespace {

KernelCurve readCurve(const Scenario& s, NodeId kernels, std::string_view name) {
  NodeId curve = s.find(kernels, name);
  auto get = [&](const char* field, double otherwise) { return s.number(curve, field).value_or(otherwise); };
  return {get("start", 0),  get("compute", 1), get("memory", 1), get("sharpness", 0),
          get("expert", 0), get("rows", 1),    get("tokens", 0)};
}

CollectiveCurve readCollective(const Scenario& s, NodeId kernels, std::string_view name) {
  NodeId curve = s.find(kernels, name);
  auto get = [&](const char* field, double otherwise) { return s.number(curve, field).value_or(otherwise); };
  return {get("latency", 0), get("bandwidth", 1), get("sum_start", 0), get("sum_bandwidth", 0)};
}

/// Curves that take the places of the common ones where the runtime says so.
constexpr std::pair<Curved, std::string_view> kTensorrtLlm[] = {
    {Curved::GemmFp8Block, "gemm_fp8_block_tensorrt_llm"},
    {Curved::ExpertsBf16, "experts_bf16_tensorrt_llm"},
    {Curved::ExpertsFp8Block, "experts_fp8_block_tensorrt_llm"},
    {Curved::Prefill, "prefill_tensorrt_llm"},
    {Curved::PrefillFp8, "prefill_fp8_tensorrt_llm"},
    {Curved::DecodeFp8, "decode_fp8_tensorrt_llm"},
    {Curved::LatentDecode, "latent_decode_tensorrt_llm"}};
constexpr std::pair<Curved, std::string_view> kCutlass[] = {{Curved::ExpertsFp4, "experts_fp4_cutlass"},
                                                            {Curved::ExpertsMxfp4, "experts_fp4_cutlass"}};

}  // namespace

std::optional<KernelCurves> readKernelCurves(const Scenario& s, NodeId gpu, NodeId runtime) {
  NodeId kernels = s.find(gpu, "kernels");
  if (!kernels.valid()) return std::nullopt;
  KernelCurves out;
  out.architecture = s.show(kernels);
  if (NodeId devices = s.find(kernels, "measured_on"); devices.valid())
    for (auto name : s[devices].children) out.own |= s.strings[s[name].text] == s.show(gpu);
  for (size_t i = 0; i < kCurveNames.size(); ++i) out.curves[i] = readCurve(s, kernels, kCurveNames[i]);
  auto replace = [&](auto& own) {
    for (auto [kind, name] : own) out.curves[static_cast<size_t>(kind)] = readCurve(s, kernels, name);
  };
  bool tensorrt = s.text(runtime, "kernel_library") == "tensorrt_llm";
  out.collective = readCollective(s, kernels, tensorrt ? "collective_tensorrt_llm" : "collective");
  if (tensorrt) replace(kTensorrtLlm);
  if (s.text(runtime, "moe_backend") == "cutlass") replace(kCutlass);
  return out;
}

}  // namespace afdc
