// afdc emit: the inputs of other tools.
#pragma once
#include "driver/command.h"

namespace afdc {

struct EmitOptions {
  Printing printing = {};
  std::string stdlib = {};
  std::vector<std::string> allow = {};
  std::string target = {};  ///< empty: the `emit` blocks of the file
  std::string file = {};
  std::string scenario = {};  ///< or the target of one `emit` block; empty: all
  std::vector<std::string> sets = {};
  std::string to = {};               ///< directory to write to; empty: called like the target
  std::string run = {};              ///< a simulator that the emitted files are given to
  size_t requests = 1000, seed = 1;  ///< of a synthetic trace
  bool listTargets = false, dryRun = false, force = false, lossy = false;
};

Output runEmit(const EmitOptions& o);
Command emitCommand();

}  // namespace afdc
