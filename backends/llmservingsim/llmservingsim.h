#pragma once
#include "backends/emit/target.h"

namespace afdc::emit {
extern const Target kLlmServingSim;
}  // namespace afdc::emit
