#include "session/session.h"

#include "passes/evaluation/verdicts.h"
#include "passes/lowering/measure.h"
#include "session/diagnostics.h"
#include "support/text.h"

namespace afdc {

std::optional<double> PassHost::measure(const ir::Graph& graph, std::string_view name,
                                        const std::vector<MeasureArgument>& arguments) {
  std::vector<FormatOverride> overrides;
  for (const auto& a : arguments) {
    overrides.push_back({a.name, a.format});
  }
  return measureModel(graph, name, overrides);
}

EvaluationSummary PassHost::evaluate(const ir::Scenario& scenario, Diagnostics& diags) {
  EvaluationSummary out;
  auto result = runPasses(scenario, "", diags, {}, Identity::None);
  out.ok = result.ok && diags.errors() == 0;
  if (!result.results) return out;
  out.metrics = namedMetrics(*result.results);
  bool unknown = false, satisfied = true;
  for (const auto& s : result.results->slo) {
    unknown |= s.verdict == Verdict::Unknown;
    satisfied &= s.verdict != Verdict::Fail;
  }
  if (!satisfied)
    out.sloSatisfied = false;
  else if (!unknown)
    out.sloSatisfied = true;
  return out;
}

void Session::check(Module& module) {
  evaluator.check(module);
  if (diags.errors() > 0) return;
  for (auto* scenario : evaluator.blocks(module, "scenario")) {
    auto lowered = evaluator.lowerToScenario(scenario);
    if (diags.errors() > 0) return;
    runPasses(lowered, "", diags, {}, Identity::None);
  }
}

std::vector<Object*> Session::scenarios(Module& module, const std::string& name, const std::vector<std::string>& sets) {
  std::vector<Object*> all = evaluator.blocks(module, "scenario");
  std::vector<Object*> chosen;
  std::vector<std::string> names;
  for (auto* o : all) {
    names.push_back(o->label);
    if (name.empty() || o->label == name) chosen.push_back(o);
  }
  if (chosen.empty() && diags.errors() == 0) {
    auto& d = diags.report<diag::nothing_to_do>(
        {}, module.name, name.empty() ? std::string("scenario") : fmt::format("scenario `{}`", name));
    if (auto meant = suggest(name, names); meant && !name.empty())
      d.help(fmt::format("did you mean `{}`?", *meant));
    else if (!names.empty())
      d.help("its scenarios are " + joinWords(names));
    else
      d.help("declare one: scenario NAME { workload = …, deployment = … }");
  }
  for (auto*& object : chosen)
    for (const auto& set : sets) {
      Object* amended = object ? evaluator.amended(object, set, module) : nullptr;
      object = amended;
    }
  std::erase(chosen, nullptr);
  return chosen;
}

}  // namespace afdc
