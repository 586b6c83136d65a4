#include "passes/cost/step.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "passes/cost/attention.h"

namespace afdc {

using ir::Axis;
using ir::ExprId;
using ir::Phase;
using ir::Symbol;

StepModel::StepModel(std::shared_ptr<const Plan> plan, EngineConfig engine, Part part)
    : plan_(std::move(plan)), engine_(std::move(engine)), network_(engine_), part_(part) {
  stageLayers_ = layersByStage(plan_->graph, engine_.degrees.pp);
  std::vector<ExprId> wanted;
  for (const auto& body : plan_->bodies)
    for (const auto& op : body.ops)
      for (auto id : {op.flops, op.bytes, op.perPair, op.perCached, op.expertBytes, op.weights}) wanted.push_back(id);
  program_ = plan_->graph.exprs.bind(engine_.degrees.byAxis(), wanted);
  kernels_ = kernelTimes(*plan_, engine_, program_.known);
  reshard_.cost = Cost::Reshard;
  reshard_.cls = plan_->reshard;
}

// ---- what operators see of a step

void StepModel::fill(Frame& f, const BatchState& state, Phase phase, bool ffn) const {
  const auto& d = engine_.degrees;
  f.local.clear();
  f.tokensAll = f.tokensLocal = f.promptLocal = f.promptFull = f.otherLocal = 0;
  f.evaluated = false;
  if (f.program != program_.id) f.values.clear();
  f.program = program_.id;
  double seqs = 0, logits = 0, context = 0;
  Count ranks = ffn && d.ftp != d.tp ? d.fdp : d.dp;
  f.decodeOnly = true;
  for (const auto& g : state) {
    bool prefill = isPrompt(g);
    if (g.count <= 0) continue;
    f.decodeOnly = f.decodeOnly && !prefill;
    if ((phase == Phase::Prefill && !prefill) || (phase == Phase::Decode && prefill)) continue;
    // The busiest rank has the ceiling of an integer count; an expectation is spread evenly (semantics §0).
    double count = g.count == std::floor(g.count) ? std::ceil(g.count / ranks) : g.count / ranks;
    if (g.busiest > 0 && ranks == d.dp) count = g.busiest;
    f.local.push_back({count, g.fresh, g.past, g.logits, g.verify, g.deviation});
    f.tokensAll += g.count * g.fresh;
    // A prompt's tokens are split over cp; a decode's one token is not.
    double share = prefill ? count * g.fresh / d.cp : count * g.fresh;
    f.tokensLocal += share;
    if (prefill) {
      f.promptLocal += share;
      f.promptFull += count * g.fresh;
    }
    seqs += count;
    logits += count * g.logits;
    context += count * (g.past + g.fresh);
  }
  f.symbols = {f.tokensLocal, seqs, logits, context, 0};
}

/// Works out the frame's expressions, or those that have changed with the rows of experts.
void StepModel::evaluate(Frame& f, double expertRows) const {
  auto& rows = f.symbols[static_cast<size_t>(Symbol::expert_rows)];
  bool changed = expertRows > 0 && rows != expertRows;
  if (f.evaluated && !changed) return;
  if (expertRows > 0) rows = expertRows;
  if (f.evaluated)
    plan_->graph.exprs.runRows(program_, f.symbols, f.values);
  else
    plan_->graph.exprs.run(program_, f.symbols, f.values);
  f.evaluated = true;
}

bool StepModel::exchanges() const {
  const auto& d = engine_.degrees;
  return d.ep > 1 && d.ep * d.etp > d.ftp;
}

/// Tokens that enter one expert group: those of all ranks whose tokens are exchanged, or its share of those that the
/// ranks of an FFN hold alike.
double StepModel::expertTokens(const Frame& frame) const {
  const auto& d = engine_.degrees;
  Count group = d.ep * d.etp;
  return exchanges() ? frame.tokensAll * group / d.ranks() : frame.tokensLocal * group / d.ftp;
}

/// Tokens that come in on one rank of experts, each once: all that it holds itself, or those of all ranks of which a
/// copy is sent here.
double StepModel::tokensEntering(const RoutePlan& route, const Frame& frame) const {
  if (!exchanges()) return frame.tokensLocal;
  const auto& d = engine_.degrees;
  return frame.tokensAll * -std::expm1(route.topK * std::log1p(-1 / d.ep)) / d.etp;
}

// ---- what one operator costs

namespace {

Work communicated(const CommTime& t, double size, CommGroup group, Work w = {}) {
  w.seconds = t.seconds;
  w.bytes = t.bytes;
  w.resource = Work::Network;
  w.size = size;
  w.group = group;
  return w;
}

}  // namespace

Work StepModel::cost(const Call& call, KnownLoads& loads) const {
  switch (call.op.cost) {
    case Cost::Free: break;
    case Cost::Kernel: return kernel(call);
    case Cost::Attention: return attention(call);
    case Cost::Grouped: return grouped(call, loads);
    case Cost::Dispatch:
    case Cost::Combine: return exchange(call);
    case Cost::Reshard: return reshard(call);
    case Cost::AllReduce: return allReduceOf(call);
    case Cost::AllGather: return allGatherOf(call);
  }
  return {};
}

Work StepModel::kernel(const Call& call) const {
  Work w;
  w.kernels = call.op.kernels;
  w.flops = call.value(call.op.flops);
  w.bytes = call.value(call.op.bytes);
  w.fetched = engine_.offload.weights * call.value(call.op.weights);
  kernels_->kernel(call.op, call.frame, w);
  return w;
}

Work StepModel::attention(const Call& call) const {
  Work w;
  if (engine_.offload.kv > 0) {
    double cached = 0;
    for (const auto& g : call.frame.local) cached += cachedTokens(call.op, g, engine_.degrees.dp);
    w.fetched = engine_.offload.kv * call.value(call.op.perCached) * cached / engine_.degrees.cp;
  }
  if (engine_.degrees.cp <= 1)
    kernels_->attention(call.op, call.frame, w);
  else
    addContextParallel(call, w);
  return w;
}

/// Context parallelism: each rank holds a share of every sequence's cache and works on a balanced share of the pairs.
/// Prompts gather the new keys and values of the other ranks; decodes add up partial results.
void StepModel::addContextParallel(const Call& call, Work& w) const {
  const auto& [op, body, f] = call;
  const auto& d = engine_.degrees;
  double pairs = 0, cached = 0;
  for (const auto& g : f.local) {
    pairs += g.count * seenPairs(op, g.fresh, g.past);
    cached += cachedTokens(op, g, d.dp);
  }
  w.flops = f.value(op.perPair) * pairs / d.cp;
  w.bytes = f.value(op.bytes) + f.value(op.perCached) * cached / d.cp;
  kernels_->kernel(op, f, w);
  double gathered = f.value(op.perCached) * f.promptFull;
  double partial = f.value(op.bytes) / 2 * (f.tokensLocal - f.promptLocal) / std::max(1.0, f.tokensLocal);
  CommGroup group{d.cp, d.tp};
  w.seconds += network_.collective(Collective::AllGather, group, gathered).seconds +
               network_.collective(Collective::AllReduce, group, partial).seconds;
}

Work StepModel::grouped(const Call& call, KnownLoads& loads) const {
  const auto& route = call.body.routes[static_cast<size_t>(call.op.route)];
  double tokens = expertTokens(call.frame);
  const auto& load = loads.of(route, tokens, engine_);
  ExpertWork e;
  e.tokens = tokens;
  e.entering = tokensEntering(route, call.frame);
  e.tokenBytes = width() * 2;
  e.touched = load.touched;
  e.weights = call.value(call.op.expertBytes) * load.touched;
  e.activations = call.value(call.op.bytes) * load.rows;
  Work w;
  w.kernels = call.op.kernels;
  w.flops = call.value(call.op.flops) * load.paddedRows;
  w.bytes = e.weights + e.activations;
  w.fetched = engine_.offload.weights * e.weights;
  kernels_->experts(call.op, call.frame, e, w);
  return w;
}

/// Copies of tokens to their experts, or back: none between sides that are apart, where the exchange carries them.
Work StepModel::exchange(const Call& call) const {
  const auto& [op, body, f] = call;
  const auto& d = engine_.degrees;
  Work w;
  if (!exchanges() || part_ == Part::Ffn) return w;
  const auto& route = body.routes[static_cast<size_t>(op.route)];
  using AllToAll = RuntimeModel::AllToAll;
  auto kind = engine_.runtime.all_to_all;
  bool low = kind == AllToAll::LowLatency || (kind == AllToAll::ByPhase && f.decodeOnly);
  double copy = f.value(op.bytes);
  // Tensor-parallel ranks hold the same tokens: each sends its share.
  ExpertTraffic traffic{f.tokensLocal / d.ftp, route.topK, route.experts, route.groups, route.groupsPerToken,
                        copy * d.etp,          low};
  CommGroup experts{d.ep, d.etp};
  auto time = network_.exchange(traffic, experts);
  double sent = time.bytes * d.ep / (d.ep - 1);
  if (op.cost == Cost::Combine && d.ftp > 1) {
    // … and gathers the others' results again.
    w.gathered = f.tokensLocal * copy;
    auto gather = network_.collective(Collective::AllGather, {d.ftp, 1}, w.gathered);
    time.seconds += gather.seconds;
    time.bytes += gather.bytes;
  }
  return communicated(time, sent, experts, w);
}

/// The FFN's ranks need the tokens of all mixer groups among them; with a smaller degree, the results go back so.
Work StepModel::reshard(const Call& call) const {
  const auto& d = engine_.degrees;
  CommGroup group{std::max(d.ftp, d.tp) / std::min(d.ftp, d.tp), std::min(d.ftp, d.tp)};
  double tokens = std::max(call.frame.tokensLocal, call.frame.otherLocal);
  double bytes = tokens * width() * plan_->activationBytes();
  return communicated(network_.collective(Collective::AllGather, group, bytes), bytes, group);
}

Work StepModel::allReduceOf(const Call& call) const {
  const auto& d = engine_.degrees;
  bool overExperts = call.op.axis == Axis::ep;
  Count ranks = d.of(call.op.axis);
  // Sums over the experts inside a tensor-parallel group; with an exchange, `combine` has already added them.
  if (overExperts) ranks = exchanges() ? Count(1) : part_ == Part::Ffn ? d.ep * d.etp : d.ftp;
  double bytes = call.value(call.op.bytes);
  Work w;
  if (!(overExperts && exchanges()))
    if (auto seconds = kernels_->allReduce(call.op, bytes, w))
      return communicated({*seconds, bytes}, bytes, {ranks, 1}, w);
  return communicated(network_.collective(Collective::AllReduce, {ranks, 1}, bytes), bytes, {ranks, 1}, w);
}

Work StepModel::allGatherOf(const Call& call) const {
  CommGroup group{engine_.degrees.of(call.op.axis), 1};
  double bytes = call.value(call.op.bytes);
  return communicated(network_.collective(Collective::AllGather, group, bytes), bytes, group);
}

// ---- all operators of a step

template <class Visit>
void StepModel::eachOpOf(size_t b, size_t from, size_t to, Scratch& scratch, Visit&& visit) const {
  const auto& body = plan_->bodies[b];
  bool oneMesh = onOneMesh();
  // Elementwise operators between the expert products see the rows of the hottest rank.
  double rows = 0;
  if (!body.routes.empty())
    rows = scratch.loads.of(body.routes[0], expertTokens(scratch.frames[0][oneMesh ? 0 : 1]), engine_).rows;
  bool entered = oneMesh;
  for (size_t i = from; i < to; ++i) {
    const auto& op = body.ops[i];
    if (!runsHere(op)) continue;
    // Dense operators of an FFN on a mesh of its own: tokens change hands once a layer.
    if (!entered && op.ffn && op.cost == Cost::Kernel && op.flops.valid()) {
      entered = true;
      Frame& all = scratch.frames[0][1];
      all.otherLocal = scratch.frames[0][0].tokensLocal;
      visit(reshard_, cost({reshard_, body, all}, scratch.loads));
    }
    Frame& frame = scratch.frames[static_cast<size_t>(op.phase)][op.ffn && !oneMesh ? 1 : 0];
    if (frame.local.empty()) continue;
    evaluate(frame, rows);
    visit(op, cost({op, body, frame}, scratch.loads));
  }
}

template <class Visit>
void StepModel::eachOp(const BatchState& state, Visit&& visit) const {
  thread_local Scratch scratch;
  scratch.loads.clear();
  // The meshes differ only where the FFN has a degree of its own.
  for (size_t phase = 0; phase < 3; ++phase)
    for (bool ffn : {false, true})
      if (!ffn || !onOneMesh()) fill(scratch.frames[phase][ffn], state, static_cast<Phase>(phase), ffn);
  auto run = [&](size_t b, size_t from, size_t to, double count, size_t stage) {
    eachOpOf(b, from, to, scratch, [&](const OpPlan& op, const Work& w) { visit(b, op, w, count, stage); });
  };
  size_t main = plan_->graph.main.index, stackAt = plan_->bodies[main].stackAt;
  run(main, 0, stackAt, 1, 0);
  for (size_t stage = 0; stage < stageLayers_.size(); ++stage)
    for (size_t b = 0; b < plan_->bodies.size(); ++b)
      if (int layers = stageLayers_[stage][b]; layers > 0) run(b, 0, plan_->bodies[b].ops.size(), layers, stage);
  run(main, stackAt, plan_->bodies[main].ops.size(), 1, stageLayers_.size() - 1);
}

namespace {

void addTo(BreakdownRow& row, const Work& w, double count) {
  row.seconds += w.seconds * count;
  (w.resource == Work::Compute  ? row.compute_s
   : w.resource == Work::Memory ? row.memory_s
                                : row.network_s) += w.seconds * count;
  row.flops += w.flops * count;
  row.bytes += w.bytes * count;
}

std::vector<BreakdownRow> emptyRows(const Plan& plan) {
  std::vector<BreakdownRow> rows(plan.classes.size());
  for (size_t i = 0; i < rows.size(); ++i) rows[i].cls = plan.classes[i];
  return rows;
}

/// A row of time in which the device neither computes nor moves data.
BreakdownRow waiting(std::string what, double seconds) { return {std::move(what), seconds, 0, 0, 0, 0, 0}; }
BreakdownRow moving(std::string what, double seconds, double bytes) {
  return {std::move(what), seconds, 0, 0, seconds, 0, bytes};
}

std::vector<BreakdownRow> longestFirst(std::vector<BreakdownRow> rows) {
  std::erase_if(rows, [](const BreakdownRow& r) { return r.seconds <= 0; });
  std::stable_sort(rows.begin(), rows.end(),
                   [](const BreakdownRow& a, const BreakdownRow& b) { return a.seconds > b.seconds; });
  return rows;
}

}  // namespace

// ---- a step

struct StepModel::Totals {
  std::vector<double> stages;   ///< seconds of each pipeline stage
  std::vector<double> fetched;  ///< bytes over the host's link in each; empty without offloading
  double kernels = 0;           ///< launched
  double tokens = 0, seqs = 0;
  bool decodesOnly = true;
  double device = 0;  ///< seconds of the stages one after another, and what goes between kernels and stages
  std::vector<BreakdownRow> rows;
};

StepTime StepModel::time(const BatchState& state, bool withBreakdown) const {
  StepTime out;
  Totals totals;
  totals.stages.assign(stageLayers_.size(), 0);
  if (engine_.offload.any()) totals.fetched.assign(stageLayers_.size(), 0);
  if (withBreakdown) totals.rows = emptyRows(*plan_);
  eachOp(state, [&](size_t, const OpPlan& op, const Work& w, double count, size_t stage) {
    totals.stages[stage] += w.seconds * count;
    if (w.seconds > 0) totals.kernels += w.kernels * count;
    if (!totals.fetched.empty()) totals.fetched[stage] += w.fetched * count;
    if (withBreakdown) addTo(totals.rows[op.cls], w, count);
  });
  for (const auto& g : state) {
    totals.tokens += g.count * g.fresh;
    totals.seqs += g.count;
    if (g.count > 0 && isPrompt(g)) totals.decodesOnly = false;
  }
  if (!totals.fetched.empty()) addFetches(totals);
  for (double s : totals.stages) {
    totals.device += s;
    out.slowestStage = std::max(out.slowestStage, s);
  }
  auto gaps = addGaps(totals, out);
  if (engine_.degrees.pp > 1) addHops(totals, out);
  double host = engine_.hostTime(totals.seqs, totals.tokens);
  out.seconds = engine_.runtime.host_async ? std::max(totals.device, host) : totals.device + host;
  if (withBreakdown) {
    if (gaps.seconds > 0) totals.rows.push_back(gaps);
    if (double shown = out.seconds - totals.device; shown > 0) totals.rows.push_back(waiting("host", shown));
    out.breakdown.seconds = out.seconds;
    out.breakdown.rows = longestFirst(std::move(totals.rows));
  }
  return out;
}

/// What lies in the host's memory comes over its link while a stage works, where the engine overlaps them, or before.
void StepModel::addFetches(Totals& totals) const {
  const auto& off = engine_.offload;
  double waited = 0;  // not hidden behind the layers
  for (size_t i = 0; i < totals.fetched.size(); ++i) {
    double seconds = totals.fetched[i] / off.bandwidth;
    double shown = off.overlap ? std::max(0.0, seconds - totals.stages[i]) : seconds;
    totals.stages[i] += shown;
    waited += shown;
  }
  if (waited > 0 && !totals.rows.empty())
    totals.rows.push_back(
        moving("host_link", waited, std::accumulate(totals.fetched.begin(), totals.fetched.end(), 0.0)));
}

/// Semantics §2: kernels follow each other with gaps; where no graph was recorded, not faster than they are launched.
BreakdownRow StepModel::addGaps(Totals& totals, StepTime& out) const {
  const auto& rt = engine_.runtime;
  const auto& d = engine_.degrees;
  double recordable = rt.recordsPrompts ? totals.tokens : totals.seqs;
  bool recorded = (totals.decodesOnly || rt.recordsPrompts) && recordable <= rt.recorded * d.dp;
  double gaps = totals.kernels * rt.graph_gap, launches = recorded ? 0 : totals.kernels * rt.launch;
  bool launching = launches > totals.device + gaps;
  if (launching) gaps = launches - totals.device;
  totals.device += gaps;
  out.slowestStage += gaps / d.pp;
  return waiting(launching ? "launches" : "gaps", gaps);
}

/// The activations of the busiest rank's tokens go from stage to stage.
void StepModel::addHops(Totals& totals, StepTime& out) const {
  const auto& d = engine_.degrees;
  double bytes = totals.tokens / d.dp * width() * plan_->activationBytes() / d.tp;
  double hop = network_.message(d.ranks(), bytes).seconds;
  totals.device += (d.pp - 1) * hop;
  out.slowestStage += hop;
  if (!totals.rows.empty()) totals.rows.push_back(moving("pipeline_send", (d.pp - 1) * hop, (d.pp - 1) * bytes));
}

// ---- the same operators, seen otherwise

void StepModel::byBody(const BatchState& state, BodyTimes& times) const {
  times.bodies.assign(plan_->bodies.size(), 0);
  times.own = 0;
  eachOp(state, [&](size_t body, const OpPlan&, const Work& w, double count, size_t) {
    double seconds = w.seconds > 0 ? w.seconds + w.kernels * engine_.runtime.graph_gap : 0;
    if (body == plan_->graph.main.index)
      times.own += seconds * count;
    else
      times.bodies[body] += seconds;
  });
  // With pipeline stages a body runs in several of them: the times above are of one layer.
  for (size_t b = 0; b < times.bodies.size(); ++b) {
    int stages = 0;
    for (const auto& layers : stageLayers_) stages += layers[b] > 0;
    if (stages > 1) times.bodies[b] /= stages;
  }
}

std::vector<BreakdownRow> StepModel::rows(const BatchState& state) const {
  auto rows = emptyRows(*plan_);
  double kernels = 0;
  eachOp(state, [&](size_t, const OpPlan& op, const Work& w, double count, size_t) {
    addTo(rows[op.cls], w, count);
    if (w.seconds > 0) kernels += w.kernels * count;
  });
  rows.push_back(waiting("gaps", kernels * engine_.runtime.graph_gap));
  return rows;
}

double StepModel::hottest(size_t body, double tokens) const {
  const auto& routes = plan_->bodies[body].routes;
  const auto& d = engine_.degrees;
  if (routes.empty() || d.ep <= 1) return 1;
  double perGroup = tokens * d.ep * d.etp / d.ranks();
  auto load = expertLoad(routes[0], perGroup, d.ep, 1, engine_.redundantExperts);
  return load.rows * d.ep / (perGroup * routes[0].topK);
}

namespace {
constexpr std::string_view kSourceNames[] = {"roofline", "fitted", "measured", "between", "extrapolated"};
}

std::vector<StepModel::OpTime> StepModel::operators(const BatchState& state) const {
  std::vector<OpTime> out;
  const auto& g = plan_->graph;
  eachOp(state, [&](size_t body, const OpPlan& op, const Work& w, double count, size_t) {
    auto& time = out.emplace_back();
    time.body = g.strings[g.bodies[body].name];
    time.op = g.strings[op.name];
    time.cls = plan_->classes[op.cls];
    time.source = kSourceNames[static_cast<size_t>(w.source)];
    time.count = count;
    time.seconds = w.seconds;
    time.flops = w.flops;
    time.bytes = w.bytes;
    if (w.resource != Work::Network) time.bound = std::max(w.flops / op.peak, w.bytes / engine_.device.bandwidth);
    time.cost = op.cost;
    time.bodyIndex = body;
    if (&op != &reshard_) time.place = static_cast<size_t>(&op - plan_->bodies[body].ops.data());
    time.size = w.size;
    time.gathered = w.gathered;
    time.group = w.group;
  });
  return out;
}

}  // namespace afdc
