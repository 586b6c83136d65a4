// Every target. A new one is a folder beside this file and two lines in registry.cpp.
#pragma once
#include "backends/emit/target.h"

namespace afdc::emit {

/// All of them, by name.
std::span<const Target* const> targets();
const Target* findTarget(std::string_view name);

}  // namespace afdc::emit
