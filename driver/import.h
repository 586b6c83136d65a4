// afdc import: other tools' data as compact files.
#pragma once
#include "driver/command.h"

namespace afdc {

struct ImportOptions {
  std::string kind = {}, directory = {};
  std::string to = {};  ///< directory for the files; empty: where we are
  bool force = false;   ///< replace files that are there whatever they are
};

Output runImport(const ImportOptions& o);
Command importCommand();

}  // namespace afdc
