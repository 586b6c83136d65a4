// What would help: how the figures of a scenario answer to each number that it was given.
#pragma once
#include "passes/evaluation/passes.h"

namespace afdc {

/// Elasticities d ln(figure) / d ln(field), by central differences of a twentieth, of all measured quantities (not of
/// counts) that the figures depend on; the strongest first.
std::vector<Sensitivity> sensitivities(const ir::Scenario& scenario);

}  // namespace afdc
