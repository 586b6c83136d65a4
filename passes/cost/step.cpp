#include "passes/cost/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

namespace afdc {

using ir::Axis;
using ir::ExprId;
using ir::Phase;
using ir::Symbol;

namespace {

/// The `redundant` most popular experts in turn get one more copy, their tokens split evenly between the copies.
void replicate(std::vector<double>& share, double redundant) {
  std::vector<double> copies(share.size(), 1);
  for (double i = 0; i < redundant; ++i) {
    size_t hottest = 0;
    for (size_t e = 1; e < share.size(); ++e)
      if (share[e] / copies[e] > share[hottest] / copies[hottest]) hottest = e;
    ++copies[hottest];
  }
  std::vector<double> replicas;
  for (size_t e = 0; e < share.size(); ++e)
    for (double c = 0; c < copies[e]; ++c) replicas.push_back(share[e] / copies[e]);
  std::sort(replicas.begin(), replicas.end(), std::greater<>());
  share = std::move(replicas);
}

ExpertLoad hottestRank(const RoutePlan& r, double tokens, double ep, double tile, double redundant) {
  double copies = tokens * r.topK, perRank = r.experts / ep;
  auto pad = [&](double m) { return tile <= 1 ? m : std::ceil(m / tile) * tile; };
  if (r.skew == 0) {
    // 1 - (1 - 1/E)^(T·k) of each expert; expm1/log1p keep the small cases exact.
    double touched = perRank * -std::expm1(copies * std::log1p(-1 / r.experts));
    if (r.experts == 1) touched = copies > 0 ? 1 : 0;
    return {copies / ep, touched, perRank * pad(copies / r.experts)};
  }
  // Popularity: quantiles of a power law of this exponent between 1 and 0.8·T tokens (the law under which the public
  // kernel tables were measured, taken at its quantiles instead of sampled). A token visits an expert at most once.
  auto count = static_cast<size_t>(r.experts);
  thread_local std::vector<double> share;  // scratch
  share.assign(count, 0);
  double logHigh = std::log(std::max(2.0, 0.8 * tokens)), a = 1 - r.skew, sum = 0;
  double reach = std::expm1(a * logHigh);  // high^a - 1
  for (size_t i = 0; i < count; ++i) {
    double u = (static_cast<double>(count - i) - 0.5) / r.experts;
    share[i] = std::fabs(a) < 1e-12 ? std::exp(logHigh * u) : std::exp(std::log1p(reach * u) / a);
    sum += share[i];
  }
  for (auto& s : share) s /= sum;
  double cap = 1 / r.topK;
  for (size_t i = 0; i < count && share[i] > cap * (1 + 1e-12); ++i) {
    double excess = share[i] - cap, rest = 0;
    share[i] = cap;
    for (size_t j = i + 1; j < count; ++j) rest += share[j];
    for (size_t j = i + 1; j < count; ++j) share[j] *= 1 + excess / rest;
  }
  if (redundant > 0) {
    replicate(share, redundant);
    count = share.size();
  }
  // What each expert means for the rank that holds it.
  thread_local std::vector<ExpertLoad> loads, held;  // scratch
  loads.clear();
  for (double s : share)
    loads.push_back({copies * s, -std::expm1(copies * std::log1p(-std::min(s, 1 - 1e-15))), pad(copies * s)});
  auto add = [](ExpertLoad& sum, const ExpertLoad& l) {
    sum.rows += l.rows, sum.touched += l.touched, sum.paddedRows += l.paddedRows;
  };
  auto ranks = static_cast<size_t>(ep);
  ExpertLoad hottest;
  if (redundant > 0 || ranks == 1) {
    // A balancer deals experts to ranks in order of popularity. The first rank's are then each at least as popular as
    // any other rank's of the same turn: it is the hottest in every respect.
    for (size_t e = 0; e < count; e += ranks) add(hottest, loads[e]);
    return hottest;
  }
  // An expert's number says nothing of its popularity, and by number they lie on ranks: the hottest rank's mean over a
  // few shuffles, the same every time. (As sampled in the public kernel tables, whose larger groups this meets.)
  constexpr int kShuffles = 16;
  std::mt19937 random(7);
  for (int i = 0; i < kShuffles; ++i) {
    for (size_t e = count - 1; e > 0; --e) std::swap(loads[e], loads[random() % (e + 1)]);
    held.assign(ranks, {});
    for (size_t e = 0; e < count; ++e) add(held[e % ranks], loads[e]);
    ExpertLoad most;
    for (const auto& h : held) {
      most.rows = std::max(most.rows, h.rows), most.touched = std::max(most.touched, h.touched);
      most.paddedRows = std::max(most.paddedRows, h.paddedRows);
    }
    add(hottest, {most.rows / kShuffles, most.touched / kShuffles, most.paddedRows / kShuffles});
  }
  return hottest;
}

}  // namespace

ExpertLoad expertLoad(const RoutePlan& r, double tokens, double ep, double tile, double redundant) {
  if (r.skew == 0) return hottestRank(r, tokens, ep, tile, redundant);
  // A skewed load costs a pass over all experts, and a run asks for the same few token counts again and again.
  struct Known {
    std::array<double, 7> key{};
    ExpertLoad load;
  };
  thread_local std::vector<Known> known(16384);
  std::array<double, 7> key = {r.experts, r.topK, r.skew, tokens, ep, tile, redundant};
  uint64_t hash = 0;
  for (double k : key) hash = (hash ^ std::bit_cast<uint64_t>(k)) * 0x9E3779B97F4A7C15u, hash ^= hash >> 32;
  auto& slot = known[hash % known.size()];
  if (slot.key != key) slot = {key, hottestRank(r, tokens, ep, tile, redundant)};
  return slot.load;
}

/// What operators of one phase on one mesh see of a step: the groups on the busiest rank, and the value of every
/// expression, worked out when the first operator asks.
struct StepModel::Frame {
  BatchState local;
  std::array<double, static_cast<size_t>(Symbol::kCount)> symbols{};
  uint64_t program = 0;  ///< whose values these are
  std::vector<double> values;
  double otherLocal = 0;  ///< tokens of a rank on the other mesh
  double tokensAll = 0;   ///< tokens of the step over all ranks, this phase
  double tokensLocal = 0;
  double promptLocal = 0, promptFull = 0;  ///< tokens of prompts on this rank: its share, and of its whole cp group
  bool decodeOnly = false;
  bool evaluated = false;
};

StepModel::StepModel(std::shared_ptr<const Plan> plan, EngineConfig engine, Part part)
    : plan_(std::move(plan)), engine_(std::move(engine)), part_(part) {
  stageBodies_ = layersByStage(plan_->graph, engine_.degrees.pp);
  std::vector<ExprId> wanted;
  for (const auto& body : plan_->bodies)
    for (const auto& op : body.ops)
      for (auto id : {op.flops, op.bytes, op.perPair, op.perCached, op.expertBytes, op.rows, op.weights})
        wanted.push_back(id);
  program_ = plan_->graph.exprs.bind(engine_.degrees.byAxis(), wanted);
  bindTables();
  const auto& main = plan_->graph.bodies[plan_->graph.main.index];
  for (const auto& op : main.ops)
    if (plan_->graph.strings[op.intrinsic] == "run_layers")
      width_ = plan_->graph.exprs.evaluateOne(main.tensors[op.result.index].dims[1].parts[0].size, {});
  if (engine_.degrees.ftp != engine_.degrees.tp) {
    reshard_.cost = Cost::Reshard;
    reshard_.cls = plan_->reshard;
  }
}

/// Sizes are known once degrees are: each operator finds its table then.
void StepModel::bindTables() {
  const auto& pack = engine_.device.tables;
  if (!pack || !engine_.runtime.kernels) return;
  auto known = [&](ExprId id) { return id.valid() ? program_.known[id.index] : 0.0; };
  auto number = [](double v) { return fmt::format("{}", v); };
  const auto& d = engine_.degrees;
  for (const auto& body : plan_->bodies) {
    auto& row = bound_.emplace_back(body.ops.size());
    for (size_t i = 0; i < body.ops.size(); ++i) {
      const auto& op = body.ops[i];
      auto& b = row[i];
      if (op.cost == Cost::Roofline && op.n.valid()) {
        if (const auto* grid = pack->find("gemm_perf", op.format)) {
          double weight = op.format == "bfloat16" ? 2 : op.format == "nvfp4" ? 0.5625 : 1;
          b.product = kernels::GemmCurve::make(*grid, known(op.n), known(op.k), [&](double m, double n, double k) {
            return std::max(2 * m * n * k / op.peak, (weight * n * k + 2 * m * (n + k)) / engine_.device.bandwidth);
          });
        }
      } else if (op.cost == Cost::Attention && op.heads.valid()) {
        b.heads = known(op.heads);
        double kv = known(op.kvHeads);
        std::string group = number(kv == b.heads ? 0 : kv), dim = number(op.headDim),
                    cache = op.fp8Cache ? "fp8" : "bfloat16";
        if (op.latent) {
          b.prompts = pack->find("context_mla_perf", "bfloat16/" + cache);
          b.decodes = pack->find("generation_mla_perf", cache);
        } else {
          b.prompts = pack->find("context_attention_perf", fmt::format("bfloat16/{}/{}/{}", cache, group, dim));
          b.decodes = pack->find("generation_attention_perf", fmt::format("{}/{}/{}", cache, group, dim));
        }
      } else if (op.cost == Cost::Grouped && op.route >= 0) {
        const auto& r = body.routes[static_cast<size_t>(op.route)];
        auto distribution = r.skew > 0 ? fmt::format("power_law_{}", r.skew) : std::string("balanced");
        b.experts = pack->find("moe_perf", fmt::format("{}/{}/{}/{}/{}/{}/{}/{}", op.format, distribution,
                                                       number(r.topK), number(r.experts), number(op.expertSides[0]),
                                                       number(op.expertSides[1]), number(d.etp), number(d.ep)));
      } else if (op.cost == Cost::AllReduce) {
        double ranks = op.axis == Axis::ep ? d.ftp : d.byAxis()[static_cast<size_t>(op.axis)];
        b.reduce = pack->find("custom_allreduce_perf", number(ranks));
      }
    }
  }
}

/// The operator's time from its table, or nullopt. Attention asks its tables sequence by kind: a group of equal
/// lengths.
std::optional<double> StepModel::measured(const OpPlan& op, const Bound& b, const Frame& f, Work& w) const {
  auto value = [&](ExprId id) { return id.valid() ? f.values[id.index] : 0.0; };
  auto take = [&](kernels::Grid::Value v) {
    auto how = v.how == kernels::Grid::Value::How::Exact     ? Work::Source::Measured
               : v.how == kernels::Grid::Value::How::Between ? Work::Source::Between
                                                             : Work::Source::Extrapolated;
    w.source = std::max(w.source, how);
    return std::max(v.seconds, 0.0);
  };
  if (b.product) {
    double rows = value(op.m);
    if (rows <= 0) return 0;
    double here = std::max(w.flops / op.peak, w.bytes / engine_.device.bandwidth);
    auto answer = b.product->at(rows, here);
    w.source = answer.how == kernels::How::Measured  ? Work::Source::Measured
               : answer.how == kernels::How::Between ? Work::Source::Between
                                                     : Work::Source::Extrapolated;
    return answer.seconds;
  }
  if (b.experts) {
    double keys[] = {expertTokens(f)};
    // The table has both products and the activation between them.
    if (auto v = b.experts->linear(keys)) return take(*v) / 2;
  }
  if (b.reduce) {
    double keys[] = {value(op.bytes) / 2};
    if (auto v = b.reduce->linear(keys)) return take(*v);
  }
  if (b.prompts || b.decodes) {
    double seconds = 0;
    for (const auto& g : f.local) {
      bool prompt = prompts(g);
      const auto* grid = prompt ? b.prompts : b.decodes;
      if (!grid) return std::nullopt;
      double seen = std::min(g.past, std::min(op.window, op.limit)), length = prompt ? g.fresh + seen : seen + 1;
      double prefill[] = {b.heads, length, g.count}, decode[] = {b.heads, g.count * g.fresh, length};
      auto v = grid->linear(prompt ? prefill : decode);
      if (!v) return std::nullopt;
      double t = take(*v);
      // A prompt behind a cached prefix: the share of the pairs of the whole.
      if (prompt && seen > 0) t *= (length * length - seen * seen) / (length * length);
      seconds += t;
    }
    return seconds;
  }
  return std::nullopt;
}

std::vector<std::vector<double>> layersByStage(const ir::Graph& g, double pp) {
  double layers = g.layerCount(), base = std::floor(layers / pp), extra = std::fmod(layers, pp), at = 0;
  std::vector<std::vector<double>> out(static_cast<size_t>(pp), std::vector<double>(g.bodies.size(), 0));
  for (const auto& run : g.stack)
    for (uint32_t i = 0; i < run.count; ++i, ++at) {
      double stage = at < extra * (base + 1) ? std::floor(at / (base + 1))
                                             : extra + std::floor((at - extra * (base + 1)) / std::max(base, 1.0));
      out[static_cast<size_t>(std::min(stage, pp - 1))][run.body.index] += 1;
    }
  return out;
}

/// Tokens that enter one expert group: those of all ranks whose tokens are exchanged, or its share of those that the
/// ranks of an FFN hold alike.
double StepModel::expertTokens(const Frame& f) const {
  const auto& d = engine_.degrees;
  double group = d.ep * d.etp;
  return exchanges() ? f.tokensAll * group / d.ranks() : f.tokensLocal * group / d.ftp;
}

bool StepModel::exchanges() const {
  const auto& d = engine_.degrees;
  return d.ep > 1 && d.ep * d.etp > d.ftp;
}

double StepModel::roofline(double flops, double bytes, double peak, Curved kind, bool& computeBound) const {
  const auto& rt = engine_.runtime;
  if (flops <= 0 && bytes <= 0) return 0;
  KernelCurve curve{rt.start, 1, 1, rt.sharpness};
  if (rt.kernels) {
    const auto& device = engine_.device;
    curve = device.kernels->of(kind);
    curve.compute *= device.measured_compute;
    curve.memory *= device.measured_memory;
    curve.start *= device.measured_start;
  }
  // Factors of architecture, device and engine multiply; nothing is faster than the datasheet.
  double compute = flops / (peak * std::min(1.0, rt.eta_compute * curve.compute));
  double eta = std::min(1.0, rt.eta_memory * curve.memory) * (rt.half_bytes > 0 ? bytes / (bytes + rt.half_bytes) : 1);
  double memory = bytes > 0 ? bytes / (engine_.device.bandwidth * eta) : 0;
  computeBound = compute > memory;
  double q = curve.sharpness;
  double longer = std::max(compute, memory), shorter = std::min(compute, memory);
  // (c^q + m^q)^(1/q)
  double both = q > 0 && shorter > 0 ? longer * std::pow(1 + std::pow(shorter / longer, q), 1 / q) : longer;
  return curve.start + both;
}

namespace {

/// Pairs of a new token and a token that it sees: Σ_{i=1..n} min(past + i, window).
double causalPairs(double fresh, double past, double window) {
  double full = fresh * past + fresh * (fresh + 1) / 2;
  if (past + fresh <= window) return full;
  double growing = std::max(0.0, std::floor(window) - past);  // tokens that still see everything before them
  growing = std::min(growing, fresh);
  return growing * past + growing * (growing + 1) / 2 + (fresh - growing) * window;
}

/// Tokens of the past that lie in the chunk of the next token. A decoding sequence is anywhere in its chunk: past the
/// first one, half a chunk is expected.
double pastInChunk(double fresh, double past, double chunk) {
  if (past < chunk) return past;
  return fresh < 2 ? (chunk - 1) / 2 : std::fmod(past, chunk);
}

double pairs(const OpPlan& op, double fresh, double past) {
  double bound = std::min(op.window, op.limit);
  if (op.bothWays) return fresh * std::min(past + fresh, bound);
  if (past + fresh <= op.chunk) return causalPairs(fresh, past, bound);
  // The rest of the chunk that has begun, whole chunks, and the start of the last.
  double begun = pastInChunk(fresh, past, op.chunk), rest = std::min(fresh, op.chunk - begun);
  double left = fresh - rest, whole = std::floor(left / op.chunk);
  return causalPairs(rest, begun, bound) + whole * causalPairs(op.chunk, 0, bound) +
         causalPairs(left - whole * op.chunk, 0, bound);
}

/// Past tokens of a sequence that are read. Each new token chooses its own `limit` of them.
double pastRead(const OpPlan& op, double fresh, double past) {
  return std::min({pastInChunk(fresh, past, op.chunk), op.window, op.limit * fresh});
}

}  // namespace

double StepModel::cachedTokens(const OpPlan& op, const Group& g) const {
  double each = pastRead(op, g.fresh, g.past), sum = g.count * each;
  // Where a window or a choice of tokens caps what is read, lengths make no difference.
  if (g.deviation > 0 && engine_.degrees.dp > 1 && each >= g.past)
    sum += std::sqrt(g.count * 2 * std::log(engine_.degrees.dp)) * g.deviation;
  return sum;
}

const ExpertLoad& StepModel::loadOf(const RoutePlan& route, double tokens, std::vector<KnownLoad>& loads) const {
  for (const auto& known : loads)
    if (known.tokens == tokens && (known.route == &route || known.route->same(route))) return known.load;
  loads.push_back(
      {&route, tokens, expertLoad(route, tokens, engine_.degrees.ep, engine_.runtime.tile, engine_.redundantExperts)});
  return loads.back().load;
}

double StepModel::attentionTime(const OpPlan& op, const Frame& f, Work& w, bool& computeBound) const {
  auto value = [&](ExprId id) { return id.valid() ? f.values[id.index] : 0.0; };
  double flops[2] = {0, 0}, bytes[2] = {0, 0}, tokens[2] = {0, 0};
  // Some kernels of tokens chosen from a cache of latents go through every slot of a choice, filled or not, for their
  // number of heads at least.
  bool chosen = std::isfinite(op.limit) && op.latent && op.perCached.valid();
  double least = chosen ? engine_.runtime.sparse_heads : 0;
  double wider = least > 0 ? std::ceil(value(op.heads) / least) * least / value(op.heads) : 1;
  for (const auto& g : f.local) {
    bool prompt = prompts(g);
    double read = cachedTokens(op, g), mean = g.count * pastRead(op, g.fresh, g.past);
    double seen = least > 0 ? g.fresh * op.limit : pairs(op, g.fresh, g.past);
    flops[prompt] += value(op.perPair) * wider * (g.count * seen + g.fresh * (read - mean));
    bytes[prompt] += value(op.perCached) * read;
    tokens[prompt] += g.count * g.fresh;
  }
  double seconds = 0, all = tokens[0] + tokens[1], most = -1;
  w.flops = w.bytes = w.kernels = 0;
  for (int prompt = 0; prompt < 2; ++prompt) {
    if (tokens[prompt] <= 0) continue;
    // Queries and results, by tokens.
    bytes[prompt] += value(op.bytes) * tokens[prompt] / all;
    bool latent = op.curve == Curved::LatentDecode;
    Curved kind = latent        ? (prompt ? Curved::LatentPrefill : op.curve)
                  : !prompt     ? (op.fp8Cache ? Curved::DecodeFp8 : op.curve)
                  : op.fp8Cache ? Curved::PrefillFp8
                                : Curved::Prefill;
    bool bound = false;
    double t = roofline(flops[prompt], bytes[prompt], op.peak, kind, bound);
    if (t > most) most = t, computeBound = bound;
    seconds += t;
    w.flops += flops[prompt];
    w.bytes += bytes[prompt];
    ++w.kernels;
  }
  return seconds;
}

StepModel::Work StepModel::cost(const OpPlan& op, const BodyPlan& body, const Bound* bound, const Frame& f,
                                std::vector<KnownLoad>& loads) const {
  auto value = [&](ExprId id) { return id.valid() ? f.values[id.index] : 0.0; };
  const auto& d = engine_.degrees;
  Work w;
  w.kernels = op.kernels;
  bool computeBound = false;
  auto communicate = [&](const CommTime& t, double size, CommGroup group) {
    w.seconds = t.seconds;
    w.bytes = t.bytes;
    w.resource = Work::Network;
    w.size = size, w.group = group;
    return w;
  };
  bool exchange = exchanges();
  switch (op.cost) {
    case Cost::Free: return w;
    case Cost::Roofline:
      w.flops = value(op.flops);
      w.bytes = value(op.bytes);
      w.fetched = engine_.offload.weights * value(op.weights);
      break;
    case Cost::Attention: {
      double all = 0, cached = 0;
      for (const auto& g : f.local) {
        all += g.count * pairs(op, g.fresh, g.past);
        cached += cachedTokens(op, g);
      }
      w.fetched = engine_.offload.kv * value(op.perCached) * cached / d.cp;
      if (bound && d.cp <= 1 && (bound->prompts || bound->decodes))
        if (auto seconds = measured(op, *bound, f, w)) {
          w.seconds = *seconds;
          w.kernels = static_cast<double>(f.local.size());
          w.resource = w.flops / op.peak > w.bytes / engine_.device.bandwidth ? Work::Compute : Work::Memory;
          return w;
        }
      // Engines run prompts and decodes with kernels of their own.
      if (engine_.runtime.kernels && d.cp <= 1) {
        w.seconds = attentionTime(op, f, w, computeBound);
        w.source = Work::Source::Fitted;
        w.resource = computeBound ? Work::Compute : Work::Memory;
        return w;
      }
      // Context parallelism: each rank holds a share of every sequence's cache and works on a balanced share of the
      // pairs.
      w.flops = value(op.perPair) * all / d.cp;
      w.bytes = value(op.bytes) + value(op.perCached) * cached / d.cp;
      if (d.cp <= 1) break;
      w.seconds = roofline(w.flops, w.bytes, op.peak, op.curve, computeBound);
      // Prompts gather the new keys and values of the other ranks; decodes add up partial results.
      double gathered = value(op.perCached) * f.promptFull;
      double partial = value(op.bytes) / 2 * (f.tokensLocal - f.promptLocal) / std::max(1.0, f.tokensLocal);
      CommGroup group{d.cp, d.tp};
      w.seconds += allGather(gathered, group, engine_.tiers, engine_.runtime.eta_network).seconds +
                   allReduce(partial, group, engine_.tiers, engine_.runtime.eta_network).seconds;
      w.resource = computeBound ? Work::Compute : Work::Memory;
      return w;
    }
    case Cost::Grouped: {
      const auto& route = body.routes[static_cast<size_t>(op.route)];
      const auto& load = loadOf(route, expertTokens(f), loads);
      w.flops = value(op.flops) * load.paddedRows;
      double weights = value(op.expertBytes) * load.touched, activations = value(op.bytes) * load.rows;
      w.bytes = weights + activations;
      w.fetched = engine_.offload.weights * weights;
      if (!engine_.runtime.kernels || (bound && bound->experts)) break;
      // Sorting, gathering and scattering go beside the product: by expert, by row, by token that comes in.
      const auto& curve = engine_.device.kernels->of(op.curve);
      double entering = f.tokensLocal;
      if (exchange) entering = f.tokensAll * -std::expm1(route.topK * std::log1p(-1 / d.ep)) / std::max(1.0, d.etp);
      double token = width() * 2;
      w.seconds = roofline(w.flops, weights, op.peak, op.curve, computeBound) + load.touched * curve.expert +
                  (curve.rows * activations + curve.tokens * entering * token) / engine_.device.bandwidth;
      w.seconds /= engine_.device.measured_experts;
      w.source = Work::Source::Fitted;
      w.resource = computeBound ? Work::Compute : Work::Memory;
      return w;
    }
    case Cost::Dispatch:
    case Cost::Combine: {
      if (!exchange || part_ == Part::Ffn) return w;  // between sides, the exchange carries them
      const auto& route = body.routes[static_cast<size_t>(op.route)];
      bool low = engine_.runtime.all_to_all == RuntimeModel::AllToAll::LowLatency ||
                 (engine_.runtime.all_to_all == RuntimeModel::AllToAll::ByPhase && f.decodeOnly);
      // Tensor-parallel ranks hold the same tokens: each sends its share.
      ExpertTraffic t{f.tokensLocal / d.ftp,   route.topK, route.experts, route.groups, route.groupsPerToken,
                      value(op.bytes) * d.etp, low};
      CommGroup experts{d.ep, d.etp};
      auto time = expertExchange(t, experts, engine_.tiers, engine_.runtime.eta_network);
      double sent = time.bytes * d.ep / (d.ep - 1);
      if (op.cost == Cost::Combine && d.ftp > 1) {
        // … and gathers the others' results again.
        w.gathered = f.tokensLocal * value(op.bytes);
        auto gather = allGather(w.gathered, {d.ftp, 1}, engine_.tiers, engine_.runtime.eta_network);
        time.seconds += gather.seconds;
        time.bytes += gather.bytes;
      }
      return communicate(time, sent, experts);
    }
    case Cost::Reshard: {
      // The FFN's ranks need the tokens of all mixer groups among them; with a smaller degree, the results go back so.
      double ranks = std::max(d.ftp, d.tp) / std::min(d.ftp, d.tp);
      const auto* activation = plan_->graph.precision(plan_->activation);
      double bytes = std::max(f.tokensLocal, f.otherLocal) * width() * (activation ? activation->bytesPerElement() : 2);
      CommGroup group{ranks, std::min(d.ftp, d.tp)};
      return communicate(allGather(bytes, group, engine_.tiers, engine_.runtime.eta_network), bytes, group);
    }
    case Cost::AllReduce: {
      // Sums over the experts inside a tensor-parallel group; with an exchange, `combine` has already added them.
      double ranks = op.axis == Axis::ep ? (exchange             ? 1
                                            : part_ == Part::Ffn ? d.ep * d.etp
                                                                 : d.ftp)
                                         : d.byAxis()[static_cast<size_t>(op.axis)];
      double bytes = value(op.bytes);
      if (bound && bound->reduce && !(op.axis == Axis::ep && exchange))
        if (auto seconds = measured(op, *bound, f, w)) return communicate({*seconds, bytes}, bytes, {ranks, 1});
      return communicate(allReduce(bytes, {ranks, 1}, engine_.tiers, engine_.runtime.eta_network), bytes, {ranks, 1});
    }
    case Cost::AllGather: {
      CommGroup group{d.byAxis()[static_cast<size_t>(op.axis)], 1};
      return communicate(allGather(value(op.bytes), group, engine_.tiers, engine_.runtime.eta_network), value(op.bytes),
                         group);
    }
  }
  if (engine_.runtime.kernels) w.source = Work::Source::Fitted;
  if (bound && (bound->product || bound->experts) && w.flops > 0) {
    w.source = Work::Source::Roofline;
    if (auto seconds = measured(op, *bound, f, w)) {
      w.seconds = *seconds;
      w.resource = w.flops / op.peak > w.bytes / engine_.device.bandwidth ? Work::Compute : Work::Memory;
      return w;
    }
    w.source = Work::Source::Fitted;
  }
  w.seconds = roofline(w.flops, w.bytes, op.peak, op.curve, computeBound);
  w.resource = computeBound ? Work::Compute : Work::Memory;
  return w;
}

void StepModel::fill(Frame& f, const BatchState& state, ir::Phase phase, bool ffn) const {
  const auto& d = engine_.degrees;
  f.local.clear();
  f.tokensAll = f.tokensLocal = f.promptLocal = f.promptFull = f.otherLocal = 0;
  f.evaluated = false;
  if (f.program != program_.id) f.values.clear();
  f.program = program_.id;
  double seqs = 0, logits = 0, context = 0;
  double divide = ffn && d.ftp != d.tp ? d.fdp : d.dp;
  f.decodeOnly = true;
  for (const auto& g : state) {
    bool prefill = prompts(g);
    if (g.count <= 0) continue;
    f.decodeOnly = f.decodeOnly && !prefill;
    if ((phase == Phase::Prefill && !prefill) || (phase == Phase::Decode && prefill)) continue;
    // The busiest rank has the ceiling of an integer count; an expectation is spread evenly (semantics §0).
    double count = g.count == std::floor(g.count) ? std::ceil(g.count / divide) : g.count / divide;
    if (g.busiest > 0 && divide == d.dp) count = g.busiest;
    f.local.push_back({count, g.fresh, g.past, g.logits, g.verify, g.deviation});
    f.tokensAll += g.count * g.fresh;
    // A prompt's tokens are split over cp; a decode's one token is not.
    double share = prefill ? count * g.fresh / d.cp : count * g.fresh;
    f.tokensLocal += share;
    if (prefill) f.promptLocal += share, f.promptFull += count * g.fresh;
    seqs += count;
    logits += count * g.logits;
    context += count * (g.past + g.fresh);
  }
  f.symbols = {f.tokensLocal, seqs, logits, context, 0};
}

template <class Visit>
void StepModel::eachOp(const BatchState& state, Visit&& visit) const {
  const auto& d = engine_.degrees;
  // Kept from step to step, so that a step allocates nothing; one set a thread.
  thread_local Frame frames[3][2];
  thread_local std::vector<KnownLoad> loads;
  loads.clear();
  for (int phase = 0; phase < 3; ++phase) fill(frames[phase][0], state, static_cast<Phase>(phase), false);
  // The meshes differ only where the FFN has a degree of its own.
  bool oneMesh = d.ftp == d.tp;
  if (!oneMesh)
    for (int phase = 0; phase < 3; ++phase) fill(frames[phase][1], state, static_cast<Phase>(phase), true);
  auto runBody = [&](size_t b, size_t from, size_t to, double count, int stage) {
    const auto& body = plan_->bodies[b];
    // Elementwise operators between the expert products see the rows of the hottest rank.
    double rows = 0;
    if (!body.routes.empty()) rows = loadOf(body.routes[0], expertTokens(frames[0][oneMesh ? 0 : 1]), loads).rows;
    bool entered = false;
    for (size_t i = from; i < to; ++i) {
      const auto& op = body.ops[i];
      if (part_ != Part::Whole && op.ffn != (part_ == Part::Ffn)) continue;
      // Dense operators of an FFN on a mesh of its own: tokens change hands once a layer.
      if (!oneMesh && !entered && op.ffn && op.cost == Cost::Roofline && op.flops.valid()) {
        entered = true;
        Frame& all = frames[0][1];
        all.otherLocal = frames[0][0].tokensLocal;
        visit(b, reshard_, cost(reshard_, body, nullptr, all, loads), count, stage);
      }
      Frame& f = frames[static_cast<size_t>(op.phase)][op.ffn && !oneMesh ? 1 : 0];
      if (f.local.empty()) continue;
      auto& expertRows = f.symbols[static_cast<size_t>(Symbol::expert_rows)];
      if (!f.evaluated || (rows > 0 && expertRows != rows)) {
        if (rows > 0) expertRows = rows;
        if (f.evaluated)
          plan_->graph.exprs.runRows(program_, f.symbols, f.values);
        else
          plan_->graph.exprs.run(program_, f.symbols, f.values);
        f.evaluated = true;
      }
      visit(b, op, cost(op, body, bound_.empty() ? nullptr : &bound_[b][i], f, loads), count, stage);
    }
  };
  size_t main = plan_->graph.main.index;
  runBody(main, 0, plan_->bodies[main].stackAt, 1, 0);
  for (size_t s = 0; s < stageBodies_.size(); ++s)
    for (size_t b = 0; b < plan_->bodies.size(); ++b)
      if (stageBodies_[s][b] > 0) runBody(b, 0, plan_->bodies[b].ops.size(), stageBodies_[s][b], static_cast<int>(s));
  runBody(main, plan_->bodies[main].stackAt, plan_->bodies[main].ops.size(), 1,
          static_cast<int>(stageBodies_.size()) - 1);
}

void StepModel::addTo(BreakdownRow& row, const Work& w, double count) {
  row.seconds += w.seconds * count;
  (w.resource == Work::Compute  ? row.compute_s
   : w.resource == Work::Memory ? row.memory_s
                                : row.network_s) += w.seconds * count;
  row.flops += w.flops * count;
  row.bytes += w.bytes * count;
}

StepTime StepModel::time(const BatchState& state, bool withBreakdown) const {
  StepTime out;
  std::vector<double> stages(stageBodies_.size(), 0), fetches;
  const auto& off = engine_.offload;
  if (off.any()) fetches.assign(stages.size(), 0);
  double kernels = 0;
  std::vector<BreakdownRow> rows;
  if (withBreakdown) {
    rows.resize(plan_->classes.size());
    for (size_t i = 0; i < rows.size(); ++i) rows[i].cls = plan_->classes[i];
  }
  eachOp(state, [&](size_t, const OpPlan& op, const Work& w, double count, int stage) {
    stages[static_cast<size_t>(stage)] += w.seconds * count;
    if (w.seconds > 0) kernels += w.kernels * count;
    if (!fetches.empty()) fetches[static_cast<size_t>(stage)] += w.fetched * count;
    if (!withBreakdown) return;
    addTo(rows[op.cls], w, count);
  });
  double fetching = 0;  // not hidden behind the layers
  for (size_t i = 0; i < fetches.size(); ++i) {
    double seconds = fetches[i] / off.bandwidth, shown = off.overlap ? std::max(0.0, seconds - stages[i]) : seconds;
    stages[i] += shown;
    fetching += shown;
  }
  if (withBreakdown && fetching > 0)
    rows.push_back({"host_link", fetching, 0, 0, fetching, 0, std::accumulate(fetches.begin(), fetches.end(), 0.0)});
  double device = 0;
  for (double s : stages) {
    device += s;
    out.slowestStage = std::max(out.slowestStage, s);
  }
  double tokens = 0, seqs = 0;
  bool decodes = true;
  for (const auto& g : state) {
    tokens += g.count * g.fresh, seqs += g.count;
    if (g.count > 0 && prompts(g)) decodes = false;
  }
  const auto& d = engine_.degrees;
  // Semantics §2: kernels follow each other with gaps; where no graph was recorded, not faster than they are launched.
  bool all = engine_.runtime.recordsPrompts;
  bool recorded = (decodes || all) && (all ? tokens : seqs) <= engine_.runtime.recorded * d.dp;
  double gaps = kernels * engine_.runtime.graph_gap, launches = recorded ? 0 : kernels * engine_.runtime.launch;
  bool launching = launches > device + gaps;
  if (launching) gaps = launches - device;
  device += gaps;
  out.slowestStage += gaps / d.pp;
  if (d.pp > 1) {
    // The activations of the busiest rank's tokens go from stage to stage.
    const auto* p = plan_->graph.precision(plan_->activation);
    double bytes = tokens / d.dp * width() * (p ? p->bytesPerElement() : 2) / d.tp;
    double hop = pointToPoint(bytes, {2, d.ranks()}, engine_.tiers, engine_.runtime.eta_network).seconds;
    device += (d.pp - 1) * hop;
    out.slowestStage += hop;
    if (withBreakdown)
      rows.push_back({"pipeline_send", (d.pp - 1) * hop, 0, 0, (d.pp - 1) * hop, 0, (d.pp - 1) * bytes});
  }
  const auto& rt = engine_.runtime;
  double host = engine_.hostTime(seqs, tokens);
  out.seconds = rt.host_async ? std::max(device, host) : device + host;
  if (withBreakdown) {
    if (gaps > 0) rows.push_back({launching ? "launches" : "gaps", gaps, 0, 0, 0, 0, 0});
    if (double shown = out.seconds - device; shown > 0) rows.push_back({"host", shown, 0, 0, 0, 0, 0});
    rows.erase(std::remove_if(rows.begin(), rows.end(), [](const BreakdownRow& r) { return r.seconds <= 0; }),
               rows.end());
    std::stable_sort(rows.begin(), rows.end(),
                     [](const BreakdownRow& a, const BreakdownRow& b) { return a.seconds > b.seconds; });
    out.breakdown.seconds = out.seconds;
    out.breakdown.rows = std::move(rows);
  }
  return out;
}

void StepModel::byBody(const BatchState& state, BodyTimes& times) const {
  times.bodies.assign(plan_->bodies.size(), 0);
  times.own = 0;
  eachOp(state, [&](size_t body, const OpPlan&, const Work& w, double count, int) {
    double seconds = w.seconds > 0 ? w.seconds + w.kernels * engine_.runtime.graph_gap : 0;
    if (body == plan_->graph.main.index)
      times.own += seconds * count;
    else
      times.bodies[body] += seconds;
  });
  // With pipeline stages a body runs in several of them: the times above are of one layer.
  for (size_t b = 0; b < times.bodies.size(); ++b) {
    double stages = 0;
    for (const auto& stage : stageBodies_) stages += stage[b] > 0;
    if (stages > 1) times.bodies[b] /= stages;
  }
}

std::vector<BreakdownRow> StepModel::rows(const BatchState& state) const {
  std::vector<BreakdownRow> rows(plan_->classes.size());
  for (size_t i = 0; i < rows.size(); ++i) rows[i].cls = plan_->classes[i];
  double kernels = 0;
  eachOp(state, [&](size_t, const OpPlan& op, const Work& w, double count, int) {
    addTo(rows[op.cls], w, count);
    if (w.seconds > 0) kernels += w.kernels * count;
  });
  rows.push_back({"gaps", kernels * engine_.runtime.graph_gap, 0, 0, 0, 0, 0});
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
  eachOp(state, [&](size_t body, const OpPlan& op, const Work& w, double count, int) {
    const auto& ops = plan_->bodies[body].ops;
    out.push_back({std::string(g.strings[g.bodies[body].name]), std::string(g.strings[op.name]), plan_->classes[op.cls],
                   std::string(kSourceNames[static_cast<size_t>(w.source)]), count, w.seconds, w.flops, w.bytes,
                   w.resource == Work::Network ? 0 : std::max(w.flops / op.peak, w.bytes / engine_.device.bandwidth),
                   op.cost, body, &op == &reshard_ ? SIZE_MAX : static_cast<size_t>(&op - ops.data()), w.size,
                   w.gathered, w.group});
  });
  return out;
}

}  // namespace afdc
