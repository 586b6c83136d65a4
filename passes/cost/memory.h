// What fits on a device (semantics §5).
#pragma once
#include <optional>

#include "passes/cost/step.h"

namespace afdc {

struct MemoryPlan {
  RoleMemory fullest;   ///< the device of the fullest pipeline stage, without KV
  double kvBudget = 0;  ///< bytes left for caches and states on that device
  double weightBytes = 0;
};

/// Weights and the activation peak of the largest step; what the runtime's rule leaves for KV. Reports weights that do
/// not fit, with the sum by component.
std::optional<MemoryPlan> planMemory(const StepModel& model, const ir::Scenario& s, Diagnostics& diags);

/// Bytes that one sequence of `tokens` keeps on a device of the fullest stage: whole blocks, capped by windows.
double sequenceBytes(const StepModel& model, double tokens);

/// Bytes of one sequence of `tokens` in all caches and states, each held once.
double uniqueBytes(const StepModel& model, double tokens);

/// Degrees against the dimensions that they split. Reports what does not divide; warns of replication.
bool checkDivision(const StepModel& model, const ir::Scenario& s, Diagnostics& diags);

}  // namespace afdc
