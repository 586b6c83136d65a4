#include "passes/steady/schedule.h"

#include <algorithm>
#include <cmath>

namespace afdc {

double Schedule::promptsPerStep() const {
  double together = std::max(1.0, std::floor(e_.max_tokens / std::max(1.0, len_.fresh())));
  return together * e_.degrees.dp;
}

double Schedule::prefillTime(double count) const {
  double u = len_.fresh();
  // Requests of a batch share the chunks: `count` per rank at a time would overrun the budget.
  double perRank = std::ceil(count / e_.degrees.dp);
  if (u > e_.max_tokens) return perRank * prefillInChunks(std::min<double>(count, e_.degrees.dp));
  double together = std::min(perRank, promptsPerStep() / e_.degrees.dp), t = 0;
  double rounds = std::ceil(perRank / together), left = perRank;
  for (double r = 0; r < rounds; ++r) {
    double prompts = std::min(count, std::min(left, together) * e_.degrees.dp);
    t += step({{.count = prompts, .fresh = u, .past = len_.cached, .busiest = std::min({prompts, left, together})}});
    if (rounds > 64) return t * perRank / together;  // all but the last are as long
    left -= together;
  }
  return t;
}

/// One prompt of each of so many ranks, a budget of tokens at a time. Of very long prompts every `stride`-th chunk
/// stands for its neighbours; their time grows linearly with the past.
double Schedule::prefillInChunks(double ranks) const {
  double u = len_.fresh(), budget = e_.max_tokens, t = 0;
  double chunks = std::ceil(u / budget), stride = std::max(1.0, std::floor(chunks / 16));
  for (double i = 0; i < chunks; i += stride) {
    double covers = std::min(stride, chunks - i), at = i + (covers - 1) / 2;
    double done = at * budget, chunk = std::min(budget, u - std::floor(at) * budget);
    bool last = i + covers >= chunks;
    if (last && covers == 1) {
      done = (chunks - 1) * budget;
      chunk = u - done;
    }
    t += covers * step({{.count = ranks,
                         .fresh = chunk,
                         .past = len_.cached + done,
                         .logits = last ? 1.0 : 0.0,
                         .busiest = std::min(ranks, 1.0)}});
  }
  return t;
}

/// Chunk size and the number of decodes beside it depend on each other: a short fixed-point iteration settles them.
Schedule::Life Schedule::lifeAmong(double perRank) const {
  double u = len_.fresh(), width = role_.verifiedTokens();
  Life life{1, 1 + decodeSteps(), perRank};
  for (int i = 0; i < 40; ++i) {
    double room = e_.wholePrompts() ? u : std::max(1.0, std::min(u, e_.max_tokens - life.decodes * width));
    life.own = std::max(1.0, std::ceil(u / room));
    life.steps = life.own + decodeSteps();
    double next = perRank * decodeSteps() / life.steps;
    if (std::fabs(next - life.decodes) < 1e-9) break;
    life.decodes = next;
  }
  return life;
}

/// Chunks of prompts beside decodes, which occupy the budget with their verified tokens.
SlotState Schedule::mixed(double n) const {
  double perRank = n / e_.degrees.dp, width = role_.verifiedTokens();
  auto life = lifeAmong(perRank);
  double budget = std::max(1.0, e_.max_tokens - life.decodes * width), chunk = len_.fresh() / life.own;
  // Spread arrivals: each chunk takes a step of its own, until there are more chunks than steps; then they share.
  double steps = perRank * life.own, together = 1;
  if (steps > life.steps) {
    together = std::min(steps / life.steps, chunksIn(budget, chunk));
    steps /= together;
  }
  // A whole prompt waits until so many decodes have ended that it fits beside the others.
  bool fits = !e_.wholePrompts() || len_.fresh() + life.decodes * width <= e_.max_tokens;
  if (fits && steps <= life.steps * (1 + 1e-12))
    return promptsInSomeSteps(n, life, chunk, together, std::min(1.0, steps / life.steps));
  return promptsInEveryStep(n, life, chunk);
}

/// A share of a rank's steps have `together` chunks in them; the others only decode.
SlotState Schedule::promptsInSomeSteps(double n, const Life& life, double chunk, double together, double share) const {
  double D = e_.degrees.dp;
  SlotState s;
  s.decode = {decoding(n)};
  double tDecode = decodes() ? step(s.decode) : 0;
  // With D ranks under one barrier, a step is as long as its slowest rank's: any rank's prompt stalls all.
  double stalled = 1 - std::pow(1 - share, D);
  double prefillRanks = stalled > 0 ? std::max(1.0, std::round(D * share / stalled)) : 0;
  if (life.decodes > 0) s.mixed.push_back(decoding(life.decodes * D));
  s.mixed.push_back({.count = prefillRanks * together,
                     .fresh = chunk,
                     .past = pastOf(life, chunk),
                     .logits = 1 / life.own,
                     .busiest = together});
  double tMixed = step(s.mixed), mean = stalled * tMixed + (1 - stalled) * tDecode;
  double residual = mean / 2 + onItsWay(n, mean);
  // A request's own chunks run in mixed steps; its decodes see both kinds in their share.
  double rest = std::max(0.0, life.steps * mean - life.own * tMixed);
  s.ttft = life.own * tMixed + residual;
  s.tpot = decodes() ? rest / (len_.output - 1) : kUnknown;
  s.residence = life.steps * mean + residual;
  s.rate = n / s.residence;
  s.mixedShare = stalled;
  return s;
}

/// Prefill-bound: prompts fill every step; decodes are what that rate sustains, the rest wait. With p tokens of prompts
/// in a step of t there are x = p/(u·t) requests a second, and n_d = x·steps·t of them decode.
SlotState Schedule::promptsInEveryStep(double n, const Life& life, double chunk) const {
  double D = e_.degrees.dp, u = len_.fresh(), width = role_.verifiedTokens(), decodeSteps = this->decodeSteps();
  double nd =
      std::min({e_.max_tokens * decodeSteps / (u + width * decodeSteps), life.decodes, (e_.max_tokens - 1) / width});
  if (e_.wholePrompts()) {
    double sustained = decodeSteps * chunksIn(e_.max_tokens, u + width * decodeSteps);
    nd = std::min({nd, sustained, std::max(1.0, (e_.max_tokens - u) / width)});
  }
  double p = std::max(1.0, e_.max_tokens - nd * width), chunks = chunksIn(p, chunk);
  SlotState s;
  s.decode = {decoding(n)};
  s.mixed = {decoding(nd * D), {D * chunks, std::min(chunk, p), pastOf(life, chunk), 1 / life.own}};
  double mean = step(s.mixed);
  // Requests that begin in a step: no more than those that decode make room for, where whole prompts leave few.
  double begin = chunks * std::min(chunk, p) / u;
  s.mixedShare = 1;
  if (e_.wholePrompts() && nd < begin * decodeSteps) {
    s.mixedShare = nd / (begin * decodeSteps);
    mean = s.mixedShare * mean + (1 - s.mixedShare) * step({decoding(nd * D)});
  }
  s.rate = D * begin * s.mixedShare / mean;
  s.residence = n / s.rate;
  s.tpot = decodes() ? mean * decodeSteps / (len_.output - 1) : kUnknown;
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
    double next = std::clamp(s.rate * (tDecode + tau), 1.0, std::min<double>(e_.degrees.dp, n));
    if (std::fabs(next - together) <= 0.01 * together) break;
    together = next;
    tau = prefillTime(together);
  }
  s.mixed = {{.count = together, .fresh = std::min(len_.fresh(), e_.max_tokens), .past = len_.cached, .busiest = 1}};
  s.mixedShare = n / together / (n / together + 1 + decodeSteps());
  return s;
}

}  // namespace afdc
