// Promises and other checks over results.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ir/scenario.h"
#include "results/results.h"
#include "support/diagnostics.h"

namespace afdc {

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
