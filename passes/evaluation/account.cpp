#include "passes/evaluation/account.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "ir/places.h"
#include "passes/evaluation/diagnostics.h"
#include "support/hash.h"
#include "support/text.h"

namespace afdc {

using namespace ir;

namespace {

ByResource resourcesOf(const Breakdown& b) {
  ByResource out;
  for (const auto& row : b.rows) {
    out.compute += row.compute_s;
    out.memory += row.memory_s;
    out.network += row.network_s;
  }
  out.other = b.overlapping ? 0 : b.seconds - out.compute - out.memory - out.network;
  return out;
}

/// What a step spends most time in, and what bounds it.
std::string bottleneckOf(const Breakdown& b) {
  if (b.rows.empty()) return "";
  auto [compute, memory, network, unexplained] = b.resources;
  double whole = b.overlapping ? compute + memory + network : b.seconds;
  double other = std::max(0.0, unexplained);
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

/// Transfers are timed in closed form, from the bandwidth and the latency of what they cross.
constexpr const char* kClosedForm = "roofline";

/// What the times of a step rest on, on the devices of one engine or of one group of it, by operator class; and
/// measurements that no device can have made.
void addSources(const std::string& name, const StepModel& model, const BatchState& state, SourceRange at,
                Diagnostics& diags, Results& r) {
  std::map<std::string, std::map<std::string, double>> seconds;
  std::set<std::string> told;
  for (const auto& op : model.operators(state)) {
    if (op.seconds > 0) seconds[op.cls][op.source] += op.seconds * op.count;
    bool table = op.source == "measured" || op.source == "between";
    // Sizes are rounded to tiles and a fraction of a percent is a clock's.
    if (table && op.seconds > 0 && op.seconds < 0.98 * op.bound && told.insert(op.cls).second)
      diags.report<diag::faster_than_possible>(at, humanize(op.seconds, Dimension::of(Base::Time)), op.cls,
                                               humanize(op.bound, Dimension::of(Base::Time)),
                                               model.engine().device.name);
  }
  for (const auto& [cls, bySource] : seconds) {
    double all = 0;
    for (const auto& [source, t] : bySource) all += t;
    for (const auto& [source, t] : bySource) r.sources.push_back({name, cls, source, t / all});
  }
}

/// The same of a whole role: of both groups and the links between them, where attention and FFN lie apart.
void addSources(const Role& role, const BatchState& state, bool named, SourceRange at, Diagnostics& diags, Results& r) {
  const auto& groups = role.attentionFfn();
  if (!groups) return addSources(named ? role.name() : "", role.holder(), state, at, diags, r);
  auto micro = groups->microbatch(state);
  for (const auto* group : {&groups->attention(), &groups->ffn()})
    addSources(group->engine().name, *group, micro, at, diags, r);
  for (size_t link : {1, 3}) r.sources.push_back({role.name(), kLayerStageNames[link], kClosedForm, 1});
}

/// Stage times of an attention-FFN role in its typical step, and how its time per token answers to changes.
AfdResult afdResult(const Role& role, const BatchState& state, double tpot, const LoadConfig& load) {
  AfdResult out;
  const auto& afd = *role.attentionFfn();
  out.role = role.name();
  out.microbatches = afd.config().microbatches;
  out.layers = 0;
  std::array<double, 4> sums = {0, 0, 0, 0};
  for (const auto& layers : afd.layers(state)) {
    auto times = layers.stages.times();
    for (size_t i = 0; i < 4; ++i) sums[i] += times[i] * layers.count;
    out.layers += layers.count;
  }
  for (auto& sum : sums) sum /= out.layers;
  out.attention_s = sums[0], out.to_ffn_s = sums[1], out.ffn_s = sums[2], out.to_attention_s = sums[3];
  out.budget_s = tpot / (3 * out.layers);
  out.bottleneck = kLayerStageNames[static_cast<size_t>(std::max_element(sums.begin(), sums.end()) - sums.begin())];
  double base = role.time(state).seconds;
  auto scaled = [&](double seconds) { return tpot * seconds / base; };
  Count m = out.microbatches;
  for (Count count : {m - 1, m + 1, 2 * m})
    if (count >= 1)
      out.sensitivities.push_back(
          {fmt::format("{} microbatches", shortest(count)), scaled(role.withExchange(count, 1).time(state).seconds)});
  for (double factor : {0.5, 2.0}) {
    BatchState other = state;
    for (auto& g : other) g.past *= factor;
    out.sensitivities.push_back(
        {fmt::format("context {}", humanize((load.input + load.output / 2) * factor, Dimension::of(Base::Token))),
         scaled(role.time(other).seconds)});
  }
  for (double factor : {0.5, 2.0})
    out.sensitivities.push_back(
        {fmt::format("link {} per device", humanize(afd.attentionPorts().bandwidth * factor,
                                                    Dimension::of(Base::Bytes) / Dimension::of(Base::Time))),
         scaled(role.withExchange(m, factor).time(state).seconds)});
  return out;
}

void assumeFormats(const Scenario& s, const ModelConfig& model, const EngineConfig& engine, Results& r) {
  for (const auto& [cls, format, place] : model.kept) {
    if ((cls != "kv" && cls != "linear") || engine.formatOf(cls)) continue;
    std::string what = fmt::format("{} in the checkpoint's format, {}", cls, format);
    bool known =
        std::any_of(r.assumptions.begin(), r.assumptions.end(), [&](const Assumption& a) { return a.what == what; });
    if (!known) r.assumptions.push_back({what, whereSet(s, place)});
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

}  // namespace

/// The scenario's text has every value that the library and the author gave, but of measured kernels only the name of
/// their file.
std::string identityOf(const Scenario& s, const std::vector<Role>& roles) {
  std::string text = print(s);
  for (const auto& role : roles)
    for (const auto* device : role.deviceKinds())
      if (device->tables) text += fmt::format("tables of {}: {}\n", device->name, device->tables->hash);
  return sha256(text);
}

void describe(const Scenario& s, const Subject& subject, const std::vector<Role>& roles, Results& r) {
  r.scenario = s.strings[s[s.root].name];
  r.model = s.show(subject.model);
  r.deployment = s.show(subject.deployment);
  r.workload = s.show(subject.workload);
  bool afd = std::any_of(roles.begin(), roles.end(), [](const Role& role) { return role.attentionFfn().has_value(); });
  r.mode = subject.disaggregated ? (afd ? "prefill/decode with attention-FFN" : "prefill/decode")
                                 : (afd ? "attention-FFN" : "aggregated");
  for (const auto& role : roles) {
    r.roles.push_back({role.name(), role.hardware(), role.devices(), 0, std::nullopt, ""});
    r.devices += role.devices();
    r.hardware += (r.hardware.empty() ? "" : ", ") +
                  (roles.size() > 1 ? fmt::format("{} {}", role.name(), role.hardware()) : role.hardware());
  }
}

void assume(const Scenario& s, const Subject& subject, const ModelConfig& model, const std::vector<Role>& roles,
            std::vector<std::string> fallbacks, Results& r) {
  for (const auto& role : roles) {
    const auto& e = role.engine();
    if (e.runtime.name == "ideal" && r.assumptions.empty())
      r.assumptions.push_back({"runtime ideal: efficiencies 1 and no overheads, so times are a lower bound",
                               whereSet(s, e.records.runtime)});
    assumeFormats(s, model, e, r);
  }
  std::sort(fallbacks.begin(), fallbacks.end());
  fallbacks.erase(std::unique(fallbacks.begin(), fallbacks.end()), fallbacks.end());
  for (const auto& f : fallbacks) r.assumptions.push_back({f, whereSet(s, model.precision)});
  if (NodeId pipeline = subject.pipeline; pipeline.valid())
    r.assumptions.push_back({fmt::format("only the deployment is evaluated: the other stages of pipeline `{}` need a "
                                         "simulation",
                                         s.show(pipeline)),
                             whereSet(s, pipeline)});
}

void addSteps(const std::vector<Role>& roles, const Served& served, const LoadConfig& load, SourceRange at,
              Diagnostics& diags, Results& r) {
  bool several = roles.size() > 1;
  for (const auto& step : served.steps) {
    if (step.state.empty()) continue;
    const auto& role = roles[step.role];
    auto breakdown = role.time(step.state, true).breakdown;
    breakdown.resources = resourcesOf(breakdown);
    breakdown.step = step.name;
    if (several) breakdown.role = role.name();
    if (step.name == "decode" || (step.name == "prefill" && several))
      addSources(role, step.state, several, at, diags, r);
    if (role.attentionFfn() && r.metrics.tpot_mean_s && step.name == "decode")
      r.afd.push_back(afdResult(role, step.state, *r.metrics.tpot_mean_s, load));
    r.breakdowns.push_back(std::move(breakdown));
  }
  if (served.transfer > 0) r.sources.push_back({"", "KV transfer", kClosedForm, 1});
}

void addMemory(const std::vector<Role>& roles, Results& r) {
  for (const auto& role : roles) {
    auto memory = role.memory;
    memory[0].kv_room = (1 - role.engine().offload.kv) * role.kvBudget;
    r.memory.insert(r.memory.end(), memory.begin(), memory.end());
  }
}

void addLoad(const std::vector<Role>& roles, const Served& served, const LoadConfig& load, Results& r) {
  double past = load.input + load.output / 2;
  size_t holder = 0;  // the devices in r.memory that hold the role's cache
  for (size_t i = 0; i < roles.size(); ++i) {
    auto& role = r.roles[i];
    if (i < served.busy.size()) role.busy = served.busy[i];
    double longest = -1;
    for (const auto& step : served.steps)
      for (const auto& b : r.breakdowns) {
        bool own = step.role == i && b.step == step.name && (roles.size() == 1 || b.role == role.name);
        if (!own || step.share * b.seconds <= longest) continue;
        longest = step.share * b.seconds;
        role.step_s = b.seconds;
        role.bottleneck = bottleneckOf(b);
      }

    double sequence = sequenceBytes(roles[i].holder(), past), budget = roles[i].kvBudget;
    auto& memory = r.memory[holder];
    memory.kv = (1 - roles[i].engine().offload.kv) * std::min(budget, served.sequences[i] * sequence);
    memory.kv_capacity_tokens = sequence > 0 ? budget / sequence * past : 0;
    memory.kv_capacity_at_tokens = past;
    holder += roles[i].memory.size();
  }
  r.bottleneck = bottleneckOf(r, served);
}

void price(const Scenario& s, NodeId cluster, const Prices& prices, Results& r, Diagnostics& diags) {
  r.devices_paid = prices.devices;
  if (prices.devices > r.devices)
    diags.report<diag::unassigned_devices>(rangeOf(s, cluster, diags), shortest(prices.devices - r.devices),
                                           shortest(prices.devices), s.show(cluster));
  if (!prices.known()) {
    r.assumptions.push_back({"no price is known for these nodes", ""});
    return;
  }
  for (auto place : prices.places)
    r.assumptions.push_back({fmt::format("price {}", s.show(place)), whereSet(s, place)});
}

}  // namespace afdc
