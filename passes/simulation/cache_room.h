// Room for tokens in an engine's caches, and what its scheduler keeps of it free for the requests that it takes in.
#pragma once
#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "passes/simulation/requests.h"
#include "passes/simulation/running_sequences.h"

namespace afdc {

/// All data-parallel ranks together. The runtime's policy says what a request reserves of the tokens that it may still
/// write: nothing (`on_demand`), all (`no_evict`), or a share that the scheduler learns (`estimated`).
class CacheRoom {
 public:
  /// As many tokens as sequences of the mean length fill.
  CacheRoom(const Role& role, const Lengths& mean);
  /// Nobody asks for room: the caches of the engine are not modelled.
  CacheRoom() = default;

  /// Tokens that a request takes in all when it is taken in.
  double reserves(const Request& r) const { return r.cached + r.input + ahead_ * r.output; }
  /// Tokens that are held, or kept free, for the requests that the engine has.
  double taken(const std::vector<Request>& all, std::span<const size_t> prompts, const RunningSequences& running) const;
  bool fits(double tokens) const { return tokens <= capacity_; }
  /// Decode steps that n sequences of this mean context can take before the room is full; none ever where all that they
  /// may write is reserved.
  double stepsLeft(double n, double meanContext, double progress) const;

  void takeIn(const Request& r) { promised_ += reserves(r); }
  void leave(const Request& r) { promised_ -= reserves(r); }
  /// Running requests have written for so many steps: the estimate of what is to come gets smaller.
  void afterDecoding(double steps);
  /// Blocks had to be taken back: the estimate is what the running requests have written until now.
  void afterTakingBack(const RunningSequences& running);

 private:
  using Policy = RuntimeModel::KvPolicy;
  Policy policy_ = Policy::NoEvict;
  double first_ = 1, least_ = 1, within_ = 1, margin_ = 0;  ///< of the estimate; RuntimeModel says what they are
  double capacity_ = INFINITY;
  double ahead_ = 0;  ///< share of the tokens to come that is reserved
  double promised_ = 0;
};

}  // namespace afdc
