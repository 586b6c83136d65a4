#include "passes/evaluation/trace.h"

#include <algorithm>
#include <map>
#include <span>

#include "passes/steady/disaggregated.h"

namespace afdc {

using namespace ir;

namespace {

constexpr uint32_t kEntry = UINT32_MAX;  ///< stands for what a body is given

/// The operators of one body, in order; `after` are places in it, or kEntry.
struct Segment {
  std::vector<TraceOp> ops;
};

/// A step's operators, body by body, with the dependencies that the graph's tensors tell.
class Segments {
 public:
  Segments(const StepModel& model, const BatchState& state) : model_(model) {
    const auto& plan = model.plan();
    size_t main = plan.graph.main.index;
    bodies_.resize(plan.bodies.size());
    std::vector<bool> seen(plan.bodies.size(), false);
    auto ops = model.operators(state);
    for (size_t i = 0, end = 0; i < ops.size(); i = end) {
      // A body ends where another begins, or where its operators begin again: the next pipeline stage, or the main
      // body's second part.
      size_t body = ops[i].bodyIndex, last = 0;
      for (end = i; end < ops.size() && ops[end].bodyIndex == body; ++end) {
        if (ops[end].place == SIZE_MAX) continue;
        if (end > i && ops[end].place < last) break;
        last = ops[end].place;
        bool second = body == main && last >= plan.bodies[main].stackAt;
        if (second && end > i && ops[end - 1].place < plan.bodies[main].stackAt) break;
      }
      bool second = body == main && ops[i].place != SIZE_MAX && ops[i].place >= plan.bodies[main].stackAt;
      auto segment = build(body, std::span(ops).subspan(i, end - i), second);
      if (body == main)
        (second ? head_ : entry_) = std::move(segment);
      else if (!seen[body])
        bodies_[body] = std::move(segment), seen[body] = true;
    }
  }
  const Segment& entry() const { return entry_; }  ///< embedding
  const Segment& head() const { return head_; }    ///< final norm, logits
  const Segment& body(size_t b) const { return bodies_[b]; }

 private:
  Segment build(size_t body, std::span<const StepModel::OpTime> ops, bool second) const {
    const auto& plan = model_.plan();
    const auto& graph = plan.graph.bodies[body];
    Segment out;
    // Who makes each tensor: an operator kept here, or the entry. Operators without work hand on what they read.
    std::map<uint32_t, std::vector<uint32_t>> makers;
    for (const auto& t : ops) {
      std::vector<uint32_t> reads;
      const Op* op = nullptr;
      if (t.place != SIZE_MAX) {
        op = &graph.ops[t.place + (second ? 1 : 0)];  // the plan has no `run_layers`
        for (const auto& operand : op->operands) {
          auto kind = graph.tensors[operand.tensor.index].kind;
          if (kind != TensorKind::Activation && kind != TensorKind::Route) continue;
          auto found = makers.find(operand.tensor.index);
          if (found == makers.end())
            reads.push_back(kEntry);
          else
            reads.insert(reads.end(), found->second.begin(), found->second.end());
        }
      } else {
        reads.push_back(out.ops.empty() ? kEntry : static_cast<uint32_t>(out.ops.size() - 1));
      }
      std::sort(reads.begin(), reads.end());
      reads.erase(std::unique(reads.begin(), reads.end()), reads.end());
      if (reads.size() > 1 && reads.back() == kEntry) reads.pop_back();  // what else it reads is later anyway
      bool collective = t.size > 0 && t.group.ranks > 1;
      if (t.seconds <= 0 && !collective) {
        if (op) makers[op->result.index] = std::move(reads);
        continue;
      }
      auto index = static_cast<uint32_t>(out.ops.size());
      auto& o = out.ops.emplace_back();
      o.name = t.body + "." + t.op;
      o.seconds = t.seconds, o.flops = t.flops, o.bytes = t.bytes;
      o.after = std::move(reads);
      if (collective) {
        o.size = t.size, o.ranks = t.group.ranks, o.stride = t.group.stride;
        o.kind = t.cost == Cost::AllReduce                             ? TraceKind::AllReduce
                 : t.cost == Cost::Dispatch || t.cost == Cost::Combine ? TraceKind::AllToAll
                                                                       : TraceKind::AllGather;
      }
      if (t.gathered > 0) gather(out, t.gathered), index = static_cast<uint32_t>(out.ops.size() - 1);
      if (op) makers[op->result.index] = {index};
    }
    return out;
  }

  /// The last operator's results are gathered by the tensor-parallel ranks: a part of its time and bytes.
  void gather(Segment& out, double bytes) const {
    const auto& e = model_.engine();
    auto time = model_.network().collective(Collective::AllGather, {e.degrees.ftp, 1}, bytes);
    auto& exchange = out.ops.back();
    exchange.seconds -= time.seconds, exchange.bytes -= time.bytes;
    TraceOp o;
    o.kind = TraceKind::AllGather;
    o.name = exchange.name + ".gather";
    o.seconds = time.seconds, o.bytes = time.bytes, o.size = bytes, o.ranks = e.degrees.ftp;
    o.after = {static_cast<uint32_t>(out.ops.size() - 1)};
    out.ops.push_back(std::move(o));
  }

  const StepModel& model_;
  Segment entry_, head_;
  std::vector<Segment> bodies_;
};

/// Appends a segment that is given what operator `input` makes (kEntry: nothing); returns the operator that makes its
/// result: the last, or `input` of an empty one.
uint32_t append(std::vector<TraceOp>& ops, const Segment& segment, uint32_t input) {
  auto base = static_cast<uint32_t>(ops.size());
  for (const auto& op : segment.ops) {
    auto& copy = ops.emplace_back(op);
    copy.after.clear();
    for (auto a : op.after) {
      uint32_t at = a == kEntry ? input : base + a;
      if (at != kEntry) copy.after.push_back(at);
    }
  }
  return segment.ops.empty() ? input : static_cast<uint32_t>(ops.size() - 1);
}

/// One message, or one to or from each of a range of ranks.
uint32_t message(std::vector<TraceOp>& ops, TraceKind kind, std::string name, double bytes, uint32_t tag,
                 std::vector<uint32_t> after) {
  auto& o = ops.emplace_back();
  o.kind = kind, o.name = std::move(name), o.size = o.bytes = bytes, o.tag = tag, o.after = std::move(after);
  o.inStream = false;
  return static_cast<uint32_t>(ops.size() - 1);
}

void addTiers(StepTrace& out, const Network& network) {
  for (const auto& t : network.topology()) out.tiers.push_back({t.name, t.domain, t.bandwidth, t.latency});
}

/// Two groups that meet over one tier: the narrower of its links on both sides.
TraceTier oneTier(const Ports& from, const Ports& to, uint32_t ranks) {
  return {from.tier, ranks, std::min(from.bandwidth, to.bandwidth), std::max(from.latency, to.latency)};
}

void addDevice(StepTrace& out, const Device& d) {
  out.peak = std::max({d.bf16, d.fp8, d.fp4});
  out.bandwidth = d.bandwidth;
}

double secondsOf(const std::vector<TraceOp>& ops) {
  double sum = 0;
  for (const auto& op : ops) sum += op.seconds;
  return sum;
}

/// Sequences that verify drafts do so in one step of the target.
BatchState verified(const Role& role, BatchState state) {
  Count tokens = role.verifiedTokens();
  if (tokens > 1)
    for (auto& g : state)
      if (g.fresh == 1) g.fresh = g.logits = tokens, g.verify = true;
  return state;
}

StepTrace engineTrace(const Role& role, const BatchState& state) {
  StepTrace out;
  const auto& model = role.holder();
  const auto& e = role.engine();
  auto step = verified(role, state);
  Segments segments(model, step);
  auto stages = layersByStage(model.plan().graph, e.degrees.pp);
  auto ranks = static_cast<uint32_t>(e.degrees.ranks());
  out.ranks = ranks * static_cast<uint32_t>(stages.size());
  addTiers(out, model.network());
  addDevice(out, e.device);
  double tokens = 0;
  for (const auto& g : step) tokens += g.count * g.fresh;
  const auto& plan = model.plan();
  const auto* activation = plan.graph.precision(plan.activation);
  double hop = tokens / e.degrees.dp * model.width() * (activation ? activation->bytesPerElement() : 2) / e.degrees.tp;
  // The stack's layers in order, cut where the stages are.
  std::vector<size_t> layers;
  for (const auto& run : plan.graph.stack) layers.insert(layers.end(), run.count, run.body.index);
  size_t layer = 0;
  for (size_t s = 0; s < stages.size(); ++s) {
    auto& program = out.programs.emplace_back();
    program.name = stages.size() > 1 ? "stage " + std::to_string(s) : "rank";
    program.first = static_cast<uint32_t>(s) * ranks, program.count = ranks;
    uint32_t at = kEntry;
    if (s > 0) {
      at = message(program.ops, TraceKind::Receive, "pipeline.receive", hop, static_cast<uint32_t>(s), {});
      program.ops.back().offset = -static_cast<int64_t>(ranks);
    } else {
      at = append(program.ops, segments.entry(), at);
    }
    int here = 0;
    for (int count : stages[s]) here += count;
    for (int i = 0; i < here; ++i, ++layer) at = append(program.ops, segments.body(layers[layer]), at);
    out.overhead -= secondsOf(program.ops);
    if (s + 1 < stages.size()) {
      message(program.ops, TraceKind::Send, "pipeline.send", hop, static_cast<uint32_t>(s + 1), {at});
      program.ops.back().offset = ranks;
      double seconds = model.network().message(e.degrees.ranks(), hop).seconds;
      program.ops.back().seconds = seconds;
      out.overhead -= seconds;
    } else {
      size_t before = program.ops.size();
      append(program.ops, segments.head(), at);
      for (size_t i = before; i < program.ops.size(); ++i) out.overhead -= program.ops[i].seconds;
    }
  }
  out.seconds = role.time(state).seconds;
  out.overhead = std::max(0.0, out.overhead + out.seconds);
  return out;
}

/// Microbatches through attention and FFN: layer by layer, in each the microbatches in turn.
StepTrace afdTrace(const Role& role, const BatchState& state) {
  StepTrace out;
  const auto& afd = *role.attentionFfn();
  auto step = verified(role, state), micro = afd.microbatch(step);
  Segments whole(afd.attention(), step), attention(afd.attention(), micro), ffn(afd.ffn(), micro);
  auto a = static_cast<uint32_t>(afd.config().attention.degrees.devices()),
       f = static_cast<uint32_t>(afd.config().ffn.degrees.devices());
  out.ranks = a + f;
  out.tiers = {oneTier(afd.attentionPorts(), afd.ffnPorts(), out.ranks)};
  addDevice(out, afd.config().attention.device);
  out.programs.resize(2);
  auto &A = out.programs[0], &F = out.programs[1];
  A.name = "attention", A.first = 0, A.count = a;
  F.name = "ffn", F.first = a, F.count = f;
  auto count = static_cast<uint32_t>(afd.config().microbatches);
  uint32_t entry = append(A.ops, whole.entry(), kEntry);
  std::vector<uint32_t> ready(count, entry);
  uint32_t tag = 0;
  // Both ends of the messages between the sides; returns what the receiver's next operator waits for.
  auto send = [&](TraceRanks& from, TraceRanks& to, const char* name, double bytes, uint32_t after) {
    double each = bytes / a / f;
    message(from.ops, TraceKind::Send, std::string(name) + ".send", each, ++tag, {});
    if (after != kEntry) from.ops.back().after = {after};
    from.ops.back().peer = to.first, from.ops.back().peers = to.count;
    uint32_t arrived = message(to.ops, TraceKind::Receive, std::string(name) + ".receive", each, tag, {});
    to.ops.back().peer = from.first, to.ops.back().peers = from.count;
    return arrived;
  };
  for (const auto& run : afd.attention().plan().graph.stack)
    for (uint32_t layer = 0; layer < run.count; ++layer) {
      size_t body = run.body.index;
      for (uint32_t m = 0; m < count; ++m) ready[m] = append(A.ops, attention.body(body), ready[m]);
      if (!afd.crosses(body)) continue;
      for (uint32_t m = 0; m < count; ++m) {
        uint32_t there = send(A, F, "to_ffn", afd.exchanged(body, micro, true), ready[m]);
        uint32_t done = append(F.ops, ffn.body(body), there);
        ready[m] = send(F, A, "to_attention", afd.exchanged(body, micro, false), done);
      }
    }
  // The head reads the results of all microbatches.
  size_t head = A.ops.size();
  append(A.ops, whole.head(), kEntry);
  if (head < A.ops.size())
    for (auto r : ready)
      if (r != kEntry) A.ops[head].after.push_back(r);
  auto time = role.time(state);
  out.seconds = time.seconds;
  double device = (afd.config().stepBarrier ? makespan(afd.layers(step), count, afd.config().halfDuplex)
                                            : steadyCycle(afd.layers(step), count, afd.config().halfDuplex));
  out.overhead = std::max(0.0, time.seconds - device - secondsOf(whole.entry().ops) - secondsOf(whole.head().ops));
  return out;
}

/// One request's cache from the ranks that hold it to those that will.
StepTrace transferTrace(const Role& prefill, const Role& decode, const TransferConfig& transfer,
                        const LoadConfig& load) {
  StepTrace out;
  auto side = promptSide(prefill, transfer, load);
  auto other = tokenSide(decode, transfer, load);
  auto holders = [](const Role& role) {
    const auto& d = role.engine().degrees;
    return static_cast<uint32_t>(d.pp * d.cp * d.tp);
  };
  uint32_t p = holders(prefill), d = holders(decode);
  out.ranks = p + d;
  out.tiers = {oneTier(side.ports, other.ports, out.ranks)};
  addDevice(out, prefill.engine().device);
  double each = side.bytes / p / d;
  out.programs.resize(2);
  auto &from = out.programs[0], &to = out.programs[1];
  from.name = "prefill", from.first = 0, from.count = p;
  to.name = "decode", to.first = p, to.count = d;
  message(from.ops, TraceKind::Send, "cache.send", each, 1, {});
  from.ops.back().peer = p, from.ops.back().peers = d;
  message(to.ops, TraceKind::Receive, "cache.receive", each, 1, {});
  to.ops.back().peer = 0, to.ops.back().peers = p;
  out.overhead = transfer.control;
  TransferConfig whole = transfer;
  whole.overlap = TransferConfig::Overlap::None;  // all of it at once, as the messages go
  out.seconds = handOver(side, other, whole).whole;
  return out;
}

}  // namespace

std::vector<StepTrace> tracesOf(const Evaluated& evaluated) {
  std::vector<StepTrace> out;
  const auto& roles = evaluated.roles;
  for (const auto& step : evaluated.steps) {
    if (step.state.empty()) continue;
    const auto& role = roles[step.role];
    auto trace = role.attentionFfn() ? afdTrace(role, step.state) : engineTrace(role, step.state);
    trace.name = step.name, trace.role = role.name();
    out.push_back(std::move(trace));
  }
  if (roles.size() > 1) {
    auto trace = transferTrace(roles[0], roles[1], evaluated.transfer, evaluated.load);
    trace.name = "transfer", trace.role = roles[0].name();
    out.push_back(std::move(trace));
  }
  return out;
}

}  // namespace afdc
