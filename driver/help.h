// afdc help: what there is to do, and how a command is used. The page docs/commands.md says the same.
#pragma once
#include "driver/command.h"

namespace afdc {

/// All commands by what a person wants of them, the exit codes, and where to read on.
std::string overview();
/// One command: usage, arguments and options with their defaults, examples, exit codes where they are special.
std::string helpOf(const Command& command);
/// Overview and help of all commands, as Markdown.
std::string commandsPage();

struct HelpOptions {
  std::string command = {};  ///< empty: the overview
};

Output runHelp(const HelpOptions& o);
Command helpCommand();

}  // namespace afdc
