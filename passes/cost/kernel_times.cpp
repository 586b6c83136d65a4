#include "passes/cost/kernel_times.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <variant>
#include <vector>

#include "passes/cost/attention.h"

namespace afdc {

namespace {

/// How near the roofline one kind of kernel comes: t = start + [(F / (P·compute))^q + (bytes / (W·memory))^q]^(1/q),
/// with memory(bytes) = memory · bytes / (bytes + half); sharpness q, 0: the larger of the two.
struct Reach {
  double start = 0, compute = 1, memory = 1, sharpness = 0, half = 0;

  void time(double flops, double bytes, double peak, double bandwidth, Work& w) const {
    w.seconds = 0;
    w.resource = Work::Memory;
    if (flops <= 0 && bytes <= 0) return;
    double computing = flops / (peak * compute);
    double reading = bytes > 0 ? bytes / (bandwidth * (memory * (half > 0 ? bytes / (bytes + half) : 1))) : 0;
    double longer = std::max(computing, reading), shorter = std::min(computing, reading);
    // (c^q + m^q)^(1/q)
    double both = sharpness > 0 && shorter > 0
                      ? longer * std::pow(1 + std::pow(shorter / longer, sharpness), 1 / sharpness)
                      : longer;
    w.seconds = start + both;
    if (computing > reading) w.resource = Work::Compute;
  }
};

/// Nothing is faster than the datasheet.
double atMostAll(double efficiency) { return std::min(1.0, efficiency); }

/// The runtime's efficiency for kernels of all kinds.
class OneEfficiency final : public KernelTimes {
 public:
  explicit OneEfficiency(const EngineConfig& e)
      : bandwidth_(e.device.bandwidth),
        dp_(e.degrees.dp),
        reach_{e.runtime.start, atMostAll(e.runtime.eta_compute), atMostAll(e.runtime.eta_memory), e.runtime.sharpness,
               e.runtime.half_bytes} {}

  void kernel(const OpPlan& op, const Frame&, Work& w) const override {
    reach_.time(w.flops, w.bytes, op.peak, bandwidth_, w);
  }

  /// One kernel for all groups.
  void attention(const OpPlan& op, const Frame& f, Work& w) const override {
    double pairs = 0, cached = 0;
    for (const auto& g : f.local) {
      pairs += g.count * seenPairs(op, g.fresh, g.past);
      cached += cachedTokens(op, g, dp_);
    }
    w.flops = f.value(op.perPair) * pairs;
    w.bytes = f.value(op.bytes) + f.value(op.perCached) * cached;
    kernel(op, f, w);
  }

  void experts(const OpPlan& op, const Frame& f, const ExpertWork&, Work& w) const override { kernel(op, f, w); }
  std::optional<double> allReduce(const OpPlan&, double, Work&) const override { return std::nullopt; }

 private:
  double bandwidth_, dp_;
  Reach reach_;
};

/// The device's own curves, one for each kind of kernel. Factors of architecture, device and engine multiply.
class FittedCurves final : public KernelTimes {
 public:
  explicit FittedCurves(const EngineConfig& e)
      : bandwidth_(e.device.bandwidth),
        dp_(e.degrees.dp),
        expertPace_(e.device.measured_experts),
        promptsFrom_(e.runtime.prefill_from),
        slotHeads_(e.runtime.sparse_heads) {
    for (size_t i = 0; i < reach_.size(); ++i) {
      const auto& curve = e.device.kernels->curves[i];
      reach_[i] = {curve.start * e.device.measured_start,
                   atMostAll(e.runtime.eta_compute * (curve.compute * e.device.measured_compute)),
                   atMostAll(e.runtime.eta_memory * (curve.memory * e.device.measured_memory)), curve.sharpness,
                   e.runtime.half_bytes};
      experts_[i] = {curve.expert, curve.rows, curve.tokens};
    }
  }

  void kernel(const OpPlan& op, const Frame&, Work& w) const override {
    w.source = Work::Source::Fitted;
    reach(op.curve).time(w.flops, w.bytes, op.peak, bandwidth_, w);
  }

  /// Engines run prompts and decodes with kernels of their own. The longer one says which resource bounds both.
  void attention(const OpPlan& op, const Frame& f, Work& w) const override {
    Share shares[2];
    double tokens = share(op, f, shares);
    double seconds = 0, most = -1;
    auto resource = Work::Memory;
    w.flops = w.bytes = w.kernels = 0;
    for (bool prompt : {false, true}) {
      auto& s = shares[prompt];
      if (s.tokens <= 0) continue;
      // Queries and results, by tokens.
      s.bytes += f.value(op.bytes) * s.tokens / tokens;
      reach(attentionCurve(op, prompt)).time(s.flops, s.bytes, op.peak, bandwidth_, w);
      if (w.seconds > most) {
        most = w.seconds;
        resource = w.resource;
      }
      seconds += w.seconds;
      w.flops += s.flops;
      w.bytes += s.bytes;
      ++w.kernels;
    }
    w.seconds = seconds;
    w.resource = resource;
    w.source = Work::Source::Fitted;
  }

  /// Sorting, gathering and scattering go beside the product: by expert, by row, by token that comes in.
  void experts(const OpPlan& op, const Frame&, const ExpertWork& e, Work& w) const override {
    reach(op.curve).time(w.flops, e.weights, op.peak, bandwidth_, w);
    const auto& beside = experts_[static_cast<size_t>(op.curve)];
    double scattered = beside.rows * e.activations + beside.tokens * e.entering * e.tokenBytes;
    w.seconds = w.seconds + e.touched * beside.expert + scattered / bandwidth_;
    w.seconds /= expertPace_;
    w.source = Work::Source::Fitted;
  }

  std::optional<double> allReduce(const OpPlan&, double, Work&) const override { return std::nullopt; }

 private:
  /// Of prompts, or of decodes.
  struct Share {
    double flops = 0, bytes = 0, tokens = 0;
  };
  struct Beside {
    double expert = 0, rows = 1, tokens = 0;
  };

  const Reach& reach(Curved kind) const { return reach_[static_cast<size_t>(kind)]; }

  static Curved attentionCurve(const OpPlan& op, bool prompt) {
    if (op.curve == Curved::LatentDecode) return prompt ? Curved::LatentPrefill : Curved::LatentDecode;
    if (prompt) return op.fp8Cache ? Curved::PrefillFp8 : Curved::Prefill;
    return op.fp8Cache ? Curved::DecodeFp8 : op.curve;
  }

  /// Work on pairs and caches, apart for decodes and prompts. Returns the tokens of both.
  double share(const OpPlan& op, const Frame& f, Share (&shares)[2]) const {
    // Some kernels of tokens chosen from a cache of latents go through every slot of a choice, filled or not, for their
    // number of heads at least.
    bool chosen = std::isfinite(op.limit) && op.latent && op.perCached.valid();
    double least = chosen ? slotHeads_ : 0;
    double wider = least > 0 ? std::ceil(f.value(op.heads) / least) * least / f.value(op.heads) : 1;
    double perPair = f.value(op.perPair) * wider, perCached = f.value(op.perCached);
    for (const auto& g : f.local) {
      auto& s = shares[g.isPrompt(promptsFrom_)];
      double read = cachedTokens(op, g, dp_), mean = g.count * pastRead(op, g.fresh, g.past);
      double seen = least > 0 ? g.fresh * op.limit : seenPairs(op, g.fresh, g.past);
      s.flops += perPair * (g.count * seen + g.fresh * (read - mean));
      s.bytes += perCached * read;
      s.tokens += g.count * g.fresh;
    }
    return shares[0].tokens + shares[1].tokens;
  }

  double bandwidth_, dp_, expertPace_, promptsFrom_, slotHeads_;
  std::array<Reach, static_cast<size_t>(Curved::Count)> reach_;
  std::array<Beside, static_cast<size_t>(Curved::Count)> experts_;
};

/// Measured tables where they reach, the device's curves elsewhere.
class MeasuredTables final : public KernelTimes {
 public:
  MeasuredTables(const Plan& plan, const EngineConfig& e, std::span<const double> known)
      : curves_(e), bandwidth_(e.device.bandwidth), promptsFrom_(e.runtime.prefill_from) {
    for (const auto& body : plan.bodies)
      for (const auto& op : body.ops) tables_.push_back(find(op, body, e, known));
  }

  void kernel(const OpPlan& op, const Frame& f, Work& w) const override {
    const auto* table = tableOf<kernels::ProductTable>(op);
    if (!table || w.flops <= 0) return curves_.kernel(op, f, w);
    double bound = std::max(w.flops / op.peak, w.bytes / bandwidth_);
    take(op, table->at(f.value(op.m), bound), w);
  }

  /// Tables answer sequence by kind: a group of equal lengths. FLOPs and bytes are not counted.
  void attention(const OpPlan& op, const Frame& f, Work& w) const override {
    const auto* table = tableOf<kernels::AttentionTables>(op);
    if (!table) return curves_.attention(op, f, w);
    kernels::Answer sum;
    for (const auto& g : f.local) {
      double seen = std::min(g.past, std::min(op.window, op.limit));
      auto answer =
          g.isPrompt(promptsFrom_) ? table->prompts(g.count, g.fresh, seen) : table->decodes(g.count, g.fresh, seen);
      if (!answer) return curves_.attention(op, f, w);
      sum.seconds += answer->seconds;
      sum.how = std::max(sum.how, answer->how);
    }
    w.kernels = static_cast<double>(f.local.size());
    take(op, sum, w);
  }

  void experts(const OpPlan& op, const Frame& f, const ExpertWork& e, Work& w) const override {
    const auto* table = tableOf<kernels::ExpertTable>(op);
    auto answer = table && w.flops > 0 ? table->at(e.tokens) : std::nullopt;
    if (!answer) return table ? curves_.kernel(op, f, w) : curves_.experts(op, f, e, w);
    take(op, *answer, w);
  }

  std::optional<double> allReduce(const OpPlan& op, double bytes, Work& w) const override {
    const auto* table = tableOf<kernels::AllReduceTable>(op);
    auto answer = table ? table->at(bytes) : std::nullopt;
    if (!answer) return std::nullopt;
    w.source = sourceOf(answer->how);
    return answer->seconds;
  }

 private:
  using Table = std::variant<std::monostate, kernels::ProductTable, kernels::AttentionTables, kernels::ExpertTable,
                             kernels::AllReduceTable>;

  /// The table of an operator's sizes on one device, which degrees decide.
  static Table find(const OpPlan& op, const BodyPlan& body, const EngineConfig& e, std::span<const double> known) {
    const auto& pack = *e.device.tables;
    const auto& d = e.degrees;
    auto value = [&](ir::ExprId id) { return id.valid() ? known[id.index] : 0.0; };
    auto orNone = [](auto found) { return found ? Table(std::move(*found)) : Table(); };
    switch (op.cost) {
      case Cost::Kernel:
        if (!op.n.valid()) return {};
        return orNone(
            kernels::ProductTable::find(pack, {op.format, value(op.n), value(op.k)}, op.peak, e.device.bandwidth));
      case Cost::Attention:
        if (!op.heads.valid()) return {};
        return orNone(kernels::AttentionTables::find(
            pack, {value(op.heads), value(op.kvHeads), op.headDim, op.fp8Cache, op.latent}));
      case Cost::Grouped: {
        const auto& r = body.routes[static_cast<size_t>(op.route)];
        return orNone(kernels::ExpertTable::find(
            pack, {op.format, r.experts, r.topK, r.skew, op.expertSides[0], op.expertSides[1], d.etp, d.ep}));
      }
      case Cost::AllReduce:
        return orNone(kernels::AllReduceTable::find(pack, op.axis == ir::Axis::ep ? d.ftp : d.of(op.axis)));
      case Cost::Free:
      case Cost::AllGather:
      case Cost::Dispatch:
      case Cost::Combine:
      case Cost::Reshard: return {};
    }
    return {};
  }

  template <class Kind>
  const Kind* tableOf(const OpPlan& op) const {
    return std::get_if<Kind>(&tables_[op.number]);
  }

  static Work::Source sourceOf(kernels::How how) {
    switch (how) {
      case kernels::How::Measured: return Work::Source::Measured;
      case kernels::How::Between: return Work::Source::Between;
      case kernels::How::Extrapolated: break;
    }
    return Work::Source::Extrapolated;
  }

  void take(const OpPlan& op, const kernels::Answer& answer, Work& w) const {
    w.seconds = answer.seconds;
    w.source = sourceOf(answer.how);
    w.resource = w.flops / op.peak > w.bytes / bandwidth_ ? Work::Compute : Work::Memory;
  }

  FittedCurves curves_;
  double bandwidth_, promptsFrom_;
  std::vector<Table> tables_;  ///< by OpPlan::number
};

}  // namespace

std::shared_ptr<const KernelTimes> kernelTimes(const Plan& plan, const EngineConfig& engine,
                                               std::span<const double> known) {
  if (engine.runtime.kernels.empty()) return std::make_shared<OneEfficiency>(engine);
  if (!engine.device.tables) return std::make_shared<FittedCurves>(engine);
  return std::make_shared<MeasuredTables>(plan, engine, known);
}

}  // namespace afdc
