// afdc doc: the reference pages, generated so that they cannot disagree with the compiler.
#pragma once
#include "driver/command.h"

namespace afdc {

struct DocOptions {
  std::string page = {};
};

Output runDoc(const DocOptions& o);
Command docCommand();

}  // namespace afdc
