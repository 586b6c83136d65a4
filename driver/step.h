// afdc step: one step of an engine, operator by operator.
#pragma once
#include "driver/command.h"

namespace afdc {

struct StepOptions {
  Printing printing = {};
  std::string stdlib = {};
  std::vector<std::string> allow = {};
  std::string file = {}, scenario = {};  ///< no scenario: all
  std::vector<std::string> sets = {};
  std::string batch = "1,1,1024";  ///< groups of sequences: `count,new,past[,logits]`, joined by `;`
};

Output runStep(const StepOptions& o);
Command stepCommand();

}  // namespace afdc
