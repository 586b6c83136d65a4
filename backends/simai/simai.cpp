// SimAI (aliyun cef83f9, 2026-08): its workload text, a layer a line. Made for training: steps of inference are forward
// passes, what comes after them is nothing.
#include "backends/simai/simai.h"

#include <fmt/format.h>

#include <cmath>

#include "passes/deployment/fields.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr Unit kUnits[] = {{"compute time", "ns", 1e-9, 0}, {"bus bandwidth", "GB/s, GB = 10^9 B", 1e9}};

constexpr Ability kAbilities[] = {
    {Construct::TensorParallel},
    {Construct::ExpertParallel},
    {Construct::DataParallel},
    {Construct::PrefillDecode, How::Lossy, "steps of both roles are workloads of their own"},
    {Construct::AttentionFfn, How::Refused, "its layers have one stream of work"},
    {Construct::PipelineParallel, How::Refused, "its pipeline is that of training"},
    {Construct::ContextParallel, How::Refused, "what its ranks exchange inside attention is no collective of a layer"},
    {Construct::Replicas, How::Lossy, "one replica"},
    {Construct::MixedHardware},
    {Construct::Moe},
    {Construct::LatentAttention},
    {Construct::WindowedAttention},
    {Construct::StateSpace},
    {Construct::OtherMixer},
    {Construct::ReducedWeights},
    {Construct::ReducedKv},
    {Construct::MtpDrafts, How::Lossy, "drafting is part of the first line"},
    {Construct::DraftModel, How::Lossy, "drafting is part of the first line"},
    {Construct::ClosedLoop, How::Lossy, "steps of the mean request"},
    {Construct::OpenLoop, How::Lossy, "steps of the mean request"},
    {Construct::StaticBatch},
    {Construct::Spread, How::Lossy, "steps of the mean request"},
    {Construct::PrefixReuse},
    {Construct::Turns, How::Lossy, "steps of the mean request"},
    {Construct::Pipeline, How::Lossy, "only the deployment is simulated"},
    {Construct::Promises, How::Lossy, "it knows no promises"},
};

std::string_view collectiveOf(const TraceOp& op, const Engine& e) {
  bool experts = op.ranks == e.degrees.ep && e.degrees.ep > 1 && op.kind == TraceKind::AllToAll;
  switch (op.kind) {
    case TraceKind::AllReduce: return experts ? "ALLREDUCE_EP" : "ALLREDUCE";
    case TraceKind::AllGather: return experts ? "ALLGATHER_EP" : "ALLGATHER";
    case TraceKind::AllToAll: return "ALLTOALL_EP";
    default: return "NONE";
  }
}

void writeStep(const Input& in, Emission& out, const StepTrace& trace) {
  const Engine* e = &in.view.engines[0];
  for (const auto& candidate : in.view.engines)
    if (candidate.name == trace.role) e = &candidate;
  // A line is a stretch of computation and the collective that ends it.
  std::string lines;
  size_t count = 0;
  double seconds = trace.overhead;
  auto line = [&](std::string name, std::string_view collective, double bytes) {
    lines += fmt::format("{}\t-1\t{}\t{}\t{}\t0\tNONE\t0\t0\tNONE\t0\t0\n", name,
                         shortest(std::max(1.0, kUnits[0].write(seconds))), collective, shortest(std::round(bytes)));
    seconds = 0;
    ++count;
  };
  for (const auto& op : trace.programs[0].ops) {
    if (op.kind == TraceKind::Compute)
      seconds += op.seconds;
    else
      line(op.name, collectiveOf(op, *e), op.size);
  }
  if (seconds > 0) line("rest", "NONE", 0);
  std::string head = fmt::format(
      "HYBRID_TRANSFORMER_FWD_IN_BCKWD model_parallel_NPU_group: {} ep: {} pp: 1 vpp: 1 ga: 1 all_gpus: {} "
      "checkpoints: 0 "
      "checkpoint_initiates: 0\n{}\n",
      shortest(e->degrees.tp), shortest(e->degrees.ep), trace.ranks, count);
  std::string name = fileName(stepName(in.view, trace)) + ".txt";
  out.file(name) = head + lines;
  double nic = e->machine.nics * e->machine.nic_bandwidth / e->machine.gpus;
  out.file("run.sh", true) +=
      fmt::format("\"$SIMAI\" -w {} -g {} -nv {} -nic {} -n_p_s {} -g_p_s {} -r {}-\n", shellWord(name), trace.ranks,
                  shortest(kUnits[1].write(e->device.scale_up_bandwidth)), shortest(kUnits[1].write(nic)),
                  shortest(e->machine.gpus), shortest(e->machine.gpus), trace.name);
  out.map(name, "model_parallel_NPU_group", shortest(e->degrees.tp), e->said(FieldId::Parallel_tp));
}

void write(const Input& in, Emission& out) {
  out.file("run.sh", true) = fmt::format(
      "#!/bin/sh\n# {}\n# SIMAI: the binary SimAI_analytical.\nset -e\ncd \"$(dirname \"$0\")\"\n: \"${{SIMAI:?set it "
      "to the "
      "binary}}\"\n",
      in.stamp());
  for (const auto& trace : in.traces())
    if (trace.name != "transfer") writeStep(in, out, trace);
}

}  // namespace

const Target kSimai = {"simai", "SimAI", "SimAI cef83f9 (2026-08), workload text", kAbilities, kUnits, write};

}  // namespace afdc::emit
