#include "fidelity/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "support/csv.h"
#include "support/escape.h"
#include "support/json.h"
#include "support/statistics.h"
#include "support/text.h"
#include "support/text_table.h"

namespace afdc {

namespace {

std::string percent(double error) {
  if (error == 0) return "0";
  return error < 1e-4 ? fmt::format("{:.1e}", error) : fmt::format("{:.2f} %", 100 * error);
}

}  // namespace

namespace {

void add(std::vector<double>& relative, std::vector<double>& logs, double predicted, double reference) {
  double error = reference == 0 ? std::min(1.0, std::abs(predicted)) : std::abs(predicted / reference - 1);
  if (!std::isfinite(error)) error = 1e9;  // a NaN prediction must never look exact
  relative.push_back(error);
  if (predicted > 0 && reference > 0) logs.push_back(std::log(predicted / reference));
}

}  // namespace

void Scoreboard::begin(std::string name) {
  ++cases_;
  current_ = name.empty() ? fmt::format("#{}", cases_) : std::move(name);
}

void Scoreboard::score(std::string_view metric, std::string_view group, double predicted, double reference) {
  auto& e = errors_[std::string(metric)][std::string(group)];
  add(e.relative, e.logs, predicted, reference);
  values_.push_back({current_, std::string(group), std::string(metric), predicted, reference});
}

void Scoreboard::regime(std::string_view regime, std::string_view metric, std::string_view group, double predicted,
                        double reference) {
  auto& e = regimes_[std::string(regime)][std::string(metric)][std::string(group)];
  add(e.relative, e.logs, predicted, reference);
}

void Scoreboard::skip(std::string name, std::string reason) {
  skipped_.emplace_back(std::move(name), std::move(reason));
}

Scoreboard::Summary Scoreboard::summarize(const Errors& e) {
  Summary s;
  s.n = e.relative.size();
  s.median = median(e.relative);
  s.p90 = quantile(e.relative, 0.9);
  s.p95 = quantile(e.relative, 0.95);
  for (double x : e.relative) s.max = std::max(s.max, x);
  double sum = 0;
  for (double x : e.logs) sum += x;
  s.bias = e.logs.empty() ? 0 : std::expm1(sum / static_cast<double>(e.logs.size()));
  return s;
}

Scoreboard::Summary Scoreboard::summary(const std::string& metric) const {
  auto found = errors_.find(metric);
  return found == errors_.end() ? Summary{} : over(found->second);
}

Scoreboard::Summary Scoreboard::over(const std::map<std::string, Errors>& groups) const {
  Errors all;
  std::vector<double> medians;
  for (const auto& [group, e] : groups) {
    all.relative.insert(all.relative.end(), e.relative.begin(), e.relative.end());
    all.logs.insert(all.logs.end(), e.logs.begin(), e.logs.end());
    medians.push_back(median(e.relative));
  }
  auto s = summarize(all);
  if (overGroups_) {
    s.median = median(medians);
    s.p90 = quantile(medians, 0.9);
  }
  return s;
}

std::vector<std::string> Scoreboard::metrics() const {
  std::vector<std::string> names;
  for (const auto& [name, groups] : errors_) names.push_back(name);
  return names;
}

std::string Scoreboard::table(const Screen& screen) const {
  using Kind = TextTable::Kind;
  TextTable table({{"metric", Kind::Text},
                   {"n", Kind::Number, true, 6},
                   {"median", Kind::Number, true, 9},
                   {"p90", Kind::Number, false, 9},
                   {"max", Kind::Number, false, 9},
                   {"bias", Kind::Number, false, 9}});
  auto row = [&](const std::string& name, const Summary& s) {
    table.row({name, fmt::format("{}", s.n), percent(s.median), percent(s.p90), percent(s.max),
               s.bias < 0 ? "-" + percent(-s.bias) : percent(s.bias)});
  };
  for (const auto& [metric, groups] : errors_) {
    row(metric, summary(metric));
    if (groups.size() > 1)
      for (const auto& [group, e] : groups) row("  " + group, summarize(e));
  }
  if (!regimes_.empty()) table.between("\nby regime\n");
  for (const auto& [regime, metrics] : regimes_)
    for (const auto& [metric, groups] : metrics) row(fmt::format("{}: {}", regime, metric), over(groups));

  std::string out = fmt::format("{}: {} cases, {} skipped\n\n", kind_, cases_, skipped_.size());
  out += table.text({false, screen.width});
  if (overGroups_) out += "\nMedian and p90 of a metric are those of its groups' medians.\n";
  if (!skipped_.empty()) {
    std::map<std::string, std::vector<const std::string*>> reasons;
    for (const auto& [name, reason] : skipped_) reasons[reason].push_back(&name);
    out += "\nskipped\n";
    for (const auto& [reason, names] : reasons)
      out += wrapped(fmt::format("  {:>4}  ", names.size()), fmt::format("{} (first: {})", reason, *names.front()),
                     screen.width);
  }
  for (const auto& text : notes_) out += "\n" + wrapped("note: ", text, screen.width);
  return printable(out);  // cases are called as their files say
}

std::string Scoreboard::csv() const {
  std::string out = csvRow({"case", "group", "metric", "predicted", "reference"}) + "\n";
  for (const auto& v : values_)
    out += csvRow({v.name, v.group, v.metric, shortest(v.predicted), shortest(v.reference)}) + "\n";
  return out;
}

static void to_json(JsonTree& tree, const Scoreboard::Summary& s) {
  tree = {{"n", s.n}, {"median", s.median}, {"p90", s.p90}, {"p95", s.p95}, {"max", s.max}, {"bias", s.bias}};
}

std::string Scoreboard::json() const {
  auto skipped = JsonTree::array();
  auto metrics = JsonTree::object(), groups = JsonTree::object(), regimes = JsonTree::object();
  for (const auto& [name, reason] : skipped_) skipped.push_back({{"case", name}, {"reason", reason}});
  std::map<std::string, JsonTree> byGroup;
  for (const auto& [metric, errors] : errors_) {
    metrics[metric] = summary(metric);
    for (const auto& [group, e] : errors) byGroup[group][metric] = summarize(e);
  }
  for (const auto& [group, summaries] : byGroup) groups[group] = summaries;
  for (const auto& [regime, errors] : regimes_)
    for (const auto& [metric, e] : errors) regimes[regime][metric] = over(e);
  return jsonText({{"kind", kind_},
                   {"cases", cases_},
                   {"skipped", skipped},
                   {"metrics", metrics},
                   {"groups", groups},
                   {"regimes", regimes},
                   {"notes", notes_}}) +
         "\n";
}

}  // namespace afdc
