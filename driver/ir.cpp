#include "driver/ir.h"

#include <fmt/format.h>

#include <algorithm>

#include "driver/pass_times.h"
#include "session/session.h"
#include "support/text.h"

namespace afdc {

namespace {

void declare(Arguments& arguments, IrOptions& o) {
  arguments.optional("FILE", o.file, "the file with the scenarios, - for standard input; not needed for --list-passes");
  arguments.optional("SCENARIO", o.scenario, "only this one of its scenarios");
  arguments.option("--after", "PASS", o.after, "the pass after which to print");
  arguments.flag("--list-passes", o.listPasses, "list the passes in order");
  timePassesOption(arguments, o.timePasses);
  setOption(arguments, o.sets);
  formatOption(arguments, o.printing);
  readingOptions(arguments, o.stdlib, o.allow);
}

}  // namespace

Output runIr(const IrOptions& o) {
  Output out;
  if (o.listPasses) {
    for (const auto& pass : passes())
      out.out +=
          wrapped(fmt::format("{:<12} {:<9} ", pass.name, nameOf(pass.makes)), pass.what, o.printing.screen.width);
    return out;
  }
  if (o.file.empty()) throw WrongUse{"FILE is missing: the file with the scenarios"};
  auto all = passes();
  if (std::none_of(all.begin(), all.end(), [&](const Pass& p) { return p.name == o.after; })) {
    std::vector<std::string> names;
    for (const auto& p : all) names.emplace_back(p.name);
    return failure("ir", fmt::format("no pass `{}`; the passes are {}", o.after, joinWords(names)));
  }
  Session session(o.stdlib, o.allow);
  PassTimes times(o.timePasses);
  Module* module = times.of("read", [&] { return session.loader.loadFile(o.file); });
  if (module) times.of("check", [&] { session.evaluator.check(*module); });
  if (module && session.diags.errors() == 0)
    for (auto* object : session.scenarios(*module, o.scenario, o.sets)) {
      auto scenario = times.of("scenario", [&] { return session.evaluator.lowerToScenario(object); });
      if (session.diags.errors() > 0) break;
      out.out += runPasses(scenario, o.after, session.diags, times.timer()).text;
    }
  finish(out, session.diags, o.printing);
  out.err += times.table();
  if (!module) out.code = kUsage;
  return out;
}

Command irCommand() {
  return {.name = "ir",
          .purpose = Purpose::LookInside,
          .what = "print what the compiler has made of a scenario after a pass",
          .usage = {"afdc ir FILE [SCENARIO] [OPTIONS]", "afdc ir --list-passes"},
          .about =
              "Prints the resolved scenario, the graph of its model, or its results, as they are after the pass "
              "that --after names.",
          .examples = {{"afdc ir --list-passes", "what there is to look at"},
                       {"afdc ir examples/deepseek_v3_h200.afd --after resolve",
                        "the scenario with every default filled in"},
                       {"afdc ir examples/deepseek_v3_h200.afd chat --after lower",
                        "its operators, before they are split over devices"}},
          .bind = bound(declare, runIr)};
}

}  // namespace afdc
