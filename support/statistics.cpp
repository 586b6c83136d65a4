#include "support/statistics.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cstddef>

namespace afdc {

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  double position = share * static_cast<double>(values.size() - 1);
  auto below = values.begin() + static_cast<std::ptrdiff_t>(position);
  std::nth_element(values.begin(), below, values.end());
  double fraction = position - static_cast<double>(below - values.begin());
  if (fraction == 0) return *below;
  double above = *std::min_element(below + 1, values.end());
  return *below + fraction * (above - *below);
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

double normalQuantile(double share) { return boost::math::quantile(boost::math::normal(), share); }

}  // namespace afdc
