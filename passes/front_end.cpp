#include "passes/front_end.h"

#include <algorithm>

namespace afdc {

void FrontEnd::send(double now, size_t request) {
  workUntil(now);
  working_.emplace_back(served_ + serial_, request);
}

void FrontEnd::workUntil(double t) {
  while (!working_.empty()) {
    double n = static_cast<double>(working_.size()), ready = at_ + (working_.front().first - served_) * n;
    if (ready > t) {
      served_ += std::max(0.0, t - at_) / n;
      break;
    }
    served_ = working_.front().first, at_ = ready;
    handedOn_.emplace_back(ready + fixed_, working_.front().second);
    working_.pop_front();
  }
  at_ = std::max(at_, t);
}

double FrontEnd::next() const {
  if (!handedOn_.empty()) return handedOn_.front().first;
  return at_ + (working_.front().first - served_) * static_cast<double>(working_.size()) + fixed_;
}

std::optional<size_t> FrontEnd::take(double t) {
  workUntil(t);
  if (handedOn_.empty() || handedOn_.front().first > t) return std::nullopt;
  size_t request = handedOn_.front().second;
  handedOn_.pop_front();
  return request;
}

}  // namespace afdc
