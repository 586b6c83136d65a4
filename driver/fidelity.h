// afdc fidelity: predictions beside references.
#pragma once
#include "driver/command.h"

namespace afdc {

struct FidelityOptions {
  Printing printing = {};
  std::string stdlib = {};
  std::string kind = {}, file = {};
  std::string kernels = {};  ///< directory of measured kernel tables
  bool cases = false;        ///< every value instead of the summary
};

Output runFidelity(const FidelityOptions& o);
Command fidelityCommand();

}  // namespace afdc
