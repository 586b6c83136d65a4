// Every target. A new one is a folder beside this one and two lines here.
#include <algorithm>

#include "backends/astra_sim/astra_sim.h"
#include "backends/emit/target.h"

namespace afdc::emit {

namespace {
const Target* const kTargets[] = {&kAstraSim};
}  // namespace

std::span<const Target* const> targets() { return kTargets; }

const Target* findTarget(std::string_view name) {
  auto found = std::find_if(std::begin(kTargets), std::end(kTargets), [&](const Target* t) { return t->name == name; });
  return found == std::end(kTargets) ? nullptr : *found;
}

}  // namespace afdc::emit
