#include "passes/network/fabric.h"

#include <algorithm>
#include <cmath>

namespace afdc {

double pointToPoint(const Fabric& f, double bytes, double hops, Forwarding how) {
  double serialised = how == Forwarding::StoreAndForward ? hops : 1;
  return hops * f.latency + serialised * bytes / f.bandwidth;
}

double ringAllReduce(const Fabric& f, double bytes, Forwarding how) {
  return 2 * (f.ranks - 1) * pointToPoint(f, bytes / f.ranks, f.hops(), how);
}

double allToAll(const Fabric& f, double bytes) {
  double chunk = bytes / f.ranks, n = f.ranks;
  switch (f.shape) {
    case Fabric::Shape::FullyConnected: return pointToPoint(f, chunk, 1);
    case Fabric::Shape::Switch: return pointToPoint(f, (n - 1) * chunk, 2);
    case Fabric::Shape::Ring: break;
  }
  // A clockwise link carries the pairs up to half the ring apart: 1 + 2 + … + floor(n/2) of them.
  double far = std::floor(n / 2);
  return far * f.latency + far * (far + 1) / 2 * chunk / f.bandwidth;
}

double manyToMany(const Fabric& f, double senders, double receivers, double bytes) {
  return pointToPoint(f, std::max(senders, receivers) * bytes, 2);
}

}  // namespace afdc
