// Steady state of an aggregated deployment (semantics §6): static batch, and chunked prefill at a concurrency or a
// rate.
#pragma once
#include <optional>

#include "passes/memory.h"

namespace afdc {

struct Served {
  double ttft = 0, tpot = 0, e2e = 0;   ///< s, means; tpot is NaN with at most one output token
  double requests = 0;                  ///< finished per second, whole deployment
  double concurrency = 0, running = 0;  ///< in the system, and in the running batch; whole deployment
  double capacity = 0;                  ///< largest request rate; 0 when not asked for
  double kvTokensPerRank = 0;           ///< tokens held per data-parallel rank
  BatchState decode, mixed;             ///< typical steps, for the breakdown (mixed may be empty)
  double mixedShare = 0;                ///< of steps
};

/// Closed form of the schedule. Reports a request that does not fit, a queue, a rate above capacity.
std::optional<Served> serve(const StepModel& model, const MemoryPlan& memory, const LoadConfig& load,
                            const ir::Scenario& s, ir::NodeId scenario, std::vector<Assumption>& assumptions,
                            Diagnostics& diags);

/// Least possible TTFT and TPOT: one request alone, every efficiency one.
struct Floor {
  double ttft = 0, tpot = 0;
};
Floor physicalFloor(const StepModel& model, const LoadConfig& load);

}  // namespace afdc
