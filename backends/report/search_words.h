// What a search is about and what it has found, in sentences.
#pragma once
#include <string>
#include <vector>

#include "backends/report/figures.h"
#include "results/search.h"

namespace afdc {

/// The promises that a point breaks.
std::vector<std::string> brokenBy(const FoundPoint& p);

/// "main 4 x tp 2 on 8 x H100_SXM: 12 300 tok/s (1 537 per device), TTFT 0.4 s, …; keeps its promises", or that no
/// point does and which comes nearest.
std::string answerText(const SearchResult& r);

/// Model, hardware, load, promises and goal, what was varied, and how many points came to which end.
std::vector<Figure> factsOf(const SearchResult& r);

}  // namespace afdc
