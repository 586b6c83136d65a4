// ASTRA-sim 2.x with the analytical network backend: for each step of a scenario a folder with Chakra traces of all
// ranks, network, system, memory and communication groups, and a script that runs it.
//
// Times. An operator is a node with its FLOPs and bytes, which ASTRA-sim times by the device's roofline; what our time
// has beyond that (kernel efficiency, start) follows as a node of the host, in whole microseconds whose rest is carried
// on. Collectives and messages are ASTRA-sim's to time.
#include "backends/astra_sim/astra_sim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "backends/astra_sim/chakra.h"
#include "backends/astra_sim/closed_form.h"
#include "backends/astra_sim/run.h"
#include "passes/deployment/fields.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr Unit kUnits[] = {
    {"network bandwidth", "GB/s, GB = 2^30 B", 1073741824.0},
    {"network latency", "ns", 1e-9},
    {"local-mem-bw", "GB/s, GB = 10^9 B", 1e9},
    {"peak-perf", "TFLOP/s", 1e12},
};

constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode},
    {Construct::AttentionFfn},
    {Construct::TensorParallel},
    {Construct::PipelineParallel, How::Lossy, "one batch goes through all stages; others in flight are not traced"},
    {Construct::DataParallel},
    {Construct::ExpertParallel},
    {Construct::ContextParallel, How::Refused, "what its ranks exchange inside attention has no node of its own"},
    {Construct::Replicas, How::Lossy, "one replica is traced"},
    {Construct::MixedHardware, How::Lossy, "one roofline stands for all ranks of a step"},
    {Construct::Moe, How::Lossy, "every rank does the work of the hottest"},
    {Construct::LatentAttention},
    {Construct::WindowedAttention},
    {Construct::StateSpace},
    {Construct::OtherMixer},
    {Construct::ReducedWeights},
    {Construct::ReducedKv},
    {Construct::MtpDrafts, How::Lossy, "drafting is part of the step's overhead, one node before the operators"},
    {Construct::DraftModel, How::Lossy, "drafting is part of the step's overhead, one node before the operators"},
    {Construct::Offload, How::Refused, "what comes from the host's memory is not traced"},
    {Construct::PrefixReuse},
    {Construct::ClosedLoop},
    {Construct::OpenLoop},
    {Construct::StaticBatch},
    {Construct::Spread, How::Lossy, "steps of the mean request"},
    {Construct::Turns, How::Lossy, "steps of the mean request"},
    {Construct::Pipeline, How::Lossy, "only the deployment is traced"},
    {Construct::Promises, How::Lossy, "it knows no promises"},
};

/// A dimension of the network.
struct NetworkDim {
  uint32_t ranks = 1;
  double bandwidth = 0, latency = 0;
  std::string topology;  ///< "Switch", "Ring", "FullyConnected"
};

/// A collective's members, by the first of them.
struct Group {
  double ranks, stride;
  uint32_t first;
  auto operator<=>(const Group&) const = default;
};

Group groupOf(const TraceRanks& program, const TraceOp& op, uint32_t rank) {
  auto n = static_cast<uint32_t>(op.ranks), stride = static_cast<uint32_t>(op.stride);
  uint32_t local = rank - program.first, block = n * stride;
  return {op.ranks, op.stride, program.first + local / block * block + local % stride};
}

bool collective(const TraceOp& op) {
  return op.kind == TraceKind::AllReduce || op.kind == TraceKind::AllGather || op.kind == TraceKind::AllToAll;
}
bool everyone(const StepTrace& trace, const TraceOp& op) { return op.ranks == trace.ranks && op.stride == 1; }

/// Groups that are not everyone, numbered from 1 as the simulator wants them.
class Groups {
 public:
  explicit Groups(const StepTrace& trace) {
    for (const auto& program : trace.programs)
      for (const auto& op : program.ops)
        if (collective(op) && !everyone(trace, op))
          for (uint32_t r = 0; r < program.count; ++r) {
            auto [found, fresh] = ids_.try_emplace(groupOf(program, op, program.first + r), 0);
            if (fresh) order_.push_back(found->first), found->second = order_.size();
          }
  }
  size_t id(const Group& g) const { return ids_.at(g); }
  std::string json() const {
    auto out = Document::map();
    for (size_t i = 0; i < order_.size(); ++i) {
      auto members = Document::list();
      for (double m = 0; m < order_[i].ranks; ++m) members.add(order_[i].first + m * order_[i].stride);
      out.set(std::to_string(i + 1), members);
    }
    return out.json();
  }
  bool empty() const { return order_.empty(); }

 private:
  std::map<Group, size_t> ids_;
  std::vector<Group> order_;
};

uint64_t whole(double value) { return static_cast<uint64_t>(std::max(1.0, std::round(value))); }

/// The file of one rank.
class RankWriter {
 public:
  RankWriter(const StepTrace& trace, const Groups& groups, std::string_view made, uint32_t rank)
      : trace_(trace), groups_(groups), out_(made), rank_(rank) {}

  std::string run() {
    const TraceRanks* program = nullptr;
    for (const auto& p : trace_.programs)
      if (rank_ >= p.first && rank_ < p.first + p.count) program = &p;
    // Host work of a step falls to the ranks that begin it.
    if (program == &trace_.programs[0]) stall("engine.overhead", trace_.overhead, {});
    for (const auto& op : program->ops) write(*program, op);
    if (next_ == 0) stall("idle", 1e-6, {});  // a rank without nodes is an error there
    return out_.take();
  }

 private:
  using Kind = chakra::Writer::Kind;
  void write(const TraceRanks& program, const TraceOp& op) {
    chakra::Node node;
    node.name = op.name;
    for (auto a : op.after)
      for (auto made : made_[a]) node.data.push_back(made);
    if (op.inStream && stream_ != kNone) node.controls = {stream_};
    switch (op.kind) {
      case TraceKind::Compute: compute(op, std::move(node)); return;
      case TraceKind::Send:
      case TraceKind::Receive: message(op, node); return;
      default: break;
    }
    node.type = chakra::NodeType::Collective;
    auto type = op.kind == TraceKind::AllReduce   ? chakra::Collective::AllReduce
                : op.kind == TraceKind::AllGather ? chakra::Collective::AllGather
                                                  : chakra::Collective::AllToAll;
    uint64_t id = begin(node);
    out_.truth("is_cpu_op", false);
    out_.number("comm_type", static_cast<uint64_t>(type));
    // Of an all-gather, the simulator wants what one rank brings.
    out_.number("comm_size", whole(op.kind == TraceKind::AllGather ? op.size / op.ranks : op.size));
    if (!everyone(trace_, op)) out_.text("pg_name", std::to_string(groups_.id(groupOf(program, op, rank_))));
    made_.push_back({id});
    stream_ = id;
  }

  void compute(const TraceOp& op, chakra::Node node) {
    node.type = chakra::NodeType::Compute;
    uint64_t id = begin(node), flops = whole(op.flops), bytes = whole(op.bytes);
    out_.truth("is_cpu_op", false);
    out_.number("num_ops", flops);
    out_.number("tensor_size", bytes, Kind::Uint64);
    stream_ = id;
    double roofline = std::max(static_cast<double>(flops) / trace_.peak, static_cast<double>(bytes) / trace_.bandwidth);
    carried_ += op.seconds - roofline;
    if (auto stalled = stall(op.name + ".rest", 0, {id}); stalled != kNone) id = stalled;
    made_.push_back({id});
  }

  void message(const TraceOp& op, chakra::Node& node) {
    bool send = op.kind == TraceKind::Send;
    node.type = send ? chakra::NodeType::Send : chakra::NodeType::Receive;
    std::vector<uint64_t> made;
    for (uint32_t i = 0; i < std::max(1u, op.peers); ++i) {
      auto peer = op.peers > 0 ? op.peer + i : static_cast<uint32_t>(static_cast<int64_t>(rank_) + op.offset);
      uint64_t id = begin(node);
      out_.truth("is_cpu_op", false);
      out_.number("comm_size", whole(op.size));
      out_.number("comm_src", send ? rank_ : peer, Kind::Int32);
      out_.number("comm_dst", send ? peer : rank_, Kind::Int32);
      out_.number("comm_tag", op.tag, Kind::Int32);
      made.push_back(id);
    }
    made_.push_back(std::move(made));
  }

  /// A node of the host for so many seconds and what was carried, in whole microseconds; kNone where there are none.
  uint64_t stall(std::string name, double seconds, std::vector<uint64_t> after) {
    carried_ += seconds;
    double micros = std::floor(carried_ * 1e6 + 0.5);
    if (micros < 1) return kNone;
    carried_ -= micros * 1e-6;
    chakra::Node node;
    node.name = std::move(name);
    node.controls = std::move(after);
    node.micros = static_cast<uint64_t>(micros);
    uint64_t id = begin(node);
    out_.truth("is_cpu_op", true);
    out_.number("num_ops", 1);
    out_.number("tensor_size", 1, Kind::Uint64);
    return stream_ = id;
  }

  uint64_t begin(chakra::Node& node) {
    node.id = next_++;
    out_.node(node);
    return node.id;
  }

  static constexpr uint64_t kNone = UINT64_MAX;
  const StepTrace& trace_;
  const Groups& groups_;
  chakra::Writer out_;
  uint32_t rank_;
  uint64_t next_ = 0, stream_ = kNone;
  std::vector<std::vector<uint64_t>> made_;  ///< nodes that end each operator
  double carried_ = 0;                       ///< s, that are still to be stalled
};

/// What tells the file of one rank from those of others.
std::string signature(const StepTrace& trace, const Groups& groups, uint32_t rank) {
  std::string out;
  for (size_t p = 0; p < trace.programs.size(); ++p) {
    const auto& program = trace.programs[p];
    if (rank < program.first || rank >= program.first + program.count) continue;
    out = std::to_string(p);
    std::map<std::pair<double, double>, size_t> seen;
    for (const auto& op : program.ops) {
      // A message names its sender.
      if (!collective(op) && op.kind != TraceKind::Compute) return fmt::format("rank {}", rank);
      if (collective(op) && !everyone(trace, op) && seen.try_emplace({op.ranks, op.stride}, 0).second)
        out += fmt::format(" {}", groups.id(groupOf(program, op, rank)));
    }
  }
  return out;
}

constexpr double kEndpointDelay = 1;  // ns; with 0 it aborts

/// Which algorithm of the simulator comes nearest to our times of a kind of collective that all ranks join. Smaller
/// groups get the ring whatever the system says. On a ring of links "direct" has no closed form.
const char* algorithmFor(TraceKind kind, const StepTrace& trace, const std::vector<NetworkDim>& dims) {
  std::vector<astra::Network> network;
  for (const auto& d : dims) {
    if (d.topology == "Ring") return "ring";
    bool switched = d.topology == "Switch";
    network.push_back({switched, false, static_cast<double>(d.ranks), kUnits[0].write(d.bandwidth),
                       kUnits[1].write(d.latency) / (switched ? 2 : 1)});
  }
  astra::SystemLayer system{kEndpointDelay, kUnits[2].write(trace.bandwidth)};
  auto collective = kind == TraceKind::AllToAll    ? astra::Collective::AllToAll
                    : kind == TraceKind::AllGather ? astra::Collective::AllGather
                                                   : astra::Collective::AllReduce;
  double ring = 0, direct = 0;
  for (const auto& program : trace.programs)
    for (const auto& op : program.ops) {
      if (op.kind != kind || !everyone(trace, op)) continue;
      double size = kind == TraceKind::AllGather ? op.size / op.ranks : op.size, ours = op.seconds * 1e9;
      ring += std::fabs(astra::collective(network, system, astra::Algorithm::Ring, collective, size) - ours);
      direct += std::fabs(astra::collective(network, system, astra::Algorithm::Direct, collective, size) - ours);
    }
  return direct < ring ? "direct" : "ring";
}

/// How the devices of a tier are joined: what the scenario says of the scale-up domain or of a tier of the cluster.
std::string topologyOf(const Input& in, const std::string& tier) {
  auto joined = tier == "scale-up" ? in.view.engines[0].device.scale_up_joined : Joined::Switch;
  for (const auto& declared : in.view.tiers)
    if (declared.name == tier) joined = declared.joined;
  return joined == Joined::Ring ? "Ring" : joined == Joined::FullMesh ? "FullyConnected" : "Switch";
}

/// Dimensions of the network that a trace runs over, innermost first: as many as it takes to reach all ranks.
std::vector<NetworkDim> networkOf(const Input& in, const StepTrace& trace) {
  std::vector<NetworkDim> out;
  uint32_t covered = 1;
  for (size_t t = 0; t < trace.tiers.size() && covered < trace.ranks; ++t) {
    const auto& tier = trace.tiers[t];
    uint32_t left = trace.ranks / covered, size = left;
    // The largest divisor of what is left that the tier reaches; the last tier reaches all.
    if (t + 1 < trace.tiers.size()) {
      auto reach = static_cast<uint32_t>(std::max(Count(1), quotient(tier.domain, covered)));
      for (size = std::min(left, reach); left % size != 0;) --size;
    }
    if (size < 2) continue;
    out.push_back({size, tier.bandwidth, tier.latency, topologyOf(in, tier.name)});
    covered *= size;
  }
  return out;
}

void writeStep(const Input& in, Emission& out, std::shared_ptr<const StepTrace> trace) {
  std::string folder = fileName(stepName(in.view, *trace));
  if (trace->ranks < 2) {
    out.lose(fmt::format("step `{}` runs on one device: ASTRA-sim has no network of one", folder), "deployment");
    return;
  }
  auto dims = networkOf(in, *trace);
  auto path = [&](std::string_view name) { return fmt::format("{}/{}", folder, name); };

  auto network = Document::map();
  for (const auto& d : dims) network["topology"].add(d.topology);
  for (const auto& d : dims) network["npus_count"].add(static_cast<double>(d.ranks));
  for (const auto& d : dims) network["bandwidth"].add(kUnits[0].write(d.bandwidth));
  // A path through a switch is two of its links; ours is one latency.
  for (const auto& d : dims) network["latency"].add(kUnits[1].write(d.latency) / (d.topology == "Switch" ? 2 : 1));
  out.file(path("network.yml")) = fmt::format("# {}\n{}", in.stamp(), network.yaml());

  auto system = Document::map();
  system.set("scheduling-policy", "FIFO").set("endpoint-delay", kEndpointDelay).set("active-chunks-per-dimension", 1);
  system.set("preferred-dataset-splits", 1);
  auto each = [&](TraceKind kind) {
    return Document::list(std::vector<Document>(dims.size(), Document(algorithmFor(kind, *trace, dims))));
  };
  system.set("all-reduce-implementation", each(TraceKind::AllReduce));
  system.set("all-gather-implementation", each(TraceKind::AllGather));
  system.set("reduce-scatter-implementation", each(TraceKind::AllReduce));
  system.set("all-to-all-implementation", each(TraceKind::AllToAll));
  system.set("collective-optimization", "baseline");
  system.set("local-mem-bw", kUnits[2].write(trace->bandwidth)).set("peak-perf", kUnits[3].write(trace->peak));
  system.set("roofline-enabled", 1).set("boost-mode", 0).set("trace-enabled", 0);
  out.file(path("system.json")) = system.json();
  out.file(path("memory.json")) = Document::map().set("memory-type", "NO_MEMORY_EXPANSION").json();

  auto groups = std::make_shared<const Groups>(*trace);
  if (!groups->empty()) out.file(path("groups.json")) = groups->json();
  std::map<std::string, std::string> known;
  for (uint32_t r = 0; r < trace->ranks; ++r) {
    auto file = path(fmt::format("trace.{}.et", r));
    auto [found, fresh] = known.try_emplace(signature(*trace, *groups, r), file);
    if (fresh)
      out.streamed(file, [trace, groups, made = in.stamp(), r] { return RankWriter(*trace, *groups, made, r).run(); });
    else
      out.linked(file, found->second);
  }
  std::string groupOption = groups->empty() ? "" : " \\\n  --comm-group-configuration=groups.json";
  out.file(path("run.sh"), true) = fmt::format(
      "#!/bin/sh\n# {}\n# ASTRA_SIM: a binary of ASTRA-sim with the analytical network (congestion unaware). Its exit "
      "status\n# is 0 even when ranks wait for ever: {} lines must say `finished`.\ncd \"$(dirname \"$0\")\" || exit "
      "1\nexec \"${{ASTRA_SIM:?set it to the simulator}}\" \\\n  --workload-configuration=trace "
      "--system-configuration=system.json \\\n  --network-configuration=network.yml "
      "--remote-memory-configuration=memory.json{}\n",
      in.stamp(), trace->ranks, groupOption);
  auto expected = Document::map();
  expected.set("step", folder).set("ranks", static_cast<double>(trace->ranks)).set("ours_ns", trace->seconds * 1e9);
  double network_s = 0;
  for (const auto& op : trace->programs[0].ops)
    if (op.kind != TraceKind::Compute) network_s += op.seconds;
  expected.set("ours_network_ns", network_s * 1e9).set("scenario", in.stamp());
  out.file(path("expected.json")) = expected.json();
  std::string engine = "deployment." + trace->role;
  out.map(path("network.yml"), "npus_count", std::to_string(trace->ranks), engine + ".parallel");
  out.map(path("system.json"), "local-mem-bw", shortest(kUnits[2].write(trace->bandwidth)),
          in.view.engines[0].said(FieldId::Gpu_bandwidth));
}

void write(const Input& in, Emission& out) {
  for (auto& trace : in.traces()) writeStep(in, out, std::make_shared<const StepTrace>(std::move(trace)));
}

}  // namespace

const Target kAstraSim = {"astra_sim", "ASTRA-sim", "ASTRA-sim 2.x (main 518bd513, 2026-03-26), Chakra schema 0.0.4",
                          kAbilities,  kUnits,      write,
                          runAstraSim};

}  // namespace afdc::emit
