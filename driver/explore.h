// afdc explore: the searches of a file. `plan` runs a search of its own making the same way.
#pragma once
#include "driver/command.h"
#include "session/session.h"

namespace afdc {

/// How a search is run, and what is kept of it.
struct SearchOptions {
  std::string_view command = "explore";  ///< that was asked for it
  Printing printing = {};
  std::string stdlib = {};
  std::vector<std::string> allow = {};
  size_t top = 10;          ///< best points that are shown; at least one is
  size_t verify = 0;        ///< of so many points, one is evaluated whole as well
  size_t threads = 0;       ///< 0: all cores
  bool stats = false;       ///< say how fast it went
  std::string bestTo = {};  ///< where the best point is written as a file
  std::string htmlTo = {}, csvTo = {}, sqliteTo = {};
  std::string resume = {};  ///< where a search keeps what it has, to go on from
  bool force = false;       ///< replace files that are there whatever they are
};

void searchOptions(Arguments& arguments, SearchOptions& o);

/// Checks a module (null: it could not be read) and runs its `explore` blocks, all or the one called `name`.
Output searchAll(Session& session, Module* module, const std::string& name, const SearchOptions& o);

struct ExploreOptions {
  SearchOptions search = {};
  std::string file = {}, explore = {};  ///< no name: all `explore` blocks of the file
};

Output runExplore(const ExploreOptions& o);
Command exploreCommand();

}  // namespace afdc
