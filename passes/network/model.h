// The network's one door: how long bytes take between devices (semantics §4). Whoever wants to know asks here; tiers,
// latencies and the share of a link that messages reach stay inside. Behind it are closed forms, exact for what travels
// alone. Sizes in bytes, bandwidths in B/s per device and direction, times in s.
#pragma once
#include <string>
#include <vector>

#include "passes/deployment/config.h"

namespace afdc {

struct CommTime {
  double seconds = 0;
  double bytes = 0;  ///< through the busiest device's port
};

/// A group of `ranks` devices that lie `stride` apart: innermost axes have stride 1.
struct CommGroup {
  double ranks = 1, stride = 1;
};

enum class Collective : uint8_t {
  AllReduce,  ///< of so many bytes on every rank
  AllGather,  ///< whose result has so many bytes on every rank
};

/// Tokens to experts, or back. `tokens` enter per sending rank; each goes to `topK` of `experts` spread evenly over the
/// ranks of the group.
struct ExpertTraffic {
  double tokens = 0;  ///< per rank
  Count topK = 1, experts = 1, groups = 1, groupsPerToken = 1;
  double bytesPerToken = 0;  ///< of one copy
  bool lowLatency = false;   ///< one copy per expert; otherwise one per node, fanned out inside it
};

/// Expected number of the other `bins - 1` of equal bins (nodes, ranks) that one token must reach. Experts lie in
/// groups in order; a token draws `groupsPerToken` of `groups`, then `topK` experts among them, uniformly.
double expectedRemoteBins(double bins, double experts, double topK, double groups, double groupsPerToken);

/// The links by which one engine, or one group of its devices, meets another.
struct Ports {
  std::string tier;       ///< whose links they are
  Count count = 1;        ///< devices that send or receive, each over a link of its own
  double bandwidth = 0;   ///< of one link
  double latency = 0;     ///< s
  double efficiency = 1;  ///< share of the bandwidth that messages reach
  double hottest = 1;     ///< bytes of the busiest device over the mean device's
  double rate() const { return bandwidth * count * efficiency; }
};

/// Bytes on their way from some ports to others: what passes before the first arrives, and how long they then flow.
struct Flow {
  double latency = 0, flowing = 0;
  double seconds() const { return latency + flowing; }
};
/// `bytes` in all from every sender to every receiver, as evenly as `hottest` says: the busiest port paces the flow,
/// and latencies of messages that are sent at once pass together.
Flow flowBetween(const Ports& from, const Ports& to, double bytes);

/// What the devices of an engine reach each other and other engines over.
class Network {
 public:
  explicit Network(const EngineConfig& engine);

  /// All-reduce: the fastest of one-shot, two-shot, ring and sums in the switch, where it makes them, inside one tier;
  /// across tiers, reduce-scatter inside the inner domain, all-reduce of the shares across, all-gather inside.
  CommTime collective(Collective kind, CommGroup group, double bytes) const;
  /// Every rank's tokens to the ranks of their experts. Between nodes and inside them at the same time.
  CommTime exchange(const ExpertTraffic& traffic, CommGroup group) const;
  /// One message from a device to the one that lies `distance` further on.
  CommTime message(double distance, double bytes) const;
  /// The links of `devices` that meet another engine's: inside the scale-up domain, or those that join nodes, where
  /// there are any.
  Ports ports(Count devices, bool inScaleUp) const;
  /// Innermost first, for simulators that are given a network instead of its times.
  const std::vector<Tier>& topology() const { return tiers_; }

 private:
  const Tier& tierOf(CommGroup group) const;
  /// Ranks of a group that lie in one scale-up domain.
  double inDomain(CommGroup group) const;
  CommTime allReduce(CommGroup group, double bytes) const;
  CommTime allReduceInside(const Tier& tier, double ranks, double bytes) const;
  CommTime allGather(CommGroup group, double bytes) const;
  double reached(const Tier& tier) const { return tier.bandwidth * efficiency_; }

  std::vector<Tier> tiers_;
  double efficiency_;
  double sumBandwidth_ = 0, sumStart_ = 0;  ///< where the scale-up domain's switch adds up: and s until it starts
};

}  // namespace afdc
