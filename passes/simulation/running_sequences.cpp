#include "passes/simulation/running_sequences.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace afdc {

namespace {
/// Steps that a sequence is short of its end by rounding alone.
constexpr double kRounding = 1e-9;
}  // namespace

void RunningSequences::join(size_t request) {
  double steps = std::ceil((requests_[request].output - 1) / progress_ - kRounding);
  heap_.push_back({.ends = steps_ + std::max(1.0, steps), .turn = turns_++, .joined = steps_, .request = request});
  std::push_heap(heap_.begin(), heap_.end(), std::greater());
}

std::optional<size_t> RunningSequences::takeEnded() {
  if (stepsToEnd() > 0) return std::nullopt;
  std::pop_heap(heap_.begin(), heap_.end(), std::greater());
  size_t request = heap_.back().request;
  heap_.pop_back();
  return request;
}

RunningSequences::TakenBack RunningSequences::takeBackYoungest() {
  auto joinedBefore = [](const Sequence& a, const Sequence& b) { return a.turn < b.turn; };
  auto youngest = std::max_element(heap_.begin(), heap_.end(), joinedBefore);
  TakenBack out = {youngest->request, written(*youngest)};
  heap_.erase(youngest);
  std::make_heap(heap_.begin(), heap_.end(), std::greater());
  return out;
}

}  // namespace afdc
