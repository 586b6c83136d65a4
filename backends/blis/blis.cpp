// BLIS (inference-sim f90a1e3, 2026-08): hardware, a TraceV2 of requests, and the command line.
#include "backends/blis/blis.h"

#include <fmt/format.h>

#include <cmath>

#include "backends/emit/launch.h"
#include "passes/deployment/fields.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

enum { Flops, Bandwidth, Memory, Arrival, Transfer };
constexpr Unit kUnits[] = {
    {"TFlopsPeak, TFlopsFP8", "TFLOP/s", 1e12},
    {"BwPeakTBs", "TB/s, TB = 10^12 B", 1e12},
    {"MemoryGiB", "GiB", 1073741824.0},
    {"arrival_time_us", "us", 1e-6, 0},
    {"pd-transfer-bandwidth", "GB/s, GB = 10^9 B", 1e9},
};

constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode},
    {Construct::AttentionFfn, How::Refused, "its instances run whole layers"},
    {Construct::TensorParallel},
    {Construct::Replicas},
    {Construct::PipelineParallel, How::Refused, "it has no pipeline stages"},
    {Construct::DataParallel, How::Refused, "it has no data-parallel attention"},
    {Construct::ExpertParallel, How::Lossy, "its experts follow its own rule"},
    {Construct::Moe},
    {Construct::LatentAttention, How::Lossy, "it reads the model's config.json itself"},
    {Construct::WindowedAttention, How::Lossy, "it reads the model's config.json itself"},
    {Construct::OtherMixer, How::Lossy, "it reads the model's config.json itself"},
    {Construct::ReducedWeights, How::Lossy, "it takes formats from the model's config.json"},
    {Construct::ReducedKv, How::Lossy, "the cache is as wide as the model's config.json says"},
    {Construct::ClosedLoop, How::Lossy, "requests arrive at the predicted rate: a trace has no fixed number of users"},
    {Construct::OpenLoop},
    {Construct::StaticBatch},
    {Construct::Spread},
    {Construct::PrefixReuse},
    {Construct::Turns, How::Lossy, "single requests"},
    {Construct::Pipeline, How::Lossy, "only the deployment is simulated"},
    {Construct::Promises, How::Lossy, "it knows no promises"},
};

void write(const Input& in, Emission& out) {
  const auto& v = in.view;
  const auto& e = v.engines[0];
  for (const auto& other : v.engines)
    if (other.degrees.tp != e.degrees.tp)
      out.refuse(fmt::format("`{}` has tp = {}, `{}` tp = {}: its instances are all alike", e.unit,
                             shortest(e.degrees.tp), other.unit, shortest(other.degrees.tp)),
                 other.said(FieldId::Parallel_tp));
  if (!out.refusals.empty()) return;
  auto hardware = Document::map();
  auto& device = hardware[e.device.name];
  device.set("TFlopsPeak", kUnits[Flops].write(e.device.bf16));
  if (e.device.fp8 > 0) device.set("TFlopsFP8", kUnits[Flops].write(e.device.fp8));
  device.set("BwPeakTBs", kUnits[Bandwidth].write(e.device.bandwidth))
      .set("MemoryGiB", kUnits[Memory].write(e.device.capacity));
  // Shares of the peaks that our prediction reaches are no constants: its own calibration supplies them.
  out.lose("mfuPrefill and mfuDecode are left to its own figures", e.said(FieldId::Engine_runtime));
  out.file("hardware_config.json") = hardware.json();
  std::string gpu = e.said(FieldId::Pool_gpu);
  out.map("hardware_config.json", "BwPeakTBs", shortest(kUnits[Bandwidth].write(e.device.bandwidth)),
          gpu + ".hbm.bandwidth");
  out.map("hardware_config.json", "MemoryGiB", shortest(kUnits[Memory].write(e.device.capacity)),
          gpu + ".hbm.capacity");

  out.file("model/config.json") = modelConfig(v).json();
  auto header = Document::map().set("trace_version", 2).set("time_unit", "microseconds").set("mode", "generated");
  header.set("warm_up_requests", 0);
  out.file("trace.yaml") = fmt::format("# {}\n{}", in.stamp(), header.yaml());
  auto& trace = out.file("trace.csv");
  trace =
      "request_id,client_id,tenant_id,slo_class,session_id,round_index,prefix_group,prefix_length,streaming,input_"
      "tokens,"
      "output_tokens,text_tokens,image_tokens,audio_tokens,video_tokens,reason_ratio,model,deadline_us,server_input_"
      "tokens,"
      "arrival_time_us,send_time_us,first_chunk_time_us,last_chunk_time_us,num_chunks,status,error_message,finish_"
      "reason\n";
  size_t id = 0;
  double last = 0;
  for (const auto& r : in.trace(out)) {
    auto at = Document(kUnits[Arrival].write(r.at)).jsonLine();
    bool shared = r.prefix >= 0;
    trace += fmt::format("{},client,tenant,standard,,0,{},{},true,{},{},{},0,0,0,0,{},0,0,{},{},0,0,0,,,\n", id++,
                         shared ? fmt::format("prefix-{}", r.prefix) : "", shared ? shortest(v.load.shared) : "0",
                         shortest(r.input), shortest(r.output), shortest(r.input), csvCell(v.checkpoint()), at, at);
    last = r.at;
  }
  Command c;
  c.word("blis").word("replay").add("--model", v.checkpoint()).add("--hardware", e.device.name);
  c.add("--model-config-folder", "model").add("--hardware-config", "hardware_config.json").add("--tp", e.degrees.tp);
  out.map("run.sh", "--tp", shortest(e.degrees.tp), e.said(FieldId::Parallel_tp));
  if (v.disaggregated) {
    c.add("--prefill-instances", v.find(Serves::Prefill)->replicas)
        .add("--decode-instances", v.find(Serves::Decode)->replicas);
    double nics = v.transfer.scaleUp() ? e.device.scale_up_bandwidth
                                       : e.machine.nics * e.machine.nic_bandwidth / e.machine.gpus * e.degrees.tp;
    double latency = v.transfer.scaleUp() ? e.device.scale_up_latency : e.machine.nic_latency;
    c.add("--pd-transfer-bandwidth", kUnits[Transfer].write(nics)).add("--pd-transfer-base-latency", latency * 1e3);
  } else {
    c.add("--num-instances", e.replicas);
  }
  c.add("--max-num-running-reqs", e.max_seqs).add("--max-num-scheduled-tokens", e.max_tokens);
  c.add("--trace-header", "trace.yaml").add("--trace-data", "trace.csv");
  // Its default horizon is twice the last arrival.
  c.add("--horizon", std::ceil((2 * last + 600) * 1e6));
  out.file("run.sh", true) = fmt::format("#!/bin/sh\n# {}\ncd \"$(dirname \"$0\")\" || exit 1\nexec {}\n", in.stamp(),
                                         shellLine(c, " \\\n  "));
}

}  // namespace

const Target kBlis = {"blis", "BLIS", "inference-sim f90a1e3 (2026-08), TraceV2", kAbilities, kUnits, write};

}  // namespace afdc::emit
