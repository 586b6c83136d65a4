// What requests wait for before a scheduler sees them: an engine's front end, which works on those that it has in
// turns, as event loops do.
#pragma once
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace afdc {

/// (when, which), the earliest on top.
using Agenda = std::priority_queue<std::pair<double, size_t>, std::vector<std::pair<double, size_t>>, std::greater<>>;

/// Each request takes `serial` seconds of work; n that are there at once get an n-th of each second, so that those
/// which come together are ready together. All are alike: the first to come is the first to be ready. It reaches the
/// scheduler by a way of its own, some time later.
class FrontEnd {
 public:
  explicit FrontEnd(double serial) : serial_(serial) {}

  /// `way`: seconds from here to the scheduler, once the request is ready.
  void send(double now, size_t request, double way);
  /// A request that needs none of that work reaches the scheduler at `at`.
  void passBy(double at, size_t request) { handedOn_.emplace(at, request); }
  bool empty() const { return working_.empty() && handedOn_.empty(); }
  size_t size() const { return working_.size() + handedOn_.size(); }
  /// When the next request reaches the scheduler, if nobody else comes; only of one that is not empty.
  double next() const;
  /// The next request that has reached the scheduler by `t`.
  std::optional<size_t> take(double t);

 private:
  struct Working {
    double ready;  ///< `served_` at which it is
    double way;    ///< s
    size_t request;
  };
  void workUntil(double t);

  double serial_;
  double at_ = 0;      ///< the clock, s
  double served_ = 0;  ///< seconds of work that a request which was always there has had
  std::deque<Working> working_;
  Agenda handedOn_;  ///< when each reaches the scheduler
};

}  // namespace afdc
