// afdc compare: a load generator's result beside the prediction.
#pragma once
#include "driver/command.h"

namespace afdc {

struct CompareOptions {
  Printing printing = {};
  std::string stdlib = {};
  std::vector<std::string> allow = {};
  std::string result = {};               ///< what the load generator wrote
  std::string file = {}, scenario = {};  ///< no scenario: the only one of the file
  std::vector<std::string> sets = {};
};

Output runCompare(const CompareOptions& o);
Command compareCommand();

}  // namespace afdc
