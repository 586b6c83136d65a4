// TensorRT-LLM: `trtllm-serve` with a configuration file for each engine; prefill and decode apart behind its own
// `trtllm-serve disaggregated`.
#include "backends/trtllm/trtllm.h"

#include <fmt/format.h>

#include "passes/deployment/fields.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr Unit kUnits[] = {{"share of free memory", "1", 1, 4}};

constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode},
    {Construct::AttentionFfn, How::Refused, "it does not take attention and FFN apart"},
    {Construct::TensorParallel},
    {Construct::PipelineParallel},
    {Construct::DataParallel},
    {Construct::ExpertParallel},
    {Construct::ContextParallel, How::Refused, "its context parallelism is not set"},
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
    {Construct::DraftModel, How::Refused, "drafts by another model are not set"},
    {Construct::Offload, How::Lossy, "its host cache is not set"},
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

std::string fileOf(const Engine& e) { return fileName(e.unit) + ".yaml"; }

/// The options file of an engine.
std::string configuration(const Input& in, const Engine& e, Emission& out) {
  const auto& v = in.view;
  auto file = fileOf(e);
  auto config = Document::map();
  auto put = [&](const char* name, Document value, std::string shown, std::string from) {
    config.set(name, std::move(value));
    out.map(file, name, std::move(shown), std::move(from));
  };
  auto number = [&](const char* name, double value, std::string from) {
    put(name, value, significant(value, 12), std::move(from));
  };
  // With attention data parallelism its tensor parallelism is all ranks.
  number("tensor_parallel_size", e.degrees.tp * e.degrees.dp, e.said(FieldId::Parallel_tp));
  number("pipeline_parallel_size", e.degrees.pp, e.said(FieldId::Parallel_pp));
  if (v.shape.experts > 0) {
    number("moe_expert_parallel_size", e.degrees.ep, e.said(FieldId::Parallel_ep));
    number("moe_tensor_parallel_size", e.degrees.tp * e.degrees.dp / e.degrees.ep, e.said(FieldId::Parallel_etp));
    if (e.degrees.dp > 1 && e.degrees.ep * e.degrees.etp != e.degrees.tp * e.degrees.dp)
      out.lose(fmt::format("experts of `{}`: they are cut over all {} ranks where the scenario has copies", e.unit,
                           shortest(e.degrees.tp * e.degrees.dp)),
               e.said(FieldId::Parallel_ep));
  }
  config.set("enable_attention_dp", e.degrees.dp > 1);
  number("max_batch_size", e.max_seqs, e.said(FieldId::Batching_max_seqs));
  // Its default has graphs of some batches up to 128; what is predicted has one of every batch.
  if (e.serves != Serves::Prefill)
    config["cuda_graph_config"].set("enable_padding", true).set("max_batch_size", e.max_seqs);
  number("max_num_tokens", e.max_tokens, e.said(FieldId::Batching_max_tokens));
  number("max_seq_len", longestRequest(v), "workload.input");
  config.set("enable_chunked_prefill", e.runtime.mixes() && !e.wholePrompts());
  auto& cache = config["kv_cache_config"];
  cache.set("free_gpu_memory_fraction", kUnits[0].write(sharesOf(e, in.results).ofFree));
  out.map(file, "kv_cache_config.free_gpu_memory_fraction", shortest(kUnits[0].write(sharesOf(e, in.results).ofFree)),
          e.said(FieldId::KvCache_kv_fraction));
  cache.set("enable_block_reuse", e.prefixCache).set("tokens_per_block", e.kv_block);
  const auto formats = formatsOf(v, e);
  if (formats.kv.starts_with("fp8")) cache.set("dtype", "fp8");
  if (!formats.kv.starts_with("fp8") && formats.kv != "bf16" && formats.kv != "fp16")
    out.refuse(fmt::format("a KV cache in {}: TensorRT-LLM is asked for 16 bits or fp8", formats.kv),
               e.said(FieldId::Quant_kv));
  if (!formats.ownLinear || (v.shape.experts > 0 && !formats.ownExpert))
    out.lose(fmt::format("weights of `{}` in {}: `{}` has to be a checkpoint in that format", e.unit,
                         formats.ownLinear ? formats.expert : formats.linear, v.checkpoint()),
             e.said(FieldId::Engine_quant));
  if (e.speculation.depth > 0 && e.serves != Serves::Prefill) {
    config["speculative_config"].set("decoding_type", "MTP").set("max_draft_len", e.speculation.depth);
    out.map(file, "speculative_config.max_draft_len", significant(e.speculation.depth, 6),
            e.said(FieldId::Speculation_depth));
  }
  if (e.serves != Serves::Both) config["cache_transceiver_config"].set("backend", "NIXL");
  return fmt::format("# {}\n{}", in.stamp(), config.yaml());
}

Command command(const Input& in, const Engine& e, Emission& out) {
  Command c;
  c.files.emplace_back(fileOf(e), configuration(in, e, out));
  c.word("trtllm-serve").word(in.view.checkpoint()).add("--extra_llm_api_options", fileOf(e));
  if (e.degrees.devices() > e.machine.gpus)
    out.lose(fmt::format("`{}` spans nodes: its script has to be started by mpirun or srun with trtllm-llmapi-launch",
                         e.unit),
             e.path);
  return c;
}

void place(const Input&, const Process& p, Command& c) { c.add("--host", "0.0.0.0").add("--port", p.port); }

/// The server in front of prefill and decode.
void writeFront(const Input& in, Emission& out) {
  auto front = Document::map().set("hostname", "0.0.0.0").set("port", 9000).set("backend", "pytorch");
  for (auto [role, name] : {std::pair{Serves::Prefill, "context_servers"}, {Serves::Decode, "generation_servers"}}) {
    auto urls = Document::list();
    for (const auto& p : placementOf(in.view))
      if (p.engine->serves == role && p.part == 0) urls.add(fmt::format("node-{}:{}", p.node, p.port));
    front[name].set("num_instances", in.view.find(role)->replicas).set("urls", urls);
  }
  out.file("disaggregated.yaml") = fmt::format("# {}\n# Addresses as in hosts.env.\n{}", in.stamp(), front.yaml());
  out.file("front.sh", true) = fmt::format(
      "#!/bin/sh\n# {}\ncd \"$(dirname \"$0\")\" || exit 1\nexec trtllm-serve disaggregated -c disaggregated.yaml\n",
      in.stamp());
}

void write(const Input& in, Emission& out) {
  namesCheckpoint(in, "TensorRT-LLM", out);
  if (!out.refusals.empty()) return;
  noteProgram(in, kTrtllmLauncher, out);
  writeScripts(in, kTrtllmLauncher, out);
  if (in.view.disaggregated) writeFront(in, out);
}

}  // namespace

const Launcher kTrtllmLauncher = {"trtllm", "TensorRT-LLM", command, place, "nvidia/tensorrt-llm/release:1.2.0"};
const Target kTrtllm = {"trtllm", "TensorRT-LLM", "TensorRT-LLM 1.2 (PyTorch backend)", kAbilities, kUnits, write};

}  // namespace afdc::emit
