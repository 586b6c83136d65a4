// From a point of a search, given as the numbers of its axes' values, to its figures. What a deployment's figures rest
// on is made in parts (the roles, their sides under a load, prices, promises), each once for all points that agree on
// the axes which that part has looked at; a point itself is then a little arithmetic.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "ir/by_axes.h"
#include "passes/evaluation/metrics.h"
#include "passes/steady/disaggregated.h"

namespace afdc {

/// The promises and goals of a point.
struct Judge {
  explicit Judge(const ir::Scenario& s);

  struct Promise {
    std::string condition;        ///< "mean(ttft) < 2 s"
    std::string text;             ///< with `expect` before it, as reasons are counted by
    ir::ExprId holds, low, high;  ///< of a comparison: margin = (high - low) / |bound|
    ir::ExprId bound;
  };
  struct Goal {
    std::string text;
    ir::ExprId value;
    bool maximize = false;
  };
  Checks checks;
  std::vector<Promise> slo;      ///< the scenario's own
  std::vector<Promise> expects;  ///< the search's, without what the SLO has said already
  std::vector<Goal> goals;
};

/// One replica of an engine, or why there is none.
struct RolePart {
  std::optional<Role> role;
  std::vector<PoolUse> uses;
  double maxContext = 0;  ///< of the model
  std::string reason;
};

struct LoadPart {
  LoadConfig load;
  std::string reason;
  size_t lengths = 0, prefixes = 0;  ///< numbers of what a decode side, and any other, sees of the load
};

/// One role under one load.
struct SidePart {
  Fit fit = Fit::Yes;
  Count slotsOfRank = 0;
  std::optional<PromptSide> prompt;
  std::optional<TokenSide> token;
};

class PointModel {
 public:
  /// `resolve` makes a scenario of a point whose parts are not known yet.
  using Resolve = std::function<ir::Resolved(std::span<const uint32_t>)>;
  explicit PointModel(Resolve resolve) : resolve_(std::move(resolve)) {}

  /// A point that any thread can compute, for as long as the model lives.
  struct Job {
    const std::string* refused = nullptr;  ///< the rule that it breaks
    uint64_t decided = 0;                  ///< axes that decide so
    const Judge* judge = nullptr;
    const LoadPart* load = nullptr;
    const Prices* prices = nullptr;
    const TransferConfig* transfer = nullptr;
    const RolePart* roles[2] = {nullptr, nullptr};  ///< the second only of prefill and decode
    const SidePart* sides[2] = {nullptr, nullptr};
    Count replicas[2] = {1, 1};
  };
  Job prepare(std::span<const uint32_t> ids);

  struct Counts {
    uint64_t resolved = 0, roles = 0, sides = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Kind {
    bool disaggregated = false;
    std::string reason;
  };
  struct Refusals {
    uint64_t mask;
    ByAxes<std::string> reasons;
  };
  struct Seen {
    uint64_t mask;
    ByAxes<char> points;
  };
  void learn(std::span<const uint32_t> ids);
  void remember(std::span<const uint32_t> ids, const std::vector<uint64_t>& decided);
  const SidePart* side(const RolePart& role, bool decode, const LoadPart& load, const TransferConfig* transfer);

  Resolve resolve_;
  Plans plans_;
  std::deque<Refusals> refusals_;
  std::deque<Seen> seen_;
  ByAxes<Kind> kinds_;
  ByAxes<RolePart> roles_[2];
  ByAxes<Count> replicas_[2];
  ByAxes<LoadPart> loads_;
  ByAxes<TransferConfig> transfers_;
  ByAxes<Prices> prices_;
  ByAxes<Judge> judges_;
  std::vector<LoadConfig> lengths_, prefixes_;
  std::map<std::tuple<const RolePart*, bool, size_t, const TransferConfig*>, SidePart> sides_;
  std::tuple<const RolePart*, bool, size_t, const TransferConfig*> lastKey_[2];
  const SidePart* lastSide_[2] = {nullptr, nullptr};
  Counts counts_;
};

/// What becomes of a point. `refused` is the rule that it breaks.
struct PointFigures {
  const std::string* refused = nullptr;
  Results::Metrics metrics;
  Count devices = 0;                 ///< that work
  std::optional<double> memoryUsed;  ///< only where the judge asks for it
};
/// Of a job that is not refused. Pure: the same figures as those of an evaluation of the point as a scenario.
PointFigures figuresOf(const PointModel::Job& job);

/// "AFD0404 …": the rule of the first error, as reasons are counted by.
std::string ruleBroken(const Diagnostics& diags);

}  // namespace afdc
