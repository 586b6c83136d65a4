#include "passes/pipeline.h"

#include <algorithm>
#include <cmath>

#include "passes/graph_passes.h"
#include "passes/serve.h"
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

namespace {

struct Subject {
  NodeId scenario, deployment, model, engine;
};

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
  auto engines = s.blocks(out.deployment, "engine");
  SourceRange at = rangeOf(s, out.deployment, diags);
  if (!s.isA(out.deployment, "Aggregated")) {
    diags.report<diag::not_evaluable>(
        at, name,
        fmt::format("a `{}` deployment is checked, but only `Aggregated` ones are evaluated",
                    s.strings[s[out.deployment].schema]));
    return std::nullopt;
  }
  if (engines.size() != 1) {
    diags.report<diag::not_evaluable>(
        at, name, fmt::format("an aggregated deployment has one engine, this one has {}", engines.size()));
    return std::nullopt;
  }
  out.engine = engines[0];
  if (NodeId drafts = s.find(out.engine, "speculative"); drafts.valid()) {
    diags.report<diag::not_evaluable>(rangeOf(s, drafts, diags), name,
                                      std::string("speculation is checked, not yet evaluated; remove `speculative`"));
    return std::nullopt;
  }
  return out;
}

/// Tokens would have to move between the meshes of mixer and FFN, which is not costed yet: better no number than one
/// without that time.
bool oneTokenMesh(const EngineConfig& e, const Scenario& s, Diagnostics& diags) {
  if (e.degrees.ftp == e.degrees.tp) return true;
  NodeId ftp = s.find(e.node, "parallel.ftp");
  diags
      .report<diag::not_evaluable>(rangeOf(s, ftp, diags), e.name,
                                   std::string("an FFN degree that differs from tp is checked, not yet evaluated"))
      .help(fmt::format("set ftp = {}", shortest(e.degrees.tp)));
  return false;
}

/// The row that a decode step spends most time in, and what bounds it.
std::string bottleneckOf(const Results& r) {
  const Breakdown* b = nullptr;
  for (const auto& step : r.breakdowns)
    if (!b || step.step == "decode") b = &step;
  if (!b || b->rows.empty()) return "";
  double compute = 0, memory = 0, network = 0;
  for (const auto& row : b->rows) compute += row.compute_s, memory += row.memory_s, network += row.network_s;
  double other = std::max(0.0, b->seconds - compute - memory - network);
  struct Part {
    double seconds;
    const char* name;
  } parts[] = {{memory, "memory bandwidth"}, {compute, "compute"}, {network, "network"}, {other, "host"}};
  auto best = std::max_element(std::begin(parts), std::end(parts),
                               [](const Part& x, const Part& y) { return x.seconds < y.seconds; });
  return fmt::format("{} ({}% of a {} step); largest operator class: {} ({}%)", best->name,
                     significant(100 * best->seconds / b->seconds, 3), b->step, b->rows[0].cls,
                     significant(100 * b->rows[0].seconds / b->seconds, 3));
}

}  // namespace

std::optional<StepModel> buildStepModel(const Scenario& s, Diagnostics& diags) {
  auto subject = subjectOf(s, diags);
  if (!subject) return std::nullopt;
  auto engine = readEngine(s, subject->deployment, subject->engine, diags);
  if (!engine || !oneTokenMesh(*engine, s, diags)) return std::nullopt;
  std::vector<std::string> fallbacks;
  auto graph = lower(s, subject->model, *engine, fallbacks, diags);
  if (!graph || !shard(*graph, diags)) return std::nullopt;
  insertCollectives(*graph);
  return StepModel(compile(std::move(*graph), *engine), *engine);
}

PipelineOutput runPasses(const Scenario& s, std::string_view last, Diagnostics& diags) {
  PipelineOutput out;
  if (auto problem = verify(s); !problem.empty()) {
    diags.report<diag::internal_error>({}, problem);
    return out;
  }
  auto subject = subjectOf(s, diags);
  if (!subject) return out;
  auto engine = readEngine(s, subject->deployment, subject->engine, diags);
  if (!engine) return out;

  // lower
  std::vector<std::string> fallbacks;
  auto graph = lower(s, subject->model, *engine, fallbacks, diags);
  if (!graph) return out;
  auto stop = [&](std::string_view pass) {
    if (last != pass) return false;
    out.graph = *graph;
    out.ok = true;
    return true;
  };
  if (stop("lower")) return out;
  // shard
  if (!shard(*graph, diags) || stop("shard")) return out;
  // collectives
  insertCollectives(*graph);
  if (auto problem = verify(*graph); !problem.empty()) {
    diags.report<diag::internal_error>({}, problem);
    return out;
  }
  if (stop("collectives")) return out;
  // place
  StepModel model(compile(std::move(*graph), *engine), *engine);
  bool divides = checkDivision(model, s, diags);
  if (!divides || !oneTokenMesh(*engine, s, diags)) return out;
  // fit
  auto memory = planMemory(model, s, diags);
  if (!memory) return out;
  if (!subject->scenario.valid()) {
    out.ok = true;
    return out;
  }

  Results r;
  NodeId workload = s.find(subject->scenario, "workload");
  r.scenario = s.strings[s[s.root].name];
  r.model = s.show(subject->model);
  r.deployment = s.show(subject->deployment);
  r.workload = s.show(workload);
  r.mode = "aggregated";
  r.scenario_hash = contentHash(print(s));
  r.devices = engine->replicas * engine->degrees.devices();
  r.hardware = fmt::format("{} x {}", shortest(r.devices), engine->device.name);
  if (engine->runtime.name == "ideal")
    r.assumptions.push_back({"runtime ideal: efficiencies 1 and no overheads, so times are a lower bound",
                             whereSet(s, s.find(engine->node, "runtime"))});
  for (const auto& f : fallbacks) r.assumptions.push_back({f, whereSet(s, s.find(subject->model, "precision"))});
  for (auto child : s[s.find(subject->model, "precision")].children) {
    auto cls = s.strings[s[child].name];
    bool overridden = s.find(s.find(engine->node, "quant"), cls).valid();
    if (!overridden && (cls == "kv" || cls == "linear"))
      r.assumptions.push_back(
          {fmt::format("{} in the checkpoint's format, {}", cls, s.show(child)), whereSet(s, child)});
  }
  if (s.number(workload, "prefix.shared").value_or(0) > 0)
    r.assumptions.push_back({"prefix reuse is not modelled: every prompt is computed whole",
                             whereSet(s, s.find(workload, "prefix.shared"))});

  // serve
  auto load = readLoad(s, workload);
  auto served = serve(model, *memory, load, s, subject->scenario, r.assumptions, diags);
  if (!served) return out;
  auto& m = r.metrics;
  m.ttft_mean_s = served->ttft;
  if (load.arrivals != LoadConfig::Arrivals::Poisson) m.ttft_p50_s = served->ttft;
  if (!std::isnan(served->tpot)) {
    m.tpot_mean_s = served->tpot;
    if (served->tpot > 0) m.interactivity_tokens_per_s = 1 / served->tpot;
  }
  m.e2e_mean_s = served->e2e;
  m.requests_per_s = served->requests;
  if (served->capacity > 0) m.capacity_requests_per_s = served->capacity;
  m.output_tokens_per_s = served->requests * load.output;
  m.total_tokens_per_s = served->requests * (load.input + load.output);
  m.concurrency = served->concurrency;
  m.running_slots = served->running;
  auto breakdown = [&](const BatchState& state, std::string name) {
    if (state.empty()) return;
    auto step = model.time(state, true);
    step.breakdown.step = std::move(name);
    r.breakdowns.push_back(std::move(step.breakdown));
  };
  if (load.output > 1) breakdown(served->decode, "decode");
  breakdown(served->mixed,
            load.arrivals == LoadConfig::Arrivals::Batch || engine->runtime.prefill_first ? "prefill" : "mixed");
  r.bottleneck = bottleneckOf(r);
  RoleMemory role = memory->fullest;
  double perSequence = sequenceBytes(model, load.input + load.output / 2);
  double sequences = served->running / (engine->replicas * engine->degrees.dp);
  role.kv = std::min(memory->kvBudget, sequences * perSequence);
  role.kv_capacity_tokens = perSequence > 0 ? memory->kvBudget / perSequence * (load.input + load.output / 2) : 0;
  r.memory.push_back(role);

  // price
  NodeId cluster = s.find(subject->deployment, "cluster");
  double perHour = 0, paid = 0;
  bool priced = true;
  for (auto pool : s.blocks(cluster, "pool")) {
    double count = s.number(pool, "count").value_or(0);
    paid += s.number(pool, "devices").value_or(0);
    auto price = s.number(pool, "node.price");
    if (price) perHour += count * *price * 3600;
    priced = priced && price.has_value();
  }
  r.devices_paid = paid;
  if (paid > r.devices)
    diags.report<diag::unassigned_devices>(rangeOf(s, cluster, diags), shortest(paid - r.devices), shortest(paid),
                                           s.show(cluster));
  m.output_tokens_per_s_per_device = *m.output_tokens_per_s / paid;
  if (priced && perHour > 0) {
    m.usd_per_hour = perHour;
    m.usd_per_million_output_tokens = perHour / 3600 / *m.output_tokens_per_s * 1e6;
    m.usd_per_million_tokens = perHour / 3600 / *m.total_tokens_per_s * 1e6;
    for (auto pool : s.blocks(cluster, "pool"))
      r.assumptions.push_back(
          {fmt::format("price {}", s.show(s.find(pool, "node.price"))), whereSet(s, s.find(pool, "node.price"))});
  } else {
    r.assumptions.push_back({"no price is known for these nodes", ""});
  }

  // slo
  auto floor = physicalFloor(model, load);
  checkSlo(s, s.find(subject->scenario, "slo"), r, floor.ttft, floor.tpot, diags);
  out.results = std::move(r);
  out.ok = true;
  return out;
}

}  // namespace afdc
