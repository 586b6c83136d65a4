// Every target. A new one is a folder beside this one and two lines here.
#include <algorithm>

#include "backends/astra_sim/astra_sim.h"
#include "backends/dynamo/dynamo.h"
#include "backends/emit/launch.h"
#include "backends/kubernetes/kubernetes.h"
#include "backends/prometheus/prometheus.h"
#include "backends/sglang/sglang.h"
#include "backends/trtllm/trtllm.h"
#include "backends/vllm/vllm.h"
#include "backends/vllm_bench/vllm_bench.h"

namespace afdc::emit {

namespace {
const Target* const kTargets[] = {&kAstraSim, &kDisaggregatedSet, &kDynamo, &kInferencePool, &kKserve, &kLeaderWorkerSet,
                                  &kPrometheus, &kSglang, &kTrtllm, &kVllm, &kVllmBench};
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
