#include "backends/emit/requests.h"

#include <algorithm>
#include <cmath>

namespace afdc::emit {

namespace {

/// Inverse of the normal distribution: P. J. Acklam's rational approximation (relative error 1.15e-9).
double normalQuantile(double p) {
  static constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                                 1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  static constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                                 6.680131188771972e+01, -1.328068155288572e+01};
  static constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                                 -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  static constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                                 3.754408661907416e+00};
  constexpr double low = 0.02425;
  auto tail = [&](double q) {
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
           ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  };
  if (p < low) return tail(std::sqrt(-2 * std::log(p)));
  if (p > 1 - low) return -tail(std::sqrt(-2 * std::log(1 - p)));
  double q = p - 0.5, r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

/// Steele, Lea and Flood 2014: a small generator whose values are the same everywhere.
class SplitMix {
 public:
  explicit SplitMix(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// Evenly spaced shares of (0, 1) in a scrambled order (Fisher and Yates).
  std::vector<double> shares(size_t count) {
    std::vector<double> out(count);
    for (size_t i = 0; i < count; ++i) out[i] = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    for (size_t i = count; i > 1; --i) std::swap(out[i - 1], out[next() % i]);
    return out;
  }

 private:
  uint64_t state_;
};

}  // namespace

double quantile(const TokenSpread& lengths, double u) {
  const auto& [family, mean, p50, p90, p99] = lengths;
  double value = mean;
  if (family == "lognormal" && p50 > 0) {
    value = p50 * std::exp(std::log(p99 / p50) / normalQuantile(0.99) * normalQuantile(u));
  } else if (family == "exponential") {
    value = -mean * std::log(1 - u);
  } else if (family == "uniform") {
    double half = (p99 - p50) / 0.49 / 2;
    value = p50 + half * (2 * u - 1);
  }
  return std::max(1.0, std::round(value));
}

std::vector<Request> requestsOf(const LoadConfig& load, size_t count, double rate, uint64_t seed) {
  SplitMix random(seed);
  auto inputs = random.shares(count), outputs = random.shares(count), gaps = random.shares(count),
       prefixes = random.shares(count);
  // Popularity of prefixes: the k-th in proportion to k^-s.
  auto kinds = static_cast<size_t>(load.shared > 0 ? load.prefixes : 0);
  std::vector<double> reach(kinds, 0);
  double sum = 0;
  for (size_t k = 0; k < kinds; ++k) reach[k] = sum += std::pow(static_cast<double>(k + 1), -load.zipf);
  std::vector<Request> out(count);
  double at = 0;
  for (size_t i = 0; i < count; ++i) {
    if (rate > 0) at += -std::log(1 - gaps[i]) / rate;
    auto& r = out[i];
    r.at = at, r.input = quantile(load.prompt, inputs[i]), r.output = quantile(load.answer, outputs[i]);
    if (kinds == 0) continue;
    auto found = std::lower_bound(reach.begin(), reach.end(), prefixes[i] * sum);
    r.prefix = static_cast<int>(std::min<ptrdiff_t>(found - reach.begin(), static_cast<ptrdiff_t>(kinds) - 1));
    r.input = std::max(r.input, load.shared + 1);
  }
  return out;
}

}  // namespace afdc::emit
