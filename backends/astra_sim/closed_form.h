// What ASTRA-sim 2.x with its analytical backend answers for a collective in one chunk over one
// dimension: integer nanoseconds, GB of 2^30 bytes, endpoint delays and local reductions as its system layer has them
// (astra-sim commit 518bd51, astra-network-analytical 599a047).
#pragma once
#include <vector>

namespace afdc::astra {

struct Network {
  bool switched = false;         ///< a switch costs two links, rings and full connection one
  bool congestionAware = false;  ///< then messages are stored and forwarded whole at each link
  double npus = 2, gigabytes = 1, latency_ns = 0;
};

struct SystemLayer {
  double endpoint_delay_ns = 10;
  double local_memory_gigabytes = 0;  ///< decimal GB/s
};

enum class Collective { AllReduce, AllGather, ReduceScatter, AllToAll };

/// Nanoseconds. `bytes` as in ASTRA-sim's comm_size: the whole buffer of a rank; for all-gather, its shard.
double ringCollective(const Network& network, const SystemLayer& system, Collective collective, double bytes);
/// The algorithm "direct" over a switch or full connection, without congestion: all messages of a round at once, as if
/// each had the link for itself. Fits the recorded runs of that commit.
double directCollective(const Network& network, const SystemLayer& system, Collective collective, double bytes);
enum class Algorithm { Ring, Direct };
/// Over several dimensions, innermost first, every one with the same algorithm: reductions go outwards with ever
/// smaller shares and back again, gathers begin with the outermost dimension, exchanges pass through all dimensions
/// whole.
double collective(const std::vector<Network>& dims, const SystemLayer& system, Algorithm algorithm,
                  Collective collective, double bytes);
/// One message over `hops` links.
double message(const Network& network, double bytes, double hops);

}  // namespace afdc::astra
