#include "passes/steady/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace afdc {

namespace {
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
}

double Schedule::promptsPerStep() const {
  double together = std::max(1.0, std::floor(e_.max_tokens / std::max(1.0, len_.fresh())));
  return together * e_.degrees.dp;
}

double Schedule::prefillTime(double count) const {
  double u = len_.fresh(), budget = e_.max_tokens, t = 0;
  // Requests of a batch share the chunks: `count` per rank at a time would overrun the budget.
  double perRank = std::ceil(count / e_.degrees.dp);
  if (u <= budget) {
    double together = std::min(perRank, promptsPerStep() / e_.degrees.dp);
    double rounds = std::ceil(perRank / together), left = perRank;
    for (double r = 0; r < rounds; ++r, left -= together) {
      double ranks = std::min(count, std::min(left, together) * e_.degrees.dp);
      t += step({{.count = ranks, .fresh = u, .past = len_.cached, .busiest = std::min({ranks, left, together})}});
      if (rounds > 64 && r == 0) return t * perRank / together;
    }
    return t;
  }
  double chunks = std::ceil(u / budget), stride = std::max(1.0, std::floor(chunks / 16));
  for (double i = 0; i < chunks; i += stride) {
    // Very long prompts: every `stride`-th chunk stands for its neighbours; their time grows linearly with the past.
    double covers = std::min(stride, chunks - i), at = i + (covers - 1) / 2;
    double done = at * budget, chunk = std::min(budget, u - std::floor(at) * budget);
    bool last = i + covers >= chunks;
    if (last && covers == 1) done = (chunks - 1) * budget, chunk = u - done;
    t += covers * step({{.count = std::min(count, e_.degrees.dp),
                         .fresh = chunk,
                         .past = len_.cached + done,
                         .logits = last ? 1.0 : 0.0,
                         .busiest = std::min(count, 1.0)}});
  }
  return t * perRank;
}

SlotState Schedule::mixed(double n) const {
  double D = e_.degrees.dp, perRank = n / D, u = len_.fresh(), decodeSteps = this->decodeSteps();
  bool decodes_ = len_.output > 1;
  // A decode occupies the budget with its verified tokens.
  double width = role_.verifiedTokens();
  // A request's life is `own` steps with its chunks, then decodes (its first token comes with the last chunk). Chunk
  // size and the number of decodes beside it depend on each other: a short fixed-point iteration settles them.
  double own = 1, N = 1 + decodeSteps, decodes = perRank;
  for (int i = 0; i < 40; ++i) {
    double room = e_.wholePrompts() ? u : std::max(1.0, std::min(u, e_.max_tokens - decodes * width));
    own = std::max(1.0, std::ceil(u / room));
    N = own + decodeSteps;
    double next = perRank * decodeSteps / N;
    if (std::fabs(next - decodes) < 1e-9) break;
    decodes = next;
  }
  double budget = std::max(1.0, e_.max_tokens - decodes * width), chunk = u / own;
  SlotState s;
  double decodeCount = decodes * D;
  s.decode = {decoding(n)};
  double tDecode = decodes_ ? step(s.decode) : 0;
  // Spread arrivals: each chunk takes a step of its own, until there are more chunks than steps; then they share.
  double mixedSteps = perRank * own, chunksPerStep = 1;
  if (mixedSteps > N) {
    chunksPerStep = std::min(mixedSteps / N, chunksIn(budget, chunk));
    mixedSteps /= chunksPerStep;
  }
  double past = len_.cached + (own > 1 ? (u - chunk) / 2 : 0);
  // With D ranks under one barrier, a step is as long as its slowest rank's: any rank's prompt stalls all.
  double q = std::min(1.0, mixedSteps / N), stalled = 1 - std::pow(1 - q, D);
  double prefillRanks = stalled > 0 ? std::max(1.0, std::round(D * q / stalled)) : 0;
  s.mixed = {decoding(decodeCount),
             {.count = prefillRanks * chunksPerStep,
              .fresh = chunk,
              .past = past,
              .logits = 1 / own,
              .busiest = chunksPerStep}};
  if (decodeCount <= 0) s.mixed.erase(s.mixed.begin());
  double tMixed = step(s.mixed);
  // A whole prompt waits until so many decodes have ended that it fits beside the others.
  bool fits = !e_.wholePrompts() || u + decodes * width <= e_.max_tokens;
  if (fits && mixedSteps <= N * (1 + 1e-12)) {
    double mean = stalled * tMixed + (1 - stalled) * tDecode;
    double residual = mean / 2 + onItsWay(n, mean);
    // A request's own chunks run in mixed steps; its decodes see both kinds in their share.
    double rest = std::max(0.0, N * mean - own * tMixed);
    s.ttft = own * tMixed + residual;
    s.tpot = decodes_ ? rest / (len_.output - 1) : kUnknown;
    s.residence = N * mean + residual;
    s.rate = n / s.residence;
    s.mixedShare = stalled;
    return s;
  }
  // Prefill-bound: prompts fill every step; decodes are what that rate sustains, the rest wait. With p tokens of
  // prompts in a step of t there are x = p/(u·t) requests a second, and n_d = x·steps·t of them decode.
  double nd = std::min({e_.max_tokens * decodeSteps / (u + width * decodeSteps), decodes, (e_.max_tokens - 1) / width});
  if (e_.wholePrompts()) {
    double sustained = decodeSteps * chunksIn(e_.max_tokens, u + width * decodeSteps);
    nd = std::min({nd, sustained, std::max(1.0, (e_.max_tokens - u) / width)});
  }
  double p = std::max(1.0, e_.max_tokens - nd * width), chunks = chunksIn(p, chunk);
  s.mixed = {decoding(nd * D), {D * chunks, std::min(chunk, p), past, 1 / own}};
  tMixed = step(s.mixed);
  // Requests that begin in a step: no more than those that decode make room for, where whole prompts leave few.
  double begin = chunks * std::min(chunk, p) / u, mean = tMixed;
  s.mixedShare = 1;
  if (e_.wholePrompts() && nd < begin * decodeSteps) {
    s.mixedShare = nd / (begin * decodeSteps);
    mean = s.mixedShare * tMixed + (1 - s.mixedShare) * step({decoding(nd * D)});
  }
  s.rate = D * begin * s.mixedShare / mean;
  s.residence = n / s.rate;
  s.tpot = decodes_ ? mean * decodeSteps / (len_.output - 1) : kUnknown;
  s.ttft = s.residence - decodeSteps * mean;
  return s;
}

/// Requests that have arrived while one round of prompts and decodes ran have their prompts computed in one step, side
/// by side on the data-parallel ranks; all ranks wait for it. At most one for each rank: more on one rank take as long
/// as one after the other.
SlotState Schedule::prefillFirst(double n) const {
  SlotState s;
  double phi = e_.runtime.phase_lock, outputs = len_.output - 1;
  s.decode = {decoding(n)};
  double tDecode = outputs > 0 ? step(s.decode) : 0;
  double together = 1, tau = prefillTime(1);
  for (int i = 0; i < 8; ++i) {
    double rounds = n / together;  // of prompts, while all n are replaced once
    s.ttft = tau * (1 + phi * (rounds - 1) / 2) + onItsWay(n, tDecode);
    s.tpot =
        outputs > 0 ? tDecode / role_.progress() + std::max(0.0, rounds - 1) * tau * (1 - phi / 2) / outputs : kUnknown;
    s.residence = s.ttft + (outputs > 0 ? outputs * s.tpot : 0);
    s.rate = n / s.residence;
    double next = std::clamp(s.rate * (tDecode + tau), 1.0, std::min(e_.degrees.dp, n));
    if (std::fabs(next - together) <= 0.01 * together) break;
    together = next;
    tau = prefillTime(together);
  }
  s.mixed = {{.count = together, .fresh = std::min(len_.fresh(), e_.max_tokens), .past = len_.cached, .busiest = 1}};
  s.mixedShare = n / together / (n / together + 1 + decodeSteps());
  return s;
}

}  // namespace afdc
