// Collectives over links that are all alike: a latency for each round of messages, and the busiest port's bytes over
// its bandwidth (semantics §4). The parts of which the network's answers are put together, and what `afdc fidelity
// network` holds against other simulators.
#pragma once

namespace afdc {

/// What joins every rank to the others: s of a message's path, B/s that its port reaches.
struct Link {
  double latency = 0, bandwidth = 0;
};

/// One message, or what one port sends to several at once.
inline double messageOver(Link link, double bytes) { return link.latency + bytes / link.bandwidth; }

// All-reduce of `bytes` on each of n ranks.

/// Everybody sends all it has to all others: one round.
inline double oneShotAllReduce(Link link, double n, double bytes) {
  return link.latency + (n - 1) * bytes / link.bandwidth;
}
/// Reduce-scatter and all-gather, each in one round.
inline double twoShotAllReduce(Link link, double n, double bytes) {
  return 2 * link.latency + 2 * (n - 1) * bytes / (n * link.bandwidth);
}
/// 2(n-1) rounds of shares of bytes/n to the neighbour (Thakur et al., IJHPCA 19, 2005).
inline double ringAllReduce(Link link, double n, double bytes) {
  return 2 * (n - 1) * link.latency + 2 * (n - 1) * bytes / (n * link.bandwidth);
}
/// NVLink SHARP: the switch reads all ranks' addends for the share that one rank sums up, and hands the sum to all.
inline double inSwitchBytes(double n, double bytes) { return (n + 1) * bytes / n; }

}  // namespace afdc
