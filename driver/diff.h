// afdc diff: two scenarios side by side, what they say and what comes of it.
#pragma once
#include "driver/command.h"

namespace afdc {

struct DiffOptions {
  Printing printing = {};
  std::string stdlib = {};
  std::vector<std::string> allow = {};
  std::string a = {}, b = {};  ///< FILE, or FILE:SCENARIO
  std::vector<std::string> sets = {};
};

Output runDiff(const DiffOptions& o);
Command diffCommand();

}  // namespace afdc
