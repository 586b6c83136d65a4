#pragma once
#include "backends/emit/launch.h"

namespace afdc::emit {

extern const Target kVllm;
extern const Launcher kVllmLauncher;

/// What its attention-FFN plugin asks of a deployment (vllm-project/afd-plugin 2e4378f, config.py): as many attention
/// ranks as FFN ranks or a multiple of them, ports that exist, two microbatches. Refuses what does not hold.
void checkAfdPlugin(const Input& in, Emission& out);

}  // namespace afdc::emit
