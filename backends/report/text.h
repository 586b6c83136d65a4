// The report on a terminal: at most 100 columns.
#pragma once
#include <string>

#include "results/results.h"

namespace afdc {

std::string textReport(const Results& results, bool color);

}  // namespace afdc
