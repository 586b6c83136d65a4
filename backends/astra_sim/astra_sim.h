#pragma once
#include "backends/emit/target.h"

namespace afdc::emit {

extern const Target kAstraSim;

}  // namespace afdc::emit
