// Single transfers and collectives over one fabric of equal links, a ring, a switch or a full mesh: what other
// simulators of networks are asked in `afdc fidelity network`, answered by the closed forms of which the product's
// network is made (closed_form.h, `flowBetween`). Only what an engine never does is worked out here alone: messages
// that are stored at each hop, and all-to-all around a ring. Latencies of the links on a path add up once
// (cut-through). Equal to max-min fair flow simulation for one collective alone. Sizes in bytes, bandwidths in B/s per
// link and direction, times in s.
#pragma once
#include "support/count.h"

namespace afdc {

struct Fabric {
  enum class Shape { Ring, Switch, FullyConnected } shape = Shape::Switch;
  Count ranks = 1;
  double bandwidth = 0, latency = 0;  ///< per link
  /// Links between a rank and its nearest other.
  Count hops() const { return shape == Shape::Switch ? 2 : 1; }
};

/// Messages along a path: whole at each hop in turn, or streamed through.
enum class Forwarding { CutThrough, StoreAndForward };

double pointToPoint(const Fabric& f, double bytes, Count hops, Forwarding how = Forwarding::CutThrough);
/// Ring algorithm: 2(n-1) rounds of shares of bytes/n to the neighbour (Thakur et al. 2005).
double ringAllReduce(const Fabric& f, double bytes, Forwarding how = Forwarding::CutThrough);
/// Every rank sends bytes/n to every other at once, by the shortest way; ties on a ring all go one way round.
double allToAll(const Fabric& f, double bytes);
/// `senders` ranks each send `bytes` to each of `receivers` other ranks, through a switch.
double manyToMany(const Fabric& f, Count senders, Count receivers, double bytes);

}  // namespace afdc
