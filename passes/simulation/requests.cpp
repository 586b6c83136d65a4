#include "passes/simulation/requests.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "support/statistics.h"

namespace afdc {

namespace {

/// n quantiles, as even as they get, in no order: in an order of their own users would keep out of each other's way.
std::vector<double> quantiles(size_t n, uint32_t seed) {
  std::vector<double> out(n);
  for (size_t i = 0; i < n; ++i) out[i] = (static_cast<double>(i) + 0.5) / static_cast<double>(n);
  std::mt19937 random(seed);
  for (size_t i = n; i > 1; --i) std::swap(out[i - 1], out[random() % i]);
  return out;
}

/// The length at a quantile of all answers, of their mean.
double answer(const AnswerLengths& all, double quantile) {
  auto above = std::upper_bound(all.shares.begin(), all.shares.end() - 1, quantile) - all.shares.begin();
  auto at = static_cast<size_t>(above), below = at - 1;
  double share = (quantile - all.shares[below]) / (all.shares[at] - all.shares[below]);
  return (all.tokens[below] + share * (all.tokens[at] - all.tokens[below])) / all.mean;
}

/// Exponential, without the longest of a thousand.
double prompt(double quantile) { return -std::log(std::max(1 - quantile, 1e-3)); }

/// Tokens at a quantile of lengths that lie evenly around their mean.
double evenly(double mean, double spread, double quantile) {
  return std::max(1.0, std::round(mean * (1 + spread * (2 * quantile - 1))));
}

}  // namespace

std::vector<Request> requestsOf(const ReplayLoad& load) {
  std::vector<Request> out(static_cast<size_t>(std::max(Count(1), load.requests)));
  auto inputs = quantiles(out.size(), 1), outputs = quantiles(out.size(), 2), ways = quantiles(out.size(), 3);
  for (size_t i = 0; i < out.size(); ++i) {
    double input = load.lengths.fresh(), output = load.lengths.output;
    if (const auto& shape = load.conversations) {
      auto length = [&](double mean, double of) {
        return std::max(std::min(shape->shortest, mean), std::round(mean * of));
      };
      out[i].input = length(input, prompt(inputs[i]));
      out[i].output = length(output, answer(*shape, outputs[i]));
    } else {
      out[i].input = evenly(input, load.spread, inputs[i]);
      out[i].output = evenly(output, load.spread, outputs[i]);
    }
    out[i].cached = load.lengths.cached;
    out[i].way = 2 * ways[i];
  }
  return out;
}

void findRepeatedPrompts(std::vector<Request>& requests, Count prompts, double block) {
  if (prompts <= 0) return;
  for (auto i = static_cast<size_t>(prompts); i < requests.size(); ++i) {
    auto& r = requests[i];
    double fresh = std::min(r.input, block);
    r.cached += r.input - fresh;
    r.input = fresh;
  }
}

ReplayResult summarize(const std::vector<Request>& requests, const ReplayLoad& load) {
  ReplayResult out;
  std::vector<double> ttft, tpot;
  double n = static_cast<double>(requests.size());
  for (const auto& r : requests) {
    double output = r.output + r.generated;
    ttft.push_back(r.first - r.started);
    out.ttft_mean += ttft.back() / n;
    out.e2e_mean += (r.finished - r.started) / n;
    out.e2e_per_token += (r.finished - r.started) / output / n;
    out.ttft_per_token += (r.first - r.started) / output / n;
    out.duration = std::max(out.duration, r.finished);
    out.output_tokens += output;
    if (load.lengths.output > 1 && output > 1) tpot.push_back((r.finished - r.first) / (output - 1));
  }
  for (double t : tpot) out.tpot_mean += t / static_cast<double>(tpot.size());
  out.ttft_median = median(ttft);
  out.tpot_median = median(tpot);
  out.requests_per_s = n / out.duration;
  out.output_tokens_per_s = out.output_tokens / out.duration;
  return out;
}

}  // namespace afdc
