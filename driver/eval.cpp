#include "driver/eval.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/report/evaluation.h"
#include "backends/report/explore.h"
#include "backends/report/text.h"
#include "driver/pass_times.h"
#include "passes/profiles/adopt.h"
#include "passes/profiles/profile.h"
#include "session/session.h"
#include "support/hash.h"

namespace afdc {

namespace {

std::vector<Choice> profileChoices() {
  std::vector<Choice> out;
  for (auto name : profileNames()) out.push_back({name, ""});
  return out;
}

void declare(Arguments& arguments, EvalOptions& o) {
  arguments.required("FILE", o.file, "the file with the scenarios; - for standard input");
  arguments.optional("SCENARIO", o.scenario, "only this one of its scenarios");
  setOption(arguments, o.sets);
  arguments.flag("--summary", o.summary, "only a line for each scenario, side by side");
  arguments.choiceOption("--profile", "NAME", o.profile, "answer with another tool's arithmetic", profileChoices());
  arguments.choiceOption("--compare-profile", "NAME", o.compareProfile,
                         "show our numbers beside that tool's, and why they differ", profileChoices());
  arguments.option("--kernels", "DIR", o.kernels,
                   "measured kernel tables for a profile: CSV files of aiconfigurator's layout");
  arguments.option("--html", "FILE.html", o.htmlTo, "write the results as one page with pictures");
  arguments.flag("--force", o.force, "replace a file that is not from here");
  timePassesOption(arguments, o.timePasses);
  strictOption(arguments, o.printing);
  formatOrMarkdownOption(arguments, o.printing);
  readingOptions(arguments, o.stdlib, o.allow);
}

/// What was found of all scenarios, and what another tool says of the same.
struct Answers {
  std::vector<Results> ours;
  std::vector<OtherTool> others;  ///< with --compare-profile, one for each of ours
};

/// One scenario; false when a message says why there is no answer.
bool evaluate(Session& session, const ir::Scenario& scenario, const EvalOptions& o, PassTimes& times,
              Answers& answers) {
  auto result = runPasses(scenario, "", session.diags, times.timer());
  if (!result.results) return true;
  stamp(*result.results);
  if (!o.profile.empty()) {
    auto answer = answerAs(o.profile, scenario, o.kernels, session.diags);
    if (answer) adopt(*answer, *result.results);
  }
  if (!o.compareProfile.empty() && session.diags.errors() == 0) {
    auto answer = answerAs(o.compareProfile, scenario, o.kernels, session.diags);
    if (answer)
      answers.others.push_back({answer->profile, answer->ttft, answer->tpot, answer->e2e, answer->output_tokens_per_s,
                                answer->weights, answer->kv, answer->reasons});
  }
  if (session.diags.errors() > 0) return false;
  answers.ours.push_back(std::move(*result.results));
  return true;
}

std::string reportOf(const std::vector<Results>& all, const EvalOptions& o) {
  if (o.printing.json()) return toJson(all);
  if (o.printing.markdown()) return evaluationMarkdown(all);
  std::string out;
  if (!o.summary)
    for (size_t i = 0; i < all.size(); ++i) out += (i ? "\n" : "") + textReport(all[i], o.printing.screen);
  if (all.size() > 1 || (o.summary && !all.empty()))
    out += (o.summary ? "" : "\n") + comparisonReport(all, o.printing.screen);
  return out;
}

/// A promise that is broken, or with `--strict` one of which nobody knows.
bool anyBroken(const std::vector<Results>& all, bool strict) {
  for (const auto& r : all)
    for (const auto& s : r.slo)
      if (s.verdict == Verdict::Fail || (strict && s.verdict == Verdict::Unknown)) return true;
  return false;
}

/// The results are printed whether or not the page can be written.
void writePage(const std::vector<Results>& all, const OutputFile& page, const Session& session, Output& out) {
  std::string made = fmt::format("afdc {}, standard library {}", AFDC_VERSION, shortHash(stdlibHash()));
  auto why = page.write(evaluationHtml(all, made), session.loader.filesRead());
  if (!why.empty()) addFailure(out, "eval", "--html: " + why);
}

}  // namespace

Output runEval(const EvalOptions& o) {
  Output out;
  Session session(o.stdlib, o.allow);
  PassTimes times(o.timePasses);
  Module* module = times.of("read", [&] { return session.loader.loadFile(o.file); });
  if (module) times.of("check", [&] { session.evaluator.check(*module); });
  Answers answers;
  if (module && session.diags.errors() == 0)
    for (auto* object : session.scenarios(*module, o.scenario, o.sets)) {
      auto scenario = times.of("scenario", [&] { return session.evaluator.lowerToScenario(object); });
      if (session.diags.errors() > 0 || !evaluate(session, scenario, o, times, answers)) break;
    }
  finish(out, session.diags, o.printing);
  if (!o.htmlTo.empty() && !answers.ours.empty())
    writePage(answers.ours, OutputFile(o.htmlTo, kPage, o.force), session, out);
  if (!o.compareProfile.empty() && !o.printing.json() && session.diags.errors() == 0) {
    for (size_t i = 0; i < answers.others.size(); ++i)
      out.out += (i ? "\n" : "") + besideReport(answers.ours[i], answers.others[i], o.printing.screen);
    return out;
  }
  out.out = reportOf(answers.ours, o);
  out.err += times.table();
  if (anyBroken(answers.ours, o.printing.strict)) out.code = std::max<int>(out.code, kFindings);
  if (!module) out.code = kUsage;
  return out;
}

Command evalCommand() {
  return {.name = "eval",
          .purpose = Purpose::Predict,
          .what = "evaluate scenarios: latency, throughput, memory, cost, verdicts",
          .usage = {"afdc eval FILE [SCENARIO] [OPTIONS]"},
          .about =
              "Predicts what each scenario of the file would do and whether it keeps its promises. Several scenarios "
              "are also shown side by side.",
          .examples = {{"afdc eval examples/deepseek_v3_h200.afd", "how fast, how much memory, at what price?"},
                       {"afdc eval examples/deepseek_v3_h200.afd chat --set deployment.main.quant.kv=fp8 --format json",
                        "one scenario, changed, for a script"},
                       {"afdc eval examples/disaggregation.afd --summary", "its deployments side by side"},
                       {"afdc eval examples/step3_afd.afd --html step3.html", "a page with pictures"},
                       {"afdc eval examples/platform_requirements.afd --compare-profile genz",
                        "what would GenZ say, and why?"}},
          .exits = "1 also when a scenario breaks one of its promises",
          .bind = bound(declare, runEval)};
}

}  // namespace afdc
