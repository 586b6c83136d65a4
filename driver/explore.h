// Running the searches of a module.
#pragma once
#include "driver/commands.h"
#include "session/session.h"

namespace afdc {

/// Checks a module (null: it could not be read) and runs its `explore` blocks, all or the one called `o.name`.
Output searchAll(Session& session, Module* module, const Options& o);

}  // namespace afdc
