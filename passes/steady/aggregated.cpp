#include "passes/steady/aggregated.h"

#include <algorithm>
#include <cmath>

#include "passes/deployment/diagnostics.h"
#include "passes/deployment/fields.h"
#include "passes/steady/diagnostics.h"
#include "support/roots.h"
#include "support/text.h"

namespace afdc {

using ir::NodeId;

namespace {

std::string bytesText(double b) { return humanize(b, Dimension::of(Base::Bytes)); }

/// Share of draws that fall on the `held` most popular of n prefixes, the k-th drawn in proportion to k^-s.
double zipfShare(Count held, Count n, double s) {
  double top = 0, all = 0;
  for (Count k = 1; k <= n; ++k) {
    double p = std::pow(k, -s);
    all += p;
    if (k <= held) top += p;
  }
  return top / all;
}

}  // namespace

CacheHit foundInCache(const Role& role, const LoadConfig& load, double running) {
  CacheHit out{{load.input, load.output}, 1};
  if ((load.shared <= 0 && load.carryOver <= 0) || !role.engine().prefixCache) return out;
  // Running sequences have precedence; what they leave holds the most popular prefixes (LRU keeps nearly those).
  double shared = std::min(load.shared, load.input - 1);
  if (shared > 0 && load.zipf > 0) {
    double own = running * sequenceBytes(role.holder(), std::max(1.0, load.input - shared + load.output / 2));
    Count held = Count::floor(std::max(0.0, role.kvBudget - own) / sequenceBytes(role.holder(), shared));
    out.hit = held >= load.prefixes ? 1 : zipfShare(held, load.prefixes, load.zipf);
  }
  double carried = load.carryOver * (load.input - shared);
  out.lengths.cached = std::min(std::floor(out.hit * shared + carried), load.input - 1);
  return out;
}

Lengths lengthsOf(const Role& role, const LoadConfig& load, double running, ServeContext& c) {
  auto found = foundInCache(role, load, running);
  if (load.shared <= 0 && load.carryOver <= 0) return found.lengths;
  NodeId prefix = load.prefix;
  c.assumptions.push_back(
      {role.engine().prefixCache
           ? fmt::format("{} of {} prompt tokens are found in the cache (shared prefixes hit {}%)",
                         shortest(found.lengths.cached), significant(load.input, 5), significant(100 * found.hit, 3))
           : "the engine looks up no prefixes (kv_cache.prefix_cache): every prompt is computed whole",
       whereSet(c.s, prefix)});
  return found.lengths;
}

Fit fitOf(const Role& role, const LoadConfig& load, double maxContext, bool prompts) {
  if (load.input + load.output > maxContext) return Fit::AboveContext;
  if (prompts && role.engine().wholePrompts() && load.input > role.engine().max_tokens) return Fit::AboveStep;
  return sequenceBytes(role.holder(), load.input + load.output) <= role.kvBudget ? Fit::Yes : Fit::AboveCache;
}

bool requestFits(const Role& role, const LoadConfig& load, ServeContext& c, bool prompts) {
  double context = c.model ? c.model->max_context : INFINITY;
  auto fit = fitOf(role, load, context, prompts);
  if (fit == Fit::Yes) return true;
  SourceRange at = rangeOf(c.s, load.at(FieldId::Workload_prompt), c.diags);
  if (fit == Fit::AboveContext) {
    c.diags.report<diag::above_context>(at, shortest(load.input + load.output), c.model->name, shortest(context));
    return false;
  }
  if (fit == Fit::AboveStep) {
    c.diags.report<diag::prompt_too_long>(at, shortest(load.input), role.engine().name,
                                          shortest(role.engine().max_tokens));
    return false;
  }
  double one = sequenceBytes(role.holder(), load.input + load.output);
  const auto& m = role.memory[0];
  c.diags
      .report<diag::request_does_not_fit>(at, shortest(std::ceil(load.input + load.output)), bytesText(one),
                                          bytesText(role.kvBudget))
      .note(fmt::format("weights {}, activations {}, available {} per device", bytesText(m.weights),
                        bytesText(m.activations), bytesText(m.available)))
      .help("more devices per replica, a smaller KV format, or shorter requests");
  return false;
}

Count sequencesThatFit(const Role& role, const LoadConfig& load) {
  const auto& e = role.engine();
  // What one running request reserves: half its output on average when blocks are taken as it grows, all of it
  // otherwise.
  double own = load.input + (e.runtime.no_evict() ? load.outputMax : load.output / 2), budget = role.kvBudget;
  if (e.prefixCache && load.shared > 0) {
    // Sequences with the same prefix hold it once; at least one prefix is there.
    own -= std::min(load.shared, load.input - 1);
    budget -= sequenceBytes(role.holder(), load.shared);
  }
  double each = sequenceBytes(role.holder(), own);
  return each > 0 ? std::max(Count(1), Count::floor(budget / each)) : Count::most();
}

Count slotsPerRank(const Role& role, const LoadConfig& load, ServeContext& c) {
  const auto& e = role.engine();
  Count fits = sequencesThatFit(role, load);
  if (fits < e.max_seqs)
    c.assumptions.push_back(
        {fmt::format("{} sequences per data-parallel rank of `{}` fit in KV memory (the scheduler would allow {})",
                     shortest(fits), e.name, shortest(e.max_seqs)),
         whereSet(c.s, e.records.kv_cache)});
  return std::min(e.max_seqs, fits);
}

Floor physicalFloor(const Role& prefill, const Role& decode, const LoadConfig& load) {
  Floor f;
  Role p = prefill.ideal(), d = decode.ideal();
  f.tpot = d.time({{1, 1, load.input + 1, 1}}).seconds / d.progress();
  f.ttft = Schedule(p, {load.input, load.output}).prefillTime(1);
  return f;
}

namespace {

/// All of a slot's requests at once, run to their end: E2E = prefill of B·U in chunks + Σ decode steps at growing
/// context (three-point Simpson).
void runBatch(Solo& out, const Schedule& schedule, const LoadConfig& load, double sequences, double front) {
  double steps = schedule.decodeSteps(), decode = 0;
  double prefill = schedule.prefillTime(sequences);
  auto decodeAt = [&](double past) { return schedule.step({{sequences, 1, past, 1}}); };
  if (steps > 0)
    decode = steps / 6 *
             (decodeAt(load.input + 1) + 4 * decodeAt(load.input + load.output / 2) +
              decodeAt(load.input + load.output - 1));
  out.ttft = front + prefill;
  out.tpot = steps > 0 ? decode / (load.output - 1) : kUnknown;
  out.e2e = out.ttft + decode;
  out.x = load.amount / out.e2e;
  out.running = sequences;
}

/// Rates of a slot at batches of one, two, four, … up to its largest.
struct RateScan {
  double top = 0;  ///< the largest; X(n) rises with n except where memory traffic saturates
  struct At {
    double n = 0, rate = 0;
  } below, above;  ///< the first two neighbours with the wanted rate between them
};
RateScan scanRates(const Schedule& schedule, double wanted, Count slotCapacity) {
  RateScan out;
  auto look = [&](double n) {
    double rate = schedule.run(n).rate;
    out.top = std::max(out.top, rate);
    if (out.above.n == 0) (rate < wanted ? out.below : out.above) = {n, rate};
  };
  for (double n = 1; n < slotCapacity; n *= 2) look(n);
  look(slotCapacity);
  return out;
}

/// Sequences that run in a slot at the wanted rate, which is below its largest.
double runningAt(const Schedule& schedule, double wanted, const RateScan& scan) {
  auto excess = [&](double n) { return schedule.run(n).rate - wanted; };
  return aroundRoot(excess, scan.below.n, scan.above.n, scan.below.rate - wanted, scan.above.rate - wanted).second;
}

}  // namespace

double waitForServer(double service, double n, double utilisation) {
  return service / n * std::pow(utilisation, std::sqrt(2 * (n + 1)) - 1) / (1 - utilisation);
}

Solo serveSolo(const Role& role, Count replicas, Count slotsOfRank, const LoadConfig& load) {
  const auto& e = role.engine();
  const auto& d = e.degrees;
  // KV of all pp batches in flight lies on the same devices; slots are what is left for each.
  Count slots = replicas * d.pp;
  Solo out;
  out.slotCapacity = std::max(Count(1), quotient(slotsOfRank, d.pp)) * d.dp;
  bool open = load.arrivals == LoadConfig::Arrivals::Poisson;
  double perSlot = open ? out.slotCapacity : load.amount / slots;
  double running = std::min<double>(perSlot, out.slotCapacity);
  out.lengths = foundInCache(role, load, running / d.dp * d.pp).lengths;
  Schedule schedule(role, out.lengths);
  double front = e.runtime.front_serial + e.runtime.wayIn(load.input);

  if (load.arrivals == LoadConfig::Arrivals::Batch) {
    if (perSlot > out.slotCapacity)
      out.refused = Solo::Refused::Batch;
    else
      runBatch(out, schedule, load, perSlot, front);
    return out;
  }

  double wait = 0;
  if (open) {
    double wanted = load.amount / slots;
    auto scan = scanRates(schedule, wanted, out.slotCapacity);
    out.capacity = scan.top * slots;
    if (load.amount >= out.capacity) {
      out.refused = Solo::Refused::Rate;
      return out;
    }
    running = runningAt(schedule, wanted, scan);
    out.slot = schedule.run(running);
    out.x = load.amount;
    wait = waitForServer(out.slot.residence, out.slotCapacity, load.amount / out.capacity);
  } else {
    out.slot = schedule.run(running);
    out.x = out.slot.rate * slots;
    if (perSlot > running) out.queue = wait = out.slot.residence * (perSlot - running) / running;
  }
  out.running = running;
  out.tpot = out.slot.tpot;
  out.ttft = front + out.slot.ttft + wait;
  out.e2e = out.ttft + (load.output > 1 ? (load.output - 1) * out.tpot : 0);
  // The front end is outside the slots: users spend that time too (c = X·E2E).
  if (!open) out.x = std::min(out.x, load.amount / out.e2e);
  return out;
}

Rates ratesOf(const Solo& solo, Count slots, const LoadConfig& load) {
  Rates out{solo.ttft, solo.tpot, solo.e2e, solo.x, load.amount, solo.running * slots, solo.capacity};
  if (load.arrivals == LoadConfig::Arrivals::Poisson) out.concurrency *= solo.e2e;
  return out;
}

namespace {

/// Says why a load was refused.
void reportRefused(const Role& role, const LoadConfig& load, const Solo& solo, ServeContext& c) {
  const auto& e = role.engine();
  Count slots = e.replicas * e.degrees.pp;
  SourceRange at = rangeOf(c.s, load.at(FieldId::Workload_arrivals), c.diags);
  if (solo.refused == Solo::Refused::Batch) {
    double each = sequenceBytes(role.holder(), load.input + load.output / 2);
    c.diags
        .report<diag::request_does_not_fit>(at, shortest(std::ceil(load.amount * (load.input + load.output))),
                                            bytesText(load.amount / slots / e.degrees.dp * each),
                                            bytesText(role.kvBudget))
        .note(fmt::format("a static batch of {} runs at once; {} fit", shortest(load.amount),
                          shortest(solo.slotCapacity * slots)));
    return;
  }
  auto rate = [](double x) { return humanize(x, Dimension::of(Base::Request) / Dimension::of(Base::Time)); };
  c.diags.report<diag::above_capacity>(at, rate(load.amount), rate(solo.capacity))
      .help(fmt::format("at this capacity {} replicas would be needed",
                        shortest(std::ceil(e.replicas * load.amount / solo.capacity + 1e-9))));
}

/// The steps that a static batch is made of.
void addBatchSteps(Served& out, const Role& role, const LoadConfig& load, const Solo& solo) {
  Schedule schedule(role, solo.lengths);
  double n = solo.running;
  if (load.output > 1) out.steps.push_back({0, "decode", {{n, 1, load.input + load.output / 2, 1}}});
  out.steps.push_back({0,
                       "prefill",
                       {{std::max(1.0, std::min(n, schedule.promptsPerStep())),
                         std::min(solo.lengths.fresh(), role.engine().max_tokens), solo.lengths.cached, 1}}});
}

void addSlotSteps(Served& out, const Role& role, const LoadConfig& load, const SlotState& slot) {
  if (load.output > 1) out.steps.push_back({0, "decode", slot.decode, 1 - slot.mixedShare});
  bool promptsAlone = role.engine().runtime.prefill_first();
  out.steps.push_back({0, promptsAlone ? "prefill" : "mixed", slot.mixed, slot.mixedShare});
}

}  // namespace

std::optional<Served> serve(const Role& role, const LoadConfig& load, ServeContext& context) {
  const auto& e = role.engine();
  const auto& d = e.degrees;
  NodeId arrivals = load.at(FieldId::Workload_arrivals);
  SourceRange at = rangeOf(context.s, arrivals, context.diags);
  if (load.arrivals == LoadConfig::Arrivals::Trace) {
    context.diags.report<diag::not_evaluable>(
        at, context.s.show(load.node),
        std::string("a trace of arrivals needs a simulation; give a rate or a concurrency"));
    return std::nullopt;
  }
  if (!requestFits(role, load, context)) return std::nullopt;
  Count slots = e.replicas * d.pp;
  auto solo = serveSolo(role, e.replicas, slotsPerRank(role, load, context), load);
  bool open = load.arrivals == LoadConfig::Arrivals::Poisson;
  double asked = open ? solo.slotCapacity : load.amount / slots;
  // For what it says of its assumptions.
  lengthsOf(role, load, std::min<double>(asked, solo.slotCapacity) / d.dp * d.pp, context);
  if (solo.refused != Solo::Refused::No) {
    reportRefused(role, load, solo, context);
    return std::nullopt;
  }
  Served out{ratesOf(solo, slots, load), {}, {}, {}, 0, {}};
  if (load.arrivals == LoadConfig::Arrivals::Batch) {
    addBatchSteps(out, role, load, solo);
    out.sequences = {std::ceil(solo.running / d.dp) * d.pp};
    return out;
  }
  addSlotSteps(out, role, load, solo.slot);
  out.sequences = {solo.running / d.dp * d.pp};
  if (solo.queue > 0)
    context.diags.report<diag::queueing>(at, shortest(load.amount), shortest(solo.running * slots))
        .note(fmt::format("the queue adds {} to TTFT", humanize(solo.queue, Dimension::of(Base::Time))));
  if (open)
    context.assumptions.push_back(
        {fmt::format("open loop: waiting by Sakasegawa's M/M/n approximation at utilisation {}",
                     significant(load.amount / solo.capacity, 3)),
         whereSet(context.s, arrivals)});
  return out;
}

}  // namespace afdc
