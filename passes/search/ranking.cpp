#include "passes/search/ranking.h"

#include <algorithm>
#include <cmath>

namespace afdc {

/// Is a better in the first goal in which they differ?
bool Ranking::before(Goals a, uint64_t numberA, Goals b, uint64_t numberB) const {
  for (size_t i = 0; i < maximize_.size(); ++i) {
    if (std::isnan(a[i]) != std::isnan(b[i])) return std::isnan(b[i]);
    if (a[i] != b[i] && !std::isnan(a[i])) return maximize_[i] ? a[i] > b[i] : a[i] < b[i];
  }
  return numberA < numberB;
}

/// At least as good in all goals, and better in one.
bool Ranking::beats(Goals a, Goals b) const {
  bool strictly = false;
  for (size_t i = 0; i < maximize_.size(); ++i) {
    if (std::isnan(a[i])) return false;
    if (std::isnan(b[i]) || (maximize_[i] ? a[i] > b[i] : a[i] < b[i]))
      strictly = true;
    else if (a[i] != b[i])
      return false;
  }
  return strictly;
}

void Ranking::add(uint64_t number, size_t space, Goals goals, std::span<const uint32_t> ids) {
  // Most points are neither: they cost a comparison or two and no copy of their own.
  scratch_.number = number, scratch_.space = space;
  scratch_.goals.assign(goals.begin(), goals.end());
  scratch_.ids.assign(ids.begin(), ids.end());
  toFront(scratch_);
  toBest(scratch_);
}

void Ranking::add(const Ranking& other) {
  for (const auto& c : other.front_) toFront(c);
  for (const auto& c : other.best_) toBest(c);
}

void Ranking::toFront(const Candidate& c) {
  if (maximize_.size() < 2) return;
  auto stronger = [&](const Candidate& k) {
    return beats(k.goals, c.goals) || (k.goals == c.goals && k.number <= c.number);
  };
  // Neighbours in the search are often beaten by the same point.
  if (lastBeater_ < front_.size() && stronger(front_[lastBeater_])) return;
  auto beater = std::find_if(front_.begin(), front_.end(), stronger);
  if (beater != front_.end()) {
    lastBeater_ = static_cast<size_t>(beater - front_.begin());
    return;
  }
  std::erase_if(front_, [&](const Candidate& k) { return beats(c.goals, k.goals) || k.goals == c.goals; });
  auto place = std::partition_point(front_.begin(), front_.end(),
                                    [&](const Candidate& k) { return before(k.goals, k.number, c.goals, c.number); });
  front_.insert(place, c);
}

void Ranking::toBest(const Candidate& c) {
  auto behind = [&](const Candidate& k) { return before(k.goals, k.number, c.goals, c.number); };
  if (best_.size() >= top_ && (best_.empty() || behind(best_.back()))) return;
  auto alike = std::find_if(best_.begin(), best_.end(), [&](const Candidate& k) {
    return k.number == c.number || (!maximize_.empty() && k.goals == c.goals);
  });
  if (alike != best_.end()) {
    if (c.number < alike->number) *alike = c;
    return;
  }
  best_.insert(std::partition_point(best_.begin(), best_.end(), behind), c);
  if (best_.size() > top_) best_.pop_back();
}

}  // namespace afdc
