#pragma once
#include "backends/emit/target.h"

namespace afdc::emit {

extern const Target kAstraSim;

/// Dimensions of the network that a trace runs over, innermost first: as many as it takes to reach all ranks.
struct NetworkDim {
  uint32_t ranks = 1;
  double bandwidth = 0, latency = 0;
  std::string topology;  ///< "Switch", "Ring", "FullyConnected"
};
std::vector<NetworkDim> networkOf(const StepTrace& trace, std::string_view scaleUpTopology);

}  // namespace afdc::emit
