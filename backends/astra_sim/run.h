// What was emitted, given to the simulator itself: its figures beside ours.
#pragma once
#include <string>

#include "backends/emit/target.h"
#include "driver/commands.h"

namespace afdc {

/// Runs every step below `directory` by `binary`. A step counts only if every rank says that it has finished: the
/// simulator's own exit status does not tell.
Output runSimulator(const emit::Target& target, const std::string& binary, const std::string& directory);

}  // namespace afdc
