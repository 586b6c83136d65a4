#include "backends/report/search_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "results/metrics.h"

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

/// RFC 4180.
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string exact(const std::optional<double>& x) { return x && std::isfinite(*x) ? fmt::format("{}", *x) : ""; }

}  // namespace

std::string searchCsv(const std::vector<SearchResult>& all) {
  std::vector<std::string> axes;
  for (const auto& r : all)
    for (const auto& space : r.spaces)
      for (const auto& axis : space.axes)
        if (std::find(axes.begin(), axes.end(), axis) == axes.end()) axes.push_back(axis);
  std::string out = "search,space,point,id,rank,front,offer,kept,devices";
  for (const auto& metric : namedMetrics()) out += fmt::format(",{}", metric.key);
  for (const auto& axis : axes) out += "," + quoted(axis);
  out += "\r\n";
  for (const auto& r : all)
    for (const auto& row : searchRows(r)) {
      const auto& p = *row.point;
      const auto& space = r.spaces[p.space];
      out += fmt::format("{},{},{},{},{},{:d},{:d},{:d},{}", quoted(r.name), quoted(space.name), p.number, p.id,
                         row.rank > 0 ? std::to_string(row.rank) : "", row.front, row.offer, row.kept, p.devices);
      for (const auto& metric : namedMetrics()) out += "," + exact(metric.get(p.metrics));
      for (const auto& axis : axes) {
        auto at = std::find(space.axes.begin(), space.axes.end(), axis) - space.axes.begin();
        out += ",";
        if (static_cast<size_t>(at) < p.values.size()) out += quoted(p.values[static_cast<size_t>(at)]);
      }
      out += "\r\n";
    }
  return out;
}

}  // namespace afdc
