// afdc explain: where a value comes from, or what a message means.
#pragma once
#include "driver/command.h"

namespace afdc {

struct ExplainOptions {
  Printing printing = {};
  std::string stdlib = {};
  std::vector<std::string> allow = {};
  std::string subject = {};  ///< a file, or a diagnostic's id or name
  std::string path = {};     ///< of a value in that file; `*`: every `let`
  std::vector<std::string> sets = {};
};

Output runExplain(const ExplainOptions& o);
Command explainCommand();

}  // namespace afdc
