// afdc list: what the standard library has to choose from.
#pragma once
#include "driver/command.h"

namespace afdc {

struct ListOptions {
  Printing printing = {};
  std::string stdlib = {};
  std::string what = {};    ///< "models", …
  std::string filter = {};  ///< a part of the names that are shown; empty: all
};

Output runList(const ListOptions& o);
Command listCommand();

}  // namespace afdc
