#include "passes/deployment/config.h"

#include <cmath>

#include "passes/deployment/diagnostics.h"
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

Arithmetic EngineConfig::arithmetic() const {
  Arithmetic out{quants, device.name, {}};
  for (auto kind : kArithmetics)
    if (device.peak(kind) > 0) out.has.push_back(kind);
  return out;
}

namespace {

Device readDevice(const Scenario& s, NodeId gpu, Diagnostics& diags) {
  Device d;
  d.name = s.show(gpu);
  d.capacity = s.number(gpu, "hbm.capacity").value_or(0);
  d.bandwidth = s.number(gpu, "hbm.bandwidth").value_or(0);
  d.bf16 = s.number(gpu, "peak.bf16").value_or(0);
  d.fp8 = s.number(gpu, "peak.fp8").value_or(0);
  d.fp4 = s.number(gpu, "peak.fp4").value_or(0);
  d.int8 = s.number(gpu, "peak.int8").value_or(0);
  d.tdp = s.number(gpu, "power.tdp").value_or(0);
  if (NodeId names = s.find(gpu, "names"); names.valid())
    for (auto name : s[names].children) d.names.emplace_back(s.strings[s[name].text]);
  d.chip = s.text(gpu, "chip");
  d.measured_start = s.number(gpu, "measured.start").value_or(1);
  d.measured_host = s.number(gpu, "measured.host").value_or(1);
  d.measured_compute = s.number(gpu, "measured.compute").value_or(1);
  d.measured_memory = s.number(gpu, "measured.memory").value_or(1);
  d.measured_experts = s.number(gpu, "measured.experts").value_or(1);
  if (NodeId tables = s.find(gpu, "tables"); tables.valid()) {
    // A path is meant from the file that names it.
    std::string path(s.strings[s[tables].text]);
    if (!path.starts_with("/") && !s[tables].origins.empty() && s[tables].origins[0].place.file.valid()) {
      std::string file(s.strings[s[tables].origins[0].place.file]);
      size_t slash = file.rfind('/');
      if (slash != std::string::npos) path = file.substr(0, slash + 1) + path;
    }
    auto opened = s.files->open<kernels::SharedPack>(path, [&] { return kernels::open(path); });
    if (!opened.error.empty())
      diags.report<diag::not_evaluable>(rangeOf(s, tables, diags), d.name, fmt::format("`{}` {}", path, opened.error))
          .help("write it with afdc import kernels");
    d.tables = opened.pack;
  }
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
  m.kernels = s.flag(r, "kernels");
  m.graph_gap = get("launch.graph_gap", 0);
  m.launch = get("launch.launch", 0);
  m.recorded = get("launch.recorded", INFINITY);
  m.recordsPrompts = s.flag(r, "launch.prompts");
  m.host_fixed = get("host.fixed", 0);
  m.host_per_seq = get("host.per_seq", 0);
  m.host_per_token = get("host.per_token", 0);
  m.host_async = s.flag(r, "host.async");
  m.front_fixed = get("front_fixed", 0);
  m.front_serial = get("front_serial", 0);
  m.front_per_token = get("front_per_token", 0);
  m.firstTokenByDecode = s.text(r, "first_token") == "decode";
  m.prefill_first = s.text(r, "scheduler") == "prefill_first";
  auto policy = s.text(r, "kv_policy");
  m.kv_policy = policy == "no_evict"    ? RuntimeModel::KvPolicy::NoEvict
                : policy == "estimated" ? RuntimeModel::KvPolicy::Estimated
                                        : RuntimeModel::KvPolicy::OnDemand;
  auto rule = s.text(r, "memory_rule");
  m.memory_rule = rule == "fraction_of_free"  ? RuntimeModel::MemoryRule::OfFree
                  : rule == "static_fraction" ? RuntimeModel::MemoryRule::Static
                                              : RuntimeModel::MemoryRule::OfCapacity;
  m.windows = s.flag(r, "windows");
  m.reserve = get("reserve", 0);
  m.sampler = get("sampler", 0);
  m.prefill_from = get("prefill_from", 2);
  m.sparse_heads = get("sparse_heads", 0);
  m.poll_steps = get("poll_steps", 1);
  m.phase_lock = get("phase_lock", 0);
  auto a2a = s.text(r, "all_to_all");
  m.all_to_all = a2a == "normal"        ? RuntimeModel::AllToAll::Normal
                 : a2a == "low_latency" ? RuntimeModel::AllToAll::LowLatency
                                        : RuntimeModel::AllToAll::ByPhase;
  return m;
}

}  // namespace

namespace {

enum class UnitKind { Engine, AttentionGroup, FfnGroup };

/// An engine, or one group of an attention-FFN engine: `unit` says pool, degrees, formats and cache, `engine` the rest.
std::optional<EngineConfig> readUnit(const Scenario& s, NodeId deployment, NodeId engine, NodeId unit, UnitKind kind,
                                     Diagnostics& diags) {
  EngineConfig e;
  e.node = unit;
  e.name = s.strings[s[engine].name];
  if (kind != UnitKind::Engine) e.name += fmt::format(".{}", s.strings[s[unit].name]);
  for (NodeId from : {unit, engine})
    if (NodeId quant = s.find(from, "quant"); quant.valid()) e.quants.push_back(quant);
  e.replicas = s.number(engine, "replicas").value_or(1);
  NodeId parallel = s.find(unit, "parallel");
  auto degree = [&](std::string_view name) { return s.number(parallel, name).value_or(1); };
  auto& d = e.degrees;
  d.tp = degree("tp"), d.pp = degree("pp"), d.dp = degree("dp"), d.cp = degree("cp");
  d.ftp = degree("ftp"), d.ep = degree("ep"), d.etp = degree("etp");

  NodeId cluster = s.find(deployment, "cluster");
  auto pools = s.blocks(cluster, "pool");
  std::string wanted(s.text(unit, "pool"));
  if (wanted.empty()) wanted = s.text(engine, "pool");
  NodeId pool;
  for (auto p : pools)
    if (wanted.empty() || s.strings[s[p].name] == wanted) {
      pool = p;
      break;
    }
  SourceRange at = rangeOf(s, unit, diags);
  if (!pool.valid()) {
    auto& report = diags.report<diag::unknown_name>(
        wanted.empty() ? rangeOf(s, cluster, diags) : rangeOf(s, s.find(unit, "pool"), diags),
        wanted.empty() ? "pool" : wanted);
    std::vector<std::string> names;
    for (auto p : pools) names.emplace_back(s.strings[s[p].name]);
    report.help(names.empty() ? "the cluster declares no pool" : "the pools of the cluster are " + joinWords(names));
    return std::nullopt;
  }
  size_t before = diags.errors();
  e.pool = s.strings[s[pool].name];
  e.poolDevices = s.number(pool, "devices").value_or(0);
  e.device = readDevice(s, s.find(pool, "node.gpu"), diags);

  if (diags.errors() > before) return std::nullopt;

  auto labelDegree = [&](Diagnostic& report, std::string_view name) {
    report.label(rangeOf(s, s.find(parallel, name), diags), fmt::format("{} = {}", name, shortest(degree(name))));
  };
  auto divides = [&](double whole, double part) { return std::fmod(whole, part) == 0; };
  if (kind != UnitKind::Engine) {
    double devices = s.number(unit, "devices").value_or(1);
    if (kind == UnitKind::FfnGroup) d.pp = 1, d.cp = 1, d.tp = d.ftp, d.dp = std::max(1.0, std::floor(devices / d.ftp));
    if (kind == UnitKind::AttentionGroup) d.ftp = d.tp, d.ep = d.etp = 1;
    if (d.devices() != devices) {
      auto& report = diags.report<diag::degrees_do_not_multiply>(
          rangeOf(s, s.find(unit, "devices"), diags),
          kind == UnitKind::FfnGroup ? fmt::format("`ftp = {}` does not divide the {} devices of group `{}`",
                                                   shortest(d.ftp), shortest(devices), e.name)
                                     : fmt::format("group `{}` has {} devices, but dp * tp * pp = {}", e.name,
                                                   shortest(devices), shortest(d.devices())));
      labelDegree(report, kind == UnitKind::FfnGroup ? "ftp" : "tp");
      if (kind == UnitKind::AttentionGroup) labelDegree(report, "dp");
      return std::nullopt;
    }
    e.redundantExperts = s.number(unit, "redundant_experts").value_or(0);
  }
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
  if (d.ep == 1 && d.etp > d.ftp) {
    auto& report = diags.report<diag::degrees_do_not_multiply>(
        rangeOf(s, s.find(parallel, "etp"), diags),
        fmt::format("`etp = {}` splits each expert over ranks of `{}` of which only {} hold the same tokens (ftp)",
                    shortest(d.etp), e.name, shortest(d.ftp)));
    labelDegree(report, "ftp");
    report.help(fmt::format("ftp = {} gathers their tokens first; ep = {} sends each token to its experts",
                            shortest(d.etp), shortest(d.etp)));
    return std::nullopt;
  }
  d.edp = ranks / (d.ep * d.etp);
  double needed = e.replicas * d.devices();
  if (needed > e.poolDevices) {
    diags.report<diag::pool_too_small>(at, e.name, shortest(needed), e.pool, shortest(e.poolDevices))
        .note(fmt::format("replicas {} x pp {} x dp {} x tp {}", shortest(e.replicas), shortest(d.pp), shortest(d.dp),
                          shortest(d.tp)))
        .label(rangeOf(s, pool, diags), "the pool");
    return std::nullopt;
  }

  e.runtime = readRuntime(s, s.find(engine, "runtime"));
  e.device.kernels = readKernelCurves(s, s.find(pool, "node.gpu"), s.find(engine, "runtime"));
  NodeId batching = s.find(engine, "batching");
  e.max_tokens = s.number(batching, "max_tokens").value_or(e.max_tokens);
  e.max_seqs = s.number(batching, "max_seqs").value_or(e.max_seqs);
  e.wholePrompts = s.isA(batching, "WholePrompts");
  e.kv_block = s.number(unit, "kv_cache.block").value_or(16);
  e.prefixCache = s.flag(unit, "kv_cache.prefix_cache") || s.flag(engine, "kv_cache.prefix_cache");
  e.kv_fraction = s.number(unit, "kv_cache.fraction").value_or(0.9);

  if (e.runtime.kernels && !e.device.kernels) {
    diags
        .report<diag::not_evaluable>(
            at, e.name,
            fmt::format("runtime `{}` needs kernel curves, and `{}` has none", e.runtime.name, e.device.name))
        .help("give the gpu `kernels` (see std.kernels), or take another runtime");
    return std::nullopt;
  }

  auto& off = e.offload;
  off.weights = s.number(engine, "offload.weights").value_or(0);
  off.kv = s.number(engine, "offload.kv").value_or(0);
  off.overlap = s.flag(engine, "offload.overlap");
  if (off.any()) {
    NodeId host = s.find(pool, "node.host");
    double gpus = s.number(pool, "node.gpus").value_or(1);
    off.capacity = s.number(host, "dram").value_or(0) / gpus;
    off.bandwidth = std::min(s.number(host, "pcie").value_or(0), s.number(host, "dram_bandwidth").value_or(0) / gpus);
    const char* why = kind != UnitKind::Engine ? "an engine whose attention and FFN are apart does not offload"
                      : !host.valid()          ? "it offloads to the host, and its node declares no `host`"
                                               : nullptr;
    if (why) {
      diags.report<diag::not_evaluable>(rangeOf(s, s.find(engine, "offload"), diags), e.name, why)
          .help("a node's memory: `host = HostMemory { dram = 2 TB, dram_bandwidth = 600 GB/s, pcie = 55 GB/s }`");
      return std::nullopt;
    }
  }

  // Tiers: the node's scale-up domain, then the cluster's own, else the NICs of the nodes.
  NodeId node = s.find(pool, "node");
  double gpus = s.number(node, "gpus").value_or(1);
  NodeId up = s.find(node, "gpu.scale_up");
  e.tiers.push_back({"scale-up", gpus, s.number(up, "bandwidth").value_or(0), s.number(up, "latency").value_or(0)});
  if (e.runtime.kernels) {
    const auto& curve = e.device.kernels->collective;
    e.tiers[0].latency = curve.latency;
    e.tiers[0].sum_start = curve.sum_start;
    e.tiers[0].sum_bandwidth = e.tiers[0].bandwidth * curve.sum_bandwidth;
    e.tiers[0].bandwidth *= curve.bandwidth;
  }
  auto tiers = s.blocks(cluster, "tier");
  for (auto t : tiers)
    e.tiers.push_back({std::string(s.strings[s[t].name]), s.number(t, "domain").value_or(0),
                       s.number(t, "bandwidth").value_or(0), s.number(t, "latency").value_or(0)});
  double all = 0;
  for (auto p : pools) all += s.number(p, "devices").value_or(0);
  if (tiers.empty() && all > gpus) {
    NodeId nics = s.find(node, "nics");
    double perDevice = s.number(nics, "count").value_or(0) * s.number(nics, "bandwidth").value_or(0) / gpus;
    e.tiers.push_back({"scale-out", all, perDevice, s.number(nics, "latency").value_or(0)});
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

/// Do `devices` of one pool lie in one scale-up domain?
bool inOneDomain(const EngineConfig& a, const EngineConfig& b, double devices) {
  return a.pool == b.pool && devices <= a.tiers[0].domain;
}

}  // namespace

std::optional<EngineConfig> readEngine(const Scenario& s, NodeId deployment, NodeId engine, Diagnostics& diags) {
  return readUnit(s, deployment, engine, engine, UnitKind::Engine, diags);
}

std::optional<AfdConfig> readAfd(const Scenario& s, NodeId deployment, NodeId engine, Diagnostics& diags) {
  AfdConfig afd;
  NodeId sides[2];
  for (auto group : s.blocks(engine, "group")) {
    auto name = s.strings[s[group].name];
    if (name == "attention") sides[0] = group;
    if (name == "ffn") sides[1] = group;
  }
  for (int i = 0; i < 2; ++i)
    if (!sides[i].valid()) {
      diags.report<diag::not_evaluable>(
          rangeOf(s, engine, diags), std::string(s.strings[s[engine].name]),
          fmt::format("an attention-FFN engine has `group attention` and `group ffn`; `group {}` is missing",
                      i == 0 ? "attention" : "ffn"));
      return std::nullopt;
    }
  auto attention = readUnit(s, deployment, engine, sides[0], UnitKind::AttentionGroup, diags);
  auto ffn = readUnit(s, deployment, engine, sides[1], UnitKind::FfnGroup, diags);
  if (!attention || !ffn) return std::nullopt;
  afd.attention = std::move(*attention);
  afd.ffn = std::move(*ffn);
  double devices = afd.attention.degrees.devices() + afd.ffn.degrees.devices();
  if (afd.attention.pool == afd.ffn.pool && devices * afd.attention.replicas > afd.attention.poolDevices) {
    diags.report<diag::pool_too_small>(rangeOf(s, engine, diags), s.strings[s[engine].name],
                                       shortest(devices * afd.attention.replicas), afd.attention.pool,
                                       shortest(afd.attention.poolDevices));
    return std::nullopt;
  }
  afd.microbatches = s.number(engine, "microbatches").value_or(1);
  bool wantsScaleUp = s.isA(s.find(engine, "exchange.via"), "NvLink");
  bool oneDomain = inOneDomain(afd.attention, afd.ffn, devices);
  if (wantsScaleUp && !oneDomain) {
    diags
        .report<diag::not_evaluable>(rangeOf(s, s.find(engine, "exchange.via"), diags),
                                     std::string(s.strings[s[engine].name]),
                                     fmt::format("its {} devices do not lie in one scale-up domain of {}",
                                                 shortest(devices), shortest(afd.attention.tiers[0].domain)))
        .help("exchange over the NICs: `via = Rdma { }`");
    return std::nullopt;
  }
  for (const auto* side : {&afd.attention, &afd.ffn}) {
    bool up = wantsScaleUp || side->tiers.size() < 2;
    afd.link.push_back(up ? side->tiers[0] : side->tiers.back());
  }
  NodeId runtime = s.find(engine, "runtime");
  afd.stepBarrier = s.find(runtime, "afd.step_barrier").valid() ? s.flag(runtime, "afd.step_barrier") : true;
  afd.blockingSends = s.flag(runtime, "afd.blocking_sends");
  afd.halfDuplex = s.flag(runtime, "afd.half_duplex");
  return afd;
}

double SpeculationConfig::progress() const {
  double tokens = 1, accepted = 1;
  for (double i = 0; i < depth; ++i) tokens += accepted *= acceptance;
  return tokens;
}

std::optional<SpeculationConfig> readSpeculation(const Scenario& s, NodeId engine) {
  SpeculationConfig c;
  c.node = s.find(engine, "speculative");
  if (!c.node.valid()) return std::nullopt;
  c.depth = s.number(c.node, "depth").value_or(1);
  c.acceptance = s.number(c.node, "acceptance").value_or(0);
  c.mtp = s.isA(c.node, "MtpDrafts");
  c.model = c.mtp ? NodeId{} : s.find(c.node, "model");
  return c;
}

TransferConfig readTransfer(const Scenario& s, NodeId deployment) {
  TransferConfig t;
  for (auto transfer : s.blocks(deployment, "transfer")) {
    t.layerwise = s.text(transfer, "overlap") == "layerwise";
    t.scaleUp = s.isA(s.find(transfer, "via"), "NvLink");
    t.control = s.number(transfer, "control").value_or(0);
  }
  return t;
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
  l.shared = s.number(workload, "prefix.shared").value_or(0);
  l.carryOver = s.number(workload, "prefix.carry_over").value_or(0);
  l.zipf = s.number(workload, "prefix.reuse.s").value_or(0);
  l.prefixes = s.number(workload, "prefix.reuse.n").value_or(1);
  return l;
}

}  // namespace afdc
