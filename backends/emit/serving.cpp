#include "backends/emit/serving.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/text.h"

namespace afdc::emit {

using namespace ir;

namespace {

std::vector<std::string> textsOf(const Scenario& s, NodeId list) {
  std::vector<std::string> out;
  if (list.valid())
    for (auto child : s[list].children) out.emplace_back(s.strings[s[child].text]);
  return out;
}

Device readDevice(const Scenario& s, NodeId pool) {
  Device d;
  NodeId node = s.find(pool, "node"), gpu = s.find(node, "gpu");
  auto number = [&](NodeId from, std::string_view path) { return s.number(from, path).value_or(0); };
  d.name = s.show(gpu);
  d.names = textsOf(s, s.find(gpu, "names"));
  d.memory = number(gpu, "hbm.capacity"), d.bandwidth = number(gpu, "hbm.bandwidth");
  d.bf16 = number(gpu, "peak.bf16"), d.fp8 = number(gpu, "peak.fp8"), d.fp4 = number(gpu, "peak.fp4");
  d.scaleUp = number(gpu, "scale_up.bandwidth"), d.scaleUpLatency = number(gpu, "scale_up.latency");
  d.perNode = std::max(1.0, number(node, "gpus"));
  d.nics = number(node, "nics.count"), d.nicBandwidth = number(node, "nics.bandwidth");
  d.nicLatency = number(node, "nics.latency");
  d.hostMemory = number(node, "host.dram"), d.hostBandwidth = number(node, "host.dram_bandwidth");
  d.tdp = number(gpu, "power.tdp");
  return d;
}

/// The engine that a runtime stands for, by the names it gives itself.
std::string programOf(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    auto n = lowerCase(name);
    if (n.find("vllm") != n.npos) return "vllm";
    if (n.find("sglang") != n.npos) return "sglang";
    if (n.find("tensorrt") != n.npos || n.find("trtllm") != n.npos) return "trtllm";
  }
  return "";
}

class Reader {
 public:
  explicit Reader(const Scenario& s) : s_(s) {}

  Serving run() {
    Serving out;
    NodeId deployment = s_.find(s_.root, "deployment"), model = s_.find(deployment, "model");
    out.scenario = s_.strings[s_[s_.root].name];
    out.model = s_.show(model);
    auto checkpoints = textsOf(s_, s_.find(model, "checkpoints"));
    if (!checkpoints.empty()) out.checkpoint = checkpoints[0];
    out.maxContext = s_.number(model, "max_context").value_or(0);
    auto shape = shapeOf(s_, model);
    out.shape = shape.shape, out.modelError = shape.error;
    out.disaggregated = s_.isA(deployment, "Disaggregated");
    for (auto t : s_.blocks(deployment, "transfer")) {
      out.layerwise = s_.text(t, "overlap") == "layerwise";
      out.transferScaleUp = s_.isA(s_.find(t, "via"), "NvLink");
    }
    for (auto node : s_.blocks(deployment, "engine")) readEngine(out, deployment, model, node);
    out.pipeline = s_.find(s_.root, "pipeline").valid();
    readLoad(out.load, s_.find(s_.root, "workload"));
    readPromises(out);
    return out;
  }

 private:
  void readEngine(Serving& out, NodeId deployment, NodeId model, NodeId node) {
    Engine e;
    e.node = node;
    e.name = s_.strings[s_[node].name];
    e.path = e.owner = "deployment." + e.name;
    if (out.disaggregated) e.role = e.name == "prefill" ? Role::Prefill : Role::Decode;
    e.replicas = s_.number(node, "replicas").value_or(1);
    NodeId runtime = s_.find(node, "runtime"), batching = s_.find(node, "batching");
    e.runtime = s_.show(runtime);
    e.program = programOf(textsOf(s_, s_.find(runtime, "names")));
    e.mixedScheduler = s_.text(runtime, "scheduler") != "prefill_first";
    e.maxTokens = s_.number(batching, "max_tokens").value_or(0);
    e.maxSeqs = s_.number(batching, "max_seqs").value_or(0);
    e.wholePrompts = s_.isA(batching, "WholePrompts");
    e.offloadWeights = s_.number(node, "offload.weights").value_or(0);
    e.offloadKv = s_.number(node, "offload.kv").value_or(0);
    if (NodeId drafts = s_.find(node, "speculative"); drafts.valid()) {
      e.drafts = s_.number(drafts, "depth").value_or(1);
      e.acceptance = s_.number(drafts, "acceptance").value_or(0);
      e.mtp = s_.isA(drafts, "MtpDrafts");
      if (auto names = textsOf(s_, s_.find(drafts, "model.checkpoints")); !names.empty()) e.draftCheckpoint = names[0];
    }
    auto groups = s_.blocks(node, "group");
    if (groups.empty()) {
      readUnit(e, deployment, model, node);
      out.engines.push_back(std::move(e));
      return;
    }
    out.attentionFfn = true;
    e.microbatches = s_.number(node, "microbatches").value_or(1);
    for (auto group : groups) {
      Engine side = e;
      side.name = s_.strings[s_[group].name];
      side.path = e.path + "." + side.name;
      side.side = side.name == "ffn" ? Side::Ffn : Side::Attention;
      readUnit(side, deployment, model, group);
      // An attention group has only the mixer's mesh, an FFN group only the other two.
      double devices = s_.number(group, "devices").value_or(side.devices());
      if (side.side == Side::Ffn) side.pp = side.cp = 1, side.tp = side.ftp;
      if (side.side == Side::Attention) side.ep = side.etp = 1;
      side.dp = devices / (side.tp * side.cp * side.pp);
      out.engines.push_back(std::move(side));
    }
  }

  /// What engines and groups have alike.
  void readUnit(Engine& e, NodeId deployment, NodeId model, NodeId unit) {
    auto degree = [&](std::string_view name) { return s_.number(unit, "parallel." + std::string(name)).value_or(1); };
    e.tp = degree("tp"), e.pp = degree("pp"), e.dp = degree("dp"), e.cp = degree("cp");
    e.ep = degree("ep"), e.etp = degree("etp"), e.ftp = degree("ftp");
    e.memoryFraction = s_.number(unit, "kv_cache.fraction").value_or(0.9);
    e.block = s_.number(unit, "kv_cache.block").value_or(16);
    e.prefixCache = s_.flag(unit, "kv_cache.prefix_cache") || s_.flag(e.node, "kv_cache.prefix_cache");
    auto format = [&](std::string_view cls, bool& own) {
      for (NodeId from : {unit, e.node})
        if (NodeId quant = s_.find(from, "quant." + std::string(cls)); quant.valid()) {
          own = s_.show(quant) == s_.show(s_.find(model, "precision." + std::string(cls)));
          return s_.show(quant);
        }
      own = true;
      return s_.show(s_.find(model, "precision." + std::string(cls)));
    };
    bool ignored = true;
    e.linear = format("linear", e.ownLinear), e.expert = format("expert", e.ownExpert);
    e.kv = format("kv", e.ownKv), e.activation = format("activation", ignored);
    e.dispatch = format("dispatch", ignored), e.combine = format("combine", ignored);
    NodeId cluster = s_.find(deployment, "cluster");
    auto pools = s_.blocks(cluster, "pool");
    std::string wanted(s_.text(unit, "pool"));
    if (wanted.empty()) wanted = s_.text(e.node, "pool");
    NodeId pool = pools.empty() ? NodeId{} : pools[0];
    for (auto p : pools)
      if (s_.strings[s_[p].name] == wanted) pool = p;
    if (pool.valid()) e.pool = s_.strings[s_[pool].name];
    e.device = readDevice(s_, pool);
  }

  void readLoad(Load& load, NodeId workload) {
    NodeId arrivals = s_.find(workload, "arrivals");
    auto amount = [&](std::string_view field) { return s_.number(arrivals, field).value_or(1); };
    if (s_.isA(arrivals, "Poisson"))
      load.arrivals = Load::Arrivals::Poisson, load.amount = amount("rate");
    else if (s_.isA(arrivals, "Batch"))
      load.arrivals = Load::Arrivals::Batch, load.amount = amount("size");
    else if (s_.isA(arrivals, "Closed"))
      load.arrivals = Load::Arrivals::Closed, load.amount = amount("concurrency");
    else
      load.arrivals = Load::Arrivals::Trace, load.trace = s_.text(arrivals, "path");
    auto lengths = [&](std::string_view field) {
      Load::Lengths l;
      NodeId node = s_.find(workload, field);
      if (!node.valid()) return l;
      l.family = s_[node].kind == NodeKind::Dist ? s_.strings[s_[node].schema] : "constant";
      l.mean = s_.number(workload, field).value_or(1);
      auto at = [&](std::string_view q) { return s_.number(node, q).value_or(l.mean); };
      l.p50 = at("p50"), l.p90 = at("p90"), l.p99 = at("p99");
      return l;
    };
    load.input = lengths("input"), load.output = lengths("output");
    load.shared = s_.number(workload, "prefix.shared").value_or(0);
    load.zipf = s_.number(workload, "prefix.reuse.s").value_or(0);
    load.prefixes = load.shared > 0 ? s_.number(workload, "prefix.reuse.n").value_or(1) : 0;
    load.carryOver = s_.number(workload, "prefix.carry_over").value_or(0);
    load.turns = s_.number(workload, "turns").value_or(0);
    load.think = s_.number(workload, "think").value_or(0);
  }

  void readPromises(Serving& out) {
    NodeId slo = s_.find(s_.root, "slo");
    if (!slo.valid()) return;
    static constexpr std::pair<ExprOp, const char*> kOps[] = {
        {ExprOp::Less, "<"}, {ExprOp::LessEq, "<="}, {ExprOp::Greater, ">"}, {ExprOp::GreaterEq, ">="}};
    for (auto child : s_[slo].children) {
      const auto& check = s_[child];
      if (check.kind != NodeKind::Check) continue;
      std::string text(s_.strings[check.text]);
      const auto& top = s_.exprs[check.check];
      auto op = std::find_if(std::begin(kOps), std::end(kOps), [&](const auto& o) { return o.first == top.op; });
      bool plain = op != std::end(kOps) && s_.exprs[ExprId{top.a}].op == ExprOp::Metric &&
                   s_.exprs[ExprId{top.b}].op == ExprOp::Constant;
      if (!plain) {
        out.otherPromises.push_back(std::move(text));
        continue;
      }
      std::string metric(s_.strings[StringId{s_.exprs[ExprId{top.a}].a}]), statistic;
      if (size_t open = metric.find('('); open != std::string::npos)
        statistic = metric.substr(0, open), metric = metric.substr(open + 1, metric.size() - open - 2);
      out.promises.push_back({metric, statistic, op->second, s_.exprs[ExprId{top.b}].value, text, "slo"});
    }
  }

  const Scenario& s_;
};

}  // namespace

std::string_view Device::called(std::initializer_list<std::string_view> known) const {
  for (auto wanted : known) {
    if (lowerCase(name) == lowerCase(wanted)) return wanted;
    for (const auto& own : names)
      if (lowerCase(own) == lowerCase(wanted)) return wanted;
  }
  return "";
}

double Engine::nodes() const { return std::ceil(devices() / device.perNode); }

Engine::Shares Engine::shares(const Results& results) const {
  Shares out{memoryFraction, memoryFraction, memoryFraction};
  for (const auto& m : results.memory) {
    if ("deployment." + m.role != path || m.kv_room <= 0) continue;
    double fixed = m.weights + m.activations + m.reserve;
    out = {(m.kv_room + fixed) / m.capacity, (m.kv_room + m.weights) / m.capacity, m.kv_room / (m.capacity - fixed)};
  }
  return out;
}

double Serving::devices() const {
  double sum = 0;
  for (const auto& e : engines) sum += e.replicas * e.devices();
  return sum;
}

const Engine* Serving::find(Role role, Side side) const {
  for (const auto& e : engines)
    if (e.role == role && e.side == side) return &e;
  return nullptr;
}

Serving readServing(const Scenario& scenario) { return Reader(scenario).run(); }

Document modelConfig(const Serving& v) {
  const auto& m = v.shape;
  auto config = Document::map();
  config.set("hidden_size", m.hidden).set("num_hidden_layers", m.layers).set("num_attention_heads", m.heads);
  config.set("num_key_value_heads", m.kv_heads).set("head_dim", m.head_dim).set("vocab_size", m.vocab);
  config.set("intermediate_size", m.intermediate > 0 ? m.intermediate : m.moe_intermediate);
  config.set("max_position_embeddings", v.maxContext).set("tie_word_embeddings", m.tied).set("torch_dtype", "bfloat16");
  if (m.experts > 0) {
    config.set("num_local_experts", m.experts).set("num_experts_per_tok", m.top_k);
    config.set("moe_intermediate_size", m.moe_intermediate);
    if (m.shared > 0) config.set("n_shared_experts", m.shared);
    if (m.dense_layers > 0) config.set("first_k_dense_replace", m.dense_layers);
  }
  if (m.mla) {
    config.set("q_lora_rank", m.q_rank > 0 ? Document(m.q_rank) : Document()).set("kv_lora_rank", m.kv_rank);
    config.set("qk_nope_head_dim", m.nope).set("qk_rope_head_dim", m.rope).set("v_head_dim", m.v_dim);
  }
  if (m.window > 0) config.set("sliding_window", m.window);
  return config;
}

}  // namespace afdc::emit
