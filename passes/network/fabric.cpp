#include "passes/network/fabric.h"

#include "passes/network/closed_form.h"
#include "passes/network/model.h"

namespace afdc {

namespace {

/// A path of so many of the fabric's links as one link. A message that is stored at each hop takes the bandwidth of all
/// of them in turn.
Link path(const Fabric& f, Count hops, Forwarding how = Forwarding::CutThrough) {
  return {hops * f.latency, how == Forwarding::StoreAndForward ? f.bandwidth / hops : f.bandwidth};
}

}  // namespace

double pointToPoint(const Fabric& f, double bytes, Count hops, Forwarding how) {
  return messageOver(path(f, hops, how), bytes);
}

double ringAllReduce(const Fabric& f, double bytes, Forwarding how) {
  return ringAllReduce(path(f, f.hops(), how), f.ranks, bytes);
}

double allToAll(const Fabric& f, double bytes) {
  double chunk = bytes / f.ranks;
  switch (f.shape) {
    case Fabric::Shape::FullyConnected: return messageOver(path(f, 1), chunk);
    case Fabric::Shape::Switch: return messageOver(path(f, 2), (f.ranks - 1) * chunk);
    case Fabric::Shape::Ring: break;
  }
  // A clockwise link carries the pairs up to half the ring apart: 1 + 2 + … + floor(n/2) of them.
  Count farthest = quotient(f.ranks, 2);
  return messageOver(path(f, farthest), farthest * (farthest + 1) / 2 * chunk);
}

double manyToMany(const Fabric& f, Count senders, Count receivers, double bytes) {
  Link link = path(f, 2);
  Ports from{"", senders, link.bandwidth, link.latency}, to{"", receivers, link.bandwidth, link.latency};
  return flowBetween(from, to, senders * receivers * bytes).seconds();
}

}  // namespace afdc
