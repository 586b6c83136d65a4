// Every target. A new one is a folder beside this one and two lines here.
#include <algorithm>

#include "backends/aiconfigurator/aiconfigurator.h"
#include "backends/astra_sim/astra_sim.h"
#include "backends/blis/blis.h"
#include "backends/dynamo/dynamo.h"
#include "backends/emit/launch.h"
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
const Launcher* const kLaunchers[] = {&kVllmLauncher, &kSglangLauncher, &kTrtllmLauncher};
}  // namespace

std::span<const Target* const> targets() { return kTargets; }

const Target* findTarget(std::string_view name) {
  auto found = std::find_if(std::begin(kTargets), std::end(kTargets), [&](const Target* t) { return t->name == name; });
  return found == std::end(kTargets) ? nullptr : *found;
}

const Launcher* launcherFor(std::string_view program) {
  auto found = std::find_if(std::begin(kLaunchers), std::end(kLaunchers),
                            [&](const Launcher* l) { return l->program == program; });
  return found == std::end(kLaunchers) ? nullptr : *found;
}

}  // namespace afdc::emit
