// The prompt chunks of one step, packed rank by rank.
#pragma once
#include <algorithm>
#include <vector>

#include "passes/cost/step.h"

namespace afdc {

/// Data-parallel ranks have token budgets of their own, and all wait for the busiest.
class PromptBatch {
 public:
  PromptBatch(const EngineConfig& e)
      : budget_(e.max_tokens), whole_(e.wholePrompts()), tokens_(static_cast<size_t>(e.degrees.dp), 0) {}

  /// Tokens on this rank before any prompt's. Of prompts in chunks at least one token is left, so that they go on.
  void occupy(size_t rank, double tokens) { tokens_[rank] = whole_ ? tokens : std::min(tokens, budget_ - 1); }
  bool empty() const { return count_ == 0; }
  /// Tokens of a prompt, `past` of it computed and `left` to compute, that this step takes; 0: its rank is full.
  double take(size_t rank, double past, double left) {
    double chunk = std::min(left, budget_ - tokens_[rank]);
    if (chunk < std::min(1.0, left)) return 0;  // what is left of a prompt may be less than a token
    if (whole_ && chunk < left) {
      if (tokens_[rank] > 0) {
        tokens_[rank] = budget_;  // nobody overtakes it
        return 0;
      }
      chunk = left;  // of lengths that scatter, the longest may be above what the engine accepts
    }
    tokens_[rank] += chunk;
    fresh_[rank] += chunk;
    ++count_;
    past_ += past;
    if (chunk >= left) ++ending_;
    return chunk;
  }
  Group group() const {
    double fresh = 0, busiest = 0, count = static_cast<double>(count_);
    for (double tokens : fresh_) {
      fresh += tokens;
      busiest = std::max(busiest, tokens);
    }
    double mean = fresh / count;
    return {.count = count,
            .fresh = mean,
            .past = past_ / count,
            .logits = static_cast<double>(ending_) / count,
            .busiest = busiest / mean};
  }

 private:
  double budget_;
  bool whole_;
  size_t count_ = 0, ending_ = 0;  ///< prompts in this step, and those that end with it
  double past_ = 0;                ///< tokens of theirs that were there before, of all together
  std::vector<double> tokens_;
  std::vector<double> fresh_ = std::vector<double>(tokens_.size(), 0);
};

}  // namespace afdc
