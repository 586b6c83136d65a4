// How tokens load the ranks that hold experts (semantics §3, mixture of experts).
#pragma once
#include <vector>

#include "passes/cost/plan.h"

namespace afdc {

/// Copies of tokens on the hottest expert rank, and experts touched there.
struct ExpertLoad {
  double rows = 0;     ///< token copies on the rank with the most
  double touched = 0;  ///< expected experts with at least one token on the rank with the most
  /// Rows padded to the kernel's tile, expert by expert, on the rank with the most.
  double paddedRows = 0;
};

/// `redundant` of the most popular experts have a second copy, their tokens halved between them.
ExpertLoad expertLoad(const RoutePlan& route, double tokens, Count ep, Count tile, Count redundant = 0);

/// Loads that one step has already worked out: up and down projections share them.
class KnownLoads {
 public:
  void clear() { known_.clear(); }
  const ExpertLoad& of(const RoutePlan& route, double tokens, const EngineConfig& engine);

 private:
  struct Known {
    const RoutePlan* route;
    double tokens;
    ExpertLoad load;
  };
  std::vector<Known> known_;
};

}  // namespace afdc
