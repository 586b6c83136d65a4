// The files that a search is asked to write beside its report.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "driver/output.h"
#include "results/search.h"
#include "support/output_file.h"

namespace afdc {

struct SearchOptions;

class SearchFiles {
 public:
  using Inputs = std::function<std::vector<std::string>()>;
  /// `inputs` says what has been read up to now: none of it is written over.
  SearchFiles(const SearchOptions& o, Inputs inputs);

  /// Tells whoever sits at a terminal what is going to fail.
  void foretell() const;
  /// Writes every file that can be written, and says in `out` why the others are not.
  void write(const std::vector<SearchResult>& all, Output& out) const;

 private:
  struct Wanted {
    std::string option;
    OutputFile file;
    /// Nothing where no point is good enough; null for a file that is kept up to date while the search runs.
    std::function<std::optional<std::string>(const std::vector<SearchResult>&)> content;
  };
  /// Why it cannot be written, or "".
  std::string obstacle(const Wanted& wanted) const;
  /// Why it is not written, or "".
  std::string writeOne(const Wanted& wanted, const std::vector<SearchResult>& all) const;

  std::string_view command_;
  std::vector<Wanted> wanted_;
  Inputs inputs_;
};

}  // namespace afdc
