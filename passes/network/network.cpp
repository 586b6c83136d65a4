#include "passes/network/network.h"

#include <algorithm>
#include <cmath>

namespace afdc {

namespace {

/// The innermost tier that connects devices `extent` apart.
const Tier& tierOf(double extent, const std::vector<Tier>& tiers) {
  for (const auto& tier : tiers)
    if (extent <= tier.domain) return tier;
  return tiers.back();
}

/// C(n - m, k) / C(n, k): none of m marked ones is among k drawn of n.
double missAll(double n, double m, double k) {
  double ratio = 1;
  for (double i = 0; i < k; ++i) ratio *= std::max(0.0, n - m - i) / (n - i);
  return ratio;
}

double choose(double n, double k) {
  if (k < 0 || k > n) return 0;
  double ways = 1;
  for (double i = 1; i <= k; ++i) ways = ways * (n - k + i) / i;
  return ways;
}

}  // namespace

CommTime allReduce(double bytes, CommGroup group, const std::vector<Tier>& tiers, double efficiency) {
  double n = group.ranks;
  if (n <= 1 || bytes <= 0) return {};
  const auto& tier = tierOf(n * group.stride, tiers);
  double local = std::min(n, std::max(1.0, std::floor(tiers[0].domain / group.stride)));
  if (&tier == &tiers[0] || local <= 1) {
    double bandwidth = tier.bandwidth * efficiency, latency = tier.latency;
    // Thakur et al. 2005 for ring; one-shot sends all to all, two-shot is reduce-scatter + all-gather in two hops.
    double oneShot = latency + (n - 1) * bytes / bandwidth;
    double twoShot = 2 * latency + 2 * (n - 1) * bytes / (n * bandwidth);
    double ring = 2 * (n - 1) * latency + 2 * (n - 1) * bytes / (n * bandwidth);
    if (&tier != &tiers[0]) return {ring, 2 * (n - 1) * bytes / n, tier.name.c_str()};
    double best = std::min({oneShot, twoShot, ring});
    // NVLink SHARP: the switch reads all ranks' addends for the share that one rank sums up, and hands the sum to all.
    double shared = (n + 1) * bytes / n;
    double summed = tier.sum_bandwidth > 0 ? tier.sum_start + shared / (tier.sum_bandwidth * efficiency) : INFINITY;
    if (summed < best) return {summed, shared, tier.name.c_str()};
    return {best, best == oneShot ? (n - 1) * bytes : 2 * (n - 1) * bytes / n, tier.name.c_str()};
  }
  double share = bytes / local, outer = n / local;
  const auto& inner = tiers[0];
  double innerTime = 2 * (inner.latency + (local - 1) * share / (inner.bandwidth * efficiency));
  double outerTime = 2 * (outer - 1) * (tier.latency + share / (outer * tier.bandwidth * efficiency));
  return {innerTime + outerTime, 2 * (local - 1) * share + 2 * (outer - 1) * share / outer,
          outerTime > innerTime ? tier.name.c_str() : inner.name.c_str()};
}

CommTime allGather(double bytes, CommGroup group, const std::vector<Tier>& tiers, double efficiency) {
  double n = group.ranks;
  if (n <= 1 || bytes <= 0) return {};
  const auto& tier = tierOf(n * group.stride, tiers);
  double local = std::min(n, std::max(1.0, std::floor(tiers[0].domain / group.stride)));
  if (&tier == &tiers[0] || local <= 1) {
    double sent = (n - 1) * bytes / n, steps = &tier == &tiers[0] ? 1 : n - 1;
    return {steps * tier.latency + sent / (tier.bandwidth * efficiency), sent, tier.name.c_str()};
  }
  const auto& inner = tiers[0];
  double outer = n / local, share = bytes / local;
  double outerTime = (outer - 1) * (tier.latency + share / outer / (tier.bandwidth * efficiency));
  double innerTime = inner.latency + (local - 1) * share / (inner.bandwidth * efficiency);
  return {innerTime + outerTime, (local - 1) * share + (outer - 1) * share / outer,
          outerTime > innerTime ? tier.name.c_str() : inner.name.c_str()};
}

CommTime pointToPoint(double bytes, CommGroup distance, const std::vector<Tier>& tiers, double efficiency) {
  const auto& tier = tierOf(2 * distance.stride, tiers);
  return {tier.latency + bytes / (tier.bandwidth * efficiency), bytes, tier.name.c_str()};
}

double expectedRemoteBins(double bins, double experts, double topK, double groups, double groupsPerToken) {
  if (bins <= 1) return 0;
  double perBin = experts / bins;
  if (groups <= 1 || groupsPerToken >= groups) return (bins - 1) * (1 - missAll(experts, perBin, topK));
  double perGroup = experts / groups, drawn = groupsPerToken * perGroup;
  double groupsInBin = groups / bins;
  // A bin smaller than a group is reached when its group is drawn and one of its experts then.
  if (groupsInBin < 1) return (bins - 1) * groupsPerToken / groups * (1 - missAll(drawn, perBin, topK));
  double reach = 0;
  for (double held = 1; held <= std::min(groupsInBin, groupsPerToken); ++held) {
    double ways = choose(groupsInBin, held) * choose(groups - groupsInBin, groupsPerToken - held) /
                  choose(groups, groupsPerToken);
    reach += ways * (1 - missAll(drawn, held * perGroup, topK));
  }
  return (bins - 1) * reach;
}

CommTime expertExchange(const ExpertTraffic& t, CommGroup group, const std::vector<Tier>& tiers, double efficiency) {
  double n = group.ranks;
  if (n <= 1 || t.tokens <= 0) return {};
  const auto& inner = tiers[0];
  const auto& tier = tierOf(n * group.stride, tiers);
  double local = std::min(n, std::max(1.0, std::floor(inner.domain / group.stride)));
  double nodes = std::ceil(n / local);
  double innerBytes = 0, outerBytes = 0;
  if (t.lowLatency) {
    // One copy per chosen expert that lies on another rank, none merged.
    outerBytes = t.tokens * t.topK * (1 - 1 / nodes) * t.bytesPerToken;
    innerBytes = t.tokens * t.topK * (1 - 1 / n) * t.bytesPerToken - outerBytes;
  } else {
    double toNodes = expectedRemoteBins(nodes, t.experts, t.topK, t.groups, t.groupsPerToken);
    double toRanks = expectedRemoteBins(n, t.experts, t.topK, t.groups, t.groupsPerToken);
    outerBytes = t.tokens * toNodes * t.bytesPerToken;
    // What arrives is passed on inside the node to the ranks that need it: every rank reached but by the NIC's own
    // port.
    innerBytes = t.tokens * std::max(0.0, toRanks - toNodes) * t.bytesPerToken;
  }
  double outerTime = nodes > 1 ? outerBytes / (tier.bandwidth * efficiency) : 0;
  double innerTime = innerBytes / (inner.bandwidth * efficiency);
  double latency = nodes > 1 ? tier.latency : inner.latency;
  return {latency + std::max(outerTime, innerTime), outerBytes + innerBytes,
          outerTime > innerTime ? tier.name.c_str() : inner.name.c_str()};
}

}  // namespace afdc
