// What a search found, for people and for scripts.
#pragma once
#include <string>

#include "results/search.h"

namespace afdc {

/// At most 100 columns where the axes' names allow it.
std::string searchReport(const SearchResult& result, bool color);
/// Counts, reasons, `best` and `front` with axes, goals and metrics (docs/explore.md).
std::string searchJson(const std::vector<SearchResult>& all);

}  // namespace afdc
