// What was emitted, given to ASTRA-sim itself: its figures beside ours.
#pragma once
#include <string>

#include "backends/emit/target.h"

namespace afdc::emit {

/// Runs every step below `directory` by `binary`. A step counts only if every rank says that it has finished: the
/// simulator's own exit status does not tell.
Ran runAstraSim(const std::string& binary, const std::string& directory);

}  // namespace afdc::emit
