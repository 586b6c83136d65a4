#include "passes/deployment/config.h"

#include <algorithm>
#include <cmath>

#include "passes/deployment/diagnostics.h"
#include "passes/deployment/fields.h"
#include "passes/deployment/records.h"
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
  Arithmetic out{formats, asked, askedAt, device.name, {}};
  for (auto kind : kArithmetics)
    if (device.peak(kind) > 0) out.has.push_back(kind);
  return out;
}

ir::NodeId EngineConfig::at(FieldId field) const { return places ? places->at(field) : NodeId{}; }
std::string EngineConfig::said(FieldId field) const { return places ? places->path(field) : std::string(); }
ir::NodeId LoadConfig::at(FieldId field) const { return places ? places->at(field) : NodeId{}; }

const StoredFormat* EngineConfig::formatOf(std::string_view cls) const {
  auto found = std::find_if(formats.begin(), formats.end(), [&](const StoredFormat& f) { return f.cls == cls; });
  return found == formats.end() ? nullptr : &*found;
}

const std::string& ModelConfig::formatOf(std::string_view cls) const {
  static const std::string none;
  auto found = std::find_if(kept.begin(), kept.end(), [&](const Kept& k) { return k.cls == cls; });
  return found == kept.end() ? none : found->format;
}

Count Degrees::of(ir::Axis axis) const {
  switch (axis) {
    case ir::Axis::None: break;
    case ir::Axis::tp: return tp;
    case ir::Axis::cp: return cp;
    case ir::Axis::dp: return dp;
    case ir::Axis::pp: return pp;
    case ir::Axis::ftp: return ftp;
    case ir::Axis::fdp: return fdp;
    case ir::Axis::ep: return ep;
    case ir::Axis::etp: return etp;
    case ir::Axis::edp: return edp;
  }
  return 1;
}

ir::NodeId EngineConfig::degreeAt(ir::Axis axis) const {
  switch (axis) {
    case ir::Axis::tp: return places->at(FieldId::Parallel_tp);
    case ir::Axis::cp: return places->at(FieldId::Parallel_cp);
    case ir::Axis::dp: return places->at(FieldId::Parallel_dp);
    case ir::Axis::pp: return places->at(FieldId::Parallel_pp);
    case ir::Axis::ftp: return places->at(FieldId::Parallel_ftp);
    case ir::Axis::ep: return places->at(FieldId::Parallel_ep);
    case ir::Axis::etp: return places->at(FieldId::Parallel_etp);
    default: return {};
  }
}

namespace {

/// The measured kernels of a device, from the file that its field names.
std::shared_ptr<const kernels::Pack> openTables(const Scenario& s, const std::string& device, NodeId tables,
                                                Diagnostics& diags) {
  if (!tables.valid()) return nullptr;
  // A path is meant from the file that names it.
  std::string path(s.strings[s[tables].text]);
  if (!path.starts_with("/") && !s[tables].origins.empty() && s[tables].origins[0].place.file.valid()) {
    std::string file(s.strings[s[tables].origins[0].place.file]);
    size_t slash = file.rfind('/');
    if (slash != std::string::npos) path = file.substr(0, slash + 1) + path;
  }
  bool fromCommandLine = !s[tables].origins.empty() && s[tables].origins[0].kind == ir::OriginKind::Set;
  if (!fromCommandLine && !s.files->fence.admits(path)) {
    diags
        .report<diag::not_evaluable>(rangeOf(s, tables, diags), device,
                                     fmt::format("`{}` lies outside of the project", path))
        .note(s.files->fence.admitted())
        .help(std::string(Fence::kWayIn));
    return nullptr;
  }
  auto opened = s.files->open<kernels::SharedPack>(path, [&] { return kernels::open(path); });
  if (!opened.error.empty())
    diags.report<diag::not_evaluable>(rangeOf(s, tables, diags), device, fmt::format("`{}` {}", path, opened.error))
        .help("write it with afdc import kernels");
  return opened.pack;
}

/// One engine, or one group of an attention-FFN engine: what the steps of reading it have in common. The group says
/// pool, degrees, formats and cache, its engine the rest.
class UnitReader {
 public:
  UnitReader(const Scenario& s, NodeId deployment, NodeId engine, NodeId group, UnitKind kind, Diagnostics& diags)
      : s_(s), diags_(diags), fields_(s, diags), deployment_(deployment), engine_(engine), group_(group) {
    e_.kind = kind;
  }

  std::optional<EngineConfig> run() {
    size_t before = diags_.errors();
    if (!readEngine() || !findPool() || !readHardware()) return std::nullopt;
    e_.places = std::make_shared<const Places>(fields_.places());
    if (diags_.errors() > before) return std::nullopt;
    if (!checkDegrees() || !checkPool() || !checkKernels() || !checkOffload() || !addTiers()) return std::nullopt;
    return std::move(e_);
  }

 private:
  bool grouped() const { return e_.kind != UnitKind::Whole; }
  NodeId unit() const { return grouped() ? group_ : engine_; }
  SourceRange at(NodeId node) const { return rangeOf(s_, node, diags_); }
  SourceRange at(FieldId field) const { return at(fields_.places().at(field)); }

  bool readEngine() {
    std::string name(s_.strings[s_[engine_].name]);
    e_.owner = deployment_ == s_.root ? name : "deployment." + name;
    e_.name = e_.unit = name;
    e_.path = e_.owner;
    e_.node = unit();
    if (choiceOf<DeploymentKind>(s_, deployment_) == DeploymentKind::Disaggregated)
      e_.serves = name == "prefill" ? Serves::Prefill : Serves::Decode;
    auto& r = e_.records;
    fields_.read(e_, "Engine", engine_, e_.owner);
    fields_.read(r, "Engine", engine_, e_.owner);
    readCache();
    if (grouped()) readGroup();
    readFormats(r.quant);
    if (grouped()) readFormats(engineQuant_);
    readDrafts();
    fields_.read(e_.degrees, "Parallel", r.parallel, e_.path + ".parallel");
    fields_.read(e_, "Batching", fields_.places().at(FieldId::Engine_batching), e_.owner + ".batching");
    fields_.read(e_.offload, "Offload", r.offload, e_.owner + ".offload");
    e_.runtime.name = s_.show(r.runtime);
    fields_.read(e_.runtime, "Runtime", r.runtime, e_.owner + ".runtime");
    return !fields_.failed();
  }

  void readCache() { fields_.read(e_, "KvCache", e_.records.kv_cache, e_.path + ".kv_cache"); }

  /// What a group has of its own takes the place of its engine's. A cache looks up prefixes where either says so.
  void readGroup() {
    std::string name(s_.strings[s_[group_].name]);
    e_.unit = name;
    e_.name += "." + name;
    e_.path += "." + name;
    auto& r = e_.records;
    engineQuant_ = r.quant;
    fields_.read(e_, "AttentionFfn", engine_, e_.owner);
    fields_.read(e_, "EngineGroup", group_, e_.path);
    fields_.read(r, "EngineGroup", group_, e_.path);
    fields_.read(groupFields_, "EngineGroup", group_, e_.path);
    bool engineLooksUp = e_.prefixCache;
    readCache();
    e_.prefixCache = e_.prefixCache || engineLooksUp;
  }

  /// Of each class the first that says a format is followed: a group before its engine.
  void readFormats(NodeId quant) {
    QuantRecords records;
    fields_.read(records, "Quant", quant, e_.owner + ".quant");
    for (auto field : fieldsOf("Quant", "Format")) {
      NodeId node = fields_.places().at(field);
      std::string cls(rowOf(field).path);
      if (!node.valid() || e_.formatOf(cls)) continue;
      StoredFormat format;
      format.cls = cls;
      format.name = s_[node].label.valid() ? s_.strings[s_[node].label] : std::string_view("format");
      format.shown = s_.show(node);
      fields_.read(format, "Format", node);
      e_.formats.push_back(std::move(format));
    }
    if (e_.asked.empty()) {
      e_.asked = records.compute;
      e_.askedAt = fields_.places().at(FieldId::Quant_compute);
    }
  }

  void readDrafts() {
    auto& drafts = e_.speculation;
    fields_.read(drafts, "Engine", engine_, e_.owner);
    drafts.node = fields_.places().at(FieldId::Engine_drafts);
    if (drafts.node.valid()) fields_.read(drafts, "Speculation", drafts.node, e_.owner + ".speculative");
    if (drafts.drafts == Drafts::OtherModel) fields_.read(drafts, "DraftModel", drafts.node, e_.owner + ".speculative");
  }

  bool findPool() {
    DeploymentRecords deployment;
    fields_.read(deployment, "Deployment", deployment_);
    auto pools = readPools(s_, deployment.cluster, diags_);
    if (fields_.failed() || !pools) return false;
    cluster_ = deployment.cluster;
    for (const auto& p : *pools) devicesOfCluster_ += p.devices;
    const auto& wanted = e_.records.pool;
    auto found = std::find_if(pools->begin(), pools->end(),
                              [&](const PoolConfig& p) { return wanted.empty() || p.name == wanted; });
    if (found != pools->end()) {
      pool_ = *found;
      e_.pool = pool_.name;
      e_.poolDevices = pool_.devices;
      return true;
    }
    auto said = at(grouped() ? FieldId::EngineGroup_pool : FieldId::Engine_pool);
    auto& report = diags_.report<diag::unknown_name>(wanted.empty() ? at(cluster_) : said,
                                                     wanted.empty() ? std::string("pool") : wanted);
    std::vector<std::string> names;
    for (const auto& p : *pools) names.push_back(p.name);
    report.help(names.empty() ? "the cluster declares no pool" : "the pools of the cluster are " + joinWords(names));
    return false;
  }

  bool readHardware() {
    std::string pool = (deployment_ == s_.root ? "cluster." : "deployment.cluster.") + e_.pool;
    fields_.read(pool_, "Pool", pool_.record, pool);
    auto& d = e_.device;
    d.name = s_.show(pool_.gpu);
    fields_.read(d, "Gpu", pool_.gpu, pool + ".node.gpu");
    DeviceRecords records;
    fields_.read(records, "Gpu", pool_.gpu, pool + ".node.gpu");
    d.tables = openTables(s_, d.name, fields_.places().at(FieldId::Gpu_tables), diags_);
    d.kernels = readKernelCurves(s_, d.name, records.kernels, e_.runtime.name, e_.runtime.kernels,
                                 at(FieldId::Runtime_kernels), diags_);
    auto& node = e_.machine;
    fields_.read(node, "Node", pool_.node, pool + ".node");
    if (node.host.valid()) fields_.read(node, "HostMemory", node.host, pool + ".node.host");
    return !fields_.failed();
  }

  void labelDegree(Diagnostic& report, std::string_view name, Count degree, FieldId field) const {
    report.label(at(field), fmt::format("{} = {}", name, shortest(degree)));
  }
  void labelRanks(Diagnostic& report) const {
    labelDegree(report, "tp", said_.tp, FieldId::Parallel_tp);
    labelDegree(report, "dp", said_.dp, FieldId::Parallel_dp);
  }

  /// A group has one mesh: the attention's is the mixer's, and what lies on the FFN's follows from its devices.
  bool checkGroup() {
    auto& d = e_.degrees;
    Count devices = groupFields_.devices;
    bool ffn = e_.kind == UnitKind::Ffn;
    if (ffn) {
      d.pp = d.cp = 1;
      d.tp = d.ftp;
      d.dp = std::max(Count(1), quotient(devices, d.ftp));
    } else {
      d.ftp = d.tp;
      d.ep = d.etp = 1;
    }
    if (d.devices() == devices) return true;
    auto& report = diags_.report<diag::degrees_do_not_multiply>(
        at(FieldId::EngineGroup_devices), ffn ? fmt::format("`ftp = {}` does not divide the {} devices of group `{}`",
                                                            shortest(d.ftp), shortest(devices), e_.name)
                                              : fmt::format("group `{}` has {} devices, but dp * tp * pp = {}", e_.name,
                                                            shortest(devices), shortest(d.devices())));
    if (ffn)
      labelDegree(report, "ftp", said_.ftp, FieldId::Parallel_ftp);
    else
      labelRanks(report);
    return false;
  }

  bool checkDegrees() {
    said_ = e_.degrees;
    if (grouped() && !checkGroup()) return false;
    auto& d = e_.degrees;
    Count ranks = d.ranks();
    if (!divides(d.ftp, ranks)) {
      auto& report = diags_.report<diag::degrees_do_not_multiply>(
          at(FieldId::Parallel_ftp), fmt::format("`ftp = {}` does not divide the {} ranks of engine `{}`",
                                                 shortest(d.ftp), shortest(ranks), e_.name));
      labelRanks(report);
      return false;
    }
    d.fdp = quotient(ranks, d.ftp);
    if (!divides(d.ep * d.etp, ranks)) {
      auto& report = diags_.report<diag::degrees_do_not_multiply>(
          at(FieldId::Parallel_ep),
          fmt::format("ep * etp = {} * {} does not divide the {} ranks of engine `{}` (dp * tp = {} * {})",
                      shortest(d.ep), shortest(d.etp), shortest(ranks), e_.name, shortest(d.dp), shortest(d.tp)));
      labelRanks(report);
      std::vector<std::string> fits;
      for (Count ep : divisorsOf(ranks))
        if (dividesExperts(ep)) fits.push_back(shortest(ep));
      report.help("with etp = 1, ep may be " + joinWords(fits, "or"));
      return false;
    }
    if (d.ep == 1 && d.etp > d.ftp) {
      auto& report = diags_.report<diag::degrees_do_not_multiply>(
          at(FieldId::Parallel_etp),
          fmt::format("`etp = {}` splits each expert over ranks of `{}` of which only {} hold the same tokens (ftp)",
                      shortest(d.etp), e_.name, shortest(d.ftp)));
      labelDegree(report, "ftp", said_.ftp, FieldId::Parallel_ftp);
      report.help(fmt::format("ftp = {} gathers their tokens first; ep = {} sends each token to its experts",
                              shortest(d.etp), shortest(d.etp)));
      return false;
    }
    d.edp = quotient(ranks, d.ep * d.etp);
    return true;
  }

  /// Can the experts of every model here be dealt out to so many ranks?
  bool dividesExperts(Count ep) const {
    for (const auto& graph : s_.graphs)
      for (const auto& body : graph.bodies)
        for (const auto& t : body.tensors)
          for (const auto& dim : t.dims) {
            if (dim.axis != ir::Axis::ep) continue;
            for (const auto& part : dim.parts)
              if (graph.exprs[part.units].op == ir::ExprOp::Constant &&
                  std::fmod(graph.exprs.constantValue(part.units), static_cast<double>(ep)) != 0)
                return false;
          }
    return true;
  }

  bool checkPool() {
    const auto& d = e_.degrees;
    Count needed = e_.replicas * d.devices();
    // The largest count may stand for any larger number, and no pool has that many.
    if (needed <= e_.poolDevices && needed < Count::most()) return true;
    diags_
        .report<diag::pool_too_small>(at(unit()), fmt::format("engine `{}` needs", e_.name), shortest(needed), e_.pool,
                                      shortest(e_.poolDevices))
        .note(fmt::format("replicas {} x pp {} x dp {} x tp {}", shortest(e_.replicas), shortest(d.pp), shortest(d.dp),
                          shortest(d.tp)))
        .label(at(pool_.record), "the pool");
    return false;
  }

  bool checkKernels() {
    if (e_.runtime.kernels.empty() || e_.device.kernels) return true;
    diags_
        .report<diag::not_evaluable>(
            at(unit()), e_.name,
            fmt::format("runtime `{}` needs kernel curves, and `{}` has none", e_.runtime.name, e_.device.name))
        .help("give the gpu `kernels` (see std.kernels), or take another runtime");
    return false;
  }

  /// A device has its share of the host's memory and of its bandwidth, and a link of its own to it.
  bool checkOffload() {
    auto& off = e_.offload;
    if (!off.any()) return true;
    const auto& node = e_.machine;
    off.capacity = node.host_memory / node.gpus;
    off.bandwidth = std::min(node.host_link, node.host_bandwidth / node.gpus);
    const char* why = grouped()            ? "an engine whose attention and FFN are apart does not offload"
                      : !node.host.valid() ? "it offloads to the host, and its node declares no `host`"
                                           : nullptr;
    if (!why) return true;
    diags_.report<diag::not_evaluable>(at(e_.records.offload), e_.name, why)
        .help("a node's memory: `host = HostMemory { dram = 2 TB, dram_bandwidth = 600 GB/s, pcie = 55 GB/s }`");
    return false;
  }

  /// The node's scale-up domain, then the cluster's own tiers, else the NICs of the nodes.
  bool addTiers() {
    const auto& d = e_.device;
    const auto& node = e_.machine;
    e_.tiers.push_back({"scale-up", node.gpus, d.scale_up_bandwidth, d.scale_up_latency});
    if (d.kernels) e_.collectives = d.kernels->collective;
    ClusterRecords cluster;
    fields_.read(cluster, "Cluster", cluster_);
    for (auto record : cluster.tiers) {
      Tier tier;
      tier.name = s_.strings[s_[record].name];
      fields_.read(tier, "Tier", record);
      e_.tiers.push_back(std::move(tier));
    }
    if (fields_.failed()) return false;
    if (cluster.tiers.empty() && devicesOfCluster_ > node.gpus)
      e_.tiers.push_back(
          {"scale-out", devicesOfCluster_, node.nics * node.nic_bandwidth / node.gpus, node.nic_latency});
    if (e_.degrees.devices() <= e_.tiers.back().domain) return true;
    diags_
        .report<diag::degrees_do_not_multiply>(
            at(unit()), fmt::format("engine `{}` spans {} devices, but no tier of the cluster connects more than {}",
                                    e_.name, shortest(e_.degrees.devices()), shortest(e_.tiers.back().domain)))
        .help("declare a `tier` with a larger domain in the cluster");
    return false;
  }

  const Scenario& s_;
  Diagnostics& diags_;
  FieldReader fields_;
  NodeId deployment_, engine_, group_, cluster_;
  NodeId engineQuant_;  ///< of a group's engine
  GroupConfig groupFields_;
  PoolConfig pool_;
  Count devicesOfCluster_ = 0;
  Degrees said_;  ///< as the scenario has them, before a group's follow from its devices
  EngineConfig e_;
};

/// Do `devices` of one pool lie in one scale-up domain?
bool inOneDomain(const EngineConfig& a, const EngineConfig& b, Count devices) {
  return a.pool == b.pool && devices <= a.tiers[0].domain;
}

}  // namespace

std::optional<EngineConfig> readEngine(const Scenario& s, NodeId deployment, NodeId engine, Diagnostics& diags) {
  return UnitReader(s, deployment, engine, {}, UnitKind::Whole, diags).run();
}

std::optional<AfdConfig> readAfd(const Scenario& s, NodeId deployment, NodeId engine, Diagnostics& diags) {
  AfdConfig afd;
  FieldReader fields(s, diags);
  AfdGroups parts;
  fields.read(parts, "AttentionFfn", engine);
  fields.read(afd, "AttentionFfn", engine);
  if (fields.failed()) return std::nullopt;
  NodeId sides[2];
  for (auto group : parts.groups) {
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
  auto attention = UnitReader(s, deployment, engine, sides[0], UnitKind::Attention, diags).run();
  auto ffn = UnitReader(s, deployment, engine, sides[1], UnitKind::Ffn, diags).run();
  if (!attention || !ffn) return std::nullopt;
  fields.read(afd, "Runtime", attention->records.runtime);
  if (fields.failed()) return std::nullopt;
  afd.microbatches = attention->microbatches;
  afd.attention = std::move(*attention);
  afd.ffn = std::move(*ffn);
  Count devices = afd.attention.degrees.devices() + afd.ffn.degrees.devices();
  if (afd.attention.pool == afd.ffn.pool && devices * afd.attention.replicas > afd.attention.poolDevices) {
    diags.report<diag::pool_too_small>(
        rangeOf(s, engine, diags), fmt::format("the groups of engine `{}` need", s.strings[s[engine].name]),
        shortest(devices * afd.attention.replicas), afd.attention.pool, shortest(afd.attention.poolDevices));
    return std::nullopt;
  }
  bool wantsScaleUp = afd.via == Medium::ScaleUp;
  bool oneDomain = inOneDomain(afd.attention, afd.ffn, devices);
  if (wantsScaleUp && !oneDomain) {
    diags
        .report<diag::not_evaluable>(rangeOf(s, fields.places().at(FieldId::AttentionFfn_via), diags),
                                     std::string(s.strings[s[engine].name]),
                                     fmt::format("its {} devices do not lie in one scale-up domain of {}",
                                                 shortest(devices), shortest(afd.attention.tiers[0].domain)))
        .help("exchange over the NICs: `via = Rdma { }`");
    return std::nullopt;
  }
  return afd;
}

double SpeculationConfig::progress() const {
  double tokens = 1, accepted = 1;
  for (Count i = 0; i < depth; ++i) tokens += accepted *= acceptance;
  return tokens;
}

std::optional<ModelConfig> readModel(const Scenario& s, NodeId model, Diagnostics& diags) {
  ModelConfig m;
  FieldReader fields(s, diags);
  m.node = model;
  m.name = s.show(model);
  fields.read(m, "Model", model);
  PrecisionRecords precision;
  fields.read(precision, "Precisions", m.precision);
  for (auto field : fieldsOf("Precisions", "Format")) {
    NodeId place = fields.places().at(field);
    m.kept.push_back({rowOf(field).path, s.show(place), place});
  }
  return fields.failed() ? std::nullopt : std::optional(std::move(m));
}

std::optional<AnswerLengths> readAnswers(const Scenario& s, NodeId dataSet, Diagnostics& diags) {
  AnswerLengths answers;
  FieldReader fields(s, diags);
  fields.read(answers, "DataSet", dataSet);
  return fields.failed() ? std::nullopt : std::optional(std::move(answers));
}

std::optional<std::vector<PoolConfig>> readPools(const Scenario& s, NodeId cluster, Diagnostics& diags) {
  FieldReader fields(s, diags);
  ClusterRecords records;
  fields.read(records, "Cluster", cluster);
  std::vector<PoolConfig> out;
  for (auto record : records.pools) {
    PoolConfig pool;
    pool.name = s.strings[s[record].name];
    pool.record = record;
    fields.read(pool, "Pool", record);
    out.push_back(std::move(pool));
  }
  return fields.failed() ? std::nullopt : std::optional(std::move(out));
}

std::optional<std::vector<PoolPrice>> readPrices(const Scenario& s, NodeId deployment, Diagnostics& diags) {
  FieldReader fields(s, diags);
  DeploymentRecords records;
  fields.read(records, "Deployment", deployment);
  auto pools = readPools(s, records.cluster, diags);
  if (!pools || fields.failed()) return std::nullopt;
  std::vector<PoolPrice> out;
  for (const auto& pool : *pools) {
    PoolPrice price;
    price.devices = pool.devices;
    fields.read(price, "Pool", pool.record);
    price.place = fields.places().at(FieldId::Pool_price);
    out.push_back(price);
  }
  return fields.failed() ? std::nullopt : std::optional(std::move(out));
}

std::optional<TransferConfig> readTransfer(const Scenario& s, NodeId deployment, Diagnostics& diags) {
  TransferConfig t;
  FieldReader fields(s, diags);
  DeploymentRecords records;
  fields.read(records, "Disaggregated", deployment);
  if (!records.transfers.empty()) fields.read(t, "Transfer", records.transfers.back());
  return fields.failed() ? std::nullopt : std::optional(t);
}

std::optional<LoadConfig> readLoad(const Scenario& s, NodeId workload, Diagnostics& diags) {
  LoadConfig l;
  FieldReader fields(s, diags);
  fields.read(l, "Workload", workload, "workload");
  NodeId arrivals = fields.places().at(FieldId::Workload_arrivals);
  switch (l.arrivals) {
    case LoadConfig::Arrivals::Closed: fields.read(l, "Closed", arrivals); break;
    case LoadConfig::Arrivals::Poisson: fields.read(l, "Poisson", arrivals); break;
    case LoadConfig::Arrivals::Batch: fields.read(l, "Batch", arrivals); break;
    case LoadConfig::Arrivals::Trace: fields.read(l, "Trace", arrivals); break;
    case LoadConfig::Arrivals::Other:
      diags
          .report<diag::not_evaluable>(rangeOf(s, arrivals, diags), std::string(s.show(workload)),
                                       fmt::format("no evaluation of `{}` is known", s.strings[s[arrivals].schema]))
          .help("arrivals are closed(…), poisson(…), batch(…) or trace(…)");
      return std::nullopt;
  }
  if (fields.failed()) return std::nullopt;
  l.node = workload;
  l.places = std::make_shared<const Places>(fields.places());
  l.input = l.prompt.mean;
  l.output = l.answer.mean;
  l.outputMax = l.answer.p99;
  return l;
}

}  // namespace afdc
