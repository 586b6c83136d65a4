// afdc test: the test blocks of files.
#pragma once
#include "driver/command.h"

namespace afdc {

struct TestOptions {
  Printing printing = {};
  std::string stdlib = {};
  std::vector<std::string> allow = {};
  std::vector<std::string> files = {};  ///< `stdlib` stands for all modules of the standard library
};

Output runTest(const TestOptions& o);
Command testCommand();

}  // namespace afdc
