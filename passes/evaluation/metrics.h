// From what a deployment serves to the figures that reports and promises speak of: for one evaluation as for a million
// points of a search.
#pragma once
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "passes/steady/aggregated.h"
#include "results/metrics.h"

namespace afdc {

/// What a deployment's cluster costs, used or not.
struct Prices {
  Count devices = 0;               ///< that are paid for
  double perHour = 0;              ///< USD; 0: unknown
  std::vector<ir::NodeId> places;  ///< where the nodes' prices are said
  bool known() const { return perHour > 0; }
};
/// nullopt after an error.
std::optional<Prices> pricesOf(const ir::Scenario& s, ir::NodeId deployment, Diagnostics& diags);

/// What users see; nothing of money or of what devices there are.
Results::Metrics metricsOf(const Rates& rates, const LoadConfig& load);
/// Adds what a device that is paid for yields, and what tokens cost.
void addPrices(Results::Metrics& metrics, const Prices& prices);

/// Those that are no part of `Results::Metrics`.
inline constexpr std::string_view kMemoryUsed = "memory_used", kSloSatisfied = "slo.satisfied";

/// The expressions of a scenario over its results, ready to be asked for many results of the same form.
class Checks {
 public:
  explicit Checks(const ir::Scenario& s);

  struct Facts {
    const Results::Metrics& metrics;
    std::optional<double> memoryUsed, sloSatisfied;
  };
  /// Values by ExprId; NaN where the evaluator cannot say. The result is this thread's until it asks again.
  const std::vector<double>& evaluate(const Facts& facts) const;
  bool asksMemory() const { return memory_; }
  bool asksSlo() const { return slo_; }

 private:
  ir::ExprPool pool_;  ///< metrics by their place in `namedMetrics`, then memory and SLO
  std::vector<size_t> asked_;
  bool memory_ = false, slo_ = false;
};

}  // namespace afdc
