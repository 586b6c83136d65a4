// afdc check: what is wrong in files.
#pragma once
#include "driver/command.h"

namespace afdc {

struct CheckOptions {
  Printing printing = {};
  std::string stdlib = {};
  std::vector<std::string> allow = {};
  std::vector<std::string> files = {};
};

Output runCheck(const CheckOptions& o);
Command checkCommand();

}  // namespace afdc
