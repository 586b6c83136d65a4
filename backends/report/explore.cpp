#include "backends/report/explore.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/metrics.h"
#include "support/json.h"
#include "support/text.h"

namespace afdc {

namespace {

using Table = std::vector<std::vector<std::string>>;

constexpr size_t kFrontRows = 15, kAxisColumns = 6;

/// Columns as wide as they need; the first row is the head. Numbers stand to the right; a row may end in words.
std::string aligned(const Table& rows, const std::vector<std::string>& ends, bool color) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (size_t i = 0; i < rows[r].size(); ++i) line += fmt::format("{}{:>{}}", i ? "  " : "  ", rows[r][i], widths[i]);
    if (!ends[r].empty()) line += "  " + ends[r];
    out += (color && r == 0 ? "\x1b[1m" + line + "\x1b[0m" : line) + "\n";
  }
  return out;
}

/// The shortest end of each path that tells the axes apart.
std::vector<std::string> shortNames(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const auto& path : paths) {
    size_t from = path.rfind('.');
    auto tail = [&] { return from == std::string::npos ? path : path.substr(from + 1); };
    auto clashes = [&] {
      return std::count_if(paths.begin(), paths.end(), [&](const std::string& other) {
               return other == tail() || other.ends_with("." + tail());
             }) > 1;
    };
    while (from != std::string::npos && from > 0 && clashes()) from = path.rfind('.', from - 1);
    out.push_back(tail());
  }
  return out;
}

std::optional<std::string> valueAt(const SearchResult& r, const FoundPoint& p, std::string_view axis) {
  const auto& axes = r.spaces[p.space].axes;
  auto found = std::find(axes.begin(), axes.end(), axis);
  return found == axes.end() ? std::nullopt : std::optional(p.values[static_cast<size_t>(found - axes.begin())]);
}

/// "2048 req" of "Closed { concurrency = 2048 req }": a table has little room.
std::string shortValue(const std::string& value) {
  size_t open = value.find("{ "), set = value.find(" = "), close = value.rfind(" }");
  bool one = open != std::string::npos && set != std::string::npos && close == value.size() - 2 &&
             value.find_first_of(",{", open + 1) == std::string::npos;
  return one ? value.substr(set + 3, close - set - 3) : value;
}

std::string goalText(const SearchGoal& goal, double value) {
  if (std::isnan(value)) return "unknown";
  std::string name = goal.text.substr(goal.text.find('(') + 1);
  if (!name.empty() && name.back() == ')') name.pop_back();
  const auto* metric = findMetric(name);
  return metric && metric->unit == "s" ? humanize(value, dimensionOf(*metric)) : significant(value, 4);
}

/// What is said of a point beside its goals; each under the goal that says the same.
struct Column {
  const char *head, *goal;
  std::string (*text)(const FoundPoint&);
};
std::string timeText(const std::optional<double>& v) {
  return v ? humanize(*v, Dimension::of(Base::Time)) : std::string("unknown");
}
constexpr Column kColumns[] = {
    {"TTFT", "mean(ttft)", [](const FoundPoint& r) { return timeText(r.metrics.ttft_mean_s); }},
    {"TPOT", "mean(tpot)", [](const FoundPoint& r) { return timeText(r.metrics.tpot_mean_s); }},
    {"tok/s/dev", "throughput_per_gpu",
     [](const FoundPoint& r) {
       const auto& v = r.metrics.output_tokens_per_s_per_device;
       return v ? significant(*v, 4) : std::string("unknown");
     }},
    {"devices", "", [](const FoundPoint& r) { return significant(r.devices, 6); }},
};

/// The paths of all spaces that differ among some points, each once.
std::vector<std::string> tellingAxes(const SearchResult& r, const std::vector<FoundPoint>& points) {
  std::vector<std::string> out;
  for (const auto& space : r.spaces)
    for (const auto& axis : space.axes)
      if (std::find(out.begin(), out.end(), axis) == out.end() &&
          std::any_of(points.begin(), points.end(),
                      [&](const FoundPoint& p) { return valueAt(r, p, axis) != valueAt(r, points[0], axis); }))
        out.push_back(axis);
  return out;
}

/// What all of them have in common.
std::string commonAxes(const SearchResult& r, const std::vector<FoundPoint>& points) {
  std::string out;
  auto telling = tellingAxes(r, points);
  for (const auto& axis : r.spaces[points[0].space].axes)
    if (std::find(telling.begin(), telling.end(), axis) == telling.end())
      out += fmt::format("{}{} = {}", out.empty() ? "  all: " : ", ", axis, shortValue(*valueAt(r, points[0], axis)));
  return out.empty() ? out : out + "\n";
}

/// A point in a line, by part of the deployment: "prefill 4 x tp 8, ep 8; decode 2 x dp 32, ep 32; arrivals 2048 req".
/// Degrees of one and what is null go without saying.
std::string inOneLine(const SearchResult& r, const FoundPoint& p) {
  std::vector<std::pair<std::string, std::string>> parts;  // and what is said of them
  const auto& axes = r.spaces[p.space].axes;
  auto names = shortNames(axes);
  for (size_t i = 0; i < axes.size(); ++i) {
    std::string value = shortValue(p.values[i]), part;
    auto path = std::string_view(axes[i]);
    size_t last = path.rfind('.');
    std::string name(last == std::string_view::npos ? path : path.substr(last + 1));
    if (path.starts_with("deployment.")) {
      path.remove_prefix(path.find('.') + 1);
      part = std::string(path.substr(0, path.find('.')));
      if (part.size() == path.size()) part.clear();
    }
    auto found = std::find_if(parts.begin(), parts.end(), [&](const auto& known) { return known.first == part; });
    if (found == parts.end()) found = parts.insert(parts.end(), {part, ""});
    auto& said = found->second;
    bool degree = path.find(".parallel.") != std::string_view::npos;
    if (name == "replicas")
      said = fmt::format("{} x{}{}", value, said.empty() ? "" : " ", said);
    else if (value != "null" && !(degree && value == "1"))
      said += fmt::format("{}{} {}", said.empty() ? "" : said.ends_with(" x") ? " " : ", ", name, value);
  }
  std::string out;
  for (const auto& [part, said] : parts)
    if (!said.empty()) out += fmt::format("{}{}{}{}", out.empty() ? "" : "; ", part, part.empty() ? "" : " ", said);
  return out;
}

std::string pointTable(const SearchResult& r, const std::vector<FoundPoint>& points, size_t most, bool color) {
  Table rows(1, {"#"});
  bool spaces = r.spaces.size() > 1;
  if (spaces) rows[0].emplace_back("space");
  auto axes = tellingAxes(r, points);
  bool line = axes.size() > kAxisColumns;
  if (line) axes.clear();
  for (const auto& name : shortNames(axes)) rows[0].push_back(name);
  for (const auto& goal : r.goals) rows[0].push_back(goal.text);
  std::vector<const Column*> columns;
  for (const auto& column : kColumns)
    if (std::none_of(r.goals.begin(), r.goals.end(), [&](const SearchGoal& g) { return g.text == column.goal; })) {
      columns.push_back(&column);
      rows[0].push_back(column.head);
    }
  std::vector<std::string> ends = {line ? "deployment" : ""};
  // Of a long front, points that are spread over it.
  size_t shown = std::min(points.size(), most);
  for (size_t n = 0; n < shown; ++n) {
    const auto& p = points[shown < 2 ? 0 : n * (points.size() - 1) / (shown - 1)];
    auto& row = rows.emplace_back(std::vector<std::string>{std::to_string(p.number)});
    if (spaces) row.push_back(r.spaces[p.space].name);
    for (const auto& axis : axes) row.push_back(shortValue(valueAt(r, p, axis).value_or("-")));
    for (size_t i = 0; i < r.goals.size(); ++i) row.push_back(goalText(r.goals[i], p.goals[i]));
    for (const auto* column : columns) row.push_back(column->text(p));
    ends.push_back(line ? inOneLine(r, p) : "");
  }
  std::string out = aligned(rows, ends, color);
  if (shown < points.size())
    out += fmt::format("  {} of {}, spread over them; `--format json` has all\n", shown, points.size());
  return line ? out : out + commonAxes(r, points);
}

std::string count(uint64_t n) { return significant(static_cast<double>(n), 12); }

}  // namespace

std::string searchReport(const SearchResult& r, bool color) {
  auto title = [&](std::string_view text) {
    return color ? fmt::format("\x1b[1m{}\x1b[0m\n", text) : fmt::format("{}\n", text);
  };
  std::string out = title(r.name);
  out +=
      fmt::format("  {} points: {} keep their promises, {} break one, {} are no deployment, {} pruned by `require`\n",
                  count(r.points), count(r.kept), count(r.broken), count(r.refused), count(r.pruned));
  if (r.undecided > 0)
    out += fmt::format("  {} of those kept have a promise that this evaluator cannot decide\n", count(r.undecided));
  if (!r.best.empty()) {
    std::string by;
    for (const auto& g : r.goals)
      by += fmt::format("{}{} {}", by.empty() ? "" : ", then ", g.maximize ? "most" : "least", g.text);
    out +=
        "\n" + title(by.empty() ? "First" : fmt::format("Best: {}", by)) + pointTable(r, r.best, r.best.size(), color);
    std::vector<FoundPoint> each;
    for (const auto& space : r.spaces)
      if (space.best) each.push_back(*space.best);
    if (r.spaces.size() > 1) {
      out += "\n" + title("Best of each space") + pointTable(r, each, each.size(), color);
      for (const auto& space : r.spaces)
        if (!space.best) out += fmt::format("  {}: no point keeps its promises\n", space.name);
    }
    if (r.front.size() > 1) {
      out += "\n" + title(fmt::format("Trade-offs: no point is better in every goal ({})", r.front.size()));
      out += pointTable(r, r.front, kFrontRows, color);
    }
    out +=
        fmt::format("\n  bottleneck of the best: {}\n", r.best[0].results ? r.best[0].results->bottleneck : "unknown");
  }
  if (!r.why.empty()) {
    out += "\n" + title("Why not the others");
    std::vector<std::pair<std::string, const SearchReason*>> reasons;
    for (const auto& [text, reason] : r.why) reasons.emplace_back(text, &reason);
    std::stable_sort(reasons.begin(), reasons.end(),
                     [](const auto& a, const auto& b) { return a.second->count > b.second->count; });
    for (const auto& [text, reason] : reasons) {
      out += fmt::format("  {:>10}  {}\n", count(reason->count), text);
      if (!reason->example.empty())
        out += fmt::format("  {:>10}  for example point {}: {}\n", "", reason->first, reason->example);
      if (r.kept == 0 && !reason->nearestValues.empty()) {
        std::string at;
        auto names = shortNames(r.spaces[reason->nearestSpace].axes);
        if (const auto& space = r.spaces[reason->nearestSpace].name; !space.empty()) at = space + ": ";
        size_t before = at.size();
        for (size_t i = 0; i < names.size(); ++i)
          at += fmt::format("{}{} = {}", at.size() > before ? ", " : "", names[i], reason->nearestValues[i]);
        out += fmt::format("  {:>10}  nearest: point {} misses it by {} % ({})\n", "", reason->nearestPoint,
                           significant(-100 * reason->nearest, 3), at);
      }
    }
  }
  return out;
}

std::string searchJson(const std::vector<SearchResult>& all) {
  std::string out;
  JsonWriter json(out);
  auto number = [](uint64_t n) { return static_cast<double>(n); };
  auto points = [&](const SearchResult& r, const char* key, const std::vector<FoundPoint>& list) {
    json.attributeArray(key, [&] {
      for (const auto& p : list)
        json.object([&] {
          json.attribute("point", number(p.number));
          json.attribute("id", p.id);
          if (!r.spaces[p.space].name.empty()) json.attribute("space", r.spaces[p.space].name);
          json.attributeObject("axes", [&] {
            const auto& axes = r.spaces[p.space].axes;
            for (size_t i = 0; i < axes.size(); ++i) json.attribute(axes[i], p.values[i]);
          });
          json.attributeArray("goals", [&] {
            for (double g : p.goals) json.value(g);
          });
          json.attributeObject("metrics", [&] {
            for (const auto& metric : namedMetrics()) json.attribute(std::string(metric.name), metric.get(p.metrics));
          });
          json.attribute("devices", p.devices);
          if (p.results) json.attribute("bottleneck", p.results->bottleneck);
        });
    });
  };
  json.object([&] {
    json.attribute("schema", "afd_search");
    json.attribute("version", 1);
    json.attributeArray("searches", [&] {
      for (const auto& r : all)
        json.object([&] {
          json.attribute("name", r.name);
          json.attributeArray("goals", [&] {
            for (const auto& g : r.goals)
              json.object([&] {
                json.attribute("goal", g.text);
                json.attribute("maximize", g.maximize);
              });
          });
          json.attribute("points", number(r.points));
          json.attribute("kept", number(r.kept));
          json.attribute("undecided", number(r.undecided));
          json.attribute("broken", number(r.broken));
          json.attribute("refused", number(r.refused));
          json.attribute("pruned", number(r.pruned));
          json.attributeArray("reasons", [&] {
            for (const auto& [text, reason] : r.why)
              json.object([&] {
                json.attribute("reason", text);
                json.attribute("count", number(reason.count));
                json.attribute("first", number(reason.first));
                if (!reason.example.empty()) json.attribute("example", reason.example);
                if (!reason.nearestValues.empty()) {
                  json.attribute("nearest", number(reason.nearestPoint));
                  json.attribute("misses_by", -reason.nearest);
                }
              });
          });
          json.attributeArray("spaces", [&] {
            for (const auto& space : r.spaces)
              json.object([&] {
                json.attribute("name", space.name);
                json.attributeArray("axes", [&] {
                  for (const auto& axis : space.axes) json.value(axis);
                });
                json.attribute("kept", number(space.kept));
                points(r, "offer", space.offer);
                points(r, "keeping", space.keeping);
              });
          });
          points(r, "best", r.best);
          points(r, "front", r.front);
        });
    });
  });
  return out + "\n";
}

}  // namespace afdc
