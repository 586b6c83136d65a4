// What requests wait for before a scheduler sees them: an engine's front end, which works on those that it has in
// turns, as event loops do.
#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace afdc {

/// Each request takes `serial` seconds of work; n that are there at once get an n-th of each second, so that those
/// which come together are handed on together. All are alike: the first to come is the first to go. What is ready
/// reaches the scheduler `fixed` seconds later.
class FrontEnd {
 public:
  FrontEnd(double serial, double fixed) : serial_(serial), fixed_(fixed) {}

  void send(double now, size_t request);
  bool empty() const { return working_.empty() && handedOn_.empty(); }
  size_t size() const { return working_.size() + handedOn_.size(); }
  /// When the next request reaches the scheduler, if nobody else comes; only of one that is not empty.
  double next() const;
  /// The next request that has reached the scheduler by `t`.
  std::optional<size_t> take(double t);

 private:
  void workUntil(double t);

  double serial_, fixed_;
  double at_ = 0;                                   ///< the clock, s
  double served_ = 0;                               ///< seconds of work that a request which was always there has had
  std::deque<std::pair<double, size_t>> working_;   ///< `served_` at which each is ready
  std::deque<std::pair<double, size_t>> handedOn_;  ///< when each reaches the scheduler
};

}  // namespace afdc
