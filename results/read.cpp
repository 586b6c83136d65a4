// Results from their JSON: the other way round of results.cpp, structure by structure.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "results/results.h"

namespace afdc {

namespace {

void read(const JsonTree& tree, const char* key, std::string& to) { to = tree.at(key).get<std::string>(); }
void read(const JsonTree& tree, const char* key, double& to) { to = tree.at(key).get<double>(); }
void read(const JsonTree& tree, const char* key, Count& to) { to = Count::round(tree.at(key).get<double>()); }
void read(const JsonTree& tree, const char* key, std::optional<double>& to) {
  if (auto found = tree.find(key); found != tree.end() && !found->is_null()) to = found->get<double>();
}
template <class T>
void read(const JsonTree& tree, const char* key, std::vector<T>& to) {
  to = tree.at(key).get<std::vector<T>>();
}

Verdict verdictOf(const std::string& word) {
  if (word == "pass") return Verdict::Pass;
  return word == "fail" ? Verdict::Fail : Verdict::Unknown;
}

}  // namespace

static void from_json(const JsonTree& tree, Results::Metrics& m) {
#define METRIC(member, name, column, divisor) read(tree, #member, m.member);
#include "results/metrics.def"
#undef METRIC
}

static void from_json(const JsonTree& tree, RoleResult& r) {
  read(tree, "name", r.name);
  read(tree, "hardware", r.hardware);
  read(tree, "devices", r.devices);
  read(tree, "step_s", r.step_s);
  read(tree, "busy", r.busy);
  read(tree, "bottleneck", r.bottleneck);
}

static void from_json(const JsonTree& tree, AfdResult::Sensitivity& s) {
  read(tree, "with", s.what);
  read(tree, "tpot_s", s.tpot_s);
}

static void from_json(const JsonTree& tree, AfdResult& a) {
  read(tree, "role", a.role);
  read(tree, "microbatches", a.microbatches);
  read(tree, "layers", a.layers);
  read(tree, "attention_s", a.attention_s);
  read(tree, "to_ffn_s", a.to_ffn_s);
  read(tree, "ffn_s", a.ffn_s);
  read(tree, "to_attention_s", a.to_attention_s);
  read(tree, "budget_s", a.budget_s);
  read(tree, "bottleneck", a.bottleneck);
  read(tree, "tpot_sensitivity", a.sensitivities);
}

static void from_json(const JsonTree& tree, SourceShare& s) {
  if (tree.contains("role")) read(tree, "role", s.role);
  read(tree, "class", s.cls);
  read(tree, "source", s.source);
  read(tree, "share", s.share);
}

static void from_json(const JsonTree& tree, RoleMemory& m) {
  read(tree, "role", m.role);
  read(tree, "weights_bytes", m.weights);
  read(tree, "kv_bytes", m.kv);
  read(tree, "activations_bytes", m.activations);
  read(tree, "reserve_bytes", m.reserve);
  read(tree, "available_bytes", m.available);
  read(tree, "capacity_bytes", m.capacity);
  read(tree, "unused_bytes", m.unused);
  read(tree, "kv_capacity_tokens", m.kv_capacity_tokens);
  read(tree, "kv_capacity_at_tokens", m.kv_capacity_at_tokens);
  for (const auto& [cls, bytes] : tree.at("weights_by_class").items())
    m.weights_by_class.emplace_back(cls, bytes.get<double>());
}

static void from_json(const JsonTree& tree, ByResource& r) {
  read(tree, "compute", r.compute);
  read(tree, "memory", r.memory);
  read(tree, "network", r.network);
  read(tree, "other", r.other);
}

static void from_json(const JsonTree& tree, Breakdown& b) {
  read(tree, "total", b.seconds);
  for (const auto& [cls, seconds] : tree.at("by_class").items())
    b.rows.push_back({.cls = cls, .seconds = seconds.get<double>()});
  b.resources = tree.at("by_resource").get<ByResource>();
}

static void from_json(const JsonTree& tree, SloResult& s) {
  read(tree, "expect", s.expect);
  s.verdict = verdictOf(tree.at("verdict").get<std::string>());
  read(tree, "margin", s.margin);
  read(tree, "value", s.value);
  read(tree, "bound", s.bound);
  read(tree, "at", s.place);
}

static void from_json(const JsonTree& tree, Sensitivity& s) {
  read(tree, "field", s.field);
  read(tree, "value", s.value);
  read(tree, "throughput", s.throughput);
  read(tree, "tpot", s.tpot);
  read(tree, "ttft", s.ttft);
}

static void from_json(const JsonTree& tree, Assumption& a) {
  read(tree, "what", a.what);
  read(tree, "from", a.from);
}

static void from_json(const JsonTree& tree, Results& r) {
  read(tree, "scenario", r.scenario);
  read(tree, "model", r.model);
  read(tree, "deployment", r.deployment);
  read(tree, "workload", r.workload);
  read(tree, "hardware", r.hardware);
  read(tree, "mode", r.mode);
  read(tree, "profile", r.profile);
  read(tree, "compiler_version", r.compiler_version);
  read(tree, "stdlib_hash", r.stdlib_hash);
  read(tree, "scenario_hash", r.scenario_hash);
  read(tree, "devices", r.devices);
  read(tree, "devices_paid", r.devices_paid);
  r.metrics = tree.at("metrics").get<Results::Metrics>();
  read(tree, "transfer_s", r.transfer_s);
  read(tree, "roles", r.roles);
  read(tree, "attention_ffn", r.afd);
  read(tree, "sources", r.sources);
  read(tree, "memory", r.memory);
  for (const auto& [key, value] : tree.at("breakdown_s").items()) {
    auto& breakdown = r.breakdowns.emplace_back(value.get<Breakdown>());
    // "decode", or "prefill.mixed" where several roles have steps.
    size_t dot = key.rfind('.');
    breakdown.step = key.substr(dot == key.npos ? 0 : dot + 1);
    if (dot != key.npos) breakdown.role = key.substr(0, dot);
  }
  read(tree, "bottleneck", r.bottleneck);
  read(tree, "slo", r.slo);
  if (tree.contains("sensitivities")) read(tree, "sensitivities", r.sensitivities);
  read(tree, "assumptions", r.assumptions);
}

std::vector<Results> readResults(std::string_view json) {
  try {
    auto tree = JsonTree::parse(json);
    if (tree.at("schema") != "afd_results" || tree.at("version") != kResultsVersion)
      throw std::runtime_error(fmt::format("these are no results of version {}", kResultsVersion));
    return tree.at("results").get<std::vector<Results>>();
  } catch (const JsonTree::exception& why) {
    throw std::runtime_error(why.what());
  }
}

}  // namespace afdc
