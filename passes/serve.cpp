#include "passes/serve.h"

#include <algorithm>
#include <cmath>

#include "support/text.h"

namespace afdc {

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// One engine slot: with pp stages, pp batches are in flight and each is a slot of its own.
struct SlotState {
  double residence = 0;  ///< S: from the first chunk's start to the last token
  double ttft = 0, tpot = 0;
  double rate = 0;  ///< requests per second of this slot
  BatchState decode, mixed;
  double mixedShare = 0;
};

class Scheduler {
 public:
  Scheduler(const StepModel& model, const LoadConfig& load)
      : m_(model), e_(model.engine()), u_(load.input), o_(load.output) {}

  /// Step time as a slot sees it: with pp > 1 the slowest stage paces all batches in flight.
  double step(const BatchState& b) const {
    auto t = m_.time(b);
    return e_.degrees.pp > 1 ? std::max(t.seconds, e_.degrees.pp * t.slowestStage) : t.seconds;
  }

  /// n requests in one slot, all ranks together; n may be fractional.
  SlotState run(double n) const { return e_.runtime.prefill_first ? prefillFirst(n) : mixed(n); }

  /// Time of one request's prefill alone, in chunks of the budget.
  double prefillTime(double count) const {
    double budget = e_.max_tokens, done = 0, t = 0;
    // Requests of a batch share the chunks: `count` per rank at a time would overrun the budget.
    double perRank = std::ceil(count / e_.degrees.dp);
    double together = std::max(1.0, std::min(perRank, std::floor(budget / std::min(u_, budget))));
    if (u_ <= budget) {
      double rounds = std::ceil(perRank / together), left = perRank;
      for (double r = 0; r < rounds; ++r, left -= together) {
        double ranks = std::min(count, std::min(left, together) * e_.degrees.dp);
        t += step({{ranks, u_, 0, 1}});
        if (rounds > 64 && r == 0) return t * perRank / together;
      }
      return t;
    }
    for (; done < u_; done += budget) {
      double chunk = std::min(budget, u_ - done);
      t += step({{std::min(count, e_.degrees.dp), chunk, done, done + chunk >= u_ ? 1.0 : 0.0}});
    }
    return t * perRank;
  }

 private:
  double meanContext() const { return u_ + o_ / 2; }

  SlotState mixed(double n) const {
    double D = e_.degrees.dp, perRank = n / D, steps = std::max(1.0, o_);
    // A request's life is `own` steps with its chunks, then decodes (its first token comes with the last chunk). Chunk
    // size and the number of decodes beside it depend on each other: a short fixed-point iteration settles them.
    double own = 1, N = steps, decodes = perRank;
    for (int i = 0; i < 40; ++i) {
      double room = std::max(1.0, std::min(u_, e_.max_tokens - decodes));
      own = std::ceil(u_ / room);
      N = own + steps - 1;
      double next = perRank * (steps - 1) / N;
      if (std::fabs(next - decodes) < 1e-9) break;
      decodes = next;
    }
    double budget = std::max(1.0, e_.max_tokens - decodes), chunk = u_ / own;
    SlotState s;
    double decodeCount = decodes * D;
    s.decode = {{n, 1, meanContext(), 1}};
    double tDecode = steps > 1 ? step(s.decode) : 0;
    // Spread arrivals: each chunk takes a step of its own, until there are more chunks than steps; then they share.
    double mixedSteps = perRank * own, chunksPerStep = 1;
    if (mixedSteps > N) {
      chunksPerStep = std::min(mixedSteps / N, std::max(1.0, budget / chunk));
      mixedSteps /= chunksPerStep;
    }
    double past = own > 1 ? (u_ - chunk) / 2 : 0;
    // With D ranks under one barrier, a step is as long as its slowest rank's: any rank's prompt stalls all.
    double q = std::min(1.0, mixedSteps / N), stalled = 1 - std::pow(1 - q, D);
    double prefillRanks = stalled > 0 ? std::max(1.0, std::round(D * q / stalled)) : 0;
    s.mixed = {{decodeCount, 1, meanContext(), 1}, {prefillRanks * chunksPerStep, chunk, past, 1 / own}};
    if (decodeCount <= 0) s.mixed.erase(s.mixed.begin());
    double tMixed = step(s.mixed);
    if (mixedSteps <= N * (1 + 1e-12)) {
      double mean = stalled * tMixed + (1 - stalled) * tDecode;
      double residual = mean / 2;
      // A request's own chunks run in mixed steps; its decodes see both kinds in their share.
      double rest = std::max(0.0, N * mean - own * tMixed);
      s.ttft = own * tMixed + residual;
      s.tpot = steps > 1 ? rest / (steps - 1) : kUnknown;
      s.residence = N * mean + residual;
      s.rate = n / s.residence;
      s.mixedShare = stalled;
      return s;
    }
    // Prefill-bound: prompts fill every step; decodes are what that rate sustains (n_d = X·(O-1)·t_mix), the rest wait.
    double low = 0, high = std::min(decodes, e_.max_tokens - 1);
    for (int i = 0; i < 48; ++i) {
      double nd = (low + high) / 2, p = std::max(1.0, e_.max_tokens - nd);
      BatchState b = {{nd * D, 1, meanContext(), 1}, {D * std::max(1.0, p / chunk), std::min(chunk, p), past, 1 / own}};
      double t = step(b), x = p / (u_ * t);
      (x * (steps - 1) * t > nd ? low : high) = nd;
      s.mixed = b;
      tMixed = t;
      s.rate = x * D;
    }
    s.mixedShare = 1;
    s.residence = n / s.rate;
    s.tpot = steps > 1 ? tMixed : kUnknown;
    s.ttft = s.residence - (steps - 1) * tMixed;
    return s;
  }

  SlotState prefillFirst(double n) const {
    SlotState s;
    double steps = std::max(1.0, o_), phi = e_.runtime.phase_lock;
    s.decode = {{n, 1, meanContext(), 1}};
    double tDecode = steps > 1 ? step(s.decode) : 0, tau = prefillTime(1);
    s.mixed = {{1, std::min(u_, e_.max_tokens), 0, 1}};
    s.ttft = tau * (1 + phi * (n - 1) / 2);
    s.tpot = steps > 1 ? tDecode + (n - 1) * tau * (1 - phi / 2) / (steps - 1) : kUnknown;
    s.residence = s.ttft + (steps > 1 ? (steps - 1) * s.tpot : 0);
    s.rate = n / s.residence;
    s.mixedShare = n / (n + steps);
    return s;
  }

  const StepModel& m_;
  const EngineConfig& e_;
  double u_, o_;
};

}  // namespace

Floor physicalFloor(const StepModel& model, const LoadConfig& load) {
  EngineConfig ideal = model.engine();
  ideal.runtime = RuntimeModel{};
  StepModel m(model.plan(), ideal);
  Floor f;
  f.tpot = m.time({{1, 1, load.input + 1, 1}}).seconds;
  Scheduler s(m, load);
  f.ttft = s.prefillTime(1);
  return f;
}

std::optional<Served> serve(const StepModel& model, const MemoryPlan& memory, const LoadConfig& load,
                            const ir::Scenario& s, ir::NodeId scenario, std::vector<Assumption>& assumptions,
                            Diagnostics& diags) {
  const auto& e = model.engine();
  const auto& d = e.degrees;
  auto workload = s.find(scenario, "workload");
  auto bytesText = [](double b) { return humanize(b, Dimension::of(Base::Bytes)); };
  double context = s.number(scenario, "deployment.model.max_context").value_or(INFINITY);
  if (load.input + load.output > context) {
    diags.report<diag::above_context>(rangeOf(s, s.find(workload, "input"), diags), shortest(load.input + load.output),
                                      s.show(s.find(scenario, "deployment.model")), shortest(context));
    return std::nullopt;
  }
  // What one running request reserves: half its output on average when blocks are taken as it grows, all of it
  // otherwise.
  double reserved = load.input + (e.runtime.no_evict ? load.outputMax : load.output / 2);
  double one = sequenceBytes(model, load.input + load.output), each = sequenceBytes(model, reserved);
  if (one > memory.kvBudget) {
    diags
        .report<diag::request_does_not_fit>(rangeOf(s, s.find(workload, "input"), diags),
                                            shortest(std::ceil(load.input + load.output)), bytesText(one),
                                            bytesText(memory.kvBudget))
        .note(fmt::format("weights {}, activations {}, available {} per device", bytesText(memory.fullest.weights),
                          bytesText(memory.fullest.activations), bytesText(memory.fullest.available)))
        .help("more devices per replica, a smaller KV format, or shorter requests");
    return std::nullopt;
  }
  double fitsPerRank = each > 0 ? std::floor(memory.kvBudget / each) : INFINITY;
  double slotsPerRank = std::min(e.max_seqs, std::max(1.0, fitsPerRank));
  // KV of all pp batches in flight lies on the same devices; slots are what is left for each.
  double slotCapacity = std::max(1.0, std::floor(slotsPerRank / d.pp)) * d.dp;
  double slots = e.replicas * d.pp;
  if (fitsPerRank < e.max_seqs)
    assumptions.push_back(
        {fmt::format("{} sequences per data-parallel rank fit in KV memory (the scheduler would allow {})",
                     shortest(fitsPerRank), shortest(e.max_seqs)),
         whereSet(s, s.find(e.node, "kv_cache"))});

  Scheduler scheduler(model, load);
  Served out;
  double front = e.runtime.front_fixed + e.runtime.front_per_token * load.input;

  if (load.arrivals == LoadConfig::Arrivals::Batch) {
    // E2E = prefill of B·U in chunks + Σ decode steps at growing context (three-point Simpson).
    double perSlot = load.amount / slots;
    if (perSlot > slotCapacity) {
      diags
          .report<diag::request_does_not_fit>(rangeOf(s, s.find(workload, "arrivals"), diags),
                                              shortest(std::ceil(load.amount * (load.input + load.output))),
                                              bytesText(perSlot / d.dp * each), bytesText(memory.kvBudget))
          .note(fmt::format("a static batch of {} runs at once; {} fit", shortest(load.amount),
                            shortest(slotCapacity * slots)));
      return std::nullopt;
    }
    double prefill = scheduler.prefillTime(perSlot);
    double steps = load.output - 1;
    auto decodeAt = [&](double past) { return scheduler.step({{perSlot, 1, past, 1}}); };
    double decode = steps > 0 ? steps / 6 *
                                    (decodeAt(load.input + 1) + 4 * decodeAt(load.input + load.output / 2) +
                                     decodeAt(load.input + load.output - 1))
                              : 0;
    out.ttft = front + prefill;
    out.tpot = steps > 0 ? decode / steps : kUnknown;
    out.e2e = out.ttft + decode;
    out.requests = load.amount / out.e2e;
    out.concurrency = out.running = load.amount;
    out.decode = {{perSlot, 1, load.input + load.output / 2, 1}};
    out.mixed = {{std::max(1.0, std::min(perSlot, d.dp * std::max(1.0, std::floor(e.max_tokens / load.input)))),
                  std::min(load.input, e.max_tokens), 0, 1}};
    out.kvTokensPerRank = std::ceil(perSlot / d.dp) * d.pp * (load.input + load.output);
    return out;
  }

  auto fill = [&](const SlotState& slot, double running) {
    out.tpot = slot.tpot;
    out.requests = slot.rate * slots;
    out.running = running * slots;
    out.decode = slot.decode;
    out.mixed = slot.mixed;
    out.mixedShare = slot.mixedShare;
    out.kvTokensPerRank = running / d.dp * d.pp * (load.input + load.output / 2);
  };

  if (load.arrivals == LoadConfig::Arrivals::Closed) {
    double perSlot = load.amount / slots;
    double running = std::min(perSlot, slotCapacity);
    SlotState slot = scheduler.run(running);
    fill(slot, running);
    double queue = perSlot > running ? slot.residence * (perSlot - running) / running : 0;
    out.ttft = front + slot.ttft + queue;
    out.e2e = out.ttft + (load.output > 1 ? (load.output - 1) * slot.tpot : 0);
    out.concurrency = load.amount;
    // The front end is outside the slots: users spend that time too (c = X·E2E).
    out.requests = std::min(out.requests, load.amount / out.e2e);
    if (perSlot > running)
      diags
          .report<diag::queueing>(rangeOf(s, s.find(workload, "arrivals"), diags), shortest(load.amount),
                                  shortest(running * slots))
          .note(fmt::format("the queue adds {} to TTFT", humanize(queue, Dimension::of(Base::Time))));
    return out;
  }

  if (load.arrivals == LoadConfig::Arrivals::Poisson) {
    // The largest rate over the running batch; X(n) rises with n except where memory traffic saturates.
    double best = 0, top = slotCapacity;
    for (double n = 1; n < top; n *= 2) best = std::max(best, scheduler.run(n).rate);
    best = std::max(best, scheduler.run(top).rate);
    out.capacity = best * slots;
    if (load.amount >= out.capacity) {
      diags
          .report<diag::above_capacity>(
              rangeOf(s, s.find(workload, "arrivals"), diags),
              humanize(load.amount, Dimension::of(Base::Request) / Dimension::of(Base::Time)),
              humanize(out.capacity, Dimension::of(Base::Request) / Dimension::of(Base::Time)))
          .help(fmt::format("at this capacity {} replicas would be needed",
                            shortest(std::ceil(e.replicas * load.amount / out.capacity + 1e-9))));
      return std::nullopt;
    }
    double wanted = load.amount / slots, low = 0, high = top;
    for (int i = 0; i < 48; ++i) {
      double n = (low + high) / 2;
      (scheduler.run(n).rate < wanted ? low : high) = n;
    }
    SlotState slot = scheduler.run(high);
    fill(slot, high);
    out.requests = load.amount;
    // Waiting for a slot: Sakasegawa's approximation for M/M/n (European Journal of Operational Research 1, 1977),
    // within a few percent for n >= 10 and utilisation below 0.95.
    double rho = load.amount / out.capacity;
    double wait = slot.residence / top * std::pow(rho, std::sqrt(2 * (top + 1)) - 1) / (1 - rho);
    out.ttft = front + slot.ttft + wait;
    out.e2e = out.ttft + (load.output > 1 ? (load.output - 1) * slot.tpot : 0);
    out.concurrency = load.amount * out.e2e;
    assumptions.push_back(
        {fmt::format("open loop: waiting by Sakasegawa's M/M/n approximation at utilisation {}", significant(rho, 3)),
         whereSet(s, s.find(workload, "arrivals"))});
    return out;
  }
  diags.report<diag::not_evaluable>(
      rangeOf(s, s.find(workload, "arrivals"), diags), s.show(workload),
      std::string("a trace of arrivals needs a simulation; give a rate or a concurrency"));
  return std::nullopt;
}

}  // namespace afdc
