#include "support/count.h"

#include <cmath>

namespace afdc {

namespace {

/// `x` is whole, infinite or no number.
Count nearest(double x) {
  constexpr double kBeyond = 9223372036854775808.0;  // 2^63, the first that a count does not reach
  if (std::isnan(x)) return 0;
  if (x >= kBeyond) return Count::most();
  return static_cast<int64_t>(std::max(x, -kBeyond));
}

}  // namespace

Count Count::floor(double x) { return nearest(std::floor(x)); }
Count Count::ceil(double x) { return nearest(std::ceil(x)); }
Count Count::round(double x) { return nearest(std::round(x)); }

std::vector<Count> divisorsOf(Count n) {
  std::vector<Count> out;
  for (Count i = 1; i <= 4096 && i * i <= n; ++i)
    if (divides(i, n)) out.push_back(i);
  for (size_t i = out.size(); i-- > 0;)
    if (Count other = quotient(n, out[i]); other != out[i]) out.push_back(other);
  return out;
}

}  // namespace afdc
