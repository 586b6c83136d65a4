// step_time: the only door between costs and everything above them (semantics §0-§4).
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "passes/cost/batch.h"
#include "passes/cost/experts.h"
#include "passes/cost/kernel_times.h"
#include "passes/cost/plan.h"
#include "passes/network/model.h"
#include "results/results.h"

namespace afdc {

struct StepTime {
  double seconds = 0;       ///< device and host together, as the runtime overlaps them
  double slowestStage = 0;  ///< pp > 1: of the pipeline's stages
  Breakdown breakdown;
};

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
  double width() const { return plan_->width; }
  /// Hottest expert rank's copies over the mean, for `tokens` entering a layer of this body; 1 without experts.
  double hottest(size_t body, double tokens) const;

  Part part() const { return part_; }
  const Plan& plan() const { return *plan_; }
  const std::shared_ptr<const Plan>& sharedPlan() const { return plan_; }
  const EngineConfig& engine() const { return engine_; }
  const Network& network() const { return network_; }

 private:
  /// Frames of one step by phase and mesh, and the loads of experts that are known already. Kept from step to step, so
  /// that a step allocates nothing.
  struct Scratch {
    Frame frames[3][2];
    KnownLoads loads;
  };
  /// One operator of a body in a step.
  struct Call {
    const OpPlan& op;
    const BodyPlan& body;
    const Frame& frame;
    double value(ir::ExprId id) const { return frame.value(id); }
  };
  /// What a step adds up for all its operators.
  struct Totals;

  bool onOneMesh() const { return engine_.degrees.ftp == engine_.degrees.tp; }
  bool runsHere(const OpPlan& op) const { return part_ == Part::Whole || op.ffn == (part_ == Part::Ffn); }
  bool isPrompt(const Group& g) const { return g.isPrompt(engine_.runtime.prefill_from); }
  /// Do tokens of several ranks meet at an expert, so that copies travel?
  bool exchanges() const;
  double expertTokens(const Frame& frame) const;
  double tokensEntering(const RoutePlan& route, const Frame& frame) const;

  void fill(Frame& frame, const BatchState& state, ir::Phase phase, bool ffn) const;
  void evaluate(Frame& frame, double expertRows) const;
  /// Calls visit(body, operator, work, count, stage) for each operator that runs here, `count` times in that pipeline
  /// stage.
  template <class Visit>
  void eachOp(const BatchState& state, Visit&& visit) const;
  template <class Visit>
  void eachOpOf(size_t body, size_t from, size_t to, Scratch& scratch, Visit&& visit) const;

  // What one operator costs, by how its time is found.
  Work cost(const Call& call, KnownLoads& loads) const;
  Work kernel(const Call& call) const;
  Work attention(const Call& call) const;
  void addContextParallel(const Call& call, Work& w) const;
  Work grouped(const Call& call, KnownLoads& loads) const;
  Work exchange(const Call& call) const;
  Work reshard(const Call& call) const;
  Work allReduceOf(const Call& call) const;
  Work allGatherOf(const Call& call) const;

  // What a step is besides its operators. Rows of the breakdown are added where there are any.
  void addFetches(Totals& totals) const;
  BreakdownRow addGaps(Totals& totals, StepTime& out) const;  ///< returns its row
  void addHops(Totals& totals, StepTime& out) const;

  std::shared_ptr<const Plan> plan_;
  EngineConfig engine_;
  Network network_;
  Part part_ = Part::Whole;
  ir::ExprPool::Program program_;  ///< of all operators' expressions, for the engine's degrees
  std::shared_ptr<const KernelTimes> kernels_;
  OpPlan reshard_;                             ///< tokens that change meshes between mixer and dense FFN
  std::vector<std::vector<int>> stageLayers_;  ///< layers of each body, by pipeline stage
};

}  // namespace afdc
