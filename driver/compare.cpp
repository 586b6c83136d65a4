// The result of `vllm bench serve` (--save-result) beside the scenario's prediction.
#include "driver/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "session/session.h"
#include "support/document.h"
#include "support/escape.h"
#include "support/files.h"
#include "support/json_value.h"
#include "support/text.h"
#include "support/text_table.h"

namespace afdc {

namespace {

/// A figure that both sides have: name in the result, its unit in ours, and how people read it.
struct MeasuredFigure {
  std::string_view what, key;
  double scale;  ///< base units in one of the result's
  std::optional<double> (*predicted)(const Results::Metrics&);
  Dimension dimension;
};

using M = Results::Metrics;
const MeasuredFigure kFigures[] = {
    {"mean TTFT", "mean_ttft_ms", 1e-3, [](const M& m) { return m.ttft_mean_s; }, Dimension::of(Base::Time)},
    {"median TTFT", "median_ttft_ms", 1e-3, [](const M& m) { return m.ttft_p50_s; }, Dimension::of(Base::Time)},
    {"mean TPOT", "mean_tpot_ms", 1e-3, [](const M& m) { return m.tpot_mean_s; }, Dimension::of(Base::Time)},
    {"mean time of a request", "mean_e2el_ms", 1e-3, [](const M& m) { return m.e2e_mean_s; },
     Dimension::of(Base::Time)},
    {"requests per second", "request_throughput", 1, [](const M& m) { return m.requests_per_s; }, {}},
    {"output tokens per second", "output_throughput", 1, [](const M& m) { return m.output_tokens_per_s; }, {}},
    {"tokens per second", "total_token_throughput", 1, [](const M& m) { return m.total_tokens_per_s; }, {}},
};

/// What was asked of the server, where it is not what the scenario says.
std::vector<std::string> differences(const Json& result, const LoadConfig& load) {
  std::vector<std::string> out;
  double completed = result["completed"].number();
  auto differ = [&](std::string_view what, double measured, double said) {
    if (measured > 0 && std::fabs(measured / said - 1) > 0.02)
      out.push_back(
          fmt::format("{}: {} measured, {} in the scenario", what, significant(measured, 4), significant(said, 4)));
  };
  if (completed > 0) {
    differ("mean prompt", result["total_input_tokens"].number() / completed, load.input);
    differ("mean answer", result["total_output_tokens"].number() / completed, load.output);
  }
  if (load.arrivals == LoadConfig::Arrivals::Closed)
    differ("requests at once", result["max_concurrency"].number(), load.amount);
  if (double failed = result["failed"].number(); failed > 0)
    out.push_back(fmt::format("{} requests failed", significant(failed, 6)));
  return out;
}

void declare(Arguments& arguments, CompareOptions& o) {
  arguments.required("RESULT", o.result, "the JSON file that `vllm bench serve --save-result` wrote");
  arguments.required("FILE", o.file, "the file with the scenario; - for standard input");
  arguments.optional("SCENARIO", o.scenario, "which one of its scenarios");
  setOption(arguments, o.sets);
  formatOption(arguments, o.printing);
  readingOptions(arguments, o.stdlib, o.allow);
}

/// One figure on both sides.
struct Compared {
  const MeasuredFigure* figure;
  double measured;                  ///< in the result's unit
  std::optional<double> predicted;  ///< base units
};

std::vector<Compared> comparedIn(const Json& result, const Results::Metrics& metrics) {
  std::vector<Compared> out;
  for (const auto& f : kFigures)
    if (result[f.key].isNumber()) out.push_back({&f, result[f.key].number(), f.predicted(metrics)});
  return out;
}

std::string tableOf(const std::string& scenario, const std::vector<Compared>& all,
                    const std::vector<std::string>& differences, const Screen& screen) {
  using Kind = TextTable::Kind;
  TextTable table({{onOneLine(scenario), Kind::Text, true, 26},
                   {"predicted", Kind::Number, true, 12},
                   {"measured", Kind::Number, true, 12},
                   {"error", Kind::Number, true, 10}});
  for (const auto& [figure, inItsUnit, predicted] : all) {
    double measured = inItsUnit * figure->scale;
    auto show = [dimension = figure->dimension](double v) {
      return dimension == Dimension{} ? significant(v, 4) : humanize(v, dimension);
    };
    table.row({std::string(figure->what), predicted ? show(*predicted) : "unknown", show(measured),
               predicted && measured > 0 ? fmt::format("{:+.1f} %", 100 * (*predicted / measured - 1)) : ""});
  }
  std::string out = table.text({false, screen.width});
  for (const auto& difference : differences) out += wrapped("  ", onOneLine(difference), screen.width);
  return out;
}

Document documentOf(const std::string& scenario, const std::vector<Compared>& all,
                    const std::vector<std::string>& differences) {
  auto rows = Document::list();
  for (const auto& [figure, measured, predicted] : all)
    rows.add(Document::map()
                 .set("metric", figure->key)
                 .set("predicted", predicted ? Document(*predicted / figure->scale) : Document())
                 .set("measured", measured));
  auto said = Document::list();
  for (const auto& difference : differences) said.add(difference);
  return Document::map().set("scenario", scenario).set("metrics", rows).set("differences", said);
}

/// The result that a load generator wrote, or why it cannot be taken for one.
struct Read {
  Json result = {};
  std::string problem = {};
};

Read readResult(const std::string& path) {
  auto file = readInput(path);
  if (!file.error.empty()) return {.problem = fmt::format("{}: {}", path, file.error)};
  auto document = parseJson(file.text);
  if (!document.error.empty()) return {.problem = fmt::format("{} {}", path, document.error)};
  bool any = std::any_of(std::begin(kFigures), std::end(kFigures),
                         [&](const MeasuredFigure& f) { return document.root[f.key].isNumber(); });
  if (!any)
    return {.problem =
                fmt::format("{} has none of the figures of `vllm bench serve --save-result` (mean_ttft_ms, …)", path)};
  return {.result = std::move(document.root)};
}

}  // namespace

Output runCompare(const CompareOptions& o) {
  auto [result, problem] = readResult(o.result);
  if (!problem.empty()) return failure("compare", problem);
  Output out;
  Session session(o.stdlib, o.allow);
  Module* module = session.loader.loadFile(o.file);
  if (module) session.evaluator.check(*module);
  std::vector<Object*> chosen;
  if (module && session.diags.errors() == 0) chosen = session.scenarios(*module, o.scenario, o.sets);
  if (chosen.size() > 1)
    return failure("compare", fmt::format("{} has {} scenarios; say which", o.file, chosen.size()));
  for (auto* object : chosen) {
    auto lowered = session.evaluator.lowerToScenario(object);
    if (session.diags.errors() > 0) break;
    auto evaluated = runPasses(lowered, "", session.diags);
    if (!evaluated.results) break;
    auto compared = comparedIn(result, evaluated.results->metrics);
    auto notes = differences(result, evaluated.load);
    const auto& name = evaluated.results->scenario;
    out.out += o.printing.json() ? documentOf(name, compared, notes).json()
                                 : tableOf(name, compared, notes, o.printing.screen);
  }
  out.err += messagesOf(session.diags, o.printing);
  if (session.diags.errors() > 0) out.code = kFindings;
  if (!module) out.code = kUsage;
  return out;
}

Command compareCommand() {
  return {.name = "compare",
          .purpose = Purpose::Measure,
          .what = "show what a load generator measured beside the prediction",
          .usage = {"afdc compare RESULT.json FILE [SCENARIO] [OPTIONS]"},
          .about =
              "Shows each figure that both sides have, and what was asked of the server where that is not what the "
              "scenario says.",
          .examples = {{"afdc compare examples/measurements/vllm_bench.json examples/deepseek_v3_h200.afd chat",
                        "predicted, measured, and by how much they differ"}},
          .bind = bound(declare, runCompare)};
}

}  // namespace afdc
