// Another tool's answer in place of ours.
#pragma once
#include "passes/profiles/profile.h"
#include "results/results.h"

namespace afdc {

/// Puts the answer into the results of the same scenario; what the other tool does not say becomes unknown.
void adopt(const ProfileAnswer& answer, Results& results);

}  // namespace afdc
