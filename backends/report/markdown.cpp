#include <fmt/format.h>

#include "backends/report/explore.h"
#include "backends/report/search_table.h"
#include "support/escape.h"

namespace afdc {

namespace {

std::string tableText(const SearchTable& table) {
  std::string out;
  auto line = [&](const SearchTable::Row& row) {
    for (const auto& c : row.cells) out += "| " + markdownText(c) + " ";
    if (!table.head.words.empty()) out += "| " + markdownText(row.words) + " ";
    out += "|\n";
  };
  line(table.head);
  for (size_t i = 0; i < table.head.cells.size(); ++i) out += "| ---: ";
  out += table.head.words.empty() ? "|\n" : "| --- |\n";
  for (const auto& row : table.rows) line(row);
  return out + (table.note.empty() ? "" : "\n" + markdownText(table.note) + "\n");
}

std::string pointTable(const SearchResult& r, const std::vector<FoundPoint>& points, size_t most) {
  return tableText(tableOf(r, points, most));
}

}  // namespace

std::string searchMarkdown(const std::vector<SearchResult>& all) {
  std::string out;
  for (const auto& r : all) {
    out += fmt::format("{}### {}\n\n{}\n\n", out.empty() ? "" : "\n", markdownText(r.name), countsText(r));
    if (!r.best.empty()) {
      out += fmt::format("**{}**\n\n{}", markdownText(orderText(r)), pointTable(r, r.best, r.best.size()));
      if (r.best[0].results)
        out += fmt::format("\nBottleneck of the best: {}\n", markdownText(r.best[0].results->bottleneck));
      std::vector<FoundPoint> each;
      for (const auto& space : r.spaces)
        if (space.best) each.push_back(*space.best);
      if (r.spaces.size() > 1) out += "\n**Best of each space**\n\n" + pointTable(r, each, each.size());
      if (auto table = byInteractivity(r); !table.rows.empty())
        out += "\n**Most tok/s per device at a user's speed**\n\n" + tableText(table);
      if (r.front.size() > 1)
        out += fmt::format("\n<details><summary>Trade-offs ({})</summary>\n\n{}\n</details>\n", r.front.size(),
                           pointTable(r, r.front, 15));
    }
    auto advice = adviceOf(r);
    if (!advice.empty()) out += "\n**No point keeps its promises**\n\n";
    for (const auto& text : advice) out += "- " + markdownText(text) + "\n";
    if (r.why.empty()) continue;
    out += "\n**Why not the others**\n\n| points | reason |\n| ---: | --- |\n";
    for (const auto& [text, why] : reasonsByCount(r))
      out += fmt::format("| {} | {}{} |\n", countText(why->count), markdownText(text),
                         why->example.empty() ? "" : ": " + markdownText(why->example));
  }
  return out;
}

}  // namespace afdc
