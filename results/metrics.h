// The names under which results are spoken of: in `expect`, in reports, in JSON. One table for all of them.
#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "results/results.h"
#include "support/quantity.h"

namespace afdc {

struct MetricInfo {
  std::string_view name;
  std::string_view unit;  ///< how it is said: its dimension
  bool distribution;      ///< has a mean and percentiles over requests
  std::string_view meaning;
};

const std::vector<MetricInfo>& metricTable();
const MetricInfo* findMetric(std::string_view name);
Dimension dimensionOf(const MetricInfo& metric);

/// A result under the name that checks use: "mean(ttft)", "throughput", …
struct NamedMetric {
  std::string_view name;
  std::string_view key;                                   ///< in tables, with its unit: "ttft_mean_s"
  std::optional<double> (*get)(const Results::Metrics&);  ///< nullopt: this evaluator cannot say
};
std::span<const NamedMetric> namedMetrics();

}  // namespace afdc
