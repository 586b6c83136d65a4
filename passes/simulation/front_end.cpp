#include "passes/simulation/front_end.h"

#include <algorithm>
#include <limits>

namespace afdc {

void FrontEnd::send(double now, size_t request, double way) {
  workUntil(now);
  working_.push_back({served_ + serial_, way, request});
}

void FrontEnd::workUntil(double t) {
  while (!working_.empty()) {
    const auto& first = working_.front();
    double n = static_cast<double>(working_.size()), ready = at_ + (first.ready - served_) * n;
    if (ready > t) {
      served_ += std::max(0.0, t - at_) / n;
      break;
    }
    served_ = first.ready;
    at_ = ready;
    handedOn_.emplace(ready + first.way, first.request);
    working_.pop_front();
  }
  at_ = std::max(at_, t);
}

double FrontEnd::next() const {
  double first = handedOn_.empty() ? std::numeric_limits<double>::infinity() : handedOn_.top().first;
  double at = at_, served = served_, n = static_cast<double>(working_.size());
  for (const auto& w : working_) {
    at += (w.ready - served) * n--;
    served = w.ready;
    if (at >= first) break;
    first = std::min(first, at + w.way);
  }
  return first;
}

std::optional<size_t> FrontEnd::take(double t) {
  workUntil(t);
  if (handedOn_.empty() || handedOn_.top().first > t) return std::nullopt;
  size_t request = handedOn_.top().second;
  handedOn_.pop();
  return request;
}

}  // namespace afdc
