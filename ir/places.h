// Where the values of a scenario were written.
#pragma once
#include <string>

#include "ir/scenario.h"
#include "support/diagnostics.h"

namespace afdc {

/// Where a node was set, for messages; the scenario text kept no byte range, so the place names file and line.
std::string whereSet(const ir::Scenario& s, ir::NodeId id);

/// From a place to the end of its line, when its file is loaded.
SourceRange rangeOf(const ir::Place& place, const ir::Strings& strings, const Diagnostics& diags);
/// The source range of a node's value in force, when its file is loaded.
SourceRange rangeOf(const ir::Scenario& s, ir::NodeId id, const Diagnostics& diags);

}  // namespace afdc
