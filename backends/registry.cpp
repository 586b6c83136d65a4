#include "backends/registry.h"

#include <algorithm>

#include "backends/aiconfigurator/aiconfigurator.h"
#include "backends/astra_sim/astra_sim.h"
#include "backends/blis/blis.h"
#include "backends/dynamo/dynamo.h"
#include "backends/genz/genz.h"
#include "backends/kubernetes/kubernetes.h"
#include "backends/llmservingsim/llmservingsim.h"
#include "backends/mist/mist.h"
#include "backends/prometheus/prometheus.h"
#include "backends/report/report.h"
#include "backends/sglang/sglang.h"
#include "backends/simai/simai.h"
#include "backends/splitwise_sim/splitwise_sim.h"
#include "backends/trtllm/trtllm.h"
#include "backends/vidur/vidur.h"
#include "backends/vllm/vllm.h"
#include "backends/vllm_bench/vllm_bench.h"

namespace afdc::emit {

namespace {
const Target* const kTargets[] = {
    &kAiconfigurator,  &kAstraSim,      &kBlis, &kDisaggregatedSet, &kDynamo, &kGenz,   &kInferencePool, &kKserve,
    &kLeaderWorkerSet, &kLlmServingSim, &kMist, &kPrometheus,       &kReport, &kSglang, &kSimai,         &kSplitwiseSim,
    &kTrtllm,          &kVidur,         &kVllm, &kVllmBench};
}  // namespace

std::span<const Target* const> targets() { return kTargets; }

const Target* findTarget(std::string_view name) {
  auto found = std::find_if(std::begin(kTargets), std::end(kTargets), [&](const Target* t) { return t->name == name; });
  return found == std::end(kTargets) ? nullptr : *found;
}

}  // namespace afdc::emit
