#pragma once
#include "backends/emit/launch.h"

namespace afdc::emit {
extern const Target kSglang;
extern const Launcher kSglangLauncher;
}  // namespace afdc::emit
