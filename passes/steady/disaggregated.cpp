#include "passes/steady/disaggregated.h"

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

/// 1, 2, … 16, then sixteen values to each doubling, up to `top`.
std::vector<Count> fourBitsUpTo(Count top) {
  std::vector<Count> out;
  for (Count stride = 1, n = 1; n < top; n += stride) {
    out.push_back(n);
    if (n >= 32 * stride) stride *= 2;
  }
  out.push_back(top);
  return out;
}

/// Prompts that share a step count as servers: all ranks, several to a step where the budget allows.
Station prefillStation(const Role& role, const Schedule& schedule) {
  const auto& e = role.engine();
  Station best{e.degrees.pp * e.degrees.dp, schedule.prefillTime(e.degrees.dp)};
  for (double together = 2 * e.degrees.dp; together <= schedule.promptsPerStep(); together *= 2) {
    Station s{e.degrees.pp * together, schedule.prefillTime(together)};
    if (s.rate() > best.rate()) best = s;
  }
  return best;
}

/// Mean wait in a closed system of `population` customers at rate x (approximate mean-value analysis: Schweitzer 1979,
/// servers by Seidmann et al. 1987, whose fixed point is linear in the queue). Service is near-deterministic: half of
/// an exponential server's wait.
double closedWait(const Station& station, double population, double x) {
  double others = (population - 1) / population, spare = station.servers - 1, twice = 2 * station.rate();
  if (others * x * station.time <= spare) return 0;
  double inQueue = x * (station.time - spare / twice) / (1 - x * others / twice);
  return std::max(0.0, others * inQueue - spare) / twice;
}

/// One prompt's own time: alone when the side idles, a full step's when all ranks work.
double service(const Station& station, double alone, double rate) {
  double load = std::min(1.0, rate / station.rate());
  return alone + load * std::max(0.0, station.time - alone);
}

/// The devices that hold one data-parallel rank's caches send or receive them.
Ports cachePorts(const Role& role, const TransferConfig& transfer) {
  const auto& d = role.engine().degrees;
  return role.holder().network().ports(d.tp * d.cp * d.pp, transfer.scaleUp());
}

const char* name(Paired::Limit limit) {
  return limit == Paired::Limit::Prefill ? "prefill" : limit == Paired::Limit::Transfer ? "cache transfer" : "decode";
}

}  // namespace

DecodeTimes::DecodeTimes(Schedule schedule, Count ranks, Count top) : schedule_(schedule) {
  for (Count n : fourBitsUpTo(std::min(ranks, top))) at_.push_back(n);
  if (top > ranks)
    for (Count perRank : fourBitsUpTo(quotient(top, ranks)))
      if (perRank > 1) at_.push_back(perRank * ranks);
  seconds_ = std::vector<std::atomic<double>>(at_.size());
  for (auto& s : seconds_) s.store(kUnknown, std::memory_order_relaxed);
}

DecodeTimes::DecodeTimes(DecodeTimes&& other) noexcept
    : schedule_(other.schedule_), at_(std::move(other.at_)), seconds_(std::move(other.seconds_)) {}

double DecodeTimes::time(size_t i) const {
  double t = seconds_[i].load(std::memory_order_relaxed);
  if (!std::isnan(t)) return t;
  t = schedule_.step({schedule_.decoding(at_[i])});
  seconds_[i].store(t, std::memory_order_relaxed);
  return t;
}

double DecodeTimes::operator()(double n) const {
  if (n <= at_[0]) return time(0);
  auto above = static_cast<size_t>(std::lower_bound(at_.begin(), at_.end(), n) - at_.begin());
  if (above >= at_.size()) return time(at_.size() - 1);
  double share = (n - at_[above - 1]) / (at_[above] - at_[above - 1]);
  return time(above - 1) + share * (time(above) - time(above - 1));
}

double TokenSide::rate(double n) const { return steps > 0 ? n / (steps * times(n)) : INFINITY; }

double TokenSide::rateAt(size_t i) const { return steps > 0 ? times.sequences(i) / (steps * times.time(i)) : INFINITY; }

double TokenSide::batchFor(double x) const {
  size_t low = 0, high = times.size() - 1;  // the first that sustains x
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (rateAt(mid) < x)
      low = mid + 1;
    else
      high = mid;
  }
  double n1 = times.sequences(low), t1 = times.time(low);
  if (low == 0) return std::min(n1, x * steps * t1);
  // Between two of them t = a + b·n, and x·steps·t = n.
  double n0 = times.sequences(low - 1), t0 = times.time(low - 1);
  double b = (t1 - t0) / (n1 - n0), a = t0 - b * n0;
  return std::clamp(x * steps * a / (1 - x * steps * b), n0, n1);
}

PromptSide promptSide(const Role& prefill, const TransferConfig& transfer, const LoadConfig& load) {
  const auto& e = prefill.engine();
  PromptSide out;
  out.role = &prefill;
  double perRank = std::min<double>(std::min(e.max_seqs, sequencesThatFit(prefill, load)), std::max(1.0, load.amount));
  out.lengths = foundInCache(prefill, load, perRank).lengths;
  Schedule schedule(prefill, out.lengths);
  out.station = prefillStation(prefill, schedule);
  out.alone = schedule.prefillTime(1);
  // KV of the whole prompt moves: what was found in the cache too. Latents that tensor-parallel ranks hold alike are
  // sent once.
  out.bytes = uniqueBytes(prefill.holder(), load.input);
  out.ports = cachePorts(prefill, transfer);
  return out;
}

TokenSide tokenSide(const Role& decode, const TransferConfig& transfer, const LoadConfig& load) {
  const auto& e = decode.engine();
  Schedule schedule(decode, {load.input, load.output, load.input - 1});
  Count perRank = std::min(e.max_seqs, sequencesThatFit(decode, load));
  Count top = std::max(Count(1), quotient(perRank, e.degrees.pp)) * e.degrees.dp;
  return TokenSide{&decode, schedule.decodeSteps(), std::max(0.0, load.output - 1),
                   DecodeTimes(schedule, e.degrees.dp, top), cachePorts(decode, transfer)};
}

Handover handOver(const PromptSide& prompt, const TokenSide& token, const TransferConfig& transfer) {
  auto sent = flowBetween(prompt.ports, token.ports, prompt.bytes);
  double flow = sent.flowing, latency = transfer.control + sent.latency;
  if (!transfer.layerwise()) return {flow, flow + latency, flow + latency};
  // Layer by layer: all but the last layer's cache flows while later layers are computed.
  double layers = prompt.role->holder().plan().graph.layerCount();
  return {flow, flow + latency, latency + std::max(flow / layers, flow - prompt.alone * (layers - 1) / layers)};
}

namespace {

/// Replicas of both sides under one load.
class Pair {
 public:
  Pair(const PromptSide& prompt, Count promptReplicas, const TokenSide& token, Count tokenReplicas,
       const TransferConfig& transfer, const LoadConfig& load)
      : token_(token), station_(prompt.station), alone_(prompt.alone), amount_(load.amount) {
    const auto &pe = prompt.role->engine(), &de = token.role->engine();
    station_.servers *= promptReplicas;
    slots_ = tokenReplicas * de.degrees.pp;
    auto handover = handOver(prompt, token, transfer);
    exposed_ = handover.exposed;
    double links = std::min(promptReplicas * pe.degrees.dp * prompt.ports.rate(),
                            tokenReplicas * de.degrees.dp * token.ports.rate()) /
                   prompt.bytes;
    front_ = pe.runtime.front_serial + pe.runtime.wayIn(load.input);
    byDecode_ = de.runtime.firstTokenByDecode();
    if (byDecode_ && token.steps > 0) firstStep_ = token.times.time(0);
    out_.transfer = handover.whole;
    out_.prefillTop = station_.rate();
    out_.decodeTop = slots_ * token.topRate();
    out_.capacity = std::min({out_.prefillTop, out_.decodeTop, links});
    out_.limit = out_.capacity == out_.prefillTop ? Paired::Limit::Prefill
                 : out_.capacity == links         ? Paired::Limit::Transfer
                                                  : Paired::Limit::Decode;
  }

  Paired open() {
    out_.x = amount_;
    if (out_.x >= out_.capacity) {
      out_.above = true;
      return out_;
    }
    // Halved for near-deterministic service.
    double wait = waitForServer(station_.time, station_.servers, out_.x / station_.rate()) / 2;
    if (token_.steps > 0) out_.batch = token_.batchFor(out_.x / slots_);
    return finish(wait, 0);
  }

  /// c = X·(wait + τ + exposed + first step + decoding): the largest X that the population sustains.
  Paired closed() {
    if (token_.steps > 0)
      fillDecode();
    else
      rise(0, out_.capacity, 0, 0);
    double wait = waitAt(out_.x);
    // Above the capacity of a side, the rest of the population waits there.
    double queued = amount_ - inSystem(out_.x, out_.batch > 0 ? token_.times(out_.batch) : 0);
    if (queued > 1e-6 * amount_ && out_.x > 0.999 * out_.capacity) out_.queue = queued / out_.x;
    bool decode = out_.limit == Paired::Limit::Decode;
    return finish(wait + (decode ? 0 : out_.queue), decode ? out_.queue : 0);
  }

 private:
  double waitAt(double x) const { return closedWait(station_, std::max(1.0, amount_), x); }
  /// Requests that are somewhere in the system at rate x, with decode steps of t seconds.
  double inSystem(double x, double t) const {
    return x * (front_ + waitAt(x) + service(station_, alone_, x) + exposed_ + firstStep_ + token_.steps * t);
  }

  /// The last tabulated batch that the population still fills, then the rate between it and the next one.
  void fillDecode() {
    const auto& times = token_.times;
    size_t from = 0, to = times.size();
    while (from < to) {
      size_t mid = (from + to) / 2;
      double x = slots_ * token_.rateAt(mid);
      if (x <= out_.capacity && inSystem(x, times.time(mid)) <= amount_)
        from = mid + 1;
      else
        to = mid;
    }
    if (from == times.size()) {
      out_.batch = times.sequences(from - 1);
      out_.x = slots_ * token_.rateAt(from - 1);
      return;
    }
    double high = std::min(out_.capacity, slots_ * token_.rateAt(from)), t = times.time(from);
    if (from == 0) return rise(0, high, t, 0);
    double n0 = times.sequences(from - 1), t0 = times.time(from - 1);
    double slope = (t - t0) / (times.sequences(from) - n0);
    rise(slots_ * token_.rateAt(from - 1), high, t0 - slope * n0, slope);
  }

  /// The root between two rates, with n sequences in a slot whose step takes a + b·n, as the number in the system rises
  /// with the rate.
  void rise(double low, double high, double a, double b) {
    auto at = [&](double x) {
      double y = x / slots_ * token_.steps;
      out_.x = x;
      out_.batch = y * a / (1 - y * b);
      return inSystem(x, a + b * out_.batch) - amount_;
    };
    double above = at(high);
    if (above <= 0) return;
    double below = at(low);
    at(aroundRoot(at, low, high, below, above).first);
  }

  Paired finish(double wait, double decodeWait) {
    bool decodes = token_.steps > 0;
    out_.tau = service(station_, alone_, out_.x);
    out_.ttft = front_ + wait + out_.tau;
    if (byDecode_) out_.ttft += exposed_ + decodeWait + firstStep_;
    out_.e2e = out_.ttft;
    out_.tpot = kUnknown;
    if (!decodes) return out_;
    // What is exposed after the first token delays the second: it belongs to TPOT's average.
    double handover = byDecode_ ? 0 : exposed_ + decodeWait;
    out_.tpot = (token_.times(out_.batch) * token_.steps + handover) / token_.outputs;
    out_.e2e += token_.outputs * out_.tpot;
    return out_;
  }

  const TokenSide& token_;
  Station station_;
  double alone_, amount_;
  double slots_ = 1, exposed_ = 0, front_ = 0;
  double firstStep_ = 0;  ///< s, the decode side's step that makes the first token, where prefill does not
  bool byDecode_ = false;
  Paired out_;
};

}  // namespace

Paired pairUp(const PromptSide& prompt, Count promptReplicas, const TokenSide& token, Count tokenReplicas,
              const TransferConfig& transfer, const LoadConfig& load) {
  Pair pair(prompt, promptReplicas, token, tokenReplicas, transfer, load);
  return load.arrivals == LoadConfig::Arrivals::Poisson ? pair.open() : pair.closed();
}

Rates ratesOf(const Paired& p, Count slots) {
  return {p.ttft, p.tpot, p.e2e, p.x, p.x * p.e2e, p.batch * slots, p.capacity};
}

namespace {

/// Loads that have no steady state on two sides.
bool isSteady(const LoadConfig& load, SourceRange at, ServeContext& c) {
  const char* why = load.arrivals == LoadConfig::Arrivals::Trace
                        ? "a trace of arrivals needs a simulation; give a rate or a concurrency"
                    : load.arrivals == LoadConfig::Arrivals::Batch
                        ? "a static batch has no meaning for engines that work at the same time; give a concurrency"
                        : nullptr;
  if (why) c.diags.report<diag::not_evaluable>(at, c.s.show(load.node), std::string(why));
  return !why;
}

/// Says that an open load is above the capacity; warns of a queue.
bool carries(const Paired& paired, const LoadConfig& load, SourceRange at, ServeContext& c) {
  const char* limit = name(paired.limit);
  if (paired.above) {
    auto rate = [](double x) { return humanize(x, Dimension::of(Base::Request) / Dimension::of(Base::Time)); };
    c.diags.report<diag::above_capacity>(at, rate(load.amount), rate(paired.capacity))
        .help(fmt::format("{} is what limits it", limit));
    return false;
  }
  if (paired.queue > 0)
    c.diags
        .report<diag::queueing>(at, shortest(load.amount), shortest(std::round(load.amount - paired.x * paired.queue)))
        .note(fmt::format("{} is what limits the rate; the queue adds {} to {}", limit,
                          humanize(paired.queue, Dimension::of(Base::Time)),
                          paired.limit == Paired::Limit::Decode ? "the time before decoding" : "TTFT"));
  return true;
}

/// The prompts that a prefill rank computes in a step, and the sequences that a decode slot holds.
std::vector<Served::Step> typicalSteps(const PromptSide& prompt, const TokenSide& token, const Paired& paired,
                                       const LoadConfig& load) {
  const auto& e = prompt.role->engine();
  double busy = std::ceil(paired.x * paired.tau / (e.replicas * e.degrees.pp));
  std::vector<Served::Step> out;
  out.push_back({0,
                 "prefill",
                 {{std::max(1.0, std::min<double>(e.degrees.dp, busy)), std::min(prompt.lengths.fresh(), e.max_tokens),
                   prompt.lengths.cached, 1}}});
  if (token.outputs > 0) {
    Schedule tokens(*token.role, {load.input, load.output, load.input - 1});
    out.push_back({1, "decode", {tokens.decoding(std::max(paired.batch, 1e-3))}});
  }
  return out;
}

}  // namespace

std::optional<Served> serveDisaggregated(const std::vector<Role>& roles, const TransferConfig& transfer,
                                         const LoadConfig& load, ServeContext& c) {
  SourceRange at = rangeOf(c.s, load.at(FieldId::Workload_arrivals), c.diags);
  if (!isSteady(load, at, c)) return std::nullopt;
  for (size_t i = 0; i < roles.size(); ++i)
    if (!requestFits(roles[i], load, c, i == 0)) return std::nullopt;
  // For what it says of its assumptions.
  lengthsOf(roles[0], load, std::min<double>(slotsPerRank(roles[0], load, c), std::max(1.0, load.amount)), c);
  slotsPerRank(roles[1], load, c);
  auto prompt = promptSide(roles[0], transfer, load);
  auto token = tokenSide(roles[1], transfer, load);
  const auto &pe = roles[0].engine(), &de = roles[1].engine();
  auto paired = pairUp(prompt, pe.replicas, token, de.replicas, transfer, load);
  if (!carries(paired, load, at, c)) return std::nullopt;
  Served out{ratesOf(paired, de.replicas * de.degrees.pp), {}, {}, {}, 0, {}};
  out.limit = name(paired.limit);
  out.transfer = paired.transfer;
  out.busy = {paired.x / paired.prefillTop, paired.decodeTop == INFINITY ? 0 : paired.x / paired.decodeTop};
  out.steps = typicalSteps(prompt, token, paired, load);
  out.sequences = {std::max(1.0, paired.x * paired.tau / (pe.replicas * pe.degrees.dp)),
                   paired.batch / de.degrees.dp * de.degrees.pp};
  return out;
}

}  // namespace afdc
