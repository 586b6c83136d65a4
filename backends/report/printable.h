// What reports are made of on a terminal: results of which every text is on one line, with nothing in it that the
// terminal would obey. JSON, CSV and databases have the texts themselves.
#pragma once
#include "results/search.h"

namespace afdc {

Results printable(Results results);
SearchResult printable(SearchResult search);

}  // namespace afdc
