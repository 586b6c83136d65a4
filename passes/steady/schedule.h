// The steady state of one engine's scheduler in closed form (semantics §6): how long requests take when n of them run.
#pragma once
#include <algorithm>
#include <cmath>

#include "passes/cost/role.h"

namespace afdc {

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
  /// Where an engine puts a step together when the one before it begins (host.async), one of n requests waits for the
  /// rest of the step that it comes in and for the next, which is on its way without it: seconds of that one. A request
  /// that is alone finds no step on its way.
  double onItsWay(double n, double step) const {
    return e_.runtime.host_async ? std::clamp(n - 1, 0.0, 1.0) * step : 0;
  }
  SlotState mixed(double n) const;
  SlotState prefillFirst(double n) const;

  const Role& role_;
  const EngineConfig& e_;
  Lengths len_;
};

}  // namespace afdc
