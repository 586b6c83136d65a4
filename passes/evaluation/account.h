// What results tell of an evaluated deployment: what it is, what was assumed, its memory, steps, roles and money.
#pragma once
#include <string>
#include <vector>

#include "passes/evaluation/metrics.h"
#include "passes/evaluation/subject.h"
#include "results/results.h"

namespace afdc {

/// Names an evaluation: SHA-256 of everything that decides a figure. Costs the scenario's whole text.
std::string identityOf(const ir::Scenario& s, const std::vector<Role>& roles);
/// What is evaluated, and on what.
void describe(const ir::Scenario& s, const Subject& subject, const std::vector<Role>& roles, Results& r);
/// What the scenario leaves to defaults, and what is not evaluated. `fallbacks`: formats that devices cannot compute
/// in.
void assume(const ir::Scenario& s, const Subject& subject, const ModelConfig& model, const std::vector<Role>& roles,
            std::vector<std::string> fallbacks, Results& r);
/// What lies in the memory of each role's devices before any request comes.
void addMemory(const std::vector<Role>& roles, Results& r);
/// The steps that the load makes of every role, part by part, and what their times rest on. `at`: the deployment, for
/// messages.
void addSteps(const std::vector<Role>& roles, const Served& served, const LoadConfig& load, SourceRange at,
              Diagnostics& diags, Results& r);
/// How busy each role is and with what, and the caches of its requests. A role is bound by the kind of step that it
/// spends most time in, the whole by the busier of two roles. After `addMemory` and `addSteps`.
void addLoad(const std::vector<Role>& roles, const Served& served, const LoadConfig& load, Results& r);
/// Money, and devices that nobody uses.
void price(const ir::Scenario& s, ir::NodeId cluster, const Prices& prices, Results& r, Diagnostics& diags);

}  // namespace afdc
