// explore: what a search finds. Points are given one at a time; what is kept is a ranking, a front of trade-offs and
// counts, whatever their number.
#pragma once
#include "passes/pipeline.h"
#include "results/search.h"

namespace afdc {

/// What a point's evaluation gives; its messages are not reported.
struct PointOutcome {
  std::optional<Results> results;
  std::vector<double> checks;   ///< by ExprId of the scenario
  std::string reason, example;  ///< without results: the rule that it breaks, and the message
};
/// Pure: by several threads at once.
PointOutcome evaluatePoint(const ir::Scenario& scenario);
/// All of them on all cores, in their order.
std::vector<PointOutcome> evaluatePoints(const std::vector<const ir::Scenario*>& scenarios);

class Explorer {
 public:
  /// Keeps the `top` best points.
  Explorer(std::string name, std::vector<std::string> axes, size_t top);
  void pruned(uint64_t number, const std::string& reason);
  /// `example`: the message for this point, where `reason` is the rule that it breaks.
  void refused(uint64_t number, const std::string& reason, const std::string& example = "");
  /// A point as a scenario whose root holds the search's checks, with what became of it.
  void add(uint64_t number, const std::vector<std::string>& values, const ir::Scenario& scenario, PointOutcome outcome);
  SearchResult finish();

 private:
  void keep(FoundPoint point);
  bool before(const FoundPoint& a, const FoundPoint& b) const;

  SearchResult r_;
  size_t top_;
};

}  // namespace afdc
