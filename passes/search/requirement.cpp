#include "passes/search/requirement.h"

#include <cmath>

#include "passes/evaluation/passes.h"
#include "passes/evaluation/verdicts.h"

namespace afdc {

namespace {

constexpr double kExact = 1e-3;

/// What stands in the way of a scenario's promises; empty: nothing.
std::string obstacle(const ResolveWith& resolve, double value) {
  auto resolved = resolve(value);
  if (!resolved.scenario) return resolved.reason;
  const auto& s = *resolved.scenario;
  SourceManager sources;
  Diagnostics diags(sources);
  auto results = runPasses(s, "", diags, {}, Identity::None).results;
  if (!results) return ruleBroken(diags);
  Judge judge(s);
  auto values = checkValues(s, *results);
  for (const auto& p : judge.slo)
    if (values[p.holds.index] == 0) return p.text;
  for (const auto& p : judge.expects)
    if (values[p.holds.index] == 0) return p.text;
  return "";
}

}  // namespace

Requirement requirementOf(const ResolveWith& resolve, bool minimum, double least, double most) {
  double easy = minimum ? most : least, hard = minimum ? least : most;
  Requirement out;
  out.obstacle = obstacle(resolve, easy);
  if (!out.obstacle.empty()) {
    out.found = Requirement::Found::Never;
    return out;
  }
  out.value = hard;
  if (auto why = obstacle(resolve, hard); why.empty()) {
    out.found = Requirement::Found::Always;
    return out;
  } else {
    out.obstacle = why;
  }
  while (std::fabs(std::log(easy / hard)) > kExact) {
    double middle = std::sqrt(easy * hard);
    auto why = obstacle(resolve, middle);
    if (why.empty()) {
      easy = middle;
    } else {
      hard = middle;
      out.obstacle = why;
    }
  }
  out.found = Requirement::Found::Value;
  out.value = easy;
  return out;
}

}  // namespace afdc
