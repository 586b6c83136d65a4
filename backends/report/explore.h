// What a search found, for people and for scripts.
#pragma once
#include <string>

#include "results/search.h"
#include "support/output_file.h"
#include "support/terminal.h"

namespace afdc {

std::string searchReport(const SearchResult& result, const Screen& screen);
/// Counts, reasons, `best` and `front` with axes, goals and metrics (docs/explore.md).
std::string searchJson(const std::vector<SearchResult>& all);

/// For pull requests.
std::string searchMarkdown(const std::vector<SearchResult>& all);
/// One page that needs nothing else: pictures, and tables where there is no JavaScript. `made`: by what, from what.
std::string searchHtml(const std::vector<SearchResult>& all, const std::string& made);
extern const FileKind kPage;

}  // namespace afdc
