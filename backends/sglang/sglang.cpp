// SGLang: one `sglang.launch_server` a node of an engine. Its tp is all devices of a stage; data-parallel attention
// lies inside it.
#include "backends/sglang/sglang.h"

#include <fmt/format.h>

#include "passes/deployment/fields.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr Unit kUnits[] = {{"share of device memory", "1", 1, 4}};

constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode},
    {Construct::AttentionFfn, How::Lossy, "experimental there: sizes of groups and microbatches are its own to choose"},
    {Construct::TensorParallel},
    {Construct::PipelineParallel},
    {Construct::DataParallel},
    {Construct::ExpertParallel},
    {Construct::ContextParallel, How::Refused, "it has no stable option for it"},
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
    {Construct::Offload, How::Lossy, "its offloading options are not set"},
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

constexpr int kInitPort = 5000, kFfnPort = 6100;

Command command(const Input& in, const Engine& e, Emission& out) {
  const auto& v = in.view;
  Command c;
  c.word("python3").word("-m").word("sglang.launch_server").add("--model-path", v.checkpoint());
  auto option = [&](const char* name, double value, std::string from) {
    c.add(name, value);
    out.map(e.unit, name, significant(value, 12), std::move(from));
  };
  option("--tp-size", e.degrees.tp * e.degrees.dp, e.said(FieldId::Parallel_tp));
  if (e.degrees.pp > 1) option("--pp-size", e.degrees.pp, e.said(FieldId::Parallel_pp));
  if (e.degrees.dp > 1) {
    option("--dp-size", e.degrees.dp, e.said(FieldId::Parallel_dp));
    c.add("--enable-dp-attention");
  }
  if (v.shape.experts > 0 && e.degrees.ep > 1 && e.kind != UnitKind::Attention) {
    option("--ep-size", e.degrees.ep, e.said(FieldId::Parallel_ep));
    // Without data-parallel attention, ranks hold the same tokens: experts need no exchange.
    bool exchanged = e.degrees.dp > 1 && e.kind == UnitKind::Whole;
    if (exchanged) c.add("--moe-a2a-backend", "deepep");
    if (exchanged && e.degrees.ep != e.degrees.tp * e.degrees.dp)
      out.refuse(fmt::format("`ep = {}` of `{}`: with DeepEP the experts lie over all {} ranks", shortest(e.degrees.ep),
                             e.unit, shortest(e.degrees.tp * e.degrees.dp)),
                 e.said(FieldId::Parallel_ep));
  }
  c.add("--context-length", longestRequest(v));
  out.map(e.unit, "--context-length", significant(longestRequest(v), 12), "workload.input");
  // Both limits are of the whole engine, ours of one data-parallel rank.
  option("--max-running-requests", e.max_seqs * e.degrees.dp, e.said(FieldId::Batching_max_seqs));
  if (e.wholePrompts()) option("--chunked-prefill-size", -1, e.said(FieldId::Engine_batching));
  option(e.wholePrompts() ? "--max-prefill-tokens" : "--chunked-prefill-size", e.max_tokens * e.degrees.dp,
         e.said(FieldId::Batching_max_tokens));
  option("--mem-fraction-static", kUnits[0].write(sharesOf(e, in.results).withWeights),
         e.said(FieldId::KvCache_kv_fraction));
  if (!e.prefixCache) c.add("--disable-radix-cache");
  const auto formats = formatsOf(v, e);
  if (formats.kv.starts_with("fp8")) {
    c.add("--kv-cache-dtype", "fp8_e4m3");
    out.map(e.unit, "--kv-cache-dtype", "fp8_e4m3", e.said(FieldId::Quant_kv));
  } else if (formats.kv != "bf16" && formats.kv != "fp16") {
    out.refuse(fmt::format("a KV cache in {}: SGLang is asked for 16 bits or fp8", formats.kv),
               e.said(FieldId::Quant_kv));
  }
  if (!formats.ownLinear || (v.shape.experts > 0 && !formats.ownExpert)) {
    const auto& format = formats.ownLinear ? formats.expert : formats.linear;
    if (format.starts_with("fp8"))
      c.add("--quantization", "fp8");
    else
      out.lose(fmt::format("weights of `{}` in {}: `{}` has to be a checkpoint in that format", e.unit, format,
                           v.checkpoint()),
               e.said(FieldId::Engine_quant));
  }
  if (e.speculation.depth > 0 && e.serves != Serves::Prefill) {
    // A chain of drafts; the model's own module is what its EAGLE algorithm runs where no draft model is named.
    c.add("--speculative-algorithm", "EAGLE");
    if (!e.speculation.mtp()) c.add("--speculative-draft-model-path", e.speculation.checkpoint());
    option("--speculative-num-steps", e.speculation.depth, e.said(FieldId::Speculation_depth));
    c.add("--speculative-eagle-topk", 1).add("--speculative-num-draft-tokens", e.speculation.depth + 1);
  }
  if (e.serves != Serves::Both)
    c.add("--disaggregation-mode", e.serves == Serves::Prefill ? "prefill" : "decode")
        .add("--disaggregation-transfer-backend", "nixl");
  if (e.kind != UnitKind::Whole)
    c.add("--afd-role", e.kind == UnitKind::Attention ? "attention" : "ffn").add("--afd-transfer-backend", "stepmesh");
  return c;
}

void place(const Input& in, const Process& p, Command& c) {
  if (p.engine->kind == UnitKind::Attention)
    for (const auto& other : placementOf(in.view))
      if (other.engine->owner == p.engine->owner && other.engine->kind == UnitKind::Ffn && other.replica == p.replica &&
          other.part == 0)
        c.addAddress("--afd-ffn-addr", fmt::format("{}:{}", addressOf(other.node), kFfnPort + p.replica));
  if (p.parts > 1)
    c.add("--nnodes", p.parts)
        .add("--node-rank", p.part)
        .addAddress("--dist-init-addr", fmt::format("{}:{}", addressOf(p.firstNode), kInitPort + p.port - 8000));
  c.add("--host", "0.0.0.0").add("--port", p.port);
}

void write(const Input& in, Emission& out) {
  namesCheckpoint(in, "SGLang", out);
  // Its pull request 36258 (2026-08): mixtures of the Qwen3 family.
  bool family = in.view.shape.experts > 0 && in.view.checkpoint().find("Qwen3") != std::string::npos;
  if (in.view.attentionFfn && !family)
    out.refuse(fmt::format("model `{}`: SGLang takes attention and FFN apart for mixtures of the Qwen3 family only",
                           in.view.model.name),
               "deployment.model");
  if (!out.refusals.empty()) return;
  noteProgram(in, kSglangLauncher, out);
  writeScripts(in, kSglangLauncher, out);
  if (in.view.disaggregated)
    out.lose("prefill and decode need a router in front that sends each request to both: no script starts it",
             "deployment");
}

}  // namespace

const Launcher kSglangLauncher = {"sglang", "SGLang", command, place, "lmsysorg/sglang:v0.5.6"};
const Target kSglang = {"sglang", "SGLang", "SGLang 0.5 (options as of 2026-08)", kAbilities, kUnits, write};

}  // namespace afdc::emit
