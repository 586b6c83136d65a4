#include "passes/evaluation/metrics.h"

#include <cmath>

namespace afdc {

using namespace ir;

std::optional<Prices> pricesOf(const Scenario& s, NodeId deployment, Diagnostics& diags) {
  auto pools = readPrices(s, deployment, diags);
  if (!pools) return std::nullopt;
  Prices out;
  bool all = true;
  for (const auto& pool : *pools) {
    out.devices += pool.devices;
    out.places.push_back(pool.place);
    if (pool.price) out.perHour += pool.nodes * *pool.price * 3600;
    all = all && pool.price.has_value();
  }
  if (!all) out.perHour = 0;
  return out;
}

Results::Metrics metricsOf(const Rates& rates, const LoadConfig& load) {
  Results::Metrics m;
  m.ttft_mean_s = rates.ttft;
  if (load.arrivals != LoadConfig::Arrivals::Poisson) m.ttft_p50_s = rates.ttft;
  if (!std::isnan(rates.tpot)) {
    m.tpot_mean_s = rates.tpot;
    if (rates.tpot > 0) m.interactivity_tokens_per_s = 1 / rates.tpot;
  }
  m.e2e_mean_s = rates.e2e;
  m.requests_per_s = rates.requests;
  if (rates.capacity > 0) m.capacity_requests_per_s = rates.capacity;
  m.output_tokens_per_s = rates.requests * load.output;
  m.total_tokens_per_s = rates.requests * (load.input + load.output);
  m.concurrency = rates.concurrency;
  m.running_slots = rates.running;
  return m;
}

void addPrices(Results::Metrics& m, const Prices& prices) {
  m.output_tokens_per_s_per_device = *m.output_tokens_per_s / prices.devices;
  if (!prices.known()) return;
  m.usd_per_hour = prices.perHour;
  m.usd_per_million_output_tokens = prices.perHour / 3600 / *m.output_tokens_per_s * 1e6;
  m.usd_per_million_tokens = prices.perHour / 3600 / *m.total_tokens_per_s * 1e6;
}

Checks::Checks(const Scenario& s) {
  auto named = namedMetrics();
  for (size_t i = 0; i < s.exprs.size(); ++i) {
    const auto& n = s.exprs[ExprId{static_cast<uint32_t>(i)}];
    if (n.op != ExprOp::Metric) {
      // One node for one: the numbers of expressions stay.
      pool_.copy(n);
      continue;
    }
    auto name = s.strings[StringId{n.a}];
    size_t at = 0;
    while (at < named.size() && named[at].name != name) ++at;
    if (at == named.size()) at += name == kMemoryUsed ? 0 : name == kSloSatisfied ? 1 : 2;
    memory_ |= name == kMemoryUsed, slo_ |= name == kSloSatisfied;
    asked_.push_back(at);
    ExprNode metric = n;
    metric.a = static_cast<uint32_t>(at);
    pool_.copy(metric);
  }
}

const std::vector<double>& Checks::evaluate(const Facts& facts) const {
  thread_local std::vector<double> metrics, values;
  auto named = namedMetrics();
  metrics.assign(named.size() + 3, std::numeric_limits<double>::quiet_NaN());
  for (size_t at : asked_) {
    auto value = at < named.size()        ? named[at].get(facts.metrics)
                 : at == named.size()     ? facts.memoryUsed
                 : at == named.size() + 1 ? facts.sloSatisfied
                                          : std::nullopt;
    if (value) metrics[at] = *value;
  }
  ExprPool::Inputs in;
  in.metrics = &metrics;
  pool_.evaluate(in, values);
  return values;
}

}  // namespace afdc
