// The steady state of one engine's scheduler in closed form (semantics §6): how long requests take when n of them run.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>

#include "passes/cost/role.h"

namespace afdc {

/// What has no value: the time per token of a request that has only one.
inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// Tokens of a mean request.
struct Lengths {
  double input = 1, output = 1;
  double cached = 0;  ///< prompt tokens found in the cache: not computed, but attended to
  double fresh() const { return input - cached; }
};

/// One engine slot: with pp stages, pp batches are in flight and each is a slot of its own.
struct SlotState {
  double residence = 0;  ///< from the first chunk's start to the last token, s
  double ttft = 0, tpot = 0;
  double rate = 0;  ///< requests per second of this slot
  BatchState decode, mixed;
  double mixedShare = 0;  ///< of steps
};

class Schedule {
 public:
  Schedule(const Role& role, Lengths lengths) : role_(role), e_(role.engine()), len_(lengths) {}

  /// n requests in one slot, all ranks together; n may be fractional.
  SlotState run(double n) const { return e_.runtime.prefill_first() ? prefillFirst(n) : mixed(n); }
  /// Seconds until `count` requests that arrive together have their prompts computed, in chunks of the token budget.
  double prefillTime(double count) const;
  /// Most requests whose prompts share one step, all ranks together.
  double promptsPerStep() const;
  double step(const BatchState& b) const { return role_.pacedTime(b); }
  /// Decode steps of a request after its first token.
  double decodeSteps() const { return std::max(0.0, len_.output - 1) / role_.progress(); }
  double meanContext() const { return len_.input + len_.output / 2; }
  /// n requests that decode, each anywhere in its output: their contexts lie evenly over it.
  Group decoding(double n) const { return {n, 1, meanContext(), 1, false, len_.output / std::sqrt(12.0)}; }

 private:
  /// Chunks that the tokens of a step hold; of prompts that are not cut, whole ones.
  double chunksIn(double tokens, double chunk) const {
    return std::max(1.0, e_.wholePrompts() ? std::floor(tokens / chunk) : tokens / chunk);
  }
  /// With host.async an engine puts the next step together when a step begins. A request that comes while that step
  /// runs is in neither of them: beside the rest of the first it waits for all of the second. Seconds of the second,
  /// for one of n requests; one that is alone finds no step running.
  double onItsWay(double n, double step) const {
    return e_.runtime.host_async ? std::clamp(n - 1, 0.0, 1.0) * step : 0;
  }
  /// A request's life in steps: `own` of them have its chunks, then it decodes (its first token comes with the last
  /// chunk). And how many sequences of a rank decode in a step.
  struct Life {
    double own = 1, steps = 1, decodes = 0;
  };
  Life lifeAmong(double perRank) const;
  double prefillInChunks(double ranks) const;
  /// Tokens of the prompt that a chunk finds in the cache, in the mean.
  double pastOf(const Life& life, double chunk) const {
    return len_.cached + (life.own > 1 ? (len_.fresh() - chunk) / 2 : 0);
  }
  bool decodes() const { return len_.output > 1; }
  SlotState mixed(double n) const;
  SlotState promptsInSomeSteps(double n, const Life& life, double chunk, double together, double share) const;
  SlotState promptsInEveryStep(double n, const Life& life, double chunk) const;
  SlotState prefillFirst(double n) const;

  const Role& role_;
  const EngineConfig& e_;
  Lengths len_;
};

}  // namespace afdc
