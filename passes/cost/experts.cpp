#include "passes/cost/experts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <span>

namespace afdc {

namespace {

/// Rows as kernels compute them, in whole tiles.
double padded(double rows, Count tile) { return tile <= 1 ? rows : std::ceil(rows / tile) * tile; }

/// All experts alike: each of E is touched with the chance 1 - (1 - 1/E)^(T·k).
ExpertLoad balancedLoad(const RoutePlan& r, double tokens, Count ep, Count tile) {
  double experts = r.experts, copies = tokens * r.topK, perRank = experts / ep;
  // expm1 and log1p keep the small cases exact.
  double touched = perRank * -std::expm1(copies * std::log1p(-1 / experts));
  if (r.experts == 1) touched = copies > 0 ? 1 : 0;
  return {copies / ep, touched, perRank * padded(copies / experts, tile)};
}

/// Each expert's share of the token copies, from the most popular down: quantiles of a power law of the route's
/// exponent between 1 and 0.8·T tokens (the law under which the public kernel tables were measured, taken at its
/// quantiles instead of sampled).
void popularity(const RoutePlan& r, double tokens, std::vector<double>& share) {
  auto count = static_cast<size_t>(r.experts);
  share.assign(count, 0);
  double logHigh = std::log(std::max(2.0, 0.8 * tokens)), a = 1 - r.skew, sum = 0;
  double reach = std::expm1(a * logHigh);  // high^a - 1
  for (size_t i = 0; i < count; ++i) {
    double u = (static_cast<double>(count - i) - 0.5) / r.experts;
    share[i] = std::fabs(a) < 1e-12 ? std::exp(logHigh * u) : std::exp(std::log1p(reach * u) / a);
    sum += share[i];
  }
  for (auto& s : share) s /= sum;
}

/// A token visits an expert at most once, so none has more than 1/k of the copies: what is above goes to the others in
/// proportion.
void capShares(std::vector<double>& share, double cap) {
  for (size_t i = 0; i < share.size() && share[i] > cap * (1 + 1e-12); ++i) {
    double excess = share[i] - cap, rest = 0;
    share[i] = cap;
    for (size_t j = i + 1; j < share.size(); ++j) rest += share[j];
    for (size_t j = i + 1; j < share.size(); ++j) share[j] *= 1 + excess / rest;
  }
}

/// The `redundant` most popular experts in turn get one more copy, their tokens split evenly between the copies.
void replicate(std::vector<double>& share, Count redundant) {
  std::vector<int> copies(share.size(), 1);
  for (Count i = 0; i < redundant; ++i) {
    size_t hottest = 0;
    for (size_t e = 1; e < share.size(); ++e)
      if (share[e] / copies[e] > share[hottest] / copies[hottest]) hottest = e;
    ++copies[hottest];
  }
  std::vector<double> replicas;
  for (size_t e = 0; e < share.size(); ++e)
    for (int c = 0; c < copies[e]; ++c) replicas.push_back(share[e] / copies[e]);
  std::sort(replicas.begin(), replicas.end(), std::greater<>());
  share = std::move(replicas);
}

void add(ExpertLoad& sum, const ExpertLoad& l) {
  sum.rows += l.rows;
  sum.touched += l.touched;
  sum.paddedRows += l.paddedRows;
}

/// A balancer deals experts to ranks in order of popularity. The first rank's are then each at least as popular as any
/// other rank's of the same turn: it is the hottest in every respect.
ExpertLoad dealtLoad(const std::vector<ExpertLoad>& loads, size_t ranks) {
  ExpertLoad hottest;
  for (size_t e = 0; e < loads.size(); e += ranks) add(hottest, loads[e]);
  return hottest;
}

constexpr size_t kShuffles = 16;

/// Orders of so many experts, one after the other: each a shuffle of the one before, the same every time. They say
/// nothing of loads, so that those of one count of experts are drawn once.
const std::vector<uint32_t>& shuffledOrders(size_t experts) {
  thread_local std::map<size_t, std::vector<uint32_t>> drawn;
  auto& orders = drawn[experts];
  if (!orders.empty()) return orders;
  std::mt19937 random(7);
  std::vector<uint32_t> order(experts);
  std::iota(order.begin(), order.end(), 0);
  orders.reserve(kShuffles * experts);
  for (size_t i = 0; i < kShuffles; ++i) {
    for (size_t e = experts - 1; e > 0; --e) std::swap(order[e], order[random() % (e + 1)]);
    orders.insert(orders.end(), order.begin(), order.end());
  }
  return orders;
}

/// An expert's number says nothing of its popularity, and by number they lie on ranks: the hottest rank's mean over a
/// few shuffles. (As sampled in the public kernel tables, whose larger groups this meets.)
ExpertLoad shuffledLoad(const std::vector<ExpertLoad>& loads, size_t ranks) {
  const auto& orders = shuffledOrders(loads.size());
  ExpertLoad hottest;
  for (size_t i = 0; i < kShuffles; ++i) {
    auto order = std::span(orders).subspan(i * loads.size(), loads.size());
    ExpertLoad most;
    for (size_t rank = 0; rank < ranks; ++rank) {
      ExpertLoad held;
      for (size_t e = rank; e < order.size(); e += ranks) add(held, loads[order[e]]);
      most.rows = std::max(most.rows, held.rows);
      most.touched = std::max(most.touched, held.touched);
      most.paddedRows = std::max(most.paddedRows, held.paddedRows);
    }
    add(hottest, {most.rows / kShuffles, most.touched / kShuffles, most.paddedRows / kShuffles});
  }
  return hottest;
}

ExpertLoad skewedLoad(const RoutePlan& r, double tokens, Count ep, Count tile, Count redundant) {
  thread_local std::vector<double> share;      // scratch
  thread_local std::vector<ExpertLoad> loads;  // what each expert means for the rank that holds it
  popularity(r, tokens, share);
  capShares(share, 1.0 / r.topK);
  if (redundant > 0) replicate(share, redundant);
  double copies = tokens * r.topK;
  loads.clear();
  for (double s : share)
    loads.push_back({copies * s, -std::expm1(copies * std::log1p(-std::min(s, 1 - 1e-15))), padded(copies * s, tile)});
  auto ranks = static_cast<size_t>(ep);
  return redundant > 0 || ranks == 1 ? dealtLoad(loads, ranks) : shuffledLoad(loads, ranks);
}

}  // namespace

ExpertLoad expertLoad(const RoutePlan& r, double tokens, Count ep, Count tile, Count redundant) {
  if (r.skew == 0) return balancedLoad(r, tokens, ep, tile);
  // A skewed load costs a pass over all experts, and a run asks for the same few token counts again and again.
  struct Known {
    std::array<double, 7> key{};
    ExpertLoad load;
  };
  thread_local std::vector<Known> known(2048);
  std::array<double, 7> key = {r.experts, r.topK, r.skew, tokens, ep, tile, redundant};
  uint64_t hash = 0;
  for (double k : key) {
    hash = (hash ^ std::bit_cast<uint64_t>(k)) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 32;
  }
  auto& slot = known[hash % known.size()];
  if (slot.key != key) slot = {key, skewedLoad(r, tokens, ep, tile, redundant)};
  return slot.load;
}

const ExpertLoad& KnownLoads::of(const RoutePlan& route, double tokens, const EngineConfig& engine) {
  for (const auto& known : known_)
    if (known.tokens == tokens && (known.route == &route || known.route->loadsLike(route))) return known.load;
  known_.push_back(
      {&route, tokens, expertLoad(route, tokens, engine.degrees.ep, engine.runtime.tile, engine.redundantExperts)});
  return known_.back().load;
}

}  // namespace afdc
