// What of a scenario is evaluated.
#pragma once
#include <optional>
#include <vector>

#include "ir/scenario.h"
#include "support/diagnostics.h"

namespace afdc {

struct Subject {
  ir::NodeId scenario;  ///< invalid: a deployment alone
  ir::NodeId workload, slo, pipeline;
  ir::NodeId deployment, model, cluster;
  std::vector<ir::NodeId> engines;  ///< one, or prefill and decode
  bool disaggregated = false;
};
/// Of a scenario, or of a deployment alone. Reports what is not evaluated.
std::optional<Subject> subjectOf(const ir::Scenario& s, Diagnostics& diags);

}  // namespace afdc
