#include "passes/evaluation/verdicts.h"

#include <cmath>

#include "ir/places.h"
#include "passes/evaluation/diagnostics.h"
#include "passes/evaluation/metrics.h"
#include "results/diagnostics.h"
#include "results/metrics.h"
#include "support/text.h"

namespace afdc {

using namespace ir;

std::vector<std::pair<std::string, std::optional<double>>> namedMetrics(const Results& r) {
  std::vector<std::pair<std::string, std::optional<double>>> out;
  for (const auto& metric : namedMetrics()) out.emplace_back(metric.name, metric.get(r.metrics));
  if (!r.memory.empty()) out.emplace_back(kMemoryUsed, r.memory[0].used());
  return out;
}

std::optional<double> satisfied(std::span<const Verdict> verdicts) {
  if (verdicts.empty()) return std::nullopt;
  bool unknown = false;
  for (auto v : verdicts) {
    if (v == Verdict::Fail) return 0;
    unknown |= v == Verdict::Unknown;
  }
  return unknown ? std::nullopt : std::optional(1.0);
}

std::vector<double> checkValues(const Scenario& s, const Results& results) {
  std::vector<Verdict> verdicts;
  for (const auto& promise : results.slo) verdicts.push_back(promise.verdict);
  Checks::Facts facts{results.metrics, std::nullopt, satisfied(verdicts)};
  if (!results.memory.empty()) facts.memoryUsed = results.memory[0].used();
  return Checks(s).evaluate(facts);
}

void checkSlo(const Scenario& s, NodeId slo, Results& results, double ttftFloor, double tpotFloor, Diagnostics& diags) {
  if (!slo.valid()) return;
  auto evaluated = checkValues(s, results);
  for (auto child : s[slo].children) {
    const auto& node = s[child];
    if (node.kind != NodeKind::Check) continue;
    SloResult r;
    r.expect = s.strings[node.text];
    r.message = s.strings[node.message];
    SourceRange at = rangeOf(s, child, diags);
    r.place = whereSet(s, child);
    double holds = evaluated[node.check.index];
    r.verdict = std::isnan(holds) ? Verdict::Unknown : holds == 1 ? Verdict::Pass : Verdict::Fail;
    const auto& top = s.exprs[node.check];
    bool less = top.op == ExprOp::Less || top.op == ExprOp::LessEq,
         greater = top.op == ExprOp::Greater || top.op == ExprOp::GreaterEq;
    if (less || greater) {
      double a = evaluated[top.a], b = evaluated[top.b];
      if (!std::isnan(a)) r.value = a;
      if (!std::isnan(b)) r.bound = b;
      if (r.value && r.bound && b != 0) r.margin = less ? (b - a) / std::fabs(b) : (a - b) / std::fabs(b);
      const auto& left = s.exprs[ExprId{top.a}];
      if (left.op == ExprOp::Metric) {
        std::string metric(s.strings[StringId{left.a}]);
        std::string inner = metric.substr(metric.find('(') + 1);
        if (!inner.empty() && inner.back() == ')') inner.pop_back();
        if (const auto* info = findMetric(inner)) r.unit = info->unit;
        double floor = inner == "ttft" ? ttftFloor : inner == "tpot" ? tpotFloor : 0;
        if (less && r.bound && *r.bound < floor)
          diags.report<diag::below_floor>(at, r.expect, humanize(floor, Dimension::of(Base::Time)))
              .note(inner == "tpot" ? "one step for a single request must read its weights and KV cache once"
                                    : "one prompt alone must be computed once");
      }
    }
    if (r.verdict == Verdict::Unknown) {
      diags.report<diag::undecidable>(at, r.expect)
          .help("the analytical evaluator knows means; write mean(…), or simulate for tails");
    }
    results.slo.push_back(std::move(r));
  }
}

}  // namespace afdc
