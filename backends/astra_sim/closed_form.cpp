#include "backends/astra_sim/closed_form.h"

#include <cmath>

namespace afdc::astra {

double message(const Network& n, double bytes, double hops) {
  // bw_GBps_to_Bpns: binary gigabytes a second to bytes a nanosecond.
  double serialisation = bytes / (n.gigabytes * (1u << 30) / 1e9);
  return n.congestionAware ? hops * std::floor(n.latency_ns + serialisation)
                           : std::floor(hops * n.latency_ns + serialisation);
}

double ringCollective(const Network& n, const SystemLayer& s, Collective collective, double bytes) {
  double rounds = n.npus - 1;
  bool gather = collective == Collective::AllGather;
  double part = gather ? bytes : std::floor(bytes / n.npus);
  double round = message(n, part, n.switched ? 2 : 1) + s.endpoint_delay_ns;
  // A reduction reads two operands and writes one.
  double reduce = s.local_memory_gigabytes > 0 ? 3 * std::floor(part / s.local_memory_gigabytes) : 0;
  switch (collective) {
    case Collective::AllReduce: return 2 * rounds * round + rounds * reduce + s.endpoint_delay_ns;
    case Collective::AllGather: return rounds * round + s.endpoint_delay_ns;
    case Collective::ReduceScatter: return rounds * (round + reduce) + s.endpoint_delay_ns;
    // What is meant for a far rank is forwarded by all between.
    case Collective::AllToAll: return n.npus * rounds / 2 * round + s.endpoint_delay_ns;
  }
  return 0;
}

double directCollective(const Network& n, const SystemLayer& s, Collective collective, double bytes) {
  double part = collective == Collective::AllGather ? bytes : std::floor(bytes / n.npus);
  double round = message(n, part, n.switched ? 2 : 1) + s.endpoint_delay_ns;
  double reduce = s.local_memory_gigabytes > 0 ? 3 * std::floor(part / s.local_memory_gigabytes) : 0;
  switch (collective) {
    case Collective::AllReduce: return 2 * round + reduce + s.endpoint_delay_ns;
    case Collective::ReduceScatter: return round + reduce + s.endpoint_delay_ns;
    case Collective::AllGather:
    case Collective::AllToAll: return round + s.endpoint_delay_ns;
  }
  return 0;
}

double collective(const std::vector<Network>& dims, const SystemLayer& s, Algorithm algorithm, Collective kind,
                  double bytes) {
  auto one = [&](size_t d, Collective c, double size) {
    return algorithm == Algorithm::Ring ? ringCollective(dims[d], s, c, size) : directCollective(dims[d], s, c, size);
  };
  size_t last = dims.size() - 1;
  double total = 0, here = bytes;
  switch (kind) {
    case Collective::AllReduce:
      for (size_t d = 0; d < last; ++d) {
        total += one(d, Collective::ReduceScatter, here) + one(d, Collective::AllGather, here / dims[d].npus);
        here /= dims[d].npus;
      }
      return total + one(last, Collective::AllReduce, here);
    case Collective::ReduceScatter:
      for (size_t d = 0; d <= last; ++d) total += one(d, kind, here), here /= dims[d].npus;
      return total;
    case Collective::AllGather:
      for (size_t d = last + 1; d-- > 0;) total += one(d, kind, here), here *= dims[d].npus;
      return total;
    case Collective::AllToAll:
      for (size_t d = 0; d <= last; ++d) total += one(d, kind, here);
      return total;
  }
  return 0;
}

}  // namespace afdc::astra
