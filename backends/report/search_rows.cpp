#include "backends/report/search_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "results/metrics.h"
#include "support/csv.h"
#include "support/text.h"

namespace afdc {

std::vector<SearchRow> searchRows(const SearchResult& r) {
  std::map<uint64_t, SearchRow> rows;
  auto row = [&](const FoundPoint& p) -> SearchRow& {
    auto& out = rows[p.number];
    if (!out.point || out.point->goals.empty()) out.point = &p;
    return out;
  };
  for (size_t i = 0; i < r.best.size(); ++i) row(r.best[i]).rank = i + 1, row(r.best[i]).kept = true;
  for (const auto& p : r.front) row(p).front = true, row(p).kept = true;
  for (const auto& space : r.spaces) {
    if (space.best) row(*space.best).kept = true;
    for (const auto& p : space.keeping) row(p).kept = true;
    for (const auto& p : space.offer) row(p).offer = true;
  }
  std::vector<SearchRow> out;
  for (const auto& [number, one] : rows) out.push_back(one);
  return out;
}

namespace {

/// Those of metrics and axes follow.
const std::vector<std::string> kFirstColumns = {"search", "space", "point", "id",     "rank",
                                                "front",  "offer", "kept",  "devices"};

std::string exact(const std::optional<double>& x) { return x && std::isfinite(*x) ? fmt::format("{}", *x) : ""; }

std::vector<std::string> cellsOf(const SearchResult& r, const SearchRow& row, const std::vector<std::string>& axes) {
  const auto& p = *row.point;
  const auto& space = r.spaces[p.space];
  auto flag = [](bool yes) { return std::string(yes ? "1" : "0"); };
  std::vector<std::string> cells = {r.name,
                                    space.name,
                                    std::to_string(p.number),
                                    p.id,
                                    row.rank > 0 ? std::to_string(row.rank) : "",
                                    flag(row.front),
                                    flag(row.offer),
                                    flag(row.kept),
                                    shortest(p.devices)};
  for (const auto& metric : namedMetrics()) cells.push_back(exact(metric.get(p.metrics)));
  for (const auto& axis : axes) {
    auto at = static_cast<size_t>(std::find(space.axes.begin(), space.axes.end(), axis) - space.axes.begin());
    cells.push_back(at < p.values.size() ? p.values[at] : "");
  }
  return cells;
}

}  // namespace

const FileKind kSearchTable = {"a table of a search that afdc wrote", [](std::string_view content) {
                                 return content.starts_with(csvRow(kFirstColumns) + ",");
                               }};

std::string searchCsv(const std::vector<SearchResult>& all) {
  std::vector<std::string> axes;
  for (const auto& r : all)
    for (const auto& space : r.spaces)
      for (const auto& axis : space.axes)
        if (std::find(axes.begin(), axes.end(), axis) == axes.end()) axes.push_back(axis);
  auto heads = kFirstColumns;
  for (const auto& metric : namedMetrics()) heads.emplace_back(metric.key);
  heads.insert(heads.end(), axes.begin(), axes.end());
  std::string out = csvRow(heads) + "\r\n";
  for (const auto& r : all)
    for (const auto& row : searchRows(r)) out += csvRow(cellsOf(r, row, axes)) + "\r\n";
  return out;
}

}  // namespace afdc
