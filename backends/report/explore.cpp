#include "backends/report/explore.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/report/plot.h"
#include "backends/report/printable.h"
#include "backends/report/search_table.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr size_t kFrontRows = 15;

/// Columns as wide as they need. Numbers stand to the right; a row may end in words.
std::string aligned(const SearchTable& table, bool color) {
  std::vector<const SearchTable::Row*> rows = {&table.head};
  for (const auto& row : table.rows) rows.push_back(&row);
  std::vector<size_t> widths(table.head.cells.size(), 0);
  for (const auto* row : rows)
    for (size_t i = 0; i < row->cells.size(); ++i) widths[i] = std::max(widths[i], row->cells[i].size());
  std::string out;
  for (const auto* row : rows) {
    std::string line;
    for (size_t i = 0; i < row->cells.size(); ++i) line += fmt::format("  {:>{}}", row->cells[i], widths[i]);
    if (!row->words.empty()) line += "  " + row->words;
    out += (color && row == &table.head ? "\x1b[1m" + line + "\x1b[0m" : line) + "\n";
  }
  return out + (table.note.empty() ? "" : "  " + table.note + "\n");
}

}  // namespace

std::string searchReport(const SearchResult& result, bool color) {
  const auto r = printable(result);
  auto title = [&](std::string_view text) {
    return color ? fmt::format("\x1b[1m{}\x1b[0m\n", text) : fmt::format("{}\n", text);
  };
  auto points = [&](const std::vector<FoundPoint>& list, size_t most) {
    return aligned(tableOf(r, list, most), color);
  };
  std::string out = title(r.name) + "  " + countsText(r) + "\n";
  if (!r.best.empty()) {
    out += "\n" + title(orderText(r)) + points(r.best, r.best.size());
    std::vector<FoundPoint> each;
    for (const auto& space : r.spaces)
      if (space.best) each.push_back(*space.best);
    if (r.spaces.size() > 1) {
      out += "\n" + title("Best of each space") + points(each, each.size());
      for (const auto& space : r.spaces)
        if (!space.best) out += fmt::format("  {}: no point keeps its promises\n", space.name);
    }
    if (auto table = byInteractivity(r); !table.rows.empty())
      out += "\n" + title("Most tok/s per device at a user's speed") + aligned(table, color);
    if (auto plot = searchPlot(r); !plot.empty())
      out += "\n" + title("tok/s per device by a user's speed (both logarithmic)") + plot;
    if (r.front.size() > 1)
      out += "\n" + title(fmt::format("Trade-offs: no point is better in every goal ({})", r.front.size())) +
             points(r.front, kFrontRows);
    out +=
        fmt::format("\n  bottleneck of the best: {}\n", r.best[0].results ? r.best[0].results->bottleneck : "unknown");
  }
  auto advice = adviceOf(r);
  if (!advice.empty()) out += "\n" + title("No point keeps its promises");
  for (const auto& text : advice) out += "  " + text + "\n";
  if (r.why.empty()) return out;
  out += "\n" + title("Why not the others");
  for (const auto& [text, reason] : reasonsByCount(r)) {
    out += fmt::format("  {:>10}  {}\n", countText(reason->count), text);
    if (!reason->example.empty())
      out += fmt::format("  {:>10}  for example point {}: {}\n", "", reason->first, reason->example);
    if (!reason->help.empty()) out += fmt::format("  {:>10}  help: {}\n", "", reason->help);
    if (r.kept == 0 && !reason->nearestValues.empty())
      out += fmt::format("  {:>10}  nearest: point {} misses it by {} % ({})\n", "", reason->nearestPoint,
                         significant(-100 * reason->nearest, 3),
                         valuesText(r, reason->nearestSpace, reason->nearestValues));
  }
  return out;
}

}  // namespace afdc
