// The list of all commands, and what a whole command line does.
#pragma once
#include <string>
#include <vector>

#include "driver/command.h"

namespace afdc {

const std::vector<Command>& commands();
/// Null when there is none.
const Command* findCommand(std::string_view name);

/// "no command `evla`; did you mean `eval`?"
Output noSuchCommand(const std::string& name);

/// Runs `afdc WORDS...`. Wrong use is answered with exit code 2.
Output runCommandLine(const std::vector<std::string>& words);

}  // namespace afdc
