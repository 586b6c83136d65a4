#include "passes/serve.h"

#include <algorithm>
#include <cmath>

#include "support/text.h"

namespace afdc {

using ir::NodeId;

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

std::string bytesText(double b) { return humanize(b, Dimension::of(Base::Bytes)); }

/// Share of draws that fall on the `held` most popular of n prefixes, the k-th drawn in proportion to k^-s.
double zipfShare(double held, double n, double s) {
  double top = 0, all = 0;
  for (double k = 1; k <= n; ++k) {
    double p = std::pow(k, -s);
    all += p;
    if (k <= held) top += p;
  }
  return top / all;
}

}  // namespace

Lengths lengthsOf(const Role& role, const LoadConfig& load, double running, ServeContext& c) {
  Lengths out{load.input, load.output};
  if (load.shared <= 0 && load.carryOver <= 0) return out;
  NodeId prefix = c.s.find(c.workload(), "prefix");
  if (!role.engine().prefixCache) {
    c.assumptions.push_back({"the engine looks up no prefixes (kv_cache.prefix_cache): every prompt is computed whole",
                             whereSet(c.s, prefix)});
    return out;
  }
  // Running sequences have precedence; what they leave holds the most popular prefixes (LRU keeps nearly those).
  double shared = std::min(load.shared, load.input - 1), hit = 1;
  if (shared > 0 && load.zipf > 0) {
    double own = running * sequenceBytes(role.holder(), std::max(1.0, load.input - shared + load.output / 2));
    double held = std::floor(std::max(0.0, role.kvBudget - own) / sequenceBytes(role.holder(), shared));
    hit = held >= load.prefixes ? 1 : zipfShare(held, load.prefixes, load.zipf);
  }
  double carried = load.carryOver * (load.input - shared);
  out.cached = std::min(std::floor(hit * shared + carried), load.input - 1);
  c.assumptions.push_back({fmt::format("{} of {} prompt tokens are found in the cache (shared prefixes hit {}%)",
                                       shortest(out.cached), significant(load.input, 5), significant(100 * hit, 3)),
                           whereSet(c.s, prefix)});
  return out;
}

bool requestFits(const Role& role, const LoadConfig& load, ServeContext& c) {
  double context = c.s.number(c.scenario, "deployment.model.max_context").value_or(INFINITY);
  SourceRange at = rangeOf(c.s, c.s.find(c.workload(), "input"), c.diags);
  if (load.input + load.output > context) {
    c.diags.report<diag::above_context>(at, shortest(load.input + load.output),
                                        c.s.show(c.s.find(c.scenario, "deployment.model")), shortest(context));
    return false;
  }
  double one = sequenceBytes(role.holder(), load.input + load.output);
  if (one <= role.kvBudget) return true;
  const auto& m = role.memory[0];
  c.diags
      .report<diag::request_does_not_fit>(at, shortest(std::ceil(load.input + load.output)), bytesText(one),
                                          bytesText(role.kvBudget))
      .note(fmt::format("weights {}, activations {}, available {} per device", bytesText(m.weights),
                        bytesText(m.activations), bytesText(m.available)))
      .help("more devices per replica, a smaller KV format, or shorter requests");
  return false;
}

double slotsPerRank(const Role& role, const LoadConfig& load, ServeContext& c) {
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
  double fits = each > 0 ? std::floor(budget / each) : INFINITY;
  if (fits < e.max_seqs)
    c.assumptions.push_back(
        {fmt::format("{} sequences per data-parallel rank of `{}` fit in KV memory (the scheduler would allow {})",
                     shortest(std::max(1.0, fits)), e.name, shortest(e.max_seqs)),
         whereSet(c.s, c.s.find(e.node, "kv_cache"))});
  return std::min(e.max_seqs, std::max(1.0, fits));
}

Floor physicalFloor(const Role& prefill, const Role& decode, const LoadConfig& load) {
  Floor f;
  Role p = prefill.ideal(), d = decode.ideal();
  f.tpot = d.time({{1, 1, load.input + 1, 1}}).seconds / d.progress();
  f.ttft = Schedule(p, {load.input, load.output}).prefillTime(1);
  return f;
}

std::optional<Served> serve(const Role& role, const LoadConfig& load, ServeContext& context) {
  const auto& e = role.engine();
  const auto& d = e.degrees;
  const auto& s = context.s;
  auto& diags = context.diags;
  auto& assumptions = context.assumptions;
  NodeId workload = context.workload();
  if (!requestFits(role, load, context)) return std::nullopt;
  double perRank = slotsPerRank(role, load, context);
  // KV of all pp batches in flight lies on the same devices; slots are what is left for each.
  double slotCapacity = std::max(1.0, std::floor(perRank / d.pp)) * d.dp;
  double slots = e.replicas * d.pp;

  double asked = load.arrivals == LoadConfig::Arrivals::Poisson ? slotCapacity : load.amount / slots;
  Lengths lengths = lengthsOf(role, load, std::min(asked, slotCapacity) / d.dp * d.pp, context);
  Schedule schedule(role, lengths);
  Served out;
  double front = e.runtime.front_fixed + e.runtime.front_serial + e.runtime.front_per_token * load.input;

  if (load.arrivals == LoadConfig::Arrivals::Batch) {
    // E2E = prefill of B·U in chunks + Σ decode steps at growing context (three-point Simpson).
    double perSlot = load.amount / slots;
    if (perSlot > slotCapacity) {
      double each = sequenceBytes(role.holder(), load.input + load.output / 2);
      diags
          .report<diag::request_does_not_fit>(rangeOf(s, s.find(workload, "arrivals"), diags),
                                              shortest(std::ceil(load.amount * (load.input + load.output))),
                                              bytesText(perSlot / d.dp * each), bytesText(role.kvBudget))
          .note(fmt::format("a static batch of {} runs at once; {} fit", shortest(load.amount),
                            shortest(slotCapacity * slots)));
      return std::nullopt;
    }
    double prefill = schedule.prefillTime(perSlot);
    double steps = schedule.decodeSteps();
    auto decodeAt = [&](double past) { return schedule.step({{perSlot, 1, past, 1}}); };
    double decode = steps > 0 ? steps / 6 *
                                    (decodeAt(load.input + 1) + 4 * decodeAt(load.input + load.output / 2) +
                                     decodeAt(load.input + load.output - 1))
                              : 0;
    out.ttft = front + prefill;
    out.tpot = steps > 0 ? decode / (load.output - 1) : kUnknown;
    out.e2e = out.ttft + decode;
    out.requests = load.amount / out.e2e;
    out.concurrency = out.running = load.amount;
    if (load.output > 1) out.steps.push_back({0, "decode", {{perSlot, 1, load.input + load.output / 2, 1}}});
    out.steps.push_back({0,
                         "prefill",
                         {{std::max(1.0, std::min(perSlot, schedule.promptsPerStep())),
                           std::min(lengths.fresh(), e.max_tokens), lengths.cached, 1}}});
    out.sequences = {std::ceil(perSlot / d.dp) * d.pp};
    return out;
  }

  auto fill = [&](const SlotState& slot, double running) {
    out.tpot = slot.tpot;
    out.requests = slot.rate * slots;
    out.running = running * slots;
    if (load.output > 1) out.steps.push_back({0, "decode", slot.decode, 1 - slot.mixedShare});
    out.steps.push_back({0, e.runtime.prefill_first ? "prefill" : "mixed", slot.mixed, slot.mixedShare});
    out.sequences = {running / d.dp * d.pp};
  };

  if (load.arrivals == LoadConfig::Arrivals::Closed) {
    double perSlot = load.amount / slots;
    double running = std::min(perSlot, slotCapacity);
    SlotState slot = schedule.run(running);
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
    for (double n = 1; n < top; n *= 2) best = std::max(best, schedule.run(n).rate);
    best = std::max(best, schedule.run(top).rate);
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
      (schedule.run(n).rate < wanted ? low : high) = n;
    }
    SlotState slot = schedule.run(high);
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
