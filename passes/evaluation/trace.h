// From an evaluated scenario to its steps as every rank runs them.
#pragma once
#include <vector>

#include "passes/evaluation/passes.h"
#include "results/trace.h"

namespace afdc {

/// The typical steps of each role ("prefill", "decode", "mixed"), and the transfer of one request's cache between roles
/// ("transfer"). One replica each. All ranks do the work of the busiest. Before: `evaluated.ok`. The order of the
/// stream is that of the graph; `after` are the true dependencies. With pipeline stages one batch goes through all of
/// them; of an attention-FFN engine the microbatches of one step do.
std::vector<StepTrace> tracesOf(const Evaluated& evaluated);

}  // namespace afdc
