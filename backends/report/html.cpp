#include <fmt/format.h>

#include <algorithm>

#include "backends/report/embedded.h"
#include "backends/report/explore.h"
#include "backends/report/page.h"
#include "backends/report/search_table.h"
#include "backends/report/search_words.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc {

namespace {

/// What a cell says of a point's promises: a sign and words, for those who see no colours.
std::string promiseCell(const FoundPoint& p) {
  auto broken = brokenBy(p);
  return broken.empty() ? "✓ breaks none" : "✗ breaks " + joinWords(broken);
}

/// Each line knows its point, so that a click can show it. Where some break promises, each says whether it does.
std::string pointTable(const SearchResult& r, std::string_view title, const std::vector<FoundPoint>& points) {
  if (points.empty()) return "";
  auto table = tableOf(r, points, points.size(), Constants::Once);
  auto breaks = [](const FoundPoint& p) { return !brokenBy(p).empty(); };
  bool judged = std::any_of(points.begin(), points.end(), breaks);
  std::string out = fmt::format("<section><h3>{}</h3>\n", htmlText(title));
  if (!table.note.empty()) out += fmt::format("<p class=\"soft\">{}</p>\n", htmlText(table.note));
  out += "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
  auto words = [&](const std::string& text, const char* tag) {
    out += fmt::format("<{0} class=\"words\">{1}</{0}>", tag, htmlText(text));
  };
  auto cells = [&](const SearchTable::Row& row, const char* tag, const std::string& promises) {
    for (const auto& cell : row.cells) out += fmt::format("<{0}>{1}</{0}>", tag, htmlText(cell));
    if (!table.head.words.empty()) words(row.words, tag);
    if (judged) words(promises, tag);
  };
  cells(table.head, "th", "promises");
  out += "</tr></thead><tbody>\n";
  for (size_t i = 0; i < table.rows.size(); ++i) {
    out += fmt::format("<tr data-point=\"{}\"{}>", points[i].number, breaks(points[i]) ? " class=\"broken\"" : "");
    cells(table.rows[i], "td", promiseCell(points[i]));
    out += "</tr>\n";
  }
  return out + "</tbody></table></div></section>\n";
}

std::string reasons(const SearchResult& r) {
  if (r.why.empty()) return "";
  std::string out = "<section><h3>Why not the others</h3><table><tbody>\n";
  for (const auto& [text, why] : reasonsByCount(r))
    out += fmt::format("<tr><td>{}</td><td class=\"words\">{}{}</td></tr>\n", countText(why->count), htmlText(text),
                       why->example.empty() ? "" : "<br><span class=\"soft\">" + htmlText(why->example) + "</span>");
  return out + "</tbody></table></section>\n";
}

std::string tables(const SearchResult& r) {
  std::string out;
  if (auto advice = adviceOf(r); !advice.empty()) {
    out += "<section><h3>No point keeps its promises</h3><ul>\n";
    for (const auto& text : advice) out += "<li>" + htmlText(text) + "</li>\n";
    out += "</ul></section>\n";
  }
  if (!r.best.empty() && !r.best[0].source.empty())
    out += fmt::format("<section class=\"without-js\"><h3>The best point as a file</h3><pre>{}</pre></section>\n",
                       htmlText(r.best[0].source));
  out += pointTable(r, orderText(r), r.best);
  std::vector<FoundPoint> each;
  for (const auto& space : r.spaces)
    if (space.best) each.push_back(*space.best);
  if (r.spaces.size() > 1) out += pointTable(r, "Best of each space", each);
  out += pointTable(r, "Trade-offs: no point is better in every goal", r.front);
  for (const auto& space : r.spaces)
    out += pointTable(r, fmt::format("What {} offers", space.name.empty() ? r.name : space.name), space.offer);
  return out + reasons(r);
}

std::string anchorOf(size_t number) { return fmt::format("search-{}", number + 1); }

/// Everything about one search: what it is about, its pictures, its tables. The pictures come by script.
std::string sectionOf(const SearchResult& r, size_t number, bool named) {
  std::string out = fmt::format("<article class=\"search\" id=\"{}\" aria-label=\"{}\">\n", anchorOf(number),
                                htmlAttribute("search " + onOneLine(r.name)));
  if (named) out += fmt::format("<h2>{}</h2>\n", htmlText(r.name));
  out += fmt::format("<p class=\"answer\">{}</p>\n<dl class=\"facts\">\n", htmlText(answerText(r)));
  for (const auto& fact : factsOf(r))
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", htmlText(fact.name), htmlText(fact.value));
  return out + "</dl>\n<div class=\"figures\"></div>\n" + tables(r) + "</article>\n";
}

std::string contentsOf(const std::vector<SearchResult>& all) {
  std::string out = "<nav aria-label=\"Searches\"><ol>\n";
  for (size_t i = 0; i < all.size(); ++i)
    out += fmt::format("<li><a href=\"#{}\">{}</a> <span class=\"soft\">{}</span></li>\n", anchorOf(i),
                       htmlText(all[i].name), htmlText(answerText(all[i])));
  return out + "</ol></nav>";
}

/// The results of a search by the number of their point. Numbers begin anew in each search.
std::string wholeOf(const SearchResult& r) {
  std::string out;
  auto add = [&](const FoundPoint& p) {
    if (!p.results) return;
    // The object of one result, out of its envelope.
    std::string json = toJson({*p.results});
    size_t from = json.find("\"results\": [") + 12, to = json.rfind(']');
    out += fmt::format("{}\"{}\": {}", out.empty() ? "" : ",\n", p.number, json.substr(from, to - from));
  };
  // Of a point that is there twice the later result is read: those of the spaces' best have sensitivities.
  for (const auto& p : r.best) add(p);
  for (const auto& space : r.spaces)
    if (space.best) add(*space.best);
  if (r.nearest) add(r.nearest->point);
  return "{" + out + "}";
}

}  // namespace

const FileKind kPage = {"a page that afdc wrote", [](std::string_view content) {
                          constexpr std::string_view kMark = "<meta name=\"generator\" content=\"afdc\">";
                          return contains(content.substr(0, content.find("<body")), kMark);
                        }};

std::string searchHtml(const std::vector<SearchResult>& all, const std::string& made) {
  bool several = all.size() > 1;
  std::string sections, whole;
  for (size_t i = 0; i < all.size(); ++i) {
    sections += sectionOf(all[i], i, several);
    whole += (i ? ",\n" : "") + wholeOf(all[i]);
  }
  std::string title = all.size() == 1 ? all[0].name : fmt::format("{} searches", all.size());
  return pageOf({kExplorePage, title, several ? contentsOf(all) : "", sections, made,
                 fmt::format("{{\"search\": {}, \"whole\": [{}]}}", searchJson(all), whole)});
}

}  // namespace afdc
