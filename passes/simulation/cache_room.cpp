#include "passes/simulation/cache_room.h"

namespace afdc {

CacheRoom::CacheRoom(const Role& role, const Lengths& mean) : policy_(role.engine().runtime.kv_policy) {
  const auto& runtime = role.engine().runtime;
  first_ = runtime.estimate_first;
  least_ = runtime.estimate_least * first_;
  within_ = runtime.estimate_within;
  margin_ = runtime.estimate_margin;
  double whole = mean.input + mean.output;
  capacity_ = role.kvBudget / sequenceBytes(role.holder(), whole) * whole * role.engine().degrees.dp;
  ahead_ = policy_ == Policy::NoEvict ? 1 : policy_ == Policy::Estimated ? first_ : 0;
}

double CacheRoom::taken(const std::vector<Request>& all, std::span<const size_t> prompts,
                        const RunningSequences& running) const {
  if (policy_ == Policy::NoEvict) return promised_;
  double sum = 0;
  running.each(
      [&](const Request& r, double written) { sum += r.cached + r.input + written + ahead_ * (r.output - written); });
  for (size_t i : prompts) sum += reserves(all[i]);
  return sum;
}

double CacheRoom::stepsLeft(double n, double meanContext, double progress) const {
  if (policy_ == Policy::NoEvict) return INFINITY;
  return std::floor((capacity_ - n * meanContext) / (n * progress));
}

void CacheRoom::afterDecoding(double steps) {
  if (policy_ != Policy::Estimated) return;
  ahead_ = std::max(least_, ahead_ - steps * (first_ - least_) / within_);
}

void CacheRoom::afterTakingBack(const RunningSequences& running) {
  if (policy_ != Policy::Estimated) return;
  double all = 0, allowed = 0;
  running.each([&](const Request& r, double written) {
    all += written + r.generated + margin_;
    allowed += r.output + r.generated;
  });
  if (allowed > 0) ahead_ = std::min(1.0, all / allowed);
}

}  // namespace afdc
