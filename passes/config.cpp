#include "passes/config.h"

#include <cmath>

#include "support/text.h"

namespace afdc {

using ir::NodeId;
using ir::Scenario;

double Device::peak(std::string_view arithmetic) const {
  return arithmetic == "bf16"   ? bf16
         : arithmetic == "fp8"  ? fp8
         : arithmetic == "fp4"  ? fp4
         : arithmetic == "int8" ? int8
                                : 0;
}

std::string whereSet(const Scenario& s, NodeId id) {
  if (!id.valid() || s[id].origins.empty()) return "";
  const auto& o = s[id].origins[0];
  if (!o.place.file.valid()) return "";
  std::string kind = o.kind == ir::OriginKind::Default ? "default, " : "";
  return fmt::format("{}{}:{}", kind, s.strings[o.place.file], o.place.line);
}

SourceRange rangeOf(const ir::Place& place, const ir::Strings& strings, const Diagnostics& diags) {
  if (!place.file.valid()) return {};
  for (uint32_t f = 0;; ++f) {
    const auto* file = diags.sources().fileOrNull(f);
    if (!file) return {};
    if (file->name() != strings[place.file] || place.line > file->lineCount()) continue;
    auto length = static_cast<uint32_t>(file->line(place.line).size());
    uint32_t begin = file->lineStart(place.line) + std::min(place.column - 1, length);
    return {f, begin, std::max(begin + 1, file->lineStart(place.line) + length)};
  }
}

SourceRange rangeOf(const Scenario& s, NodeId id, const Diagnostics& diags) {
  if (!id.valid()) return {};
  for (const auto& o : s[id].origins) {
    auto range = rangeOf(o.place, s.strings, diags);
    if (!range.valid()) continue;
    auto value = s.strings[o.value];
    auto length = static_cast<uint32_t>(value.size());
    bool whole = length > 0 && diags.sources().file(range.file).text().substr(range.begin, length) == value;
    return {range.file, range.begin, range.begin + (whole ? length : 1)};
  }
  return {};
}

namespace {

Device readDevice(const Scenario& s, NodeId gpu) {
  Device d;
  d.name = s.show(gpu);
  d.capacity = s.number(gpu, "hbm.capacity").value_or(0);
  d.bandwidth = s.number(gpu, "hbm.bandwidth").value_or(0);
  d.bf16 = s.number(gpu, "peak.bf16").value_or(0);
  d.fp8 = s.number(gpu, "peak.fp8").value_or(0);
  d.fp4 = s.number(gpu, "peak.fp4").value_or(0);
  d.int8 = s.number(gpu, "peak.int8").value_or(0);
  d.tdp = s.number(gpu, "power.tdp").value_or(0);
  return d;
}

RuntimeModel readRuntime(const Scenario& s, NodeId r) {
  RuntimeModel m;
  m.name = s.show(r);
  auto get = [&](std::string_view path, double fallback) { return s.number(r, path).value_or(fallback); };
  m.eta_compute = get("efficiency.compute", 1);
  m.eta_memory = get("efficiency.memory", 1);
  m.eta_network = get("efficiency.network", 1);
  m.half_bytes = get("efficiency.half_bytes", 0);
  m.start = get("efficiency.start", 0);
  m.sharpness = get("efficiency.sharpness", 0);
  m.tile = get("efficiency.tile", 1);
  m.host_fixed = get("host.fixed", 0);
  m.host_per_seq = get("host.per_seq", 0);
  m.host_per_token = get("host.per_token", 0);
  m.host_async = s.flag(r, "host.async");
  m.front_fixed = get("front_fixed", 0);
  m.front_per_token = get("front_per_token", 0);
  m.prefill_first = s.text(r, "scheduler") == "prefill_first";
  m.no_evict = s.text(r, "kv_policy") == "no_evict";
  m.fraction_of_free = s.text(r, "memory_rule") == "fraction_of_free";
  m.reserve = get("reserve", 0);
  m.prefill_from = get("prefill_from", 2);
  m.phase_lock = get("phase_lock", 0);
  auto a2a = s.text(r, "all_to_all");
  m.all_to_all = a2a == "normal"        ? RuntimeModel::AllToAll::Normal
                 : a2a == "low_latency" ? RuntimeModel::AllToAll::LowLatency
                                        : RuntimeModel::AllToAll::ByPhase;
  return m;
}

}  // namespace

std::optional<EngineConfig> readEngine(const Scenario& s, NodeId deployment, NodeId engine, Diagnostics& diags) {
  EngineConfig e;
  e.node = engine;
  e.name = s.strings[s[engine].name];
  e.replicas = s.number(engine, "replicas").value_or(1);
  NodeId parallel = s.find(engine, "parallel");
  auto degree = [&](std::string_view name) { return s.number(parallel, name).value_or(1); };
  auto& d = e.degrees;
  d.tp = degree("tp"), d.pp = degree("pp"), d.dp = degree("dp"), d.cp = degree("cp");
  d.ftp = degree("ftp"), d.ep = degree("ep"), d.etp = degree("etp");

  NodeId cluster = s.find(deployment, "cluster");
  auto pools = s.blocks(cluster, "pool");
  std::string wanted(s.text(engine, "pool"));
  NodeId pool;
  for (auto p : pools)
    if (wanted.empty() || s.strings[s[p].name] == wanted) {
      pool = p;
      break;
    }
  SourceRange at = rangeOf(s, engine, diags);
  if (!pool.valid()) {
    auto& report = diags.report<diag::unknown_name>(
        wanted.empty() ? rangeOf(s, cluster, diags) : rangeOf(s, s.find(engine, "pool"), diags),
        wanted.empty() ? "pool" : wanted);
    std::vector<std::string> names;
    for (auto p : pools) names.emplace_back(s.strings[s[p].name]);
    report.help(names.empty() ? "the cluster declares no pool" : "the pools of the cluster are " + joinWords(names));
    return std::nullopt;
  }
  e.pool = s.strings[s[pool].name];
  e.poolDevices = s.number(pool, "devices").value_or(0);
  e.device = readDevice(s, s.find(pool, "node.gpu"));

  auto labelDegree = [&](Diagnostic& report, std::string_view name) {
    report.label(rangeOf(s, s.find(parallel, name), diags), fmt::format("{} = {}", name, shortest(degree(name))));
  };
  auto divides = [&](double whole, double part) { return std::fmod(whole, part) == 0; };
  double ranks = d.ranks();
  if (!divides(ranks, d.ftp)) {
    auto& report = diags.report<diag::degrees_do_not_multiply>(
        rangeOf(s, s.find(parallel, "ftp"), diags),
        fmt::format("`ftp = {}` does not divide the {} ranks of engine `{}`", shortest(d.ftp), shortest(ranks),
                    e.name));
    labelDegree(report, "tp");
    labelDegree(report, "dp");
    return std::nullopt;
  }
  d.fdp = ranks / d.ftp;
  if (!divides(ranks, d.ep * d.etp)) {
    auto& report = diags.report<diag::degrees_do_not_multiply>(
        rangeOf(s, s.find(parallel, "ep"), diags),
        fmt::format("ep * etp = {} * {} does not divide the {} ranks of engine `{}` (dp * tp = {} * {})",
                    shortest(d.ep), shortest(d.etp), shortest(ranks), e.name, shortest(d.dp), shortest(d.tp)));
    labelDegree(report, "tp");
    labelDegree(report, "dp");
    std::vector<std::string> fits;
    for (double ep = 1; ep <= ranks; ++ep)
      if (divides(ranks, ep)) fits.push_back(shortest(ep));
    report.help("with etp = 1, ep may be " + joinWords(fits, "or"));
    return std::nullopt;
  }
  d.edp = ranks / (d.ep * d.etp);
  if (d.cp > 1) {
    diags.report<diag::not_evaluable>(rangeOf(s, s.find(parallel, "cp"), diags),
                                      std::string(s.strings[s[deployment].name]),
                                      std::string("context parallelism is not modelled yet; set cp = 1"));
    return std::nullopt;
  }
  double needed = e.replicas * d.devices();
  if (needed > e.poolDevices) {
    diags.report<diag::pool_too_small>(at, e.name, shortest(needed), e.pool, shortest(e.poolDevices))
        .note(fmt::format("replicas {} x pp {} x dp {} x tp {}", shortest(e.replicas), shortest(d.pp), shortest(d.dp),
                          shortest(d.tp)))
        .label(rangeOf(s, pool, diags), "the pool");
    return std::nullopt;
  }

  e.runtime = readRuntime(s, s.find(engine, "runtime"));
  NodeId batching = s.find(engine, "batching");
  e.max_tokens = s.number(batching, "max_tokens").value_or(e.max_tokens);
  e.max_seqs = s.number(batching, "max_seqs").value_or(e.max_seqs);
  e.kv_block = s.number(engine, "kv_cache.block").value_or(16);
  e.kv_fraction = s.number(engine, "kv_cache.fraction").value_or(0.9);

  // Tiers: the node's scale-up domain, then the cluster's own, else the NICs of the nodes.
  NodeId node = s.find(pool, "node");
  double gpus = s.number(node, "gpus").value_or(1);
  NodeId up = s.find(node, "gpu.scale_up");
  e.tiers.push_back({"scale-up", gpus, s.number(up, "bandwidth").value_or(0), s.number(up, "latency").value_or(0)});
  auto tiers = s.blocks(cluster, "tier");
  for (auto t : tiers)
    e.tiers.push_back({std::string(s.strings[s[t].name]), s.number(t, "domain").value_or(0),
                       s.number(t, "bandwidth").value_or(0), s.number(t, "latency").value_or(0)});
  if (tiers.empty() && e.poolDevices > gpus) {
    NodeId nics = s.find(node, "nics");
    double perDevice = s.number(nics, "count").value_or(0) * s.number(nics, "bandwidth").value_or(0) / gpus;
    e.tiers.push_back({"scale-out", e.poolDevices, perDevice, s.number(nics, "latency").value_or(0)});
  }
  if (d.devices() > e.tiers.back().domain) {
    diags
        .report<diag::degrees_do_not_multiply>(
            at, fmt::format("engine `{}` spans {} devices, but no tier of the cluster connects more than {}", e.name,
                            shortest(d.devices()), shortest(e.tiers.back().domain)))
        .help("declare a `tier` with a larger domain in the cluster");
    return std::nullopt;
  }
  return e;
}

LoadConfig readLoad(const Scenario& s, NodeId workload) {
  LoadConfig l;
  NodeId arrivals = s.find(workload, "arrivals");
  if (s.isA(arrivals, "Poisson"))
    l.arrivals = LoadConfig::Arrivals::Poisson, l.amount = s.number(arrivals, "rate").value_or(0);
  else if (s.isA(arrivals, "Batch"))
    l.arrivals = LoadConfig::Arrivals::Batch, l.amount = s.number(arrivals, "size").value_or(1);
  else if (s.isA(arrivals, "Closed"))
    l.arrivals = LoadConfig::Arrivals::Closed, l.amount = s.number(arrivals, "concurrency").value_or(1);
  else
    l.arrivals = LoadConfig::Arrivals::Trace;
  l.input = s.number(workload, "input").value_or(1);
  l.output = s.number(workload, "output").value_or(1);
  l.outputMax = s.number(workload, "output.p99").value_or(l.output);
  return l;
}

}  // namespace afdc
