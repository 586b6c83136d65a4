// A synthetic trace of a load, for tools that replay requests one by one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "backends/emit/deployment.h"

namespace afdc::emit {

/// Length below which a share u of requests lies, whole and at least 1.
double quantile(const TokenSpread& lengths, double u);

/// One request of a synthetic trace of a load.
struct Request {
  double at = 0;  ///< s
  double input = 1, output = 1;
  int prefix = -1;  ///< which shared prefix it begins with; -1: none
};
/// `count` requests at `rate` per second (0: all at once). Lengths are the distribution's at evenly spaced shares in a
/// scrambled order, gaps those of independent arrivals likewise: means come out right for any count, and the same seed
/// gives the same requests on any machine.
std::vector<Request> requestsOf(const LoadConfig& load, size_t count, double rate, uint64_t seed);

}  // namespace afdc::emit
