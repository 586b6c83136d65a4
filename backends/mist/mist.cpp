// MIST (formerly HERMES): it is configured in Python; what it reads from files are requests and the network between
// engines. Both are written here, for a script of its user's to load.
#include "backends/mist/mist.h"

#include <fmt/format.h>

#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr Unit kUnits[] = {
    {"arrival_timestamp", "s", 1, 6},
    {"latency", "ms", 1e-3},
    {"BW", "GB/s, GB = 10^9 B", 1e9},
};

constexpr std::string_view kPython = "engines are configured in Python: set this there";
constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode, How::Lossy, kPython},
    {Construct::AttentionFfn, How::Refused, "its engines run whole layers"},
    {Construct::TensorParallel, How::Lossy, kPython},
    {Construct::PipelineParallel, How::Lossy, kPython},
    {Construct::DataParallel, How::Refused, "it has no data-parallel attention"},
    {Construct::ExpertParallel, How::Lossy, kPython},
    {Construct::Replicas, How::Lossy, kPython},
    {Construct::MixedHardware, How::Lossy, kPython},
    {Construct::Moe},
    {Construct::LatentAttention, How::Refused, "its cost model has no latent attention"},
    {Construct::WindowedAttention, How::Lossy, "its cost model ignores windows"},
    {Construct::StateSpace},
    {Construct::ReducedWeights, How::Lossy, kPython},
    {Construct::ReducedKv, How::Lossy, kPython},
    {Construct::ClosedLoop, How::Lossy, "requests arrive at the predicted rate: a trace has no fixed number of users"},
    {Construct::OpenLoop},
    {Construct::StaticBatch},
    {Construct::Spread},
    {Construct::PrefixReuse, How::Lossy, "reused tokens are a column that its traces of lengths alone do not have"},
    {Construct::Turns, How::Lossy, "single requests"},
    {Construct::Pipeline, How::Lossy, "stages around the deployment are configured in Python"},
    {Construct::Promises, How::Lossy, "it knows no promises"},
};

void write(const Input& in, Emission& out) {
  const auto& v = in.view;
  auto& trace = out.file("trace.csv");
  trace = "arrival_timestamp,prompt_size,token_size\n";
  for (const auto& r : in.trace(out))
    trace += fmt::format("{},{},{}\n", shortest(kUnits[0].write(r.at)), shortest(r.input), shortest(r.output));
  auto& network = out.file("network.csv");
  network = "src,dst,latency(msec),BW(GB/s)\n";
  // From each prefill engine to each decode engine: the ports of one replica together.
  if (const auto* p = v.find(Serves::Prefill), *d = v.find(Serves::Decode); p && d) {
    auto ports = [&](const Engine& e) {
      return e.degrees.tp * (v.transfer.scaleUp() ? e.device.scale_up_bandwidth
                                                  : e.machine.nics * e.machine.nic_bandwidth / e.machine.gpus);
    };
    double bandwidth = std::min(ports(*p), ports(*d));
    double latency = v.transfer.scaleUp() ? p->device.scale_up_latency : p->machine.nic_latency;
    for (Count i = 0; i < p->replicas; ++i)
      for (Count j = 0; j < d->replicas; ++j)
        network += fmt::format("prefill{},decode{},{},{}\n", shortest(i), shortest(j),
                               shortest(kUnits[1].write(latency)), shortest(kUnits[2].write(bandwidth)));
    out.map("network.csv", "BW(GB/s)", shortest(kUnits[2].write(bandwidth)), "deployment.cluster");
  }
  out.map("trace.csv", "prompt_size", shortest(v.load.input), "workload.input");
}

}  // namespace

const Target kMist = {"mist", "MIST", "MIST 0.1 (SC 2026), its CSV files", kAbilities, kUnits, write};

}  // namespace afdc::emit
