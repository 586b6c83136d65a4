#include "passes/evaluation/passes.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "ir/places.h"
#include "passes/deployment/diagnostics.h"
#include "passes/deployment/fields.h"
#include "passes/evaluation/account.h"
#include "passes/evaluation/verdicts.h"
#include "support/text.h"

namespace afdc {

using namespace ir;

namespace {

bool resolve(Evaluation& e) {
  if (auto problem = verify(e.scenario); !problem.empty()) {
    e.diags.report<diag::internal_error>({}, problem);
    return false;
  }
  auto subject = subjectOf(e.scenario, e.diags);
  if (subject) e.subject = std::move(*subject);
  return subject.has_value();
}

bool lower(Evaluation& e) {
  for (auto node : e.subject.engines) {
    auto engine = assemble(e.scenario, e.subject.deployment, node, e.diags);
    if (!engine || !lower(*engine, e.scenario, e.fallbacks, e.diags)) return false;
    e.engines.push_back(std::move(*engine));
  }
  return true;
}

bool shard(Evaluation& e) {
  return std::all_of(e.engines.begin(), e.engines.end(), [&](Assembly& engine) { return shard(engine, e.diags); });
}

bool collectives(Evaluation& e) {
  return std::all_of(e.engines.begin(), e.engines.end(),
                     [&](Assembly& engine) { return insertCollectives(engine, e.diags); });
}

/// Names the engines that take from a pool more than it has, and the other pools of the cluster.
void reportOverdrawn(const PoolUse& over, const std::vector<PoolUse>& uses, const std::vector<Role>& roles,
                     const Scenario& s, NodeId deployment, Diagnostics& diags) {
  Count taken = 0;
  for (const auto& use : uses)
    if (use.pool == over.pool) taken += use.devices;
  std::vector<const EngineConfig*> takers;
  std::vector<std::string> names;
  for (const auto& role : roles)
    if (role.engine().pool == over.pool) takers.push_back(&role.engine());
  for (const auto* engine : takers)
    names.push_back(fmt::format("`{}`", engine->owner.substr(engine->owner.rfind('.') + 1)));
  auto who =
      takers.size() == 1 ? fmt::format("engine {} needs", names[0]) : fmt::format("engines {} need", joinWords(names));
  NodeId first = takers.empty() ? deployment : takers[0]->node;
  auto& d = diags.report<diag::pool_too_small>(rangeOf(s, first, diags), who, shortest(taken), over.pool,
                                               shortest(over.there));
  for (size_t i = 1; i < takers.size(); ++i) d.label(rangeOf(s, takers[i]->node, diags), "takes from the same pool");
  auto pools = readPools(s, placeOf(s, deployment, FieldId::Deployment_cluster), diags);
  if (!pools || pools->size() < 2) return;
  std::vector<std::string> there;
  for (const auto& pool : *pools)
    there.push_back(fmt::format("`pool = \"{}\"` ({} devices)", pool.name, shortest(pool.devices)));
  d.help("an engine says which pool it takes: " + joinWords(there, "or"));
}

/// Engines share pools: together they may not take more devices than there are.
bool poolsSuffice(const std::vector<Role>& roles, const Scenario& s, NodeId deployment, Diagnostics& diags) {
  std::vector<PoolUse> uses;
  for (const auto& role : roles)
    for (const auto& use : role.poolUses()) uses.push_back(use.times(role.engine().replicas));
  const auto* over = overdrawn(uses);
  if (!over) return true;
  reportOverdrawn(*over, uses, roles, s, deployment, diags);
  return false;
}

bool place(Evaluation& e) {
  for (auto& engine : e.engines) {
    auto role = place(std::move(engine), e.scenario, e.diags);
    if (!role) return false;
    e.roles.push_back(std::move(*role));
  }
  e.engines.clear();
  if (!poolsSuffice(e.roles, e.scenario, e.subject.deployment, e.diags)) return false;
  if (!e.subject.scenario.valid()) return true;
  describe(e.scenario, e.subject, e.roles, e.results);
  if (e.identity == Identity::Hashed) e.results.scenario_hash = identityOf(e.scenario, e.roles);
  auto model = readModel(e.scenario, e.subject.model, e.diags);
  if (!model) return false;
  e.model = std::move(*model);
  assume(e.scenario, e.subject, e.model, e.roles, e.fallbacks, e.results);
  return true;
}

bool fit(Evaluation& e) {
  for (auto& role : e.roles)
    if (!fitRole(role, e.scenario, e.diags)) return false;
  addMemory(e.roles, e.results);
  return true;
}

bool serve(Evaluation& e) {
  const auto& s = e.scenario;
  auto load = readLoad(s, e.subject.workload, e.diags);
  auto transfer = e.subject.disaggregated ? readTransfer(s, e.subject.deployment, e.diags) : TransferConfig{};
  if (!load || !transfer) return false;
  e.load = std::move(*load);
  e.transfer = *transfer;
  ServeContext context{s, e.results.assumptions, e.diags, &e.model};
  e.served = e.subject.disaggregated ? serveDisaggregated(e.roles, e.transfer, e.load, context)
                                     : serve(e.roles[0], e.load, context);
  if (!e.served) return false;
  e.results.metrics = metricsOf(*e.served, e.load);
  if (e.served->transfer > 0) e.results.transfer_s = e.served->transfer;
  addSteps(e.roles, *e.served, e.load, rangeOf(s, e.subject.deployment, e.diags), e.diags, e.results);
  addLoad(e.roles, *e.served, e.load, e.results);
  return true;
}

bool price(Evaluation& e) {
  auto prices = pricesOf(e.scenario, e.subject.deployment, e.diags);
  if (!prices) return false;
  addPrices(e.results.metrics, *prices);
  price(e.scenario, e.subject.cluster, *prices, e.results, e.diags);
  return true;
}

bool slo(Evaluation& e) {
  auto floor = physicalFloor(e.roles.front(), e.roles.back(), e.load);
  checkSlo(e.scenario, e.subject.slo, e.results, floor.ttft, floor.tpot, e.diags);
  return true;
}

// Sharding decides which sums are partial, and only then is it known where collectives belong. Degrees are checked
// when operators are compiled, because only there each dimension meets the degree that cuts it. What fits decides how
// many requests run side by side, so memory comes before the schedule; money and promises look at what is served.
constexpr auto kPasses = [] {
  using enum Pass::Makes;
  return std::to_array<Pass>({
      {"resolve", Scenario, "the scenario as written: every field evaluated, with its provenance", false, resolve},
      {"lower", Graphs, "the model's operators as each engine runs them: formats and arithmetic bound", false, lower},
      {"shard", Graphs, "sharding of weights and caches propagated to every operator", false, shard},
      {"collectives", Graphs, "collectives inserted where sharding needs them", false, collectives},
      {"place", Results, "degrees checked against dimensions and devices; operators compiled", false, place},
      {"fit", Results, "memory by component", false, fit},
      {"serve", Results, "steady state of the schedule over step times", true, serve},
      {"price", Results, "money per hour and per token", true, price},
      {"slo", Results, "verdicts and margins", true, slo},
  });
}();

/// The graphs of all parts of all engines; a single engine's without a word on whose it is.
std::string printGraphs(const std::vector<Assembly>& engines) {
  std::vector<EngineGraph> graphs;
  for (const auto& engine : engines)
    for (const auto& part : engine.parts) graphs.push_back({part.name, *part.graph});
  return print(graphs);
}

std::string printed(const Evaluation& e, Pass::Makes makes) {
  switch (makes) {
    case Pass::Makes::Scenario: return print(e.scenario);
    case Pass::Makes::Graphs: return printGraphs(e.engines);
    case Pass::Makes::Results: return toJson({e.results});
  }
  return "";
}

}  // namespace

std::span<const Pass> passes() { return kPasses; }

std::string_view nameOf(Pass::Makes makes) {
  static constexpr std::string_view kNames[] = {"scenario", "graphs", "results"};
  return kNames[static_cast<size_t>(makes)];
}

Evaluated runPasses(const ir::Scenario& s, std::string_view last, Diagnostics& diags, const PassTimer& timer,
                    Identity identity) {
  using Clock = std::chrono::steady_clock;
  Evaluation e{.scenario = s, .diags = diags, .identity = identity};
  Evaluated out;
  for (const auto& pass : kPasses) {
    if (pass.needsLoad && !e.subject.scenario.valid()) continue;
    auto start = timer ? Clock::now() : Clock::time_point{};
    bool done = pass.run(e);
    if (timer) timer(pass.name, std::chrono::duration<double>(Clock::now() - start).count());
    if (!done) return out;
    if (pass.name != last) continue;
    out.text = printed(e, pass.makes);
    out.ok = true;
    return out;
  }
  out.ok = true;
  out.roles = std::move(e.roles);
  if (!e.served) return out;
  out.load = std::move(e.load);
  out.transfer = e.transfer;
  out.steps = std::move(e.served->steps);
  out.results = std::move(e.results);
  return out;
}

std::optional<Role> buildRoleOf(const ir::Scenario& s, std::string_view engine, Diagnostics& diags) {
  auto subject = subjectOf(s, diags);
  if (!subject) return std::nullopt;
  NodeId wanted = subject->engines.back();
  for (auto e : subject->engines)
    if (s.strings[s[e].name] == engine) wanted = e;
  std::vector<std::string> fallbacks;
  return buildRole(s, subject->deployment, wanted, fallbacks, diags);
}

}  // namespace afdc
