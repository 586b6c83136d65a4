// Steady state of a deployment (semantics §6): static batches, a concurrency or a rate on an aggregated engine, and
// prefill and decode on engines of their own.
#pragma once
#include <optional>

#include "passes/steady/schedule.h"

namespace afdc {

/// What users see of a whole deployment.
struct Rates {
  double ttft = 0, tpot = 0, e2e = 0;   ///< s, means; tpot is NaN with at most one output token
  double requests = 0;                  ///< finished per second
  double concurrency = 0, running = 0;  ///< in the system, and in the running batch
  double capacity = 0;                  ///< largest request rate; 0 when not asked for
};

struct Served : Rates {
  /// A typical step of a role, for the breakdown.
  struct Step {
    size_t role = 0;
    std::string name;
    BatchState state;
    double share = 1;  ///< of the role's steps
  };
  std::vector<Step> steps;
  std::vector<double> sequences;  ///< held per data-parallel rank of each role
  std::vector<double> busy;       ///< share of time that each role works
  double transfer = 0;            ///< s, one request's cache from prefill to decode
  std::string limit;              ///< what bounds the rate of a disaggregated deployment
};

/// What serving a load needs to know and to report to.
struct ServeContext {
  const ir::Scenario& s;
  std::vector<Assumption>& assumptions;
  Diagnostics& diags;
  const ModelConfig* model = nullptr;  ///< limits how long requests may be; null: nothing does
};

/// Closed form of the schedule. Reports a request that does not fit, a queue, a rate above capacity.
std::optional<Served> serve(const Role& engine, const LoadConfig& load, ServeContext& context);
/// Prefill and decode apart; `roles` in that order.
std::optional<Served> serveDisaggregated(const std::vector<Role>& roles, const TransferConfig& transfer,
                                         const LoadConfig& load, ServeContext& context);

/// What replicas of one engine serve; only numbers.
struct Solo {
  double x = 0;  ///< requests per second
  double ttft = 0, tpot = 0, e2e = 0;
  double running = 0;      ///< sequences of one slot that run
  Count slotCapacity = 0;  ///< … and that could
  double capacity = 0;     ///< requests per second; only of an open load
  double queue = 0;        ///< s, for a slot
  Lengths lengths;
  SlotState slot;                                                          ///< not of a static batch
  enum class Refused : uint8_t { No, Batch, Rate } refused = Refused::No;  ///< it does not fit; it is above capacity
};
Rates ratesOf(const Solo& solo, Count slots, const LoadConfig& load);
/// `slotsOfRank`: sequences that a data-parallel rank may hold. The load is not a trace.
Solo serveSolo(const Role& role, Count replicas, Count slotsOfRank, const LoadConfig& load);

/// Mean wait for one of n servers that each take `service` seconds: Sakasegawa's approximation for M/M/n (European
/// Journal of Operational Research 1, 1977), within a few percent for n >= 10 and utilisation below 0.95.
double waitForServer(double service, double n, double utilisation);

struct CacheHit {
  Lengths lengths;
  double hit = 1;  ///< of shared prefixes
};
/// Prompt tokens that are found in the cache while `running` sequences of a rank hold the rest.
CacheHit foundInCache(const Role& role, const LoadConfig& load, double running);
/// Sequences that one data-parallel rank's cache holds.
Count sequencesThatFit(const Role& role, const LoadConfig& load);

/// Prompt tokens that are found in the cache, by the workload's prefixes and what the cache holds.
Lengths lengthsOf(const Role& role, const LoadConfig& load, double running, ServeContext& context);
/// Does one request of this load fit the context window, and the cache?
enum class Fit : uint8_t { Yes, AboveContext, AboveCache, AboveStep };
/// `prompts`: the role computes them.
Fit fitOf(const Role& role, const LoadConfig& load, double maxContext, bool prompts = true);
/// Reports when not.
bool requestFits(const Role& role, const LoadConfig& load, ServeContext& context, bool prompts = true);
/// Sequences that one data-parallel rank can hold, by KV memory and by the scheduler's limit.
Count slotsPerRank(const Role& role, const LoadConfig& load, ServeContext& context);

/// Least possible TTFT and TPOT: one request alone, every efficiency one.
struct Floor {
  double ttft = 0, tpot = 0;
};
Floor physicalFloor(const Role& prefill, const Role& decode, const LoadConfig& load);

}  // namespace afdc
