// Closed-form communication over tiers (semantics §4). Sizes in bytes, bandwidths in B/s per device and direction,
// times in s.
#pragma once
#include <vector>

#include "passes/deployment/config.h"

namespace afdc {

struct CommTime {
  double seconds = 0;
  double bytes = 0;       ///< through the busiest device's port
  const char* tier = "";  ///< of the bottleneck: "scale-up", "scale-out"
};

/// A group of `ranks` devices that lie `stride` apart: innermost axes have stride 1.
struct CommGroup {
  double ranks = 1, stride = 1;
};

/// All-reduce of `bytes` on every rank: the fastest of one-shot, two-shot, ring and sums in the switch, where it makes
/// them, inside one tier; across tiers, reduce-scatter inside the inner domain, all-reduce of the shares across,
/// all-gather inside.
CommTime allReduce(double bytes, CommGroup group, const std::vector<Tier>& tiers, double efficiency);
/// All-gather whose result has `bytes` on every rank.
CommTime allGather(double bytes, CommGroup group, const std::vector<Tier>& tiers, double efficiency);
CommTime pointToPoint(double bytes, CommGroup distance, const std::vector<Tier>& tiers, double efficiency);

/// Tokens to experts. `tokens` enter per sending rank; each goes to `topK` of `experts` spread evenly over
/// `group.ranks`.
struct ExpertTraffic {
  double tokens = 0;  ///< per rank
  double topK = 1, experts = 1, groups = 1, groupsPerToken = 1;
  double bytesPerToken = 0;  ///< of one copy
  bool lowLatency = false;   ///< one copy per expert; otherwise one per node, fanned out inside it
};
CommTime expertExchange(const ExpertTraffic& traffic, CommGroup group, const std::vector<Tier>& tiers,
                        double efficiency);

/// Expected number of the other `bins - 1` of equal bins (nodes, ranks) that one token must reach. Experts lie in
/// groups in order; a token draws `groupsPerToken` of `groups`, then `topK` experts among them, uniformly.
double expectedRemoteBins(double bins, double experts, double topK, double groups, double groupsPerToken);

}  // namespace afdc
