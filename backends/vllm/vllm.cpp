// vLLM: one `vllm serve` a process, a script a node. Prefill and decode hand over by NIXL; attention and FFN apart by
// the plugin of vllm-project/afd-plugin.
#include "backends/vllm/vllm.h"

#include <fmt/format.h>

#include "passes/deployment/fields.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr Unit kUnits[] = {{"share of device memory", "1", 1, 4}};

constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode},
    {Construct::AttentionFfn},
    {Construct::TensorParallel},
    {Construct::PipelineParallel},
    {Construct::DataParallel},
    {Construct::ExpertParallel},
    {Construct::ContextParallel, How::Refused, "prefill context parallelism has no stable option"},
    {Construct::Replicas},
    {Construct::MixedHardware},
    {Construct::Moe},
    {Construct::LatentAttention},
    {Construct::WindowedAttention},
    {Construct::StateSpace},
    {Construct::OtherMixer},
    {Construct::ReducedWeights},
    {Construct::ReducedKv},
    {Construct::MtpDrafts},
    {Construct::DraftModel},
    {Construct::Offload, How::Lossy, "its --cpu-offload-gb and connectors are not set"},
    {Construct::PrefixReuse},
    {Construct::ClosedLoop},
    {Construct::OpenLoop},
    {Construct::StaticBatch},
    {Construct::RecordedTrace},
    {Construct::Spread},
    {Construct::Turns},
    {Construct::Pipeline, How::Lossy, "only the deployment is started"},
    {Construct::Promises},
};

constexpr int kAfdPort = 1239, kRpcPort = 13345, kNixlPort = 5600;
constexpr int kAfdPorts = 64;  ///< between the first ports of two replicas: the plugin takes port + 1 to port + F too

/// The name of its option for a format of stored weights; "" where the checkpoint has to be in it already.
std::string_view quantizationOf(std::string_view format) {
  return format.starts_with("fp8") ? std::string_view("fp8") : std::string_view();
}

Document afdOf(const Input& in, const Engine& e, std::string host, int port) {
  const auto* a = in.view.find(e.serves, UnitKind::Attention);
  const auto* f = in.view.find(e.serves, UnitKind::Ffn);
  return Document::map()
      .set("role", e.kind == UnitKind::Attention ? "attention" : "ffn")
      .set("connector", "P2pNcclAFDConnector")
      .set("host", std::move(host))
      .set("port", port)
      .set("num_attention_ranks", a->degrees.devices())
      .set("num_ffn_ranks", f->degrees.devices())
      .set("compute_gate_on_attention", true);
}

/// An option with the place in the scenario that it says.
void option(Command& c, Emission& out, const Engine& e, const char* name, double value, std::string from) {
  c.add(name, value);
  out.map(e.unit, name, significant(value, 12), std::move(from));
}

void addParallelism(const Engine& e, Command& c, Emission& out) {
  option(c, out, e, "--tensor-parallel-size", e.degrees.tp, e.said(FieldId::Parallel_tp));
  if (e.degrees.pp > 1) option(c, out, e, "--pipeline-parallel-size", e.degrees.pp, e.said(FieldId::Parallel_pp));
  if (e.degrees.dp > 1) option(c, out, e, "--data-parallel-size", e.degrees.dp, e.said(FieldId::Parallel_dp));
  if (e.degrees.tp * e.degrees.pp > e.machine.gpus)
    out.refuse(
        fmt::format("tp * pp = {} of `{}` spans nodes: vLLM starts such an engine through Ray, which no script does",
                    shortest(e.degrees.tp * e.degrees.pp), e.unit),
        e.said(FieldId::Parallel_tp));
}

/// Whole experts on every rank, or each cut over all of them: vLLM knows no third way.
void addExperts(const Engine& e, Command& c, Emission& out) {
  Count ranks = e.degrees.tp * e.degrees.dp;
  bool spread = (e.kind == UnitKind::Ffn || e.degrees.ep > 1) && e.kind != UnitKind::Attention;
  if (spread || e.kind == UnitKind::Attention) c.add("--enable-expert-parallel");
  if (spread && e.degrees.ep != ranks)
    out.refuse(fmt::format("`ep = {}` of `{}`: vLLM spreads experts over all tp * dp = {} ranks or over none",
                           shortest(e.degrees.ep), e.unit, shortest(ranks)),
               e.said(FieldId::Parallel_ep));
  if (!spread && e.kind == UnitKind::Whole && e.degrees.dp > 1)
    out.lose(
        fmt::format("experts of `{}`: vLLM cuts each one over all tp * dp = {} ranks where the scenario has copies",
                    e.unit, shortest(ranks)),
        e.said(FieldId::Parallel_dp));
}

/// What the scheduler may take at once, and the cache behind it.
void addLimits(const Input& in, const Engine& e, Command& c, Emission& out) {
  option(c, out, e, "--max-model-len", longestRequest(in.view), "workload.input");
  option(c, out, e, "--max-num-seqs", e.max_seqs, e.said(FieldId::Batching_max_seqs));
  option(c, out, e, "--max-num-batched-tokens", e.max_tokens, e.said(FieldId::Batching_max_tokens));
  if (e.wholePrompts()) {
    c.add("--no-enable-chunked-prefill");
    if (e.max_tokens < longestRequest(in.view))
      out.refuse(fmt::format("`max_tokens = {}` of `{}`: vLLM that cuts no prompt wants a step to hold the longest "
                             "request, {} tokens",
                             shortest(e.max_tokens), e.unit, shortest(longestRequest(in.view))),
                 e.said(FieldId::Batching_max_tokens));
  }
  option(c, out, e, "--gpu-memory-utilization", kUnits[0].write(sharesOf(e, in.results).utilization),
         e.said(FieldId::KvCache_kv_fraction));
  option(c, out, e, "--block-size", e.kv_block, e.said(FieldId::KvCache_kv_block));
  c.add(e.prefixCache ? "--enable-prefix-caching" : "--no-enable-prefix-caching");
  const auto formats = formatsOf(in.view, e);
  if (formats.kv.starts_with("fp8")) {
    c.add("--kv-cache-dtype", "fp8");
    out.map(e.unit, "--kv-cache-dtype", "fp8", e.said(FieldId::Quant_kv));
  } else if (formats.kv != "bf16" && formats.kv != "fp16") {
    out.refuse(fmt::format("a KV cache in {}: vLLM keeps 16 bits or fp8", formats.kv), e.said(FieldId::Quant_kv));
  }
}

/// Weights in another format than the checkpoint's: made while loading where vLLM can.
void addWeights(const Input& in, const Engine& e, Command& c, Emission& out) {
  const auto formats = formatsOf(in.view, e);
  if (formats.ownLinear && (in.view.shape.experts == 0 || formats.ownExpert)) return;
  const auto& format = formats.ownLinear ? formats.expert : formats.linear;
  if (auto name = quantizationOf(format); !name.empty())
    c.add("--quantization", std::string(name));
  else
    out.lose(fmt::format("weights of `{}` in {}: `{}` has to be a checkpoint in that format", e.unit, format,
                         in.view.checkpoint()),
             e.said(FieldId::Engine_quant));
}

void addDrafts(const Engine& e, Command& c, Emission& out) {
  auto drafts = Document::map();
  if (e.speculation.mtp())
    drafts.set("method", "mtp");
  else
    drafts.set("model", e.speculation.checkpoint());
  drafts.set("num_speculative_tokens", e.speculation.depth);
  c.add("--speculative-config", drafts.jsonLine());
  out.map(e.unit, "--speculative-config", drafts.jsonLine(), e.said(FieldId::Engine_drafts));
}

Command command(const Input& in, const Engine& e, Emission& out) {
  Command c;
  c.word("vllm").word("serve").word(in.view.checkpoint());
  bool attends = e.kind != UnitKind::Ffn;
  addParallelism(e, c, out);
  if (in.view.shape.experts > 0) addExperts(e, c, out);
  if (attends) addLimits(in, e, c, out);
  addWeights(in, e, c, out);
  if (attends && e.speculation.depth > 0 && e.serves != Serves::Prefill) addDrafts(e, c, out);
  if (attends && e.serves != Serves::Both)
    c.add("--kv-transfer-config", Document::map()
                                      .set("kv_connector", "NixlConnector")
                                      .set("kv_role", e.serves == Serves::Prefill ? "kv_producer" : "kv_consumer")
                                      .jsonLine());
  if (e.kind != UnitKind::Whole) c.add("--enable-dbo");
  return c;
}

void place(const Input& in, const Process& p, Command& c) {
  const auto& e = *p.engine;
  bool served = e.kind != UnitKind::Ffn && p.part == 0;
  if (e.degrees.dp > 1 && p.parts > 1) {
    double perNode = p.devices / (e.degrees.tp * e.degrees.pp);
    c.add("--data-parallel-size-local", perNode);
    c.addAddress("--data-parallel-address", addressOf(p.firstNode));
    c.add("--data-parallel-rpc-port", kRpcPort + p.replica);
    if (p.part > 0) c.add("--headless").add("--data-parallel-start-rank", perNode * p.part);
  }
  if (served) c.add("--port", p.port);
  if (e.serves != Serves::Both && e.kind != UnitKind::Ffn) {
    c.environment.emplace_back("VLLM_NIXL_SIDE_CHANNEL_HOST", Word{addressOf(p.node), true});
    c.environment.emplace_back("VLLM_NIXL_SIDE_CHANNEL_PORT", Word{std::to_string(kNixlPort + p.port - 8000)});
  }
  if (e.kind == UnitKind::Whole) return;
  // All processes of a replica meet where its attention begins.
  int meeting = 0;
  for (const auto& other : placementOf(in.view))
    if (other.engine->owner == e.owner && other.engine->kind == UnitKind::Attention && other.replica == p.replica &&
        other.part == 0)
      meeting = other.firstNode;
  auto afd = afdOf(in, e, addressOf(meeting), kAfdPort + kAfdPorts * p.replica);
  c.addAddress("--additional-config", Document::map().set("afd", afd).jsonLine());
}

void write(const Input& in, Emission& out) {
  namesCheckpoint(in, "vLLM", out);
  if (in.view.attentionFfn) checkAfdPlugin(in, out);
  if (!out.refusals.empty()) return;
  noteProgram(in, kVllmLauncher, out);
  writeScripts(in, kVllmLauncher, out);
  if (in.view.disaggregated)
    out.lose("prefill and decode need a router in front that sends each request to both: vLLM starts none",
             "deployment");
}

}  // namespace

void checkAfdPlugin(const Input& in, Emission& out) {
  const auto& v = in.view;
  for (const auto& a : v.engines) {
    if (a.kind != UnitKind::Attention) continue;
    const auto* f = v.find(a.serves, UnitKind::Ffn);
    Count A = a.degrees.devices(), F = f->degrees.devices();
    std::string groups = fmt::format("{} attention and {} FFN ranks of `{}`", shortest(A), shortest(F), a.owner);
    if (A < F || !divides(F, A))
      out.refuse(groups + ": its connector needs as many attention ranks as FFN ranks, or a multiple of them",
                 a.said(FieldId::EngineGroup_devices));
    if (a.microbatches != 2)
      out.refuse(fmt::format("`microbatches = {}`: it overlaps exactly two", shortest(a.microbatches)),
                 a.said(FieldId::AttentionFfn_microbatches));
    if (!v.shape.mla || v.shape.experts <= 0)
      out.refuse(fmt::format("model `{}`: the plugin runs the DeepSeek V2 and V3 family", v.model.name),
                 "deployment.model");
    Count last = kAfdPort + kAfdPorts * (a.replicas - 1) + F;
    if (F >= kAfdPorts || last > 65535)
      out.refuse(fmt::format("{} FFN ranks in {} replicas: the ports from {} on do not suffice", shortest(F),
                             shortest(a.replicas), kAfdPort),
                 a.said(FieldId::Engine_replicas));
  }
}

const Launcher kVllmLauncher = {"vllm", "vLLM", command, place, "vllm/vllm-openai:v0.12.0"};
const Target kVllm = {
    "vllm",     "vLLM", "vLLM 0.12 and later; attention-FFN: vllm-project/afd-plugin 2e4378f on vLLM 0.26",
    kAbilities, kUnits, write};

}  // namespace afdc::emit
