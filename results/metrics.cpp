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
  static const std::vector<NamedMetric> kNamed = [] {
    std::vector<NamedMetric> all = {
#define METRIC(member, name, column, divisor) \
  {name, column,                              \
   [](const Results::Metrics& m) { return m.member ? std::optional(*m.member / divisor) : std::nullopt; }},
#include "results/metrics.def"
#undef METRIC
    };
    std::erase_if(all, [](const NamedMetric& metric) { return metric.name.empty(); });
    return all;
  }();
  return kNamed;
}

}  // namespace afdc
