#include "backends/emit/requests.h"

#include <algorithm>
#include <cmath>

#include "support/statistics.h"

namespace afdc::emit {

namespace {

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
  auto kinds = static_cast<size_t>(load.shared > 0 ? load.prefixes : Count());
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
