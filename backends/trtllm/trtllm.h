#pragma once
#include "backends/emit/launch.h"

namespace afdc::emit {
extern const Target kTrtllm;
extern const Launcher kTrtllmLauncher;
}  // namespace afdc::emit
