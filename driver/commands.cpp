#include "driver/commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "driver/calibrate.h"
#include "driver/check.h"
#include "driver/compare.h"
#include "driver/completions.h"
#include "driver/diff.h"
#include "driver/doc.h"
#include "driver/emit.h"
#include "driver/eval.h"
#include "driver/explain.h"
#include "driver/explore.h"
#include "driver/fidelity.h"
#include "driver/fmt.h"
#include "driver/help.h"
#include "driver/import.h"
#include "driver/init.h"
#include "driver/ir.h"
#include "driver/list.h"
#include "driver/plan.h"
#include "driver/show.h"
#include "driver/step.h"
#include "driver/test.h"
#include "driver/version.h"
#include "support/text.h"

namespace afdc {

namespace {

bool asksForHelp(const std::string& word) { return word == "--help" || word == "-h"; }

Output wrongUse(const Command& command, const WrongUse& why) {
  auto out = failure(command.name, why.text);
  if (why.showUsage) {
    for (auto line : command.usage) out.err += fmt::format("  usage:   {}\n", line);
    out.err += fmt::format("  example: {}\n", command.examples.front().line);
  }
  out.err += fmt::format("`afdc help {}` says more.\n", command.name);
  return out;
}

}  // namespace

const std::vector<Command>& commands() {
  // In the order of their purposes, and within one as a newcomer meets them.
  static const std::vector<Command> all = {
      initCommand(),    checkCommand(),    explainCommand(),     listCommand(),    showCommand(), fmtCommand(),
      testCommand(),    evalCommand(),     diffCommand(),        exploreCommand(), planCommand(), emitCommand(),
      compareCommand(), fidelityCommand(), calibrateCommand(),   importCommand(),  stepCommand(), irCommand(),
      docCommand(),     helpCommand(),     completionsCommand(), versionCommand()};
  return all;
}

const Command* findCommand(std::string_view name) {
  for (const auto& command : commands())
    if (command.name == name) return &command;
  return nullptr;
}

Output noSuchCommand(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& command : commands()) names.emplace_back(command.name);
  auto meant = suggest(name, names);
  return {kUsage, "",
          fmt::format("afdc: no command `{}`{}\n`afdc help` lists the commands.\n", name,
                      meant ? fmt::format("; did you mean `{}`?", *meant) : "")};
}

Output runCommandLine(const std::vector<std::string>& words) {
  if (words.empty() || asksForHelp(words[0])) return {kClean, overview(), ""};
  const Command* command = findCommand(words[0] == "--version" ? "version" : words[0]);
  if (!command) return noSuchCommand(words[0]);
  std::vector<std::string> rest(words.begin() + 1, words.end());
  if (std::any_of(rest.begin(), rest.end(), asksForHelp)) return {kClean, helpOf(*command), ""};
  Arguments arguments;
  auto run = command->bind(arguments);
  try {
    arguments.read(rest);
    return run();
  } catch (const WrongUse& why) {
    return wrongUse(*command, why);
  }
}

}  // namespace afdc
