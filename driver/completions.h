// afdc completions: what a shell needs to complete command lines of afdc.
#pragma once
#include "driver/command.h"

namespace afdc {

struct CompletionsOptions {
  std::string shell = {};
};

Output runCompletions(const CompletionsOptions& o);
Command completionsCommand();

}  // namespace afdc
