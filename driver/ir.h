// afdc ir: what the compiler makes of a scenario, pass by pass.
#pragma once
#include "driver/command.h"

namespace afdc {

struct IrOptions {
  Printing printing = {};
  bool timePasses = false;
  std::string stdlib = {};
  std::vector<std::string> allow = {};
  std::string file = {}, scenario = {};  ///< no scenario: all
  std::vector<std::string> sets = {};
  std::string after = "collectives";
  bool listPasses = false;
};

Output runIr(const IrOptions& o);
Command irCommand();

}  // namespace afdc
