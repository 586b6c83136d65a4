// step_time: the only door between costs and everything above them (semantics §0-§4).
#pragma once
#include <string>
#include <vector>

#include "passes/network.h"
#include "passes/plan.h"
#include "results/results.h"

namespace afdc {

/// Sequences of one kind in a step, over all data-parallel ranks: `count` may be an expectation.
struct Group {
  double count = 0;
  double fresh = 1;   ///< new tokens of each sequence
  double past = 0;    ///< tokens already in its cache
  double logits = 1;  ///< of its tokens, those that need logits
};
using BatchState = std::vector<Group>;

struct StepTime {
  double seconds = 0;       ///< device and host together, as the runtime overlaps them
  double slowestStage = 0;  ///< pp > 1: of the pipeline's stages
  Breakdown breakdown;
};

/// Copies of tokens on the hottest expert rank, and experts touched there (semantics §3, mixture of experts).
struct ExpertLoad {
  double rows = 0;     ///< token copies on the rank with the most
  double touched = 0;  ///< expected experts with at least one token on the rank with the most
  /// Rows padded to the kernel's tile, expert by expert, on the rank with the most.
  double paddedRows = 0;
};
ExpertLoad expertLoad(const RoutePlan& route, double tokens, double ep, double tile);

/// Layers of each body in each pipeline stage: stages as even as they divide, the first ones with the rest.
std::vector<std::vector<double>> layersByStage(const ir::Graph& graph, double pp);

class StepModel {
 public:
  StepModel(Plan plan, EngineConfig engine);

  /// Time of one step of one engine replica (of one of its pp microbatches). Pure.
  StepTime time(const BatchState& state, bool withBreakdown = false) const;

  /// Time of each operator of a step, by body: for tests and `--operators`.
  struct OpTime {
    std::string body, op, cls;
    double count = 1, seconds = 0, flops = 0, bytes = 0;
  };
  std::vector<OpTime> operators(const BatchState& state) const;

  const Plan& plan() const { return plan_; }
  const EngineConfig& engine() const { return engine_; }

 private:
  struct Work {
    double seconds = 0, flops = 0, bytes = 0;
    enum Resource { Compute, Memory, Network } resource = Memory;
  };
  /// Loads of a route that this step has already worked out: up and down projections share them.
  struct KnownLoad {
    const RoutePlan* route;
    double tokens;
    ExpertLoad load;
  };
  const ExpertLoad& loadOf(const RoutePlan& route, double tokens, std::vector<KnownLoad>& loads) const;
  struct Frame;
  Frame frameOf(const BatchState& state, ir::Phase phase, bool ffn) const;
  double expertTokens(const Frame& frame) const;
  /// Do tokens of several ranks meet at an expert, so that copies travel?
  bool exchanges() const;
  Work cost(const OpPlan& op, const BodyPlan& body, const Frame& frame, std::vector<KnownLoad>& loads) const;
  double roofline(double flops, double bytes, double peak, bool& computeBound) const;
  template <class Visit>
  void eachOp(const BatchState& state, Visit&& visit) const;

  Plan plan_;
  EngineConfig engine_;
  std::vector<std::vector<double>> stageBodies_;  ///< layers of each body, by pipeline stage
};

}  // namespace afdc
