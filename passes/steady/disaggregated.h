// Prefill and decode on engines of their own (semantics §6, P/D): what each side can do alone, and what a pair of them
// serves. A side is computed once, however many pairs it is part of.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "passes/steady/aggregated.h"

namespace afdc {

/// Seconds of one decode step by sequences in a slot: evaluated at whole numbers of sequences with four significant
/// bits, on demand, and linear between them. Safe to ask from several threads: all would write the same.
class DecodeTimes {
 public:
  /// `top`: most sequences of one slot, all ranks together.
  DecodeTimes(Schedule schedule, Count ranks, Count top);
  DecodeTimes(DecodeTimes&& other) noexcept;

  size_t size() const { return at_.size(); }
  double sequences(size_t i) const { return at_[i]; }
  double time(size_t i) const;
  /// Below one sequence a step is as long as with one.
  double operator()(double n) const;

 private:
  Schedule schedule_;
  std::vector<double> at_;
  mutable std::vector<std::atomic<double>> seconds_;
};

/// The prefill side as a queueing station: `servers` prompts at once, each in `time`.
struct Station {
  double servers = 1, time = 0;
  double rate() const { return servers / time; }
};

/// One prefill replica.
struct PromptSide {
  const Role* role = nullptr;
  Lengths lengths;
  Station station;   ///< at its best rate: several prompts to a step where the budget allows
  double alone = 0;  ///< s, of one prompt on an idle side
  double bytes = 0;  ///< of one prompt's cache, all that moves
  Ports ports;       ///< of one data-parallel rank, to the decode side
};

/// One decode replica.
struct TokenSide {
  const Role* role = nullptr;
  double steps = 0, outputs = 0;  ///< of a request after its first token
  DecodeTimes times;
  Ports ports;  ///< of one data-parallel rank, to the prefill side

  /// Requests per second of one slot in which n sequences run.
  double rate(double n) const;
  double rateAt(size_t i) const;
  double topRate() const { return rateAt(times.size() - 1); }
  /// Sequences in a slot that sustain x requests per second.
  double batchFor(double x) const;
};

/// One request fits both roles, and the load is no trace.
PromptSide promptSide(const Role& prefill, const TransferConfig& transfer, const LoadConfig& load);
TokenSide tokenSide(const Role& decode, const TransferConfig& transfer, const LoadConfig& load);

/// One request's cache on its way, s: over the slower port; with what comes before data flow; and what of it is not
/// hidden behind the prompt's own computation.
struct Handover {
  double flow = 0, whole = 0, exposed = 0;
};
Handover handOver(const PromptSide& prompt, const TokenSide& token, const TransferConfig& transfer);

/// What replicas of both sides serve together; only numbers.
struct Paired {
  double x = 0;  ///< requests per second
  double ttft = 0, tpot = 0, e2e = 0;
  double batch = 0;  ///< sequences of one decode slot
  double capacity = 0, prefillTop = 0, decodeTop = 0;
  double tau = 0;       ///< s, one prompt's own time
  double transfer = 0;  ///< s, one request's cache
  double queue = 0;     ///< s, what waits beyond the capacity of a side
  enum class Limit : uint8_t { Prefill, Transfer, Decode } limit = Limit::Decode;
  bool above = false;  ///< an open load above capacity: nothing else is set but `capacity` and `limit`
};
Rates ratesOf(const Paired& paired, Count slots);
Paired pairUp(const PromptSide& prompt, Count promptReplicas, const TokenSide& token, Count tokenReplicas,
              const TransferConfig& transfer, const LoadConfig& load);

}  // namespace afdc
