#include "passes/evaluation/pipeline.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "passes/deployment/diagnostics.h"
#include "passes/evaluation/diagnostics.h"
#include "passes/evaluation/metrics.h"
#include "passes/lowering/lowering.h"
#include "passes/steady/aggregated.h"
#include "support/text.h"

namespace afdc {

using namespace ir;

const std::vector<PassInfo>& passList() {
  static const std::vector<PassInfo> list = {
      {"resolve", "scenario", "the scenario as written: every field evaluated, with its provenance"},
      {"lower", "graph", "the model's operators as the engine runs them: formats and arithmetic bound"},
      {"shard", "graph", "sharding of weights and caches propagated to every operator"},
      {"collectives", "graph", "collectives inserted where sharding needs them"},
      {"place", "results", "degrees checked against dimensions and devices; operators compiled"},
      {"fit", "results", "memory by component"},
      {"serve", "results", "steady state of the schedule over step times"},
      {"price", "results", "money per hour and per token"},
      {"slo", "results", "verdicts and margins"},
  };
  return list;
}

std::optional<Subject> subjectOf(const Scenario& s, Diagnostics& diags) {
  Subject out;
  if (s.isA(s.root, "Scenario")) {
    out.scenario = s.root;
    out.deployment = s.find(s.root, "deployment");
  } else {
    out.deployment = s.root;
  }
  std::string name(s.strings[s[s.root].name]);
  out.model = s.find(out.deployment, "model");
  out.engines = s.blocks(out.deployment, "engine");
  SourceRange at = rangeOf(s, out.deployment, diags);
  if (s.isA(out.deployment, "Disaggregated")) {
    out.disaggregated = true;
    NodeId prefill, decode;
    for (auto engine : out.engines) {
      auto role = s.strings[s[engine].name];
      if (role == "prefill") prefill = engine;
      if (role == "decode") decode = engine;
    }
    if (!prefill.valid() || !decode.valid() || out.engines.size() != 2) {
      diags.report<diag::not_evaluable>(
          at, name,
          fmt::format("a disaggregated deployment has `engine prefill` and `engine decode`, this one has {} engines",
                      out.engines.size()));
      return std::nullopt;
    }
    out.engines = {prefill, decode};
    return out;
  }
  if (!s.isA(out.deployment, "Aggregated")) {
    diags.report<diag::not_evaluable>(
        at, name,
        fmt::format("`Aggregated` and `Disaggregated` deployments are evaluated, not `{}`",
                    s.strings[s[out.deployment].schema]));
    return std::nullopt;
  }
  if (out.engines.size() != 1) {
    diags.report<diag::not_evaluable>(
        at, name, fmt::format("an aggregated deployment has one engine, this one has {}", out.engines.size()));
    return std::nullopt;
  }
  return out;
}

namespace {

/// What a step spends most time in, and what bounds it.
std::string bottleneckOf(const Breakdown& b) {
  if (b.rows.empty()) return "";
  double compute = 0, memory = 0, network = 0;
  for (const auto& row : b.rows) compute += row.compute_s, memory += row.memory_s, network += row.network_s;
  double whole = b.overlapping ? compute + memory + network : b.seconds;
  double other = std::max(0.0, whole - compute - memory - network);
  struct Part {
    double seconds;
    const char* name;
  } parts[] = {{memory, "memory bandwidth"}, {compute, "compute"}, {network, "network"}, {other, "host"}};
  auto best = std::max_element(std::begin(parts), std::end(parts),
                               [](const Part& x, const Part& y) { return x.seconds < y.seconds; });
  std::string of = b.role.empty() || b.role == b.step ? b.step : fmt::format("{} {}", b.role, b.step);
  return fmt::format("{} ({}% of a {} step); largest operator class: {} ({}%)", best->name,
                     significant(100 * best->seconds / whole, 3), of, b.rows[0].cls,
                     significant(100 * b.rows[0].seconds / whole, 3));
}

/// What the times of a role's step rest on, by operator class; and measurements that no device can have made.
void addSources(const Role& role, const BatchState& state, bool named, SourceRange at, Diagnostics& diags, Results& r) {
  std::map<std::string, std::map<std::string, double>> seconds;
  std::set<std::string> told;
  for (const auto& op : role.holder().operators(state)) {
    if (op.seconds > 0) seconds[op.cls][op.source] += op.seconds * op.count;
    bool table = op.source == "measured" || op.source == "between";
    // Sizes are rounded to tiles and a fraction of a percent is a clock's.
    if (table && op.seconds > 0 && op.seconds < 0.98 * op.bound && told.insert(op.cls).second)
      diags.report<diag::faster_than_possible>(at, humanize(op.seconds, Dimension::of(Base::Time)), op.cls,
                                               humanize(op.bound, Dimension::of(Base::Time)),
                                               role.engine().device.name);
  }
  for (const auto& [cls, bySource] : seconds) {
    double all = 0;
    for (const auto& [source, t] : bySource) all += t;
    for (const auto& [source, t] : bySource) r.sources.push_back({named ? role.name() : "", cls, source, t / all});
  }
}

/// Stage times of an attention-FFN role in its typical step, and how its time per token answers to changes.
AfdResult afdResult(const Role& role, const BatchState& state, double tpot, const LoadConfig& load) {
  AfdResult out;
  const auto& afd = *role.afd();
  out.role = role.name();
  out.microbatches = afd.config().microbatches;
  out.layers = 0;
  std::array<double, 4> sums = {0, 0, 0, 0};
  for (const auto& run : afd.runs(state)) {
    auto times = run.stages.times();
    for (size_t i = 0; i < 4; ++i) sums[i] += times[i] * run.layers;
    out.layers += run.layers;
  }
  for (auto& sum : sums) sum /= out.layers;
  out.attention_s = sums[0], out.to_ffn_s = sums[1], out.ffn_s = sums[2], out.to_attention_s = sums[3];
  out.budget_s = tpot / (3 * out.layers);
  out.bottleneck = kAfdStageNames[static_cast<size_t>(std::max_element(sums.begin(), sums.end()) - sums.begin())];
  double base = role.time(state).seconds;
  auto scaled = [&](double seconds) { return tpot * seconds / base; };
  double m = out.microbatches;
  for (double count : {m - 1, m + 1, 2 * m})
    if (count >= 1)
      out.sensitivities.push_back(
          {fmt::format("{} microbatches", shortest(count)), scaled(role.withAfd(count, 1).time(state).seconds)});
  for (double factor : {0.5, 2.0}) {
    BatchState other = state;
    for (auto& g : other) g.past *= factor;
    out.sensitivities.push_back(
        {fmt::format("context {}", humanize((load.input + load.output / 2) * factor, Dimension::of(Base::Token))),
         scaled(role.time(other).seconds)});
  }
  for (double factor : {0.5, 2.0})
    out.sensitivities.push_back(
        {fmt::format("link {} per device", humanize(afd.config().link[0].bandwidth * factor,
                                                    Dimension::of(Base::Bytes) / Dimension::of(Base::Time))),
         scaled(role.withAfd(m, factor).time(state).seconds)});
  return out;
}

/// Engines share pools: together they may not take more devices than there are.
bool poolsSuffice(const std::vector<Role>& roles, const Scenario& s, NodeId deployment, Diagnostics& diags) {
  std::vector<PoolUse> uses;
  for (const auto& role : roles)
    for (const auto& use : role.poolUses()) uses.push_back(use.times(role.engine().replicas));
  const auto* over = overdrawn(uses);
  if (!over) return true;
  double taken = 0;
  for (const auto& use : uses) taken += use.pool == over->pool ? use.devices : 0;
  diags.report<diag::pool_too_small>(rangeOf(s, deployment, diags), s.strings[s[deployment].name], shortest(taken),
                                     over->pool, shortest(over->there));
  return false;
}

void price(const Scenario& s, NodeId deployment, const Prices& prices, Results& r, Diagnostics& diags) {
  NodeId cluster = s.find(deployment, "cluster");
  r.devices_paid = prices.devices;
  if (prices.devices > r.devices)
    diags.report<diag::unassigned_devices>(rangeOf(s, cluster, diags), shortest(prices.devices - r.devices),
                                           shortest(prices.devices), s.show(cluster));
  if (!prices.known()) {
    r.assumptions.push_back({"no price is known for these nodes", ""});
    return;
  }
  for (auto pool : s.blocks(cluster, "pool"))
    r.assumptions.push_back(
        {fmt::format("price {}", s.show(s.find(pool, "node.price"))), whereSet(s, s.find(pool, "node.price"))});
}

void assumeFormats(const Scenario& s, NodeId model, const EngineConfig& engine, Results& r) {
  for (auto child : s[s.find(model, "precision")].children) {
    auto cls = s.strings[s[child].name];
    bool overridden = std::any_of(engine.quants.begin(), engine.quants.end(),
                                  [&](NodeId quant) { return s.find(quant, cls).valid(); });
    std::string what = fmt::format("{} in the checkpoint's format, {}", cls, s.show(child));
    bool known =
        std::any_of(r.assumptions.begin(), r.assumptions.end(), [&](const Assumption& a) { return a.what == what; });
    if (!overridden && !known && (cls == "kv" || cls == "linear")) r.assumptions.push_back({what, whereSet(s, child)});
  }
}

/// What is evaluated, and on what.
void describe(const Scenario& s, const Subject& subject, NodeId workload, const std::vector<Role>& roles, Results& r) {
  r.scenario = s.strings[s[s.root].name];
  r.model = s.show(subject.model);
  r.deployment = s.show(subject.deployment);
  r.workload = s.show(workload);
  r.scenario_hash = contentHash(print(s));
  bool afd = std::any_of(roles.begin(), roles.end(), [](const Role& role) { return role.afd().has_value(); });
  r.mode = subject.disaggregated ? (afd ? "prefill/decode with attention-FFN" : "prefill/decode")
                                 : (afd ? "attention-FFN" : "aggregated");
  for (const auto& role : roles) {
    r.devices += role.devices();
    r.hardware += (r.hardware.empty() ? "" : ", ") +
                  (roles.size() > 1 ? fmt::format("{} {}", role.name(), role.hardware()) : role.hardware());
  }
}

/// What the scenario leaves to defaults, and what is not evaluated.
void assume(const Scenario& s, const Subject& subject, const std::vector<Role>& roles,
            std::vector<std::string> fallbacks, Results& r) {
  for (const auto& role : roles) {
    const auto& e = role.engine();
    if (e.runtime.name == "ideal" && r.assumptions.empty())
      r.assumptions.push_back({"runtime ideal: efficiencies 1 and no overheads, so times are a lower bound",
                               whereSet(s, s.find(e.node, "runtime"))});
    assumeFormats(s, subject.model, e, r);
  }
  std::sort(fallbacks.begin(), fallbacks.end());
  fallbacks.erase(std::unique(fallbacks.begin(), fallbacks.end()), fallbacks.end());
  for (const auto& f : fallbacks) r.assumptions.push_back({f, whereSet(s, s.find(subject.model, "precision"))});
  if (NodeId pipeline = s.find(subject.scenario, "pipeline"); pipeline.valid())
    r.assumptions.push_back({fmt::format("only the deployment is evaluated: the other stages of pipeline `{}` need a "
                                         "simulation",
                                         s.show(pipeline)),
                             whereSet(s, pipeline)});
}

/// The steps that the load makes of every role, part by part, and what their times rest on.
void addSteps(const std::vector<Role>& roles, const Served& served, const LoadConfig& load, SourceRange at,
              Diagnostics& diags, Results& r) {
  bool several = roles.size() > 1;
  for (const auto& step : served.steps) {
    if (step.state.empty()) continue;
    const auto& role = roles[step.role];
    auto breakdown = role.time(step.state, true).breakdown;
    breakdown.step = step.name;
    if (several) breakdown.role = role.name();
    if (step.name == "decode" || (step.name == "prefill" && several))
      addSources(role, step.state, several, at, diags, r);
    if (role.afd() && r.metrics.tpot_mean_s && step.name == "decode")
      r.afd.push_back(afdResult(role, step.state, *r.metrics.tpot_mean_s, load));
    r.breakdowns.push_back(std::move(breakdown));
  }
}

/// How busy each role is, with what, and what lies in its memory. A role is bound by the kind of step that it spends
/// most time in.
void addRoles(const std::vector<Role>& roles, const Served& served, const LoadConfig& load, Results& r) {
  double past = load.input + load.output / 2;
  for (size_t i = 0; i < roles.size(); ++i) {
    RoleResult role{roles[i].name(), roles[i].hardware(), roles[i].devices(), 0, std::nullopt, ""};
    if (i < served.busy.size()) role.busy = served.busy[i];
    double most = -1;
    for (const auto& step : served.steps)
      for (const auto& b : r.breakdowns)
        if (step.role == i && b.step == step.name && (roles.size() == 1 || b.role == role.name) &&
            step.share * b.seconds > most)
          most = step.share * b.seconds, role.step_s = b.seconds, role.bottleneck = bottleneckOf(b);
    r.roles.push_back(std::move(role));

    double sequence = sequenceBytes(roles[i].holder(), past);
    auto memory = roles[i].memory;
    double here = 1 - roles[i].engine().offload.kv;
    memory[0].kv_room = here * roles[i].kvBudget;
    memory[0].kv = here * std::min(roles[i].kvBudget, served.sequences[i] * sequence);
    memory[0].kv_capacity_tokens = sequence > 0 ? roles[i].kvBudget / sequence * past : 0;
    r.memory.insert(r.memory.end(), memory.begin(), memory.end());
  }
}

/// What bounds the whole: of two roles the busier one.
std::string bottleneckOf(const Results& r, const Served& served) {
  std::string out = r.roles[0].bottleneck;
  if (r.roles.size() > 1) {
    size_t side = served.busy[0] > served.busy[1] ? 0 : 1;
    out = fmt::format("{} ({}% busy): {}", r.roles[side].name, significant(100 * served.busy[side], 3),
                      r.roles[side].bottleneck);
  }
  for (const auto& a : r.afd) out += fmt::format("; slowest stage: {}", a.bottleneck);
  return out;
}

/// The graph of one engine after a pass; of an attention-FFN engine, as its attention group runs it.
std::optional<Graph> graphAfter(const Scenario& s, const Subject& subject, std::string_view last, Diagnostics& diags) {
  NodeId node = subject.engines.back();
  std::optional<EngineConfig> engine;
  if (s.isA(node, "AttentionFfn")) {
    if (auto afd = readAfd(s, subject.deployment, node, diags)) engine = afd->attention;
  } else {
    engine = readEngine(s, subject.deployment, node, diags);
  }
  std::vector<std::string> fallbacks;
  if (!engine) return std::nullopt;
  auto graph = lower(s, subject.model, engine->arithmetic(), fallbacks, diags);
  if (!graph || last == "lower") return graph;
  if (!shard(*graph, diags)) return std::nullopt;
  if (last == "collectives") insertCollectives(*graph);
  return graph;
}

}  // namespace

std::optional<Role> buildRoleOf(const Scenario& s, std::string_view engine, Diagnostics& diags) {
  auto subject = subjectOf(s, diags);
  if (!subject) return std::nullopt;
  NodeId wanted = subject->engines.back();
  for (auto e : subject->engines)
    if (s.strings[s[e].name] == engine) wanted = e;
  std::vector<std::string> fallbacks;
  return buildRole(s, subject->deployment, wanted, fallbacks, diags);
}

PipelineOutput runPasses(const Scenario& s, std::string_view last, Diagnostics& diags) {
  PipelineOutput out;
  if (auto problem = verify(s); !problem.empty()) {
    diags.report<diag::internal_error>({}, problem);
    return out;
  }
  auto subject = subjectOf(s, diags);
  if (!subject) return out;
  if (last == "lower" || last == "shard" || last == "collectives") {
    out.graph = graphAfter(s, *subject, last, diags);
    out.ok = out.graph.has_value();
    return out;
  }
  // lower, shard, collectives, place, fit: of every role
  std::vector<Role> roles;
  std::vector<std::string> fallbacks;
  for (auto engine : subject->engines) {
    auto role = buildRole(s, subject->deployment, engine, fallbacks, diags);
    if (!role || !fitRole(*role, s, diags)) return out;
    roles.push_back(std::move(*role));
  }
  if (!poolsSuffice(roles, s, subject->deployment, diags)) return out;
  if (!subject->scenario.valid()) {
    out.ok = true;
    return out;
  }

  Results r;
  NodeId workload = s.find(subject->scenario, "workload");
  describe(s, *subject, workload, roles, r);
  assume(s, *subject, roles, std::move(fallbacks), r);
  // serve
  auto load = readLoad(s, workload);
  ServeContext context{s, subject->scenario, r.assumptions, diags};
  auto served = subject->disaggregated ? serveDisaggregated(roles, readTransfer(s, subject->deployment), load, context)
                                       : serve(roles[0], load, context);
  if (!served) return out;
  auto prices = pricesOf(s, subject->deployment);
  r.metrics = metricsOf(*served, load, prices);
  if (served->transfer > 0) r.transfer_s = served->transfer;
  addSteps(roles, *served, load, rangeOf(s, subject->deployment, diags), diags, r);
  addRoles(roles, *served, load, r);
  r.bottleneck = bottleneckOf(r, *served);

  // price
  price(s, subject->deployment, prices, r, diags);
  // slo
  auto floor = physicalFloor(roles.front(), roles.back(), load);
  checkSlo(s, s.find(subject->scenario, "slo"), r, floor.ttft, floor.tpot, diags);
  out.results = std::move(r);
  out.roles = std::move(roles);
  out.steps = std::move(served->steps);
  out.ok = true;
  return out;
}

}  // namespace afdc
