#include "passes/explore.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "support/text.h"

namespace afdc {

using namespace ir;

Explorer::Explorer(std::string name, std::vector<std::string> axes, size_t top) : top_(top) {
  r_.name = std::move(name);
  r_.axes = std::move(axes);
}

void Explorer::pruned(uint64_t number, const std::string& reason) {
  ++r_.points, ++r_.pruned;
  auto [why, fresh] = r_.why.try_emplace(reason);
  if (fresh) why->second.first = number;
  ++why->second.count;
}

void Explorer::refused(uint64_t number, const std::string& reason, const std::string& example) {
  ++r_.points, ++r_.refused;
  auto [why, fresh] = r_.why.try_emplace(reason);
  if (fresh) why->second.first = number, why->second.example = example;
  ++why->second.count;
}

PointOutcome evaluatePoint(const Scenario& s) {
  SourceManager sources;
  Diagnostics diags(sources);
  PointOutcome out;
  out.results = runPasses(s, "", diags).results;
  if (out.results) {
    out.checks = checkValues(s, *out.results);
    return out;
  }
  out.reason = "it has no results";
  for (const auto& d : diags.all())
    if (kCatalogue[d.id].severity == Severity::Error) {
      // Figures differ from point to point: the rule that it breaks is the reason.
      out.reason = fmt::format("{} {}", kCatalogue[d.id].id, kCatalogue[d.id].explanation);
      out.example = d.message;
      break;
    }
  return out;
}

std::vector<PointOutcome> evaluatePoints(const std::vector<const Scenario*>& scenarios) {
  std::vector<PointOutcome> out(scenarios.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i; (i = next.fetch_add(1)) < scenarios.size();) out[i] = evaluatePoint(*scenarios[i]);
  };
  std::vector<std::jthread> others(std::max(1u, std::thread::hardware_concurrency()) - 1);
  for (auto& t : others) t = std::jthread(work);
  work();
  others.clear();
  return out;
}

void Explorer::add(uint64_t number, const std::vector<std::string>& values, const Scenario& s, PointOutcome outcome) {
  if (!outcome.results) return refused(number, outcome.reason, outcome.example);
  ++r_.points;
  FoundPoint point{number, values, {}, std::move(*outcome.results), {}};
  point.metrics = namedMetrics(point.results);
  const auto& checks = outcome.checks;
  bool broken = false, undecided = false, first = r_.goals.empty();
  auto verdict = [&](const std::string& text, double holds, std::optional<double> margin) {
    if (std::isnan(holds)) undecided = true;
    if (holds != 0) return;
    broken = true;
    auto [why, fresh] = r_.why.try_emplace("expect " + text);
    auto& reason = why->second;
    if (fresh) reason.first = number;
    ++reason.count;
    if (margin && *margin > reason.nearest)
      reason.nearest = *margin, reason.nearestPoint = number, reason.nearestValues = values;
  };
  for (const auto& promise : point.results.slo)
    if (promise.verdict != Verdict::Pass)
      verdict(promise.expect, promise.verdict == Verdict::Fail ? 0 : NAN, promise.margin);
  for (auto child : s[s.root].children) {
    const auto& node = s[child];
    if (node.kind != NodeKind::Check) continue;
    auto name = s.strings[node.name];
    if (name == "expect") {
      // `slo.satisfied` says again what the promises have said.
      auto text = std::string(s.strings[node.text]);
      if (text != "slo.satisfied") verdict(text, checks[node.check.index], std::nullopt);
      continue;
    }
    if (first) r_.goals.push_back({std::string(s.strings[node.text]), name == "maximize"});
    point.goals.push_back(checks[node.check.index]);
  }
  if (broken) {
    ++r_.broken;
    return;
  }
  r_.undecided += undecided;
  ++r_.kept;
  keep(std::move(point));
}

/// Is `a` better in the first goal in which they differ? Unknown is worse than anything known.
bool Explorer::before(const FoundPoint& a, const FoundPoint& b) const {
  for (size_t i = 0; i < r_.goals.size(); ++i) {
    double x = a.goals[i], y = b.goals[i];
    if (std::isnan(x) != std::isnan(y)) return std::isnan(y);
    if (x != y && !std::isnan(x)) return r_.goals[i].maximize ? x > y : x < y;
  }
  return a.number < b.number;
}

void Explorer::keep(FoundPoint point) {
  auto better = [&](const FoundPoint& a, const FoundPoint& b) { return before(a, b); };
  if (r_.goals.size() > 1) {
    // At least as good in all goals, and not the same in all.
    auto beats = [&](const FoundPoint& a, const FoundPoint& b) {
      bool strictly = false;
      for (size_t i = 0; i < r_.goals.size(); ++i) {
        double x = a.goals[i], y = b.goals[i];
        if (std::isnan(x)) return false;
        if (std::isnan(y) || (r_.goals[i].maximize ? x > y : x < y))
          strictly = true;
        else if (x != y)
          return false;
      }
      return strictly;
    };
    auto& front = r_.front;
    bool beaten = std::any_of(front.begin(), front.end(), [&](const FoundPoint& other) { return beats(other, point); });
    if (!beaten) {
      std::erase_if(front, [&](const FoundPoint& other) { return beats(point, other); });
      front.insert(std::upper_bound(front.begin(), front.end(), point, better), point);
    }
  }
  auto& best = r_.best;
  best.insert(std::upper_bound(best.begin(), best.end(), point, better), std::move(point));
  if (best.size() > top_) best.pop_back();
}

SearchResult Explorer::finish() { return std::move(r_); }

}  // namespace afdc
