#include <cmath>

#include "passes/pipeline.h"
#include "results/metrics.h"
#include "support/text.h"

namespace afdc {

using namespace ir;

std::vector<std::pair<std::string, std::optional<double>>> namedMetrics(const Results& r) {
  const auto& m = r.metrics;
  std::vector<std::pair<std::string, std::optional<double>>> out = {
      {"mean(ttft)", m.ttft_mean_s},
      {"mean(tpot)", m.tpot_mean_s},
      {"mean(e2e)", m.e2e_mean_s},
      {"p50(ttft)", m.ttft_p50_s},
      {"mean(interactivity)", m.interactivity_tokens_per_s},
      {"throughput", m.output_tokens_per_s},
      {"throughput_per_gpu", m.output_tokens_per_s_per_device},
      {"total_throughput", m.total_tokens_per_s},
      {"request_rate", m.requests_per_s},
      {"concurrency", m.concurrency},
      {"cost_per_mtok", m.usd_per_million_output_tokens},
      {"cost_per_mtok_total", m.usd_per_million_tokens},
      {"cost_per_hour", m.usd_per_hour ? std::optional(*m.usd_per_hour / 3600) : std::nullopt},
  };
  if (!r.memory.empty()) out.emplace_back("memory_used", r.memory[0].used());
  return out;
}

std::vector<double> checkValues(const Scenario& s, const Results& results) {
  auto named = namedMetrics(results);
  if (!results.slo.empty()) {
    bool fail = false, unknown = false;
    for (const auto& promise : results.slo)
      fail |= promise.verdict == Verdict::Fail, unknown |= promise.verdict == Verdict::Unknown;
    named.emplace_back("slo.satisfied", fail ? std::optional(0.0) : unknown ? std::nullopt : std::optional(1.0));
  }
  // Metric names are strings of the scenario: their values by id.
  std::vector<double> values;
  auto valueOf = [&](std::string_view name) -> std::optional<double> {
    for (const auto& [n, v] : named)
      if (n == name) return v;
    return std::nullopt;
  };
  ExprPool::Inputs in;
  for (size_t i = 0; i < s.exprs.size(); ++i) {
    const auto& n = s.exprs[ExprId{static_cast<uint32_t>(i)}];
    if (n.op != ExprOp::Metric) continue;
    if (values.size() <= n.a) values.resize(n.a + 1, std::numeric_limits<double>::quiet_NaN());
    if (auto v = valueOf(s.strings[StringId{n.a}])) values[n.a] = *v;
  }
  in.metrics = &values;
  std::vector<double> evaluated;
  s.exprs.evaluate(in, evaluated);
  return evaluated;
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
