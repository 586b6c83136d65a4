#include "passes/cost/attention_ffn.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "passes/deployment/diagnostics.h"
#include "support/text.h"

namespace afdc {

using namespace ir;

double makespan(const std::vector<StagedLayers>& stack, Count microbatches, bool halfDuplex) {
  auto count = static_cast<size_t>(std::max(Count(1), microbatches));
  std::vector<double> ready(count, 0);  // when each microbatch has left the layer before
  std::array<double, 4> free = {0, 0, 0, 0};
  for (const auto& layers : stack) {
    auto times = layers.stages.times();
    for (uint32_t layer = 0; layer < layers.count; ++layer)
      for (size_t m = 0; m < count; ++m) {
        double at = ready[m];
        for (size_t stage = 0; stage < 4; ++stage) {
          size_t resource = halfDuplex && stage == 3 ? 1 : stage;
          at = std::max(at, free[resource]) + times[stage];
          free[resource] = at;
        }
        ready[m] = at;
      }
  }
  return *std::max_element(ready.begin(), ready.end());
}

double steadyCycle(const std::vector<StagedLayers>& stack, Count microbatches, bool halfDuplex) {
  std::array<double, 4> busy = {0, 0, 0, 0};
  double through = 0;
  for (const auto& layers : stack) {
    auto times = layers.stages.times();
    for (size_t stage = 0; stage < 4; ++stage) {
      busy[halfDuplex && stage == 3 ? 1 : stage] += layers.count * times[stage];
      through += layers.count * times[stage];
    }
  }
  return std::max(through, microbatches * *std::max_element(busy.begin(), busy.end()));
}

AttentionFfnModel::AttentionFfnModel(StepModel attention, StepModel ffn, AfdConfig config)
    : attention_(std::move(attention)),
      ffn_(std::move(ffn)),
      config_(std::move(config)),
      attentionPorts_(attention_.network().ports(config_.attention.degrees.ranks(), config_.via == Medium::ScaleUp)),
      ffnPorts_(ffn_.network().ports(config_.ffn.degrees.ranks(), config_.via == Medium::ScaleUp)) {
  const auto& g = attention_.plan().graph;
  auto bytesOf = [&](const Graph& graph, std::string_view cls) {
    for (const auto& p : graph.precisions)
      if (graph.strings[p.cls] == cls) return p.bytesPerElement();
    return 2.0;
  };
  // Senders choose the format: attention for what goes to the experts, FFN for what comes back.
  dispatchBytes_ = attention_.width() * bytesOf(g, "dispatch");
  combineBytes_ = attention_.width() * bytesOf(ffn_.plan().graph, "combine");
  for (const auto& body : ffn_.plan().bodies)
    crosses_.push_back(std::any_of(body.ops.begin(), body.ops.end(), [](const OpPlan& op) { return op.ffn; }));
}

AttentionFfnModel AttentionFfnModel::with(Count microbatches, double bandwidthFactor) const {
  AttentionFfnModel changed = *this;
  changed.config_.microbatches = microbatches;
  for (auto* ports : {&changed.attentionPorts_, &changed.ffnPorts_}) ports->bandwidth *= bandwidthFactor;
  return changed;
}

BatchState AttentionFfnModel::microbatch(const BatchState& step) const {
  BatchState micro = step;
  for (auto& g : micro) {
    g.count /= config_.microbatches;
    g.busiest /= config_.microbatches;
  }
  return micro;
}

namespace {
double tokensOf(const BatchState& state) {
  double tokens = 0;
  for (const auto& g : state) tokens += g.count * g.fresh;
  return tokens;
}
}  // namespace

/// A token goes once to every FFN rank that holds one of its experts, or to one group of ranks that share a dense FFN;
/// ranks that share an expert take a share each.
double AttentionFfnModel::exchanged(size_t body, const BatchState& micro, bool toFfn) const {
  const auto& f = config_.ffn.degrees;
  const auto& routes = ffn_.plan().bodies[body].routes;
  double copies = 1;
  if (!routes.empty() && f.ep > 1) {
    const auto& r = routes[0];
    copies = expectedRemoteBins(f.ep, r.experts, r.topK, r.groups, r.groupsPerToken) * f.ep / (f.ep - 1);
  }
  return tokensOf(micro) * copies * (toFfn ? dispatchBytes_ : combineBytes_);
}

double AttentionFfnModel::exchange(size_t body, const BatchState& micro, bool toFfn) const {
  Ports ffn = ffnPorts_;
  ffn.hottest = ffn_.hottest(body, tokensOf(micro));
  return flowBetween(attentionPorts_, ffn, exchanged(body, micro, toFfn)).seconds();
}

std::vector<StagedLayers> AttentionFfnModel::layers(const BatchState& step) const {
  BatchState micro = microbatch(step);
  StepModel::BodyTimes attention, ffn;
  attention_.byBody(micro, attention);
  ffn_.byBody(micro, ffn);
  std::vector<LayerStages> stages(attention.bodies.size());
  for (size_t b = 0; b < stages.size(); ++b) {
    auto& s = stages[b];
    s.attention = attention.bodies[b];
    if (!crosses_[b]) continue;
    s.ffn = ffn.bodies[b];
    s.toFfn = exchange(b, micro, true);
    s.toAttention = exchange(b, micro, false);
    if (!config_.blockingSends) continue;
    s.attention += s.toFfn;
    s.ffn += s.toAttention;
  }
  std::vector<StagedLayers> out;
  for (const auto& equal : attention_.plan().graph.stack) out.push_back({stages[equal.body.index], equal.count});
  return out;
}

StepTime AttentionFfnModel::time(const BatchState& step, bool withBreakdown) const {
  StepTime out;
  auto stack = layers(step);
  StepModel::BodyTimes own;
  attention_.byBody(step, own);  // embedding and head see the whole step
  auto timeOfStack = config_.stepBarrier ? makespan : steadyCycle;
  double device = timeOfStack(stack, config_.microbatches, config_.halfDuplex) + own.own;
  double tokens = 0, seqs = 0;
  for (const auto& g : step) {
    tokens += g.count * g.fresh;
    seqs += g.count;
  }
  double host = config_.attention.hostTime(seqs, tokens);
  out.seconds = config_.attention.runtime.host_async ? std::max(device, host) : device + host;
  out.slowestStage = device;
  if (withBreakdown) out.breakdown = breakdown(step, stack, out.seconds);
  return out;
}

/// Busy times of the groups and links: they overlap, so their sum exceeds the step.
Breakdown AttentionFfnModel::breakdown(const BatchState& step, const std::vector<StagedLayers>& stack,
                                       double seconds) const {
  Breakdown out;
  Count m = config_.microbatches;
  BatchState micro = microbatch(step);
  auto add = [&](const std::vector<BreakdownRow>& rows, const char* side) {
    for (auto row : rows) {
      if (row.seconds <= 0) continue;
      row.cls = fmt::format("{}: {}", side, row.cls);
      for (double* v : {&row.seconds, &row.compute_s, &row.memory_s, &row.network_s, &row.flops, &row.bytes}) *v *= m;
      out.rows.push_back(row);
    }
  };
  add(attention_.rows(micro), "A");
  add(ffn_.rows(micro), "F");
  double toFfn = 0, toAttention = 0;
  for (const auto& layers : stack) {
    toFfn += m * layers.count * layers.stages.toFfn;
    toAttention += m * layers.count * layers.stages.toAttention;
  }
  out.rows.push_back({"A to F", toFfn, 0, 0, toFfn, 0, 0});
  out.rows.push_back({"F to A", toAttention, 0, 0, toAttention, 0, 0});
  std::stable_sort(out.rows.begin(), out.rows.end(),
                   [](const BreakdownRow& a, const BreakdownRow& b) { return a.seconds > b.seconds; });
  out.seconds = seconds;
  out.overlapping = true;
  return out;
}

bool checkCut(const Graph& g, const Scenario&, Diagnostics& diags) {
  for (const auto& body : g.bodies) {
    std::vector<int> madeOn(body.tensors.size(), 0);  // 0: mixer (and what enters the layer), 1: FFN
    for (const auto& op : body.ops) madeOn[op.result.index] = op.side == Side::Ffn;
    std::set<uint32_t> crossing[2];
    for (const auto& op : body.ops)
      for (const auto& operand : op.operands) {
        const auto& t = body.tensors[operand.tensor.index];
        int to = op.side == Side::Ffn;
        if (t.kind == TensorKind::Activation && madeOn[operand.tensor.index] != to)
          crossing[to].insert(operand.tensor.index);
      }
    for (int to : {1, 0})
      if (crossing[to].size() > 1) {
        std::vector<std::string> names;
        for (auto id : crossing[to]) names.emplace_back(fmt::format("`{}`", g.strings[body.tensors[id].name]));
        diags.report<diag::not_evaluable>(
            rangeOf(body.ops.front().place, g.strings, diags), std::string(g.strings[g.name]),
            fmt::format("in layer `{}` {} cross from {}; attention and FFN can be taken apart only where one tensor "
                        "crosses in each direction",
                        g.strings[body.name], joinWords(names), to == 1 ? "attention to FFN" : "FFN to attention"));
        return false;
      }
  }
  return true;
}

}  // namespace afdc
