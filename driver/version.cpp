#include "driver/version.h"

#include <fmt/format.h>

#include "frontend/modules.h"
#include "frontend/syntax/parse.h"
#include "support/hash.h"

namespace afdc {

namespace {
void declare(Arguments&, VersionOptions&) {}
}  // namespace

Output runVersion(const VersionOptions&) {
  Output out;
  out.out = fmt::format("afdc {}\nlanguage edition {}\nstandard library {}\n", AFDC_VERSION, kEdition,
                        shortHash(stdlibHash()));
  return out;
}

Command versionCommand() {
  return {.name = "version",
          .purpose = Purpose::LookInside,
          .what = "say which compiler, language and standard library these are",
          .usage = {"afdc version", "afdc --version"},
          .about = "Results name the same compiler version and standard library, so that they can be made again.",
          .examples = {{"afdc version", "for a report of a bug"}},
          .bind = bound(declare, runVersion)};
}

}  // namespace afdc
