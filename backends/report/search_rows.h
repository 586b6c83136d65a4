// The points that a search keeps, each once: what tables of any kind list.
#pragma once
#include <string>
#include <vector>

#include "results/search.h"
#include "support/output_file.h"

namespace afdc {

struct SearchRow {
  const FoundPoint* point;
  size_t rank = 0;     ///< among the best, from 1; 0: not among them
  bool front = false;  ///< no other point beats it in every goal
  bool offer = false;  ///< the most throughput per device of its space at its TPOT, promises or not
  bool kept = false;   ///< known to keep its promises
};

/// In order of their numbers.
std::vector<SearchRow> searchRows(const SearchResult& result);

/// One line a kept point of all searches (docs/explore.md); an empty field where nothing is known.
std::string searchCsv(const std::vector<SearchResult>& all);
extern const FileKind kSearchTable;

/// The same and the counts as an SQLite database (docs/explore.md); the bytes of its file.
std::string searchDatabase(const std::vector<SearchResult>& all, const std::string& made);
extern const FileKind kSearchDatabase;

}  // namespace afdc
