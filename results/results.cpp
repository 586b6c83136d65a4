#include "results/results.h"

#include <nlohmann/json.hpp>

namespace afdc {

namespace {

JsonTree orNull(const std::optional<double>& value) { return value ? JsonTree(*value) : JsonTree(); }

std::string_view wordOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass: return "pass";
    case Verdict::Fail: return "fail";
    case Verdict::Unknown: break;
  }
  return "unknown";
}

}  // namespace

void to_json(JsonTree& tree, Count n) { tree = static_cast<double>(n); }

static void to_json(JsonTree& tree, const Results::Metrics& m) {
#define METRIC(member, name, column, divisor) tree[#member] = orNull(m.member);
#include "results/metrics.def"
#undef METRIC
}

static void to_json(JsonTree& tree, const RoleResult& r) {
  tree = {{"name", r.name},     {"hardware", r.hardware}, {"devices", r.devices},
          {"step_s", r.step_s}, {"busy", orNull(r.busy)}, {"bottleneck", r.bottleneck}};
}

static void to_json(JsonTree& tree, const AfdResult::Sensitivity& s) {
  tree = {{"with", s.what}, {"tpot_s", s.tpot_s}};
}

static void to_json(JsonTree& tree, const AfdResult& a) {
  tree = {{"role", a.role},
          {"microbatches", a.microbatches},
          {"layers", a.layers},
          {"attention_s", a.attention_s},
          {"to_ffn_s", a.to_ffn_s},
          {"ffn_s", a.ffn_s},
          {"to_attention_s", a.to_attention_s},
          {"budget_s", a.budget_s},
          {"bottleneck", a.bottleneck},
          {"tpot_sensitivity", a.sensitivities}};
}

static void to_json(JsonTree& tree, const SourceShare& s) {
  if (!s.role.empty()) tree["role"] = s.role;
  tree["class"] = s.cls;
  tree["source"] = s.source;
  tree["share"] = s.share;
}

static void to_json(JsonTree& tree, const RoleMemory& m) {
  auto byClass = JsonTree::object();
  for (const auto& [cls, bytes] : m.weights_by_class) byClass[cls] = bytes;
  tree = {{"role", m.role},
          {"weights_bytes", m.weights},
          {"kv_bytes", m.kv},
          {"activations_bytes", m.activations},
          {"reserve_bytes", m.reserve},
          {"used_bytes", m.used()},
          {"available_bytes", m.available},
          {"capacity_bytes", m.capacity},
          {"unused_bytes", m.unused},
          {"kv_capacity_tokens", m.kv_capacity_tokens},
          {"kv_capacity_at_tokens", m.kv_capacity_at_tokens},
          {"weights_by_class", byClass}};
}

static void to_json(JsonTree& tree, const ByResource& r) {
  tree = {{"compute", r.compute}, {"memory", r.memory}, {"network", r.network}, {"other", r.other}};
}

static void to_json(JsonTree& tree, const Breakdown& b) {
  auto byClass = JsonTree::object();
  for (const auto& row : b.rows) byClass[row.cls] = row.seconds;
  tree = {{"total", b.seconds}, {"by_class", byClass}, {"by_resource", b.resources}};
}

static void to_json(JsonTree& tree, const SloResult& s) {
  tree = {{"expect", s.expect},       {"verdict", wordOf(s.verdict)}, {"margin", orNull(s.margin)},
          {"value", orNull(s.value)}, {"bound", orNull(s.bound)},     {"at", s.place}};
}

static void to_json(JsonTree& tree, const Sensitivity& s) {
  tree = {{"field", s.field}, {"value", s.value}, {"throughput", s.throughput}, {"tpot", s.tpot}, {"ttft", s.ttft}};
}

static void to_json(JsonTree& tree, const Assumption& a) { tree = {{"what", a.what}, {"from", a.from}}; }

void to_json(JsonTree& tree, const Results& r) {
  auto breakdowns = JsonTree::object();
  for (const auto& b : r.breakdowns) breakdowns[b.role.empty() ? b.step : b.role + "." + b.step] = b;
  tree = {{"scenario", r.scenario},       {"model", r.model},
          {"deployment", r.deployment},   {"workload", r.workload},
          {"hardware", r.hardware},       {"mode", r.mode},
          {"profile", r.profile},         {"compiler_version", r.compiler_version},
          {"stdlib_hash", r.stdlib_hash}, {"scenario_hash", r.scenario_hash},
          {"devices", r.devices},         {"devices_paid", r.devices_paid},
          {"metrics", r.metrics}};
  if (r.transfer_s) tree["transfer_s"] = *r.transfer_s;
  tree["roles"] = r.roles;
  tree["attention_ffn"] = r.afd;
  tree["sources"] = r.sources;
  tree["memory"] = r.memory;
  tree["breakdown_s"] = breakdowns;
  tree["bottleneck"] = r.bottleneck;
  tree["slo"] = r.slo;
  if (!r.sensitivities.empty()) tree["sensitivities"] = r.sensitivities;
  tree["assumptions"] = r.assumptions;
}

std::string toJson(const std::vector<Results>& results) {
  JsonTree tree = {{"schema", "afd_results"}, {"version", kResultsVersion}, {"results", results}};
  return jsonText(tree) + "\n";
}

}  // namespace afdc
