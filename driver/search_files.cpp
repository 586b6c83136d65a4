#include "driver/search_files.h"

#include <fmt/format.h>

#include <exception>

#include "backends/report/explore.h"
#include "backends/report/search_rows.h"
#include "driver/explore.h"
#include "frontend/modules.h"
#include "session/searches.h"
#include "support/escape.h"
#include "support/hash.h"
#include "support/text.h"

namespace afdc {

namespace {

using Found = std::vector<SearchResult>;

constexpr std::string_view kFound = "// Found by `afdc explore`";

/// People go on from it: what they changed is not written over.
constexpr FileKind kFoundScenario = {"a scenario as a search wrote it",
                                     [](std::string_view content) { return unchanged(kFound, content); }};

std::string madeBy() { return fmt::format("afdc {}, standard library {}", AFDC_VERSION, shortHash(stdlibHash())); }

std::optional<std::string> bestScenario(const Found& all) {
  if (all[0].best.empty()) return std::nullopt;
  return sealed(fmt::format("{}: the best of {}, by {}", kFound, onOneLine(all[0].name), madeBy()),
                all[0].best[0].source);
}

}  // namespace

SearchFiles::SearchFiles(const SearchOptions& o, Inputs inputs) : command_(o.command), inputs_(std::move(inputs)) {
  auto want = [&](std::string_view option, const std::string& path, const FileKind& kind, auto content) {
    if (!path.empty()) wanted_.push_back({std::string(option), OutputFile(path, kind, o.force), std::move(content)});
  };
  want("--write", o.bestTo, kFoundScenario, bestScenario);
  want("--html", o.htmlTo, kPage, [](const Found& all) { return searchHtml(all, madeBy()); });
  want("--csv", o.csvTo, kSearchTable, [](const Found& all) { return searchCsv(all); });
  want("--sqlite", o.sqliteTo, kSearchDatabase, [](const Found& all) { return searchDatabase(all, madeBy()); });
  want("--resume", o.resume, kSearchState, nullptr);
}

std::string SearchFiles::obstacle(const Wanted& wanted) const {
  for (const auto& other : wanted_) {
    if (&other == &wanted) break;
    auto path = wanted.file.replaced();
    if (!path.empty() && other.file.replaced() == path)
      return fmt::format("cannot write `{}`: {} writes it as well", wanted.file.path(), other.option);
  }
  return wanted.file.obstacle(inputs_());
}

void SearchFiles::foretell() const {
  for (const auto& wanted : wanted_)
    if (auto why = obstacle(wanted); !why.empty()) afdc::foretell(command_, fmt::format("{}: {}", wanted.option, why));
}

std::string SearchFiles::writeOne(const Wanted& wanted, const Found& all) const {
  if (auto why = obstacle(wanted); !why.empty() || !wanted.content) return why;
  const auto& path = wanted.file.path();
  if (all.empty()) return fmt::format("cannot write `{}`: a search that asks `find` has no points to list", path);
  try {
    auto content = wanted.content(all);
    return content ? wanted.file.write(*content, inputs_()) : "";
  } catch (const std::exception& problem) {  // such as no memory: the report is still there to be shown
    return fmt::format("cannot write `{}`: {}", path, problem.what());
  }
}

void SearchFiles::write(const Found& all, Output& out) const {
  for (const auto& wanted : wanted_)
    if (auto why = writeOne(wanted, all); !why.empty())
      addFailure(out, command_, fmt::format("{}: {}", wanted.option, why));
}

}  // namespace afdc
