// afdc eval: the figures of scenarios.
#pragma once
#include "driver/command.h"

namespace afdc {

struct EvalOptions {
  Printing printing = {};
  bool timePasses = false;
  std::string stdlib = {};
  std::vector<std::string> allow = {};
  std::string file = {}, scenario = {};  ///< no scenario: all
  std::vector<std::string> sets = {};
  bool summary = false;                           ///< only a line for each scenario
  std::string profile = {}, compareProfile = {};  ///< another tool's arithmetic, in place of ours or beside it
  std::string htmlTo = {};                        ///< a page of the results
  bool force = false;                             ///< the page replaces whatever is there
  std::string kernels = {};                       ///< directory of measured kernel tables, for profiles
};

Output runEval(const EvalOptions& o);
Command evalCommand();

}  // namespace afdc
