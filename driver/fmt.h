// afdc fmt: files in the one layout.
#pragma once
#include "driver/command.h"

namespace afdc {

struct FmtOptions {
  Printing printing = {};
  std::vector<std::string> files = {};
  bool write = false, checkOnly = false, diff = false;
};

Output runFmt(const FmtOptions& o);
Command fmtCommand();

}  // namespace afdc
