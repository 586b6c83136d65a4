// The whole compiler behind the frontend, as one list.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/scenario.h"
#include "passes/steady/aggregated.h"
#include "results/results.h"
#include "support/diagnostics.h"

namespace afdc {

struct PassInfo {
  std::string_view name, after, what;
};
/// In order. `after` says which IR the pass leaves: "scenario", "graph" or "results".
const std::vector<PassInfo>& passList();

struct Subject {
  ir::NodeId scenario, deployment, model;
  std::vector<ir::NodeId> engines;  ///< one, or prefill and decode
  bool disaggregated = false;
};
/// What of a scenario, or of a deployment alone, is evaluated. Reports what is not.
std::optional<Subject> subjectOf(const ir::Scenario& s, Diagnostics& diags);

struct PipelineOutput {
  std::optional<ir::Graph> graph;  ///< after lower, shard or collectives
  std::optional<Results> results;
  std::vector<Role> roles;          ///< of what was evaluated
  std::vector<Served::Step> steps;  ///< and their typical steps
  bool ok = false;
};

/// Runs the passes up to and including `last` ("" for all) on a scenario, or on a deployment alone: then everything
/// that needs no load is checked.
PipelineOutput runPasses(const ir::Scenario& s, std::string_view last, Diagnostics& diags);

/// One engine of a scenario's deployment, by name or the last: lowered, sharded, compiled. nullopt after an error.
std::optional<Role> buildRoleOf(const ir::Scenario& s, std::string_view engine, Diagnostics& diags);

/// Results under the names that checks use: "mean(ttft)", "throughput", … ; nullopt: this evaluator cannot say.
std::vector<std::pair<std::string, std::optional<double>>> namedMetrics(const Results& r);

/// Are all promises kept? nullopt: undecided, or there are none.
std::optional<double> satisfied(std::span<const Verdict> verdicts);

/// Every expression of the scenario over its results, by ExprId; NaN where this evaluator cannot say.
std::vector<double> checkValues(const ir::Scenario& s, const Results& r);

/// slo: verdict and margin of every `expect`. Reports promises below the physical floor and what cannot be decided.
void checkSlo(const ir::Scenario& s, ir::NodeId slo, Results& results, double ttftFloor, double tpotFloor,
              Diagnostics& diags);

}  // namespace afdc
