// afdc calibrate: figures of runtimes and devices fitted to measurements.
#pragma once
#include "driver/command.h"

namespace afdc {

struct CalibrateOptions {
  std::string stdlib = {};
  std::vector<std::string> files = {};
  std::string to = {};  ///< where the fitted figures are written; empty: printed
  bool leaveOneOut = false, force = false;
};

Output runCalibrate(const CalibrateOptions& o);
Command calibrateCommand();

}  // namespace afdc
