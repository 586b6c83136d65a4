// afdc version: which compiler this is, of which language, with which standard library.
#pragma once
#include "driver/command.h"

namespace afdc {

struct VersionOptions {};

Output runVersion(const VersionOptions& o);
Command versionCommand();

}  // namespace afdc
