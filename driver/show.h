// afdc show: one thing of the standard library, with its figures, its fields and its sources.
#pragma once
#include "driver/command.h"

namespace afdc {

struct ShowOptions {
  Printing printing = {};
  std::string stdlib = {};
  std::string name = {};  ///< of the library, or of a model's checkpoint
};

Output runShow(const ShowOptions& o);
Command showCommand();

/// Does the library have something of this name? For commands whose words may be names of it.
bool isInLibrary(const std::string& name, const std::string& stdlib);

}  // namespace afdc
