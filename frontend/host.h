// What the language asks of the rest of the compiler: measures of a model, evaluation inside `test` blocks. The driver
// supplies it, so that the frontend knows nothing of costs.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ir/scenario.h"
#include "support/diagnostics.h"

namespace afdc {

struct MeasureArgument {
  std::string name;      ///< a class of precision ("kv")
  ir::Precision format;  ///< replaces that class's format
};

struct EvaluationSummary {
  bool ok = false;                                                     ///< false: diagnostics say why
  std::vector<std::pair<std::string, std::optional<double>>> metrics;  ///< "mean(ttft)" → base units; nullopt: unknown
  std::optional<bool> sloSatisfied;
};

class Host {
 public:
  virtual ~Host() = default;
  /// `params`, `weight_bytes`, … of a model's graph, in base units; nullopt when the name is not known.
  virtual std::optional<double> measure(const ir::Graph& graph, std::string_view name,
                                        const std::vector<MeasureArgument>& arguments) = 0;
  /// Runs every pass that the root of `scenario` (a scenario, or a deployment alone) allows.
  virtual EvaluationSummary evaluate(const ir::Scenario& scenario, Diagnostics& diags) = 0;
};

}  // namespace afdc
