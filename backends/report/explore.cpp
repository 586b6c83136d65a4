#include "backends/report/explore.h"

#include <fmt/format.h>

#include "backends/report/plot.h"
#include "backends/report/printable.h"
#include "backends/report/search_table.h"
#include "support/text.h"
#include "support/text_table.h"

namespace afdc {

namespace {

constexpr size_t kFrontRows = 15;

/// Of a table of points, what tells them apart and what was asked for is shown at any width, the rest where there is
/// room.
std::string aligned(const SearchTable& table, const Screen& screen) {
  std::vector<TextTable::Column> columns;
  for (const auto& head : table.head.cells)
    columns.push_back({head, TextTable::Kind::Number, columns.size() < table.needed});
  TextTable out(std::move(columns), 2);
  out.headOfWords(table.head.words);
  for (const auto& row : table.rows) out.row(row.cells, row.words);
  return out.text(screen) + (table.note.empty() ? "" : wrapped("  ", table.note, screen.width));
}

}  // namespace

std::string searchReport(const SearchResult& result, const Screen& screen) {
  const auto r = printable(result);
  auto title = [&](std::string_view text) { return screen.bold(wrapped("", text, screen.width)); };
  auto line = [&](std::string_view first, std::string_view text) { return wrapped(first, text, screen.width); };
  auto points = [&](const std::vector<FoundPoint>& list, size_t most) {
    return aligned(tableOf(r, list, most), screen);
  };
  std::string out = title(r.name) + line("  ", countsText(r));
  if (!r.best.empty()) {
    out += "\n" + title(orderText(r)) + points(r.best, r.best.size());
    std::vector<FoundPoint> each;
    for (const auto& space : r.spaces)
      if (space.best) each.push_back(*space.best);
    if (r.spaces.size() > 1) {
      out += "\n" + title("Best of each space") + points(each, each.size());
      for (const auto& space : r.spaces)
        if (!space.best) out += line("  ", fmt::format("{}: no point keeps its promises", space.name));
    }
    if (auto table = byInteractivity(r); !table.rows.empty())
      out += "\n" + title("Most tok/s per device at a user's speed") + aligned(table, screen);
    if (auto plot = searchPlot(r, screen.width); !plot.empty())
      out += "\n" + title("tok/s per device by a user's speed (both logarithmic)") + plot;
    if (r.front.size() > 1)
      out += "\n" + title(fmt::format("Trade-offs: no point is better in every goal ({})", r.front.size())) +
             points(r.front, kFrontRows);
    out += "\n" + line("  bottleneck of the best: ", r.best[0].results ? r.best[0].results->bottleneck : "unknown");
  }
  auto advice = adviceOf(r);
  if (!advice.empty()) out += "\n" + title("No point keeps its promises");
  for (const auto& text : advice) out += line("  ", text);
  if (r.why.empty()) return out;
  out += "\n" + title("Why not the others");
  for (const auto& [text, reason] : reasonsByCount(r)) {
    const std::string below(14, ' ');
    out += line(fmt::format("  {:>10}  ", countText(reason->count)), text);
    if (!reason->example.empty())
      out += line(below, fmt::format("for example point {}: {}", reason->first, reason->example));
    if (!reason->help.empty()) out += line(below, "help: " + reason->help);
    if (r.kept == 0 && !reason->nearestValues.empty())
      out += line(below, fmt::format("nearest: point {} misses it by {} % ({})", reason->nearestPoint,
                                     significant(-100 * reason->nearest, 3),
                                     valuesText(r, reason->nearestSpace, reason->nearestValues)));
  }
  return out;
}

}  // namespace afdc
