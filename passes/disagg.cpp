// Prefill and decode on engines of their own (semantics §6, P/D).
#include <algorithm>
#include <cmath>

#include "passes/serve.h"
#include "support/text.h"

namespace afdc {

using ir::NodeId;

namespace {

/// The prefill side as a queueing station: `servers` prompts at once, each in `time`.
struct Station {
  double servers = 1, time = 0;
  double rate() const { return servers / time; }
};

/// Prompts that share a step count as servers: all ranks of all replicas, several to a step where the budget allows.
Station prefillStation(const Role& role, const Schedule& schedule) {
  const auto& e = role.engine();
  double slots = e.replicas * e.degrees.pp;
  Station best{slots * e.degrees.dp, schedule.prefillTime(e.degrees.dp)};
  for (double together = 2 * e.degrees.dp; together <= schedule.promptsPerStep(); together *= 2) {
    Station s{slots * together, schedule.prefillTime(together)};
    if (s.rate() > best.rate()) best = s;
  }
  return best;
}

/// Mean wait in a closed system of `population` customers (approximate mean-value analysis: Schweitzer 1979, servers by
/// Seidmann et al. 1987). Service is near-deterministic: half of an exponential server's wait.
double closedWait(const Station& station, double population, double inQueue) {
  double others = (population - 1) / population * inQueue;
  double ahead = std::max(0.0, others - (station.servers - 1));
  return ahead / station.rate() / 2;
}

/// One prompt's own time: alone when the side idles, a full step's when all ranks work.
double service(const Station& station, double alone, double rate) {
  double load = std::min(1.0, rate / station.rate());
  return alone + load * std::max(0.0, station.time - alone);
}

struct Decode {
  double batch = 0, tpot = 0;  ///< sequences of one slot, s per token
};

}  // namespace

std::optional<Served> serveDisaggregated(const std::vector<Role>& roles, const TransferConfig& transfer,
                                         const LoadConfig& load, ServeContext& c) {
  const Role &prefill = roles[0], &decode = roles[1];
  const auto &pe = prefill.engine(), &de = decode.engine();
  if (!requestFits(prefill, load, c) || !requestFits(decode, load, c)) return std::nullopt;
  SourceRange at = rangeOf(c.s, c.s.find(c.workload(), "arrivals"), c.diags);
  if (load.arrivals == LoadConfig::Arrivals::Trace || load.arrivals == LoadConfig::Arrivals::Batch) {
    c.diags.report<diag::not_evaluable>(
        at, c.s.show(c.workload()),
        std::string(load.arrivals == LoadConfig::Arrivals::Trace
                        ? "a trace of arrivals needs a simulation; give a rate or a concurrency"
                        : "a static batch has no meaning for engines that work at the same time; give a concurrency"));
    return std::nullopt;
  }
  double prompts = std::min(slotsPerRank(prefill, load, c), std::max(1.0, load.amount)) * pe.degrees.dp;
  Lengths lengths = lengthsOf(prefill, load, prompts / pe.degrees.dp, c);
  Schedule prompt(prefill, lengths), tokens(decode, {load.input, load.output, load.input - 1});
  Station station = prefillStation(prefill, prompt);
  double alone = prompt.prefillTime(1);

  // KV of the whole prompt moves: what the prefill side found in its cache too. Latents that tensor-parallel ranks hold
  // alike are sent once.
  double layers = prefill.holder().plan().graph.layerCount();
  double bytes = uniqueBytes(prefill.holder(), load.input);
  auto ports = [&](const EngineConfig& e) {
    const auto& tier = transfer.scaleUp || e.tiers.size() < 2 ? e.tiers[0] : e.tiers.back();
    return std::pair(tier.bandwidth * e.degrees.tp * e.degrees.cp * e.degrees.pp * e.runtime.eta_network, tier.latency);
  };
  auto [sendRate, sendLatency] = ports(pe);
  auto [receiveRate, receiveLatency] = ports(de);
  double flow = bytes / std::min(sendRate, receiveRate);
  double latency = transfer.control + std::max(sendLatency, receiveLatency);
  // Layer by layer: all but the last layer's cache flows while later layers are computed.
  double exposed =
      latency + (transfer.layerwise ? std::max(flow / layers, flow - alone * (layers - 1) / layers) : flow);
  double links = std::min(pe.replicas * pe.degrees.dp * sendRate, de.replicas * de.degrees.dp * receiveRate) / bytes;

  double slots = de.replicas * de.degrees.pp;
  double perRank = slotsPerRank(decode, load, c);
  double top = std::max(1.0, std::floor(perRank / de.degrees.pp)) * de.degrees.dp;
  double outputs = std::max(0.0, load.output - 1), steps = tokens.decodeSteps();
  auto stepAt = [&](double n) { return tokens.step({tokens.decoding(n)}); };
  // Requests per second that n sequences in every slot amount to.
  auto decodeRate = [&](double n) { return steps > 0 ? slots * n / (steps * stepAt(n)) : INFINITY; };
  double decodeTop = decodeRate(top);
  double capacity = std::min({station.rate(), decodeTop, links});
  Served out;
  out.limit = capacity == station.rate() ? "prefill" : capacity == links ? "cache transfer" : "decode";

  double front = pe.runtime.front_fixed + pe.runtime.front_serial + pe.runtime.front_per_token * load.input;
  // Sequences in decode that sustain a rate: X·steps·t(n) = slots·n.
  auto decodeFor = [&](double x) {
    Decode d;
    double low = 0, high = top;
    for (int i = 0; i < 48 && steps > 0; ++i) {
      double n = (low + high) / 2;
      (decodeRate(std::max(n, 1e-9)) < x ? low : high) = n;
    }
    d.batch = high;
    d.tpot = steps > 0 ? stepAt(std::max(high, std::min(1.0, top))) * steps / outputs : NAN;
    return d;
  };
  double first = de.runtime.firstTokenByDecode ? exposed + (steps > 0 ? stepAt(1) : 0) : 0;
  double x = 0, wait = 0, decodeWait = 0;
  Decode d;
  if (load.arrivals == LoadConfig::Arrivals::Poisson) {
    x = load.amount;
    if (x >= capacity) {
      c.diags
          .report<diag::above_capacity>(at, humanize(x, Dimension::of(Base::Request) / Dimension::of(Base::Time)),
                                        humanize(capacity, Dimension::of(Base::Request) / Dimension::of(Base::Time)))
          .help(fmt::format("{} is what limits it", out.limit));
      return std::nullopt;
    }
    d = decodeFor(x);
    // Sakasegawa's M/M/n approximation (1977), halved for near-deterministic service.
    double rho = x / station.rate();
    wait = station.time / station.servers * std::pow(rho, std::sqrt(2 * (station.servers + 1)) - 1) / (1 - rho) / 2;
  } else {
    // c = X·(W + τ + exposed + decoding): the largest X that the population sustains.
    double low = 0, high = capacity;
    auto cycle = [&](double rate) {
      d = decodeFor(rate);
      double inPrefill = rate * alone;
      for (int i = 0; i < 30; ++i) {
        wait = closedWait(station, std::max(1.0, load.amount), inPrefill);
        inPrefill = rate * (wait + station.time);
      }
      return front + wait + service(station, alone, rate) + exposed + (outputs > 0 ? outputs * d.tpot : 0);
    };
    for (int i = 0; i < 48; ++i) {
      double mid = (low + high) / 2;
      (mid * cycle(mid) < load.amount ? low : high) = mid;
    }
    x = low;
    double inCycle = x * cycle(x);
    // Above the capacity of a side, the rest of the population waits there.
    double queued = std::max(0.0, load.amount - inCycle);
    if (queued > 1e-6 * load.amount && x > 0.999 * capacity) {
      (out.limit == "decode" ? decodeWait : wait) += queued / x;
      c.diags.report<diag::queueing>(at, shortest(load.amount), shortest(std::round(inCycle)))
          .note(fmt::format("{} is what limits the rate; the queue adds {} to {}", out.limit,
                            humanize(queued / x, Dimension::of(Base::Time)),
                            out.limit == "decode" ? "the time before decoding" : "TTFT"));
    }
  }
  double tau = service(station, alone, x);
  out.ttft = front + wait + tau + first + (de.runtime.firstTokenByDecode ? decodeWait : 0);
  out.tpot = outputs > 0 ? d.tpot : NAN;
  // What is exposed after the first token delays the second: it belongs to TPOT's average.
  double handover = de.runtime.firstTokenByDecode ? 0 : exposed + decodeWait;
  if (outputs > 0) out.tpot += handover / outputs;
  out.e2e = out.ttft + (outputs > 0 ? outputs * out.tpot : 0);
  out.requests = x;
  out.concurrency = x * out.e2e;
  out.running = d.batch * slots;
  out.capacity = capacity;
  out.transfer = flow + latency;
  out.busy = {x / station.rate(), decodeTop == INFINITY ? 0 : x / decodeTop};
  out.steps.push_back({0,
                       "prefill",
                       {{std::max(1.0, std::min(pe.degrees.dp, std::ceil(x * tau / (pe.replicas * pe.degrees.pp)))),
                         std::min(lengths.fresh(), pe.max_tokens), lengths.cached, 1}}});
  if (outputs > 0) out.steps.push_back({1, "decode", {tokens.decoding(std::max(d.batch, 1e-3))}});
  out.sequences = {std::max(1.0, x * tau / (pe.replicas * pe.degrees.dp)), d.batch / de.degrees.dp * de.degrees.pp};
  return out;
}

}  // namespace afdc
