// The sequences that an engine decodes.
#pragma once
#include <cmath>
#include <compare>
#include <cstddef>
#include <optional>
#include <vector>

#include "passes/simulation/requests.h"

namespace afdc {

/// Every step yields each of them as many tokens as the others. So they are known by steps, counted since the engine
/// began: a sequence has written what the steps since it joined have yielded, and with which step it ends is settled
/// when it joins. Letting steps pass costs by the sequences that end, not by those that run.
class RunningSequences {
 public:
  /// `progress`: tokens that a step yields a sequence.
  RunningSequences(const std::vector<Request>& requests, double progress) : requests_(requests), progress_(progress) {}

  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  /// Steps to the next end of a sequence: at least one, without end where nobody runs.
  double stepsToEnd() const { return empty() ? INFINITY : heap_.front().ends - steps_; }
  /// Calls visit(request, output tokens that it has written since it joined, its first one among them).
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& s : heap_) visit(requests_[s.request], written(s));
  }

  /// A request that has its first token, and more to come. Its lengths stay as they are while it runs.
  void join(size_t request);
  /// So many steps pass, not more than to the next end.
  void pass(double steps) { steps_ += steps; }
  /// A sequence that has ended, if there is one; those of the same step in the order in which they joined.
  std::optional<size_t> takeEnded();
  struct TakenBack {
    size_t request;
    double written;  ///< as `each` says it
  };
  /// The last that joined leaves before its end; only where somebody runs.
  TakenBack takeBackYoungest();

 private:
  struct Sequence {
    double ends;    ///< with this step of the engine
    size_t turn;    ///< so many had joined before it
    double joined;  ///< after this step
    size_t request;
    auto operator<=>(const Sequence&) const = default;  ///< in the order in which they end, then joined
  };
  double written(const Sequence& s) const { return 1 + (steps_ - s.joined) * progress_; }

  const std::vector<Request>& requests_;
  double progress_;
  double steps_ = 0;  ///< since the engine began
  size_t turns_ = 0;
  std::vector<Sequence> heap_;  ///< the next to end first
};

}  // namespace afdc
