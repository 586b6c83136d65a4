// The report on a terminal: at most 100 columns.
#pragma once
#include <string>

#include "results/results.h"

namespace afdc {

std::string textReport(const Results& results, bool color);

/// Several results side by side, a line each: what they run on, what they promise, what bounds them.
std::string comparisonReport(const std::vector<Results>& results, bool color);

}  // namespace afdc
