// TensorRT-LLM: `trtllm-serve` with a configuration file for each engine; prefill and decode apart behind its own
// `trtllm-serve disaggregated`.
#include "backends/trtllm/trtllm.h"

#include <fmt/format.h>

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

std::string fileOf(const Engine& e) { return e.name + ".yaml"; }

/// The options file of an engine.
std::string configuration(const Input& in, const Engine& e, Emission& out) {
  const auto& v = in.serving;
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
  number("tensor_parallel_size", e.tp * e.dp, e.at("parallel.tp"));
  number("pipeline_parallel_size", e.pp, e.at("parallel.pp"));
  if (v.shape.experts > 0) {
    number("moe_expert_parallel_size", e.ep, e.at("parallel.ep"));
    number("moe_tensor_parallel_size", e.tp * e.dp / e.ep, e.at("parallel.etp"));
    if (e.dp > 1 && e.ep * e.etp != e.tp * e.dp)
      out.lose(fmt::format("experts of `{}`: they are cut over all {} ranks where the scenario has copies", e.name,
                           shortest(e.tp * e.dp)),
               e.at("parallel.ep"));
  }
  config.set("enable_attention_dp", e.dp > 1);
  number("max_batch_size", e.maxSeqs, e.owner + ".batching.max_seqs");
  // Its default has graphs of some batches up to 128; what is predicted has one of every batch.
  if (e.role != Role::Prefill) config["cuda_graph_config"].set("enable_padding", true).set("max_batch_size", e.maxSeqs);
  number("max_num_tokens", e.maxTokens, e.owner + ".batching.max_tokens");
  number("max_seq_len", longestRequest(v), "workload.input");
  config.set("enable_chunked_prefill", e.mixedScheduler && !e.wholePrompts);
  auto& cache = config["kv_cache_config"];
  cache.set("free_gpu_memory_fraction", kUnits[0].write(e.shares(in.results).ofFree));
  out.map(file, "kv_cache_config.free_gpu_memory_fraction", shortest(kUnits[0].write(e.shares(in.results).ofFree)),
          e.at("kv_cache.fraction"));
  cache.set("enable_block_reuse", e.prefixCache).set("tokens_per_block", e.block);
  if (e.kv.starts_with("fp8")) cache.set("dtype", "fp8");
  if (!e.kv.starts_with("fp8") && e.kv != "bf16" && e.kv != "fp16")
    out.refuse(fmt::format("a KV cache in {}: TensorRT-LLM is asked for 16 bits or fp8", e.kv), e.owner + ".quant.kv");
  if (!e.ownLinear || (v.shape.experts > 0 && !e.ownExpert))
    out.lose(fmt::format("weights of `{}` in {}: `{}` has to be a checkpoint in that format", e.name,
                         e.ownLinear ? e.expert : e.linear, v.checkpoint),
             e.owner + ".quant");
  if (e.drafts > 0 && e.role != Role::Prefill) {
    config["speculative_config"].set("decoding_type", "MTP").set("max_draft_len", e.drafts);
    out.map(file, "speculative_config.max_draft_len", significant(e.drafts, 6), e.owner + ".speculative.depth");
  }
  if (e.role != Role::Both) config["cache_transceiver_config"].set("backend", "NIXL");
  return fmt::format("# {}\n{}", in.stamp(), config.yaml());
}

Command command(const Input& in, const Engine& e, Emission& out) {
  Command c;
  c.files.emplace_back(fileOf(e), configuration(in, e, out));
  c.add("trtllm-serve").add(in.serving.checkpoint).add("--extra_llm_api_options", fileOf(e));
  if (e.devices() > e.device.perNode)
    out.lose(fmt::format("`{}` spans nodes: its script has to be started by mpirun or srun with trtllm-llmapi-launch",
                         e.name),
             e.path);
  return c;
}

void place(const Input&, const Process& p, Command& c) { c.add("--host", "0.0.0.0").add("--port", p.port); }

/// The server in front of prefill and decode.
void writeFront(const Input& in, Emission& out) {
  auto front = Document::map().set("hostname", "0.0.0.0").set("port", 9000).set("backend", "pytorch");
  for (auto [role, name] : {std::pair{Role::Prefill, "context_servers"}, {Role::Decode, "generation_servers"}}) {
    auto urls = Document::list();
    for (const auto& p : placementOf(in.serving))
      if (p.engine->role == role && p.part == 0) urls.add(fmt::format("node-{}:{}", p.node, p.port));
    front[name].set("num_instances", in.serving.find(role)->replicas).set("urls", urls);
  }
  out.file("disaggregated.yaml") = fmt::format("# {}\n# Addresses as in hosts.env.\n{}", in.stamp(), front.yaml());
  out.file("front.sh", true) = fmt::format(
      "#!/bin/sh\n# {}\ncd \"$(dirname \"$0\")\" || exit 1\nexec trtllm-serve disaggregated -c disaggregated.yaml\n",
      in.stamp());
}

void write(const Input& in, Emission& out) {
  if (in.serving.checkpoint.empty())
    out.refuse(fmt::format("model `{}` names no checkpoint that TensorRT-LLM could load", in.serving.model),
               "deployment.model");
  if (!out.refusals.empty()) return;
  noteProgram(in, kTrtllmLauncher, out);
  writeScripts(in, kTrtllmLauncher, out);
  if (in.serving.disaggregated) writeFront(in, out);
}

}  // namespace

const Launcher kTrtllmLauncher = {"trtllm", "TensorRT-LLM", command, place, "nvidia/tensorrt-llm/release:1.2.0"};
const Target kTrtllm = {"trtllm", "TensorRT-LLM", "TensorRT-LLM 1.2 (PyTorch backend)", kAbilities, kUnits, write};

}  // namespace afdc::emit
