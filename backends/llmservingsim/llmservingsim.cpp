// LLMServingSim 2 (casys-kaist 5daddb2, 2026-08): cluster, model and workload.
#include "backends/llmservingsim/llmservingsim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "backends/emit/launch.h"
#include "passes/deployment/fields.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

enum { LinkBandwidth, LinkLatency, MemorySize, MemoryBandwidth, Arrival };
constexpr Unit kUnits[] = {
    {"link_bw", "GB/s, GB = 2^30 B (ASTRA-sim's)", 1073741824.0},
    {"link_latency", "ns", 1e-9},
    {"mem_size", "GB, GB = 10^9 B", 1e9},
    {"mem_bw", "GB/s, GB = 10^9 B", 1e9},
    {"arrival_time_ns", "ns", 1e-9, 0},
};

constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode},
    {Construct::AttentionFfn, How::Refused, "its attention offload is to memory that computes, not to other devices"},
    {Construct::TensorParallel},
    {Construct::PipelineParallel},
    {Construct::DataParallel},
    {Construct::ExpertParallel},
    {Construct::Replicas},
    {Construct::MixedHardware},
    {Construct::Moe},
    {Construct::LatentAttention, How::Refused, "it was profiled for grouped-query attention"},
    {Construct::ReducedWeights, How::Lossy, "its `dtype` and its profiles decide the formats of weights"},
    {Construct::ReducedKv},
    {Construct::PrefixReuse},
    {Construct::ClosedLoop, How::Lossy, "requests arrive at the predicted rate: it has no fixed number of users"},
    {Construct::OpenLoop},
    {Construct::StaticBatch},
    {Construct::Spread},
    {Construct::Turns},
    {Construct::Pipeline, How::Lossy, "only the deployment is simulated"},
    {Construct::Promises, How::Lossy, "it knows no promises"},
};

struct Profiled {
  std::string_view hardware;
  std::initializer_list<std::string_view> names;
};
const Profiled kHardware[] = {
    {"RTXPRO6000", {"RTXPRO6000", "RTX PRO 6000"}},
    {"RTX4090", {"RTX4090", "RTX 4090"}},
    {"H100", {"H100", "H100-SXM-80GB"}},
};

/// The name of a model's files, by which it is looked for: the checkpoint's last part.
std::string modelName(const DeploymentView& v) {
  std::string name = v.checkpoint().empty() ? v.model.name : v.checkpoint();
  return fileName(name.substr(name.rfind('/') + 1));
}

Document instanceOf(const Input& in, const Engine& e, const std::string& hardware, Emission& out) {
  auto i = Document::map().set("model_name", modelName(in.view)).set("hardware", hardware);
  i.set("npu_mem", Document::map()
                       .set("mem_size", kUnits[MemorySize].write(e.device.capacity))
                       .set("mem_bw", kUnits[MemoryBandwidth].write(e.device.bandwidth))
                       .set("mem_latency", 0)
                       .set("mem_util", sharesOf(e, in.results).utilization));
  i.set("num_npus", e.degrees.tp * e.degrees.pp).set("tp_size", e.degrees.tp);
  if (e.degrees.pp > 1) i.set("pp_size", e.degrees.pp);
  if (e.degrees.ep > 1) i.set("ep_size", e.degrees.ep);
  i.set("pd_type", e.serves == Serves::Prefill  ? Document("prefill")
                   : e.serves == Serves::Decode ? Document("decode")
                                                : Document());
  i.set("max_num_seqs", e.max_seqs).set("max_num_batched_tokens", e.max_tokens).set("block_size", e.kv_block);
  i.set("enable_chunked_prefill", e.runtime.mixes() && !e.wholePrompts()).set("enable_prefix_caching", e.prefixCache);
  if (formatsOf(in.view, e).kv.starts_with("fp8")) i.set("kv_cache_dtype", "fp8");
  out.map("cluster.json", e.unit + ".npu_mem.mem_bw", shortest(kUnits[MemoryBandwidth].write(e.device.bandwidth)),
          e.said(FieldId::Gpu_bandwidth));
  out.map("cluster.json", e.unit + ".tp_size", shortest(e.degrees.tp), e.said(FieldId::Parallel_tp));
  return i;
}

void writeWorkload(const Input& in, Emission& out) {
  const auto& l = in.view.load;
  auto& file = out.file("workload.jsonl");
  if (l.turns <= 1) {
    for (const auto& r : in.trace(out))
      file += fmt::format("{{\"input_toks\": {}, \"output_toks\": {}, \"arrival_time_ns\": {}}}\n", shortest(r.input),
                          shortest(r.output), Document(kUnits[Arrival].write(r.at)).jsonLine());
    return;
  }
  // Sessions of the mean number of turns; a user's pause is what it calls a tool's time.
  auto turns = static_cast<size_t>(std::max(1.0, std::round(l.turns)));
  auto requests = in.trace(out);
  out.lose(fmt::format("sessions have {} turns each, with pauses of the mean", turns), "workload.turns");
  for (size_t s = 0; s * turns < requests.size(); ++s) {
    std::string parts;
    for (size_t t = s * turns; t < std::min(requests.size(), (s + 1) * turns); ++t)
      parts += fmt::format("{}{{\"input_toks\": {}, \"output_toks\": {}, \"tool_duration_ns\": {}}}",
                           t > s * turns ? ", " : "", shortest(requests[t].input), shortest(requests[t].output),
                           Document(kUnits[Arrival].write(l.think)).jsonLine());
    file += fmt::format("{{\"session_id\": {}, \"arrival_time_ns\": {}, \"sub_requests\": [{}]}}\n", s,
                        Document(kUnits[Arrival].write(requests[s * turns].at)).jsonLine(), parts);
  }
}

void write(const Input& in, Emission& out) {
  const auto& v = in.view;
  auto cluster = Document::map();
  std::vector<std::vector<Document>> nodes;
  for (const auto& e : v.engines) {
    auto known = std::find_if(std::begin(kHardware), std::end(kHardware),
                              [&](const Profiled& p) { return !called(e.device, p.names).empty(); });
    if (known == std::end(kHardware)) {
      out.refuse(fmt::format("device `{}`: it has profiles of RTX PRO 6000, RTX 4090 and H100", e.device.name),
                 e.said(FieldId::Pool_gpu));
      continue;
    }
    // Each data-parallel rank is an instance; those of a replica form a group, over which its experts lie.
    Count limit = e.degrees.tp * e.degrees.dp;
    if (e.degrees.ep > limit || !divides(e.degrees.ep, v.shape.experts))
      out.refuse(fmt::format("`ep = {}` of `{}`: it has to divide the experts and fit the group's {} devices",
                             shortest(e.degrees.ep), e.unit, shortest(limit)),
                 e.said(FieldId::Parallel_ep));
    auto perNode = static_cast<size_t>(std::max(Count(1), quotient(e.machine.gpus, e.degrees.tp * e.degrees.pp)));
    size_t here = perNode;
    for (Count r = 0; r < e.replicas; ++r)
      for (Count d = 0; d < e.degrees.dp; ++d) {
        auto instance = instanceOf(in, e, std::string(known->hardware), out);
        if (e.degrees.dp > 1) instance.set("dp_group", fmt::format("{}-{}", e.unit, shortest(r)));
        if (here == perNode) nodes.emplace_back(), here = 0;
        nodes.back().push_back(std::move(instance));
        ++here;
      }
  }
  if (!out.refusals.empty()) return;
  const auto& d = v.engines[0].device;
  const auto& m = v.engines[0].machine;
  bool several = nodes.size() > 1;
  double bandwidth = several ? m.nics * m.nic_bandwidth / m.gpus : d.scale_up_bandwidth;
  double latency = several ? m.nic_latency : d.scale_up_latency;
  cluster.set("num_nodes", Count(nodes.size()));
  cluster.set("link_bw", kUnits[LinkBandwidth].write(bandwidth))
      .set("link_latency", kUnits[LinkLatency].write(latency));
  if (m.host_memory <= 0) out.lose("cpu_mem is 0: the nodes declare no host memory", "deployment.cluster");
  for (auto& instances : nodes) {
    auto node = Document::map().set("num_instances", Count(instances.size()));
    node.set("cpu_mem", Document::map()
                            .set("mem_size", kUnits[MemorySize].write(m.host_memory))
                            .set("mem_bw", kUnits[MemoryBandwidth].write(m.host_bandwidth))
                            .set("mem_latency", 0));
    node.set("instances", Document::list(std::move(instances)));
    cluster["nodes"].add(std::move(node));
  }
  out.lose("memory latencies are 0: no datasheet says them", "deployment.cluster");
  out.file("cluster.json") = cluster.json();
  out.file(fmt::format("configs/model/{}.json", modelName(v))) = modelConfig(v).json();
  writeWorkload(in, out);
  out.file("run.sh", true) = fmt::format(
      "#!/bin/sh\n# {}\n# From a checkout of LLMServingSim 2: SIM=/path/to/it\nhere=$(cd \"$(dirname \"$0\")\" && "
      "pwd)\ncd "
      "\"${{SIM:?set it to a checkout}}\" || exit 1\ncp \"$here\"/configs/model/*.json configs/model/\nexec python -m "
      "serving "
      "--cluster-config \"$here/cluster.json\" --dataset \"$here/workload.jsonl\"\n",
      in.stamp());
}

}  // namespace

const Target kLlmServingSim = {"llmservingsim", "LLMServingSim", "LLMServingSim 2 (5daddb2, 2026-08)",
                               kAbilities,      kUnits,          write};

}  // namespace afdc::emit
