#include "results/metrics.h"

namespace afdc {

const std::vector<MetricInfo>& metricTable() {
  static const std::vector<MetricInfo> table = {
      {"ttft", "s", true, "time from a request's arrival to its first output token"},
      {"tpot", "s", true, "time per output token after the first, averaged over a request"},
      {"e2e", "s", true, "time from arrival to the last output token"},
      {"interactivity", "tok/s", true, "output tokens per second that one user sees: 1/tpot"},
      {"throughput", "tok/s", false, "output tokens per second of the whole deployment"},
      {"throughput_per_gpu", "tok/s", false, "output tokens per second per device that is paid for"},
      {"total_throughput", "tok/s", false, "input and output tokens per second"},
      {"request_rate", "req/s", false, "requests finished per second"},
      {"goodput", "req/s", false, "requests per second that met their SLO"},
      {"concurrency", "req", false, "requests in the system"},
      {"cost_per_mtok", "USD", false, "price of a million output tokens"},
      {"cost_per_mtok_total", "USD", false, "price of a million tokens, input and output"},
      {"cost_per_hour", "USD/h", false, "price of the hardware"},
      {"availability", "1", false, "share of time in which the service answers"},
      {"memory_used", "B", false, "bytes in use on the fullest device"},
  };
  return table;
}

const MetricInfo* findMetric(std::string_view name) {
  for (const auto& metric : metricTable())
    if (metric.name == name) return &metric;
  return nullptr;
}

Dimension dimensionOf(const MetricInfo& metric) { return parseUnit(metric.unit)->dimension; }

std::span<const NamedMetric> namedMetrics() {
  using M = Results::Metrics;
  static constexpr NamedMetric kNamed[] = {
      {"mean(ttft)", "ttft_mean_s", [](const M& m) { return m.ttft_mean_s; }},
      {"mean(tpot)", "tpot_mean_s", [](const M& m) { return m.tpot_mean_s; }},
      {"mean(e2e)", "e2e_mean_s", [](const M& m) { return m.e2e_mean_s; }},
      {"p50(ttft)", "ttft_p50_s", [](const M& m) { return m.ttft_p50_s; }},
      {"mean(interactivity)", "interactivity_tokens_per_s", [](const M& m) { return m.interactivity_tokens_per_s; }},
      {"throughput", "output_tokens_per_s", [](const M& m) { return m.output_tokens_per_s; }},
      {"throughput_per_gpu", "output_tokens_per_s_per_device",
       [](const M& m) { return m.output_tokens_per_s_per_device; }},
      {"total_throughput", "total_tokens_per_s", [](const M& m) { return m.total_tokens_per_s; }},
      {"request_rate", "requests_per_s", [](const M& m) { return m.requests_per_s; }},
      {"concurrency", "concurrency", [](const M& m) { return m.concurrency; }},
      {"cost_per_mtok", "usd_per_million_output_tokens", [](const M& m) { return m.usd_per_million_output_tokens; }},
      {"cost_per_mtok_total", "usd_per_million_tokens", [](const M& m) { return m.usd_per_million_tokens; }},
      {"cost_per_hour", "usd_per_second",
       [](const M& m) { return m.usd_per_hour ? std::optional(*m.usd_per_hour / 3600) : std::nullopt; }},
  };
  return kNamed;
}

}  // namespace afdc
