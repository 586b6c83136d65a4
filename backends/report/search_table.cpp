#include "backends/report/search_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "backends/report/figures.h"
#include "results/metrics.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr size_t kAxisColumns = 6;  ///< more axes are said in a line

std::optional<std::string> valueAt(const SearchResult& r, const FoundPoint& p, std::string_view axis) {
  const auto& axes = r.spaces[p.space].axes;
  auto found = std::find(axes.begin(), axes.end(), axis);
  return found == axes.end() ? std::nullopt : std::optional(p.values[static_cast<size_t>(found - axes.begin())]);
}

std::string goalText(const SearchGoal& goal, double value) {
  if (std::isnan(value)) return "unknown";
  std::string name = goal.text.substr(goal.text.find('(') + 1);
  if (!name.empty() && name.back() == ')') name.pop_back();
  const auto* metric = findMetric(name);
  return metric && metric->unit == "s" ? humanize(value, dimensionOf(*metric)) : significant(value, 4);
}

/// A goal that is a plain metric, of a point that was not ranked.
double goalOf(const FoundPoint& p, const SearchGoal& goal) {
  for (const auto& metric : namedMetrics())
    if (metric.name == goal.text) return metric.get(p.metrics).value_or(NAN);
  return NAN;
}

/// What is said of a point beside its goals; each under the goal that says the same.
struct Column {
  const char *head, *goal;
  std::string (*text)(const FoundPoint&);
};
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

/// The engine that an axis speaks of: "decode" of deployment.decode.parallel.tp; nothing for what is no engine's.
std::string partOf(std::string_view path) {
  if (!path.starts_with("deployment.")) return "";
  path.remove_prefix(path.find('.') + 1);
  size_t dot = path.find('.');
  return dot == std::string_view::npos ? "" : std::string(path.substr(0, dot));
}

/// What an axis is called beside the others of its part: "tp"; "attention devices" where the FFN has devices as well.
std::string nameInPart(const std::vector<std::string>& axes, size_t axis) {
  std::vector<std::string> own;
  size_t at = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (partOf(axes[i]) != partOf(axes[axis])) continue;
    if (i == axis) at = own.size();
    own.push_back(axes[i]);
  }
  std::string name = shortNames(own)[at];
  std::replace(name.begin(), name.end(), '.', ' ');
  return name;
}

/// A point in a line, of the axes that `said` wants. Degrees of one and what is null go without saying.
template <class Said>
std::string inOneLine(const SearchResult& r, const FoundPoint& p, Said&& said) {
  std::vector<std::pair<std::string, std::string>> parts;  // and the words for them
  const auto& axes = r.spaces[p.space].axes;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (!said(axes[i])) continue;
    std::string value = shortValue(p.values[i]), part = partOf(axes[i]), name = nameInPart(axes, i);
    auto path = std::string_view(axes[i]);
    auto found = std::find_if(parts.begin(), parts.end(), [&](const auto& known) { return known.first == part; });
    if (found == parts.end()) found = parts.insert(parts.end(), {part, ""});
    auto& words = found->second;
    bool degree = path.find(".parallel.") != std::string_view::npos;
    if (name == "replicas")
      words = fmt::format("{} x{}{}", value, words.empty() ? "" : " ", words);
    else if (value != "null" && !(degree && value == "1"))
      words += fmt::format("{}{} {}", words.empty() ? "" : words.ends_with(" x") ? " " : ", ", name, value);
  }
  std::string out;
  for (const auto& [part, words] : parts)
    if (!words.empty()) out += fmt::format("{}{}{}{}", out.empty() ? "" : "; ", part, part.empty() ? "" : " ", words);
  return out;
}

bool among(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void addToNote(SearchTable& table, std::string_view text) {
  table.note += fmt::format("{}{}", table.note.empty() ? "all: " : ", ", text);
}

/// Columns in which all rows say the same are said in the note. What tells the rows apart, their numbers, stays.
void sayConstantsOnce(SearchTable& table) {
  for (size_t c = table.head.cells.size(); c-- > 1;) {
    const auto& first = table.rows[0].cells[c];
    if (!std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) { return row.cells[c] == first; }))
      continue;
    addToNote(table, fmt::format("{} = {}", table.head.cells[c], first));
    auto drop = [c](SearchTable::Row& row) { row.cells.erase(row.cells.begin() + static_cast<ptrdiff_t>(c)); };
    drop(table.head);
    for (auto& row : table.rows) drop(row);
  }
}

}  // namespace

std::string deploymentText(const SearchResult& r, const FoundPoint& p) {
  return inOneLine(r, p, [](const std::string&) { return true; });
}

SearchTable byInteractivity(const SearchResult& r) {
  SearchTable out;
  if (r.spaces.size() < 2 || r.kept == 0) return out;
  out.head.cells = {"tok/s/user"};
  for (const auto& space : r.spaces) out.head.cells.push_back(space.name);
  out.head.cells.emplace_back("most");
  out.needed = out.head.cells.size();
  std::vector<double> before;
  for (double speed : {5, 10, 20, 30, 50, 75, 100, 150, 200, 300}) {
    std::vector<double> served;
    for (const auto& space : r.spaces) {
      double most = 0;
      for (const auto& p : space.keeping)
        if (*p.metrics.tpot_mean_s <= 1 / speed) most = std::max(most, *p.metrics.output_tokens_per_s_per_device);
      served.push_back(most);
    }
    double most = *std::max_element(served.begin(), served.end());
    if (most == 0) break;
    if (served == before) out.rows.pop_back();  // a faster stream at no price: the slower one needs no row
    before = served;
    auto& row = out.rows.emplace_back();
    row.cells.push_back(significant(speed, 3));
    for (double s : served) row.cells.push_back(s > 0 ? significant(s, 4) : "-");
    auto winner = std::find(served.begin(), served.end(), most) - served.begin();
    row.cells.push_back(r.spaces[static_cast<size_t>(winner)].name);
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

/// "2048 req" of "Closed { concurrency = 2048 req }": a table has little room.
std::string shortValue(const std::string& value) {
  size_t open = value.find("{ "), set = value.find(" = "), close = value.rfind(" }");
  bool one = open != std::string::npos && set != std::string::npos && close == value.size() - 2 &&
             value.find_first_of(",{", open + 1) == std::string::npos;
  return one ? value.substr(set + 3, close - set - 3) : value;
}

std::string countText(uint64_t n) { return significant(static_cast<double>(n), 12); }

std::string countsText(const SearchResult& r) {
  std::string out = fmt::format(
      "{} points: {} keep their promises, {} break one, {} are no deployment, {} pruned by `require`",
      countText(r.points), countText(r.kept), countText(r.broken), countText(r.refused), countText(r.pruned));
  if (r.undecided > 0)
    out += fmt::format("; {} of those kept have a promise that this evaluator cannot decide", countText(r.undecided));
  return out;
}

std::string goalsText(const SearchResult& r) {
  std::string by;
  for (const auto& g : r.goals)
    by += fmt::format("{}{} {}", by.empty() ? "" : ", then ", g.maximize ? "most" : "least", g.text);
  return by;
}

std::string orderText(const SearchResult& r) { return r.goals.empty() ? "First" : "Best: " + goalsText(r); }

std::vector<std::pair<std::string, const SearchReason*>> reasonsByCount(const SearchResult& r) {
  std::vector<std::pair<std::string, const SearchReason*>> out;
  for (const auto& [text, reason] : r.why) out.emplace_back(text, &reason);
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.second->count > b.second->count; });
  return out;
}

std::string valuesText(const SearchResult& r, size_t space, const std::vector<std::string>& values) {
  const auto& s = r.spaces[space];
  auto names = shortNames(s.axes);
  std::string out;
  for (size_t i = 0; i < names.size(); ++i)
    out += fmt::format("{}{} = {}", i ? ", " : "", names[i], shortValue(values[i]));
  return s.name.empty() ? out : s.name + ": " + out;
}

SearchTable tableOf(const SearchResult& r, const std::vector<FoundPoint>& points, size_t most, Constants constants) {
  SearchTable out;
  out.head.cells = {"#"};
  bool spaces = r.spaces.size() > 1;
  if (spaces) out.head.cells.emplace_back("space");
  auto axes = tellingAxes(r, points);
  bool line = axes.size() > kAxisColumns || spaces, once = constants == Constants::Once && points.size() > 1;
  auto tells = [&, telling = axes](const std::string& axis) { return !once || among(telling, axis); };
  if (line) axes.clear();
  for (const auto& name : shortNames(axes)) out.head.cells.push_back(name);
  for (const auto& goal : r.goals) out.head.cells.push_back(goal.text);
  out.needed = out.head.cells.size();
  std::vector<const Column*> columns;
  for (const auto& column : kColumns)
    if (std::none_of(r.goals.begin(), r.goals.end(), [&](const SearchGoal& g) { return g.text == column.goal; })) {
      columns.push_back(&column);
      out.head.cells.emplace_back(column.head);
    }
  if (line) out.head.words = "deployment";
  // Of a long front, points that are spread over it.
  size_t shown = std::min(points.size(), most);
  for (size_t n = 0; n < shown; ++n) {
    const auto& p = points[shown < 2 ? 0 : n * (points.size() - 1) / (shown - 1)];
    auto& row = out.rows.emplace_back();
    row.cells.push_back(std::to_string(p.number));
    if (spaces) row.cells.push_back(r.spaces[p.space].name);
    for (const auto& axis : axes) row.cells.push_back(shortValue(valueAt(r, p, axis).value_or("-")));
    for (size_t i = 0; i < r.goals.size(); ++i)
      row.cells.push_back(p.goals.empty() ? goalText(r.goals[i], goalOf(p, r.goals[i]))
                                          : goalText(r.goals[i], p.goals[i]));
    for (const auto* column : columns) row.cells.push_back(column->text(p));
    if (line) row.words = inOneLine(r, p, tells);
  }
  if (shown < points.size())
    out.note = fmt::format("{} of {}, spread over them; `--format json` has all", shown, points.size());
  // What all of them have in common.
  if (!line && !points.empty())
    for (const auto& axis : r.spaces[points[0].space].axes)
      if (!among(axes, axis)) addToNote(out, fmt::format("{} = {}", axis, shortValue(*valueAt(r, points[0], axis))));
  if (!once) return out;
  if (line)
    if (auto text = inOneLine(r, points[0], [&](const std::string& axis) { return !tells(axis); }); !text.empty())
      addToNote(out, text);
  sayConstantsOnce(out);
  return out;
}

std::vector<std::string> adviceOf(const SearchResult& r) {
  std::vector<std::string> out;
  if (r.kept > 0 || r.why.empty()) return out;
  if (!r.nearest) {
    // No point got so far as to have figures.
    const auto [reason, why] = reasonsByCount(r)[0];
    std::string share = fmt::format("{} of {} points", countText(why->count), countText(r.points));
    if (reason.starts_with("AFD"))
      out.push_back(fmt::format("{} are no deployment ({}): {}", share, reason.substr(0, reason.find(' ')),
                                why->help.empty() ? "`afdc explain` of this code says what to change" : why->help));
    else
      out.push_back(fmt::format("{} are pruned ({}): relax that, or vary what it speaks of further", share, reason));
    return out;
  }
  const auto& near = *r.nearest;
  out.push_back(fmt::format("Nearest: point {} ({})", near.point.number, deploymentText(r, near.point)));
  for (const auto& b : near.broken) {
    std::string text = fmt::format("`{}` is missed by {} %: it would have to allow {}", b.promise,
                                   significant(-100 * b.margin, 3), b.value.empty() ? "more" : b.value);
    if (!b.field.empty())
      text += fmt::format("; or change `{}` (now {}): one percent more of it changes the figure by {} %", b.field,
                          b.now, significant(b.elasticity, 2));
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace afdc
