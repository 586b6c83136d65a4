#pragma once
#include "backends/emit/target.h"

namespace afdc::emit {
extern const Target kVidur;
}  // namespace afdc::emit
