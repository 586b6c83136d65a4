// The report on a terminal, in its width.
#pragma once
#include <string>

#include "results/results.h"
#include "support/terminal.h"

namespace afdc {

std::string textReport(const Results& results, const Screen& screen);

/// One result beside what another tool's arithmetic gives, with the reasons.
struct OtherTool {
  std::string profile;
  double ttft = 0, tpot = 0, e2e = 0, output_tokens_per_s = 0, weights = 0, kv = 0;
  std::vector<std::string> reasons;
};
std::string besideReport(const Results& results, const OtherTool& other, const Screen& screen);

/// Several results side by side, a line each: what they run on, what they promise, what bounds them.
std::string comparisonReport(const std::vector<Results>& results, const Screen& screen);

}  // namespace afdc
