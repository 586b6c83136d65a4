// The names under which results are spoken of: in `expect`, in reports, in JSON. One table for all of them.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

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

}  // namespace afdc
