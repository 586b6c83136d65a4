// Running the searches of a module, point by point: to the end, or until somebody stops them.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "passes/search/explore.h"
#include "results/requirements.h"
#include "session/session.h"
#include "support/output_file.h"

namespace afdc {

/// What is wanted of a search.
struct SearchOrder {
  Explorer::Options keep = {};
  std::string maker = {};  ///< names the compiler: another version does not go on from this one's state
  std::string state = {};  ///< file in which a search keeps what it has, for the next one; empty: none
  /// The most of its work that is lost with the process.
  std::chrono::milliseconds saveEvery = std::chrono::seconds(30);
};

extern const FileKind kSearchState;

/// Who looks on while it runs.
struct SearchWatch {
  const std::atomic<bool>& stop;  ///< set: no more points are begun
  /// Told now and then which point is next, and how many there are in all.
  std::function<void(uint64_t number, uint64_t all)> progress;
};

struct SearchRun {
  SearchResult result = {};
  bool stopped = false;      ///< before its last point
  std::string error = {};    ///< why the file with its state is none to go on from; nothing was searched
  std::string unsaved = {};  ///< stopped, and why its state could not be kept
};

SearchRun runSearch(Session& session, Object* explore, const SearchOrder& order, const SearchWatch& watch);

/// What the `find`s of an `explore` block ask, a table for each space; none when it has no `find`.
std::vector<RequirementTable> findRequirements(Session& session, Object* explore, const std::atomic<bool>& stop);

}  // namespace afdc
