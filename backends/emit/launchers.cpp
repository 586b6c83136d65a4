// Every engine that start scripts and Kubernetes can start.
#include <algorithm>

#include "backends/emit/launch.h"
#include "backends/sglang/sglang.h"
#include "backends/trtllm/trtllm.h"
#include "backends/vllm/vllm.h"

namespace afdc::emit {

namespace {
const Launcher* const kLaunchers[] = {&kVllmLauncher, &kSglangLauncher, &kTrtllmLauncher};
}  // namespace

const Launcher* launcherFor(std::string_view program) {
  auto found = std::find_if(std::begin(kLaunchers), std::end(kLaunchers),
                            [&](const Launcher* l) { return l->program == program; });
  return found == std::end(kLaunchers) ? nullptr : *found;
}

}  // namespace afdc::emit
