// Vidur (microsoft/vidur 7d47513, 2024-11): a command line and a trace of requests.
#include "backends/vidur/vidur.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/emit/launch.h"
#include "passes/deployment/fields.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr Unit kUnits[] = {{"arrived_at", "s", 1, 6}};

constexpr std::string_view kSteps = "requests are replayed at the predicted rate: it has no fixed number of users";
constexpr Ability kAbilities[] = {
    {Construct::TensorParallel},
    {Construct::PipelineParallel},
    {Construct::Replicas},
    {Construct::PrefillDecode, How::Refused, "its replicas do prefill and decode together"},
    {Construct::AttentionFfn, How::Refused, "its replicas run whole layers"},
    {Construct::DataParallel, How::Refused, "it has no data-parallel attention; replicas are what it knows"},
    {Construct::ExpertParallel, How::Refused, "it has no experts"},
    {Construct::Moe, How::Refused, "it has no experts"},
    {Construct::LatentAttention, How::Refused, "it was profiled for grouped-query attention"},
    {Construct::ReducedWeights, How::Refused, "it was profiled in 16 bits"},
    {Construct::ReducedKv, How::Refused, "it was profiled in 16 bits"},
    {Construct::ClosedLoop, How::Lossy, kSteps},
    {Construct::OpenLoop},
    {Construct::StaticBatch},
    {Construct::Spread},
    {Construct::PrefixReuse, How::Lossy, "prompts are computed whole"},
    {Construct::Turns, How::Lossy, "single requests"},
    {Construct::Pipeline, How::Lossy, "only the deployment is simulated"},
    {Construct::Promises, How::Lossy, "it knows no promises"},
};

/// What it was profiled on: name, ours, and the network devices by how many are joined.
struct Profiled {
  std::string_view device;
  std::initializer_list<std::string_view> names;
  std::string_view pair, eight;
};
const Profiled kDevices[] = {
    {"a100", {"A100-SXM-80GB", "A100"}, "a100_pairwise_nvlink", "a100_dgx"},
    {"h100", {"H100-SXM-80GB", "H100"}, "h100_pairwise_nvlink", "h100_dgx"},
};
constexpr std::string_view kModels[] = {"meta-llama/Llama-2-7b-hf",
                                        "meta-llama/Llama-2-70b-hf",
                                        "meta-llama/Meta-Llama-3-8B",
                                        "meta-llama/Meta-Llama-3-70B",
                                        "codellama/CodeLlama-34b-Instruct-hf",
                                        "internlm/internlm-20b",
                                        "microsoft/phi-2",
                                        "Qwen/Qwen-72B"};

void write(const Input& in, Emission& out) {
  const auto& v = in.view;
  const auto& e = v.engines[0];
  auto device = std::find_if(std::begin(kDevices), std::end(kDevices),
                             [&](const Profiled& p) { return !called(e.device, p.names).empty(); });
  if (device == std::end(kDevices))
    out.refuse(fmt::format("device `{}`: it was profiled on A100 and H100 (and A40)", e.device.name),
               e.said(FieldId::Pool_gpu));
  if (std::find(std::begin(kModels), std::end(kModels), v.checkpoint()) == std::end(kModels))
    out.refuse(fmt::format("model `{}` ({}): it has profiles of {}", v.model.name,
                           v.checkpoint().empty() ? "no checkpoint" : v.checkpoint(),
                           joinWords({std::begin(kModels), std::end(kModels)})),
               "deployment.model");
  if (!out.refusals.empty()) return;
  auto& trace = out.file("trace.csv");
  trace = "arrived_at,num_prefill_tokens,num_decode_tokens\n";
  double longest = 0;
  for (const auto& r : in.trace(out)) {
    trace += fmt::format("{},{},{}\n", shortest(kUnits[0].write(r.at)), shortest(r.input), shortest(r.output));
    longest = std::max(longest, r.input + r.output);
  }
  if (v.model.max_context > 0 && longest > v.model.max_context)
    out.lose(fmt::format("the longest request has {} tokens; it caps them at its model's context", shortest(longest)),
             "workload.input");
  Command c;
  c.word("python").word("-m").word("vidur.main");
  auto option = [&](std::string name, std::string value, std::string from) {
    out.map("run.sh", name, value, std::move(from));
    c.add(std::move(name), std::move(value));
  };
  std::string pool = e.said(FieldId::Pool_gpu);
  option("--replica_config_device", std::string(device->device), pool);
  option("--replica_config_network_device",
         std::string(e.degrees.tp * e.degrees.pp <= 2 ? device->pair : device->eight), pool);
  option("--replica_config_model_name", v.checkpoint(), "deployment.model");
  option("--cluster_config_num_replicas", shortest(e.replicas), e.said(FieldId::Engine_replicas));
  option("--replica_config_tensor_parallel_size", shortest(e.degrees.tp), e.said(FieldId::Parallel_tp));
  option("--replica_config_num_pipeline_stages", shortest(e.degrees.pp), e.said(FieldId::Parallel_pp));
  c.add("--request_generator_config_type", "trace_replay");
  c.add("--trace_request_generator_config_trace_file", "trace.csv");
  c.add("--trace_request_generator_config_max_tokens", longestRequest(v));
  // Decodes with chunks of prompts are its `sarathi`; prompts first its `vllm`.
  std::string scheduler = e.runtime.mixes() ? "sarathi" : "vllm";
  c.add("--replica_scheduler_config_type", scheduler);
  if (e.wholePrompts() && e.runtime.mixes())
    out.lose(fmt::format("whole prompts of `{}` beside decodes: its sarathi cuts them", e.unit),
             e.said(FieldId::Engine_batching));
  option(fmt::format("--{}_scheduler_config_batch_size_cap", scheduler), shortest(e.max_seqs),
         e.said(FieldId::Batching_max_seqs));
  option(e.runtime.mixes() ? "--sarathi_scheduler_config_chunk_size" : "--vllm_scheduler_config_max_tokens_in_batch",
         shortest(e.max_tokens), e.said(FieldId::Batching_max_tokens));
  c.add("--global_scheduler_config_type", "lor");
  out.file("run.sh", true) = fmt::format(
      "#!/bin/sh\n# {}\n# From a checkout of Vidur: VIDUR=/path/to/vidur\nhere=$(cd \"$(dirname \"$0\")\" && pwd)\ncd "
      "\"${{VIDUR:?set it to a checkout}}\" || exit 1\ncp \"$here/trace.csv\" .\nexec {}\n",
      in.stamp(), shellLine(c, " \\\n  "));
}

}  // namespace

const Target kVidur = {"vidur", "Vidur", "vidur 7d47513 (2024-11)", kAbilities, kUnits, write};

}  // namespace afdc::emit
