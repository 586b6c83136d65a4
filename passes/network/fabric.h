// Closed forms of single transfers and collectives over one homogeneous fabric (semantics §4): latencies of the links
// on a path add up once (cut-through), and the busiest link's bytes take its bandwidth. Equal to max-min fair flow
// simulation for one collective alone. Sizes in bytes, bandwidths in B/s per link and direction, times in s.
#pragma once
#include <string_view>

namespace afdc {

struct Fabric {
  enum class Shape { Ring, Switch, FullyConnected } shape = Shape::Switch;
  double ranks = 1, bandwidth = 0, latency = 0;  ///< per link
  /// Links between a rank and its nearest other.
  double hops() const { return shape == Shape::Switch ? 2 : 1; }
};

/// Messages along a path: whole at each hop in turn, or streamed through.
enum class Forwarding { CutThrough, StoreAndForward };

double pointToPoint(const Fabric& f, double bytes, double hops, Forwarding how = Forwarding::CutThrough);
/// Ring algorithm: 2(n-1) rounds of shares of bytes/n to the neighbour (Thakur et al. 2005).
double ringAllReduce(const Fabric& f, double bytes, Forwarding how = Forwarding::CutThrough);
/// Every rank sends bytes/n to every other at once, by the shortest way; ties on a ring all go one way round.
double allToAll(const Fabric& f, double bytes);
/// `senders` ranks each send `bytes` to each of `receivers` other ranks, through a switch.
double manyToMany(const Fabric& f, double senders, double receivers, double bytes);

}  // namespace afdc
