#include "passes/network/model.h"

#include <algorithm>
#include <cmath>

#include "passes/network/closed_form.h"

namespace afdc {

namespace {

/// C(n - m, k) / C(n, k): none of m marked ones is among k drawn of n.
double missAll(double n, double m, double k) {
  double ratio = 1;
  for (int i = 0; i < k; ++i) ratio *= std::max(0.0, n - m - i) / (n - i);
  return ratio;
}

double choose(double n, double k) {
  if (k < 0 || k > n) return 0;
  double ways = 1;
  for (int i = 1; i <= k; ++i) ways = ways * (n - k + i) / i;
  return ways;
}

}  // namespace

double expectedRemoteBins(double bins, double experts, double topK, double groups, double groupsPerToken) {
  if (bins <= 1) return 0;
  double perBin = experts / bins;
  if (groups <= 1 || groupsPerToken >= groups) return (bins - 1) * (1 - missAll(experts, perBin, topK));
  double perGroup = experts / groups, drawn = groupsPerToken * perGroup;
  double groupsInBin = groups / bins;
  // A bin smaller than a group is reached when its group is drawn and one of its experts then.
  if (groupsInBin < 1) return (bins - 1) * groupsPerToken / groups * (1 - missAll(drawn, perBin, topK));
  double reach = 0;
  for (int held = 1; held <= std::min(groupsInBin, groupsPerToken); ++held) {
    double ways = choose(groupsInBin, held) * choose(groups - groupsInBin, groupsPerToken - held) /
                  choose(groups, groupsPerToken);
    reach += ways * (1 - missAll(drawn, held * perGroup, topK));
  }
  return (bins - 1) * reach;
}

Flow flowBetween(const Ports& from, const Ports& to, double bytes) {
  auto busiest = [&](const Ports& side) {
    return bytes / side.count * side.hottest / (side.bandwidth * side.efficiency);
  };
  return {std::max(from.latency, to.latency), std::max(busiest(from), busiest(to))};
}

Network::Network(const EngineConfig& e) : tiers_(e.tiers), efficiency_(e.runtime.eta_network) {
  if (!e.collectives) return;
  const auto& measured = *e.collectives;
  auto& scaleUp = tiers_.front();
  sumBandwidth_ = scaleUp.bandwidth * measured.sum_bandwidth;
  sumStart_ = measured.sum_start;
  scaleUp.latency = measured.latency;
  scaleUp.bandwidth *= measured.bandwidth;
}

/// The innermost tier that connects the whole group.
const Tier& Network::tierOf(CommGroup group) const {
  for (const auto& tier : tiers_)
    if (group.ranks * group.stride <= tier.domain) return tier;
  return tiers_.back();
}

double Network::inDomain(CommGroup group) const {
  return std::min(group.ranks, std::max(1.0, std::floor(tiers_[0].domain / group.stride)));
}

CommTime Network::collective(Collective kind, CommGroup group, double bytes) const {
  if (group.ranks <= 1 || bytes <= 0) return {};
  return kind == Collective::AllReduce ? allReduce(group, bytes) : allGather(group, bytes);
}

CommTime Network::allReduceInside(const Tier& tier, double n, double bytes) const {
  Link link{tier.latency, reached(tier)};
  double ring = ringAllReduce(link, n, bytes), sharesSent = 2 * (n - 1) * bytes / n;
  if (&tier != &tiers_[0]) return {ring, sharesSent};
  double oneShot = oneShotAllReduce(link, n, bytes);
  double best = std::min({oneShot, twoShotAllReduce(link, n, bytes), ring});
  if (sumBandwidth_ > 0) {
    double bytesOfPort = inSwitchBytes(n, bytes), summed = sumStart_ + bytesOfPort / (sumBandwidth_ * efficiency_);
    if (summed < best) return {summed, bytesOfPort};
  }
  return {best, best == oneShot ? (n - 1) * bytes : sharesSent};
}

CommTime Network::allReduce(CommGroup group, double bytes) const {
  const auto &inner = tiers_[0], &tier = tierOf(group);
  double local = inDomain(group);
  if (&tier == &inner || local <= 1) return allReduceInside(tier, group.ranks, bytes);
  double share = bytes / local, outer = group.ranks / local;
  double innerTime = 2 * (inner.latency + (local - 1) * share / reached(inner));
  double outerTime = 2 * (outer - 1) * (tier.latency + share / (outer * tier.bandwidth * efficiency_));
  return {innerTime + outerTime, 2 * (local - 1) * share + 2 * (outer - 1) * share / outer};
}

CommTime Network::allGather(CommGroup group, double bytes) const {
  const auto &inner = tiers_[0], &tier = tierOf(group);
  double n = group.ranks, local = inDomain(group);
  if (&tier == &inner || local <= 1) {
    // Inside the scale-up domain everybody sends to everybody at once; across nodes in a ring.
    double sent = (n - 1) * bytes / n, rounds = &tier == &inner ? 1 : n - 1;
    return {rounds * tier.latency + sent / reached(tier), sent};
  }
  double outer = n / local, share = bytes / local;
  double outerTime = (outer - 1) * (tier.latency + share / outer / reached(tier));
  double innerTime = inner.latency + (local - 1) * share / reached(inner);
  return {innerTime + outerTime, (local - 1) * share + (outer - 1) * share / outer};
}

CommTime Network::exchange(const ExpertTraffic& t, CommGroup group) const {
  double n = group.ranks;
  if (n <= 1 || t.tokens <= 0) return {};
  const auto &inner = tiers_[0], &tier = tierOf(group);
  double nodes = std::ceil(n / inDomain(group));
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
  double outerTime = nodes > 1 ? outerBytes / reached(tier) : 0;
  double innerTime = innerBytes / reached(inner);
  double latency = nodes > 1 ? tier.latency : inner.latency;
  return {latency + std::max(outerTime, innerTime), outerBytes + innerBytes};
}

CommTime Network::message(double distance, double bytes) const {
  const auto& tier = tierOf({2, distance});
  return {messageOver({tier.latency, reached(tier)}, bytes), bytes};
}

Ports Network::ports(Count devices, bool inScaleUp) const {
  const auto& tier = inScaleUp ? tiers_.front() : tiers_.back();
  return {tier.name, devices, tier.bandwidth, tier.latency, efficiency_};
}

}  // namespace afdc
