// Results of scenarios for pull requests and as a page; textReport is for terminals.
#pragma once
#include <string>
#include <vector>

#include "results/results.h"

namespace afdc {

std::string evaluationMarkdown(const std::vector<Results>& all);
/// One page that needs nothing else: the figures as tables, and pictures where there is JavaScript. `made`: by what.
std::string evaluationHtml(const std::vector<Results>& all, const std::string& made);

}  // namespace afdc
