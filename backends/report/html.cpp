#include <fmt/format.h>

#include "backends/report/embedded.h"
#include "backends/report/explore.h"
#include "backends/report/page.h"
#include "backends/report/search_table.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc {

namespace {

/// Each line knows its point, so that a click can show it.
std::string pointTable(const SearchResult& r, std::string_view title, const std::vector<FoundPoint>& points) {
  if (points.empty()) return "";
  auto table = tableOf(r, points, points.size());
  std::string out =
      fmt::format("<section><h2>{}</h2><div class=\"scroll\" tabindex=\"0\"><table><thead><tr>", htmlText(title));
  auto cells = [&](const SearchTable::Row& row, const char* tag) {
    for (const auto& cell : row.cells) out += fmt::format("<{0}>{1}</{0}>", tag, htmlText(cell));
    if (!row.words.empty()) out += fmt::format("<{0} class=\"words\">{1}</{0}>", tag, htmlText(row.words));
  };
  cells(table.head, "th");
  out += "</tr></thead><tbody>\n";
  for (size_t i = 0; i < table.rows.size(); ++i) {
    out += fmt::format("<tr data-search=\"{}\" data-point=\"{}\">", htmlAttribute(r.name), points[i].number);
    cells(table.rows[i], "td");
    out += "</tr>\n";
  }
  return out + "</tbody></table></div></section>\n";
}

std::string reasons(const SearchResult& r) {
  if (r.why.empty()) return "";
  std::string out = "<section><h2>Why not the others</h2><table><tbody>\n";
  for (const auto& [text, why] : reasonsByCount(r))
    out += fmt::format("<tr><td>{}</td><td class=\"words\">{}{}</td></tr>\n", countText(why->count), htmlText(text),
                       why->example.empty() ? "" : "<br><span class=\"soft\">" + htmlText(why->example) + "</span>");
  return out + "</tbody></table></section>\n";
}

std::string tables(const SearchResult& r) {
  std::string out;
  if (auto advice = adviceOf(r); !advice.empty()) {
    out += "<section><h2>No point keeps its promises</h2><ul>\n";
    for (const auto& text : advice) out += "<li>" + htmlText(text) + "</li>\n";
    out += "</ul></section>\n";
  }
  if (!r.best.empty() && !r.best[0].source.empty())
    out += fmt::format("<section class=\"without-js\"><h2>The best point as a file</h2><pre>{}</pre></section>\n",
                       htmlText(r.best[0].source));
  out += pointTable(r, "Best", r.best);
  std::vector<FoundPoint> each;
  for (const auto& space : r.spaces)
    if (space.best) each.push_back(*space.best);
  if (r.spaces.size() > 1) out += pointTable(r, "Best of each space", each);
  out += pointTable(r, "Trade-offs: no point is better in every goal", r.front);
  for (const auto& space : r.spaces)
    out += pointTable(r, fmt::format("What {} offers", space.name.empty() ? r.name : space.name), space.offer);
  return out + reasons(r);
}

}  // namespace

const FileKind kPage = {"a page that afdc wrote", [](std::string_view content) {
                          constexpr std::string_view kMark = "<meta name=\"generator\" content=\"afdc\">";
                          return contains(content.substr(0, content.find("<body")), kMark);
                        }};

std::string searchHtml(const std::vector<SearchResult>& all, const std::string& made) {
  std::string title, summary, body, whole;
  for (const auto& r : all) {
    title += (title.empty() ? "" : ", ") + r.name;
    summary += fmt::format("<p class=\"soft\">{}: {}</p>\n", htmlText(r.name), htmlText(countsText(r)));
    body += tables(r);
    auto add = [&](const FoundPoint& p) {
      if (!p.results) return;
      // The object of one result, out of its envelope.
      std::string json = toJson({*p.results});
      size_t from = json.find("\"results\": [") + 12, to = json.rfind(']');
      whole += fmt::format("{}\"{}\": {}", whole.empty() ? "" : ",\n", p.number, json.substr(from, to - from));
    };
    for (const auto& p : r.best) add(p);
    for (const auto& space : r.spaces)
      if (space.best) add(*space.best);
  }
  return pageOf({kExplorePage, title, summary, body, made,
                 fmt::format("{{\"search\": {}, \"whole\": {{{}}}}}", searchJson(all), whole)});
}

}  // namespace afdc
