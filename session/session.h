// One run of the compiler over one file: sources, diagnostics, modules, evaluator, in the order that they depend.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "frontend/evaluator.h"
#include "passes/evaluation/passes.h"

namespace afdc {

/// Answers the frontend's questions with the passes.
class PassHost : public Host {
 public:
  std::optional<double> measure(const ir::Graph& graph, std::string_view name,
                                const std::vector<MeasureArgument>& arguments) override;
  EvaluationSummary evaluate(const ir::Scenario& scenario, Diagnostics& diags) override;
};

class Session {
 public:
  explicit Session(std::string stdlibDir = "", const std::vector<std::string>& allowed = {})
      : diags(sources), loader(diags, std::move(stdlibDir), allowed), evaluator(diags, loader, &host) {}
  SourceManager sources;
  Diagnostics diags;
  ModuleLoader loader;
  PassHost host;
  Evaluator evaluator;

  /// Everything that can be said of a module without being asked for results: the language's checks, then fit, degrees,
  /// formats and load of its scenarios.
  void check(Module& module);
  /// The scenarios of a module: the one called `name`, or all. Applies `--set PATH=VALUE`. Reports what is missing.
  std::vector<Object*> scenarios(Module& module, const std::string& name, const std::vector<std::string>& sets);
};

}  // namespace afdc
