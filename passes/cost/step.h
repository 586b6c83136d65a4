// step_time: the only door between costs and everything above them (semantics §0-§4).
#pragma once
#include <string>
#include <vector>

#include "passes/cost/plan.h"
#include "passes/kernels/measured.h"
#include "passes/network/network.h"
#include "results/results.h"

namespace afdc {

/// Sequences of one kind in a step, over all data-parallel ranks: `count` may be an expectation.
struct Group {
  double count = 0;
  double fresh = 1;      ///< new tokens of each sequence
  double past = 0;       ///< tokens already in its cache
  double logits = 1;     ///< of its tokens, those that need logits
  bool verify = false;   ///< the new tokens are drafts: however many, they take the decode's kernels
  double deviation = 0;  ///< of one sequence's context from `past`, standard: where ranks hold different ones
  double busiest = 0;    ///< sequences on the data-parallel rank with the most; 0: as even as they divide
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
/// `redundant` of the most popular experts have a second copy, their tokens halved between them.
ExpertLoad expertLoad(const RoutePlan& route, double tokens, double ep, double tile, double redundant = 0);

/// Layers of each body in each pipeline stage: stages as even as they divide, the first ones with the rest.
std::vector<std::vector<double>> layersByStage(const ir::Graph& graph, double pp);

class StepModel {
 public:
  /// Which operators run here: all, or one side of every layer (attention-FFN disaggregation: embedding, final norm and
  /// LM head belong to attention). With sides apart, what travels to experts and back is the exchange between the
  /// sides.
  enum class Part { Whole, Attention, Ffn };
  StepModel(std::shared_ptr<const Plan> plan, EngineConfig engine, Part part = Part::Whole);

  /// Time of one step of one engine replica (of one of its pp microbatches). Pure.
  StepTime time(const BatchState& state, bool withBreakdown = false) const;

  /// Time of each operator of a step, by body: for tests and `--operators`.
  struct OpTime {
    std::string body, op, cls, source;  ///< source: "measured", "between", "extrapolated", "fitted", "roofline"
    double count = 1, seconds = 0, flops = 0, bytes = 0;
    double bound = 0;  ///< seconds at the datasheet's peak and bandwidth: nothing real is below
    Cost cost = Cost::Free;
    size_t bodyIndex = 0, place = SIZE_MAX;  ///< in the plan; SIZE_MAX: tokens that change meshes, no operator
    double size = 0;                         ///< collectives: as in results/trace.h
    double gathered = 0;                     ///< bytes that tensor-parallel ranks gather after it
    CommGroup group;
  };
  std::vector<OpTime> operators(const BatchState& state) const;

  /// Device time of one layer of each body, and of the model's own operators, gaps between kernels included, without
  /// host and pipeline.
  struct BodyTimes {
    std::vector<double> bodies;  ///< parallel to the plan's; 0 for the main body
    double own = 0;
  };
  void byBody(const BatchState& state, BodyTimes& times) const;
  /// Rows of the breakdown with the work of all layers: busy times, without host.
  std::vector<BreakdownRow> rows(const BatchState& state) const;
  /// Elements that a layer passes on per token.
  double width() const { return width_; }
  /// Hottest expert rank's copies over the mean, for `tokens` entering a layer of this body; 1 without experts.
  double hottest(size_t body, double tokens) const;

  Part part() const { return part_; }
  const Plan& plan() const { return *plan_; }
  const std::shared_ptr<const Plan>& sharedPlan() const { return plan_; }
  const EngineConfig& engine() const { return engine_; }

 private:
  struct Work {
    double seconds = 0, flops = 0, bytes = 0;
    double kernels = 1;   ///< launched
    double fetched = 0;   ///< bytes over the host's link
    double size = 0;      ///< of a collective: reduced, gathered, or sent by one rank, its own share included
    double gathered = 0;  ///< by an all-gather over the tensor-parallel ranks that follows
    CommGroup group;
    enum class Source : uint8_t { Roofline, Fitted, Measured, Between, Extrapolated } source = Source::Roofline;
    enum Resource { Compute, Memory, Network } resource = Memory;
  };
  /// Loads of a route that this step has already worked out: up and down projections share them.
  struct KnownLoad {
    const RoutePlan* route;
    double tokens;
    ExpertLoad load;
  };
  static void addTo(BreakdownRow& row, const Work& w, double count);
  const ExpertLoad& loadOf(const RoutePlan& route, double tokens, std::vector<KnownLoad>& loads) const;
  /// Measured kernels of each operator, by body and place; empty where no table reaches.
  struct Bound {
    std::optional<kernels::GemmCurve> product;
    const kernels::Grid *prompts = nullptr, *decodes = nullptr, *experts = nullptr, *reduce = nullptr;
    double heads = 0;
    bool fp8 = false;
  };
  struct Frame;
  void fill(Frame& frame, const BatchState& state, ir::Phase phase, bool ffn) const;
  double expertTokens(const Frame& frame) const;
  /// Do tokens of several ranks meet at an expert, so that copies travel?
  bool exchanges() const;
  /// Tokens of the past that attention reads for a group: of the slowest of the data-parallel ranks, which all wait for
  /// each other. The largest of D sums of n deviations lies sqrt(2 ln D) of their own above the mean (semantics §2).
  double cachedTokens(const OpPlan& op, const Group& g) const;
  /// Does this group take the kernels of prompts?
  bool prompts(const Group& g) const { return !g.verify && g.fresh >= engine_.runtime.prefill_from; }
  Work cost(const OpPlan& op, const BodyPlan& body, const Bound* bound, const Frame& frame,
            std::vector<KnownLoad>& loads) const;
  double roofline(double flops, double bytes, double peak, Curved curve, bool& computeBound) const;
  double attentionTime(const OpPlan& op, const Frame& frame, Work& w, bool& computeBound) const;
  template <class Visit>
  void eachOp(const BatchState& state, Visit&& visit) const;

  std::shared_ptr<const Plan> plan_;
  EngineConfig engine_;
  Part part_ = Part::Whole;
  double width_ = 0;
  ir::ExprPool::Program program_;  ///< of all operators' expressions, degrees bound
  void bindTables();
  std::optional<double> measured(const OpPlan& op, const Bound& bound, const Frame& frame, Work& w) const;
  std::vector<std::vector<Bound>> bound_;
  OpPlan reshard_;                                ///< tokens that change meshes between mixer and dense FFN
  std::vector<std::vector<double>> stageBodies_;  ///< layers of each body, by pipeline stage
};

}  // namespace afdc
