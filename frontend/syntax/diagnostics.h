// The messages of this room.
#pragma once
#include "support/diagnostics.h"

namespace afdc::diag {
#define DIAG AFDC_DIAGNOSTIC
#include "frontend/syntax/diagnostics.def"
#undef DIAG
}  // namespace afdc::diag
