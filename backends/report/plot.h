// The picture of a search for a terminal: what each space offers, throughput per device by the speed that a user sees.
#pragma once
#include <string>

#include "results/search.h"

namespace afdc {

/// Lines of at most `width` cells, both axes logarithmic; one letter a space, the better space in front. Points that
/// keep their promises only. Empty where fewer than three points could be drawn.
std::string searchPlot(const SearchResult& r, size_t width);

}  // namespace afdc
