// splitwise-sim (8f99e7d, 2024-04): a cluster for its Hydra configuration and a trace of requests.
#include "backends/splitwise_sim/splitwise_sim.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/emit/launch.h"
#include "passes/deployment/fields.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr Unit kUnits[] = {{"arrival_timestamp", "s", 1, 6}};

constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode},
    {Construct::TensorParallel},
    {Construct::Replicas},
    {Construct::MixedHardware},
    {Construct::AttentionFfn, How::Refused, "its servers run whole layers"},
    {Construct::Moe, How::Refused, "its measured tables are of dense models"},
    {Construct::LatentAttention, How::Refused, "its measured tables are of dense models"},
    {Construct::ReducedWeights, How::Refused, "it was measured in 16 bits"},
    {Construct::ReducedKv, How::Refused, "it was measured in 16 bits"},
    {Construct::ClosedLoop, How::Lossy, "requests arrive at the predicted rate: it has no fixed number of users"},
    {Construct::OpenLoop},
    {Construct::StaticBatch},
    {Construct::Spread},
    {Construct::PrefixReuse, How::Lossy, "prompts are computed whole"},
    {Construct::Turns, How::Lossy, "single requests"},
    {Construct::Pipeline, How::Lossy, "only the deployment is simulated"},
    {Construct::Promises, How::Lossy, "its own promises are slowdowns against an idle machine"},
};

struct Server {
  std::string_view sku;
  std::initializer_list<std::string_view> names;
};
const Server kServers[] = {{"dgx-a100", {"A100-SXM-80GB", "A100"}}, {"dgx-h100", {"H100-SXM-80GB", "H100"}}};
constexpr std::pair<std::string_view, std::string_view> kModels[] = {{"meta-llama/Llama-2-70b-hf", "llama2-70b"},
                                                                     {"bigscience/bloom", "bloom-176b"}};

void write(const Input& in, Emission& out) {
  const auto& v = in.view;
  auto model =
      std::find_if(std::begin(kModels), std::end(kModels), [&](const auto& m) { return m.first == v.checkpoint(); });
  if (model == std::end(kModels))
    out.refuse(fmt::format("model `{}`: it has tables of Llama-2-70B and BLOOM-176B", v.model.name),
               "deployment.model");
  auto servers = Document::list();
  double power = 0;
  for (const auto& e : v.engines) {
    auto sku = std::find_if(std::begin(kServers), std::end(kServers),
                            [&](const Server& s) { return !called(e.device, s.names).empty(); });
    if (sku == std::end(kServers)) {
      out.refuse(fmt::format("device `{}`: it has servers of A100 and H100", e.device.name), e.said(FieldId::Pool_gpu));
      continue;
    }
    if (e.degrees.devices() > e.machine.gpus)
      out.refuse(fmt::format("`{}` spans nodes: its instances lie on one server", e.unit),
                 e.said(FieldId::Parallel_tp));
    Count count = covering(e.replicas * e.degrees.devices(), e.machine.gpus);
    servers.add(Document::map().set("sku", sku->sku).set("count", count));
    power += count * e.machine.gpus * e.device.tdp;
    out.map("configs/cluster/afdc.yaml", e.unit + ".count", shortest(count), e.said(FieldId::Engine_replicas));
  }
  if (!out.refusals.empty()) return;
  auto cluster = Document::map().set("power_budget", power).set("servers", servers);
  cluster.set("interconnects", Document::list({Document::map().set("link", "infiniband").set("topology", "p2p")}));
  out.file("configs/cluster/afdc.yaml") = fmt::format("# {}\n{}", in.stamp(), cluster.yaml());
  auto& trace = out.file("traces/afdc.csv");
  trace = "request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size\n";
  size_t id = 0;
  for (const auto& r : in.trace(out))
    trace += fmt::format("{},2,0,{},1,{},{}\n", id++, shortest(kUnits[0].write(r.at)), shortest(r.input),
                         shortest(r.output));
  Command c;
  c.word("python").word("run.py").word("cluster=afdc").word("trace.filename=afdc").word("performance_model=db");
  const auto *prefill = v.find(Serves::Prefill), *decode = v.find(Serves::Decode);
  if (prefill && decode) {
    c.word("applications.0.scheduler=mixed_pool")
        .word("start_state=splitwise")
        .word("start_state.split_type=homogeneous");
    for (auto [name, e] : {std::pair{"prompt", prefill}, {"token", decode}})
      c.word(fmt::format("start_state.{}.num_instances={}", name, shortest(e->replicas)))
          .word(fmt::format("start_state.{}.tensor_parallelism={}", name, shortest(e->degrees.tp)));
  } else {
    c.word("applications.0.scheduler=token_jsq").word("start_state=baseline");
  }
  c.word(fmt::format("applications.0.model_architecture={}", model->second));
  c.word(fmt::format("seed={}", in.seed));
  out.file("run.sh", true) = fmt::format(
      "#!/bin/sh\n# {}\n# From a checkout of splitwise-sim: SIM=/path/to/it\nhere=$(cd \"$(dirname \"$0\")\" && "
      "pwd)\ncd "
      "\"${{SIM:?set it to a checkout}}\" || exit 1\ncp \"$here\"/configs/cluster/afdc.yaml configs/cluster/\ncp "
      "\"$here\"/traces/afdc.csv traces/\nexec {}\n",
      in.stamp(), shellLine(c));
}

}  // namespace

const Target kSplitwiseSim = {"splitwise_sim", "splitwise-sim", "splitwise-sim 8f99e7d (2024-04)",
                              kAbilities,      kUnits,          write};

}  // namespace afdc::emit
