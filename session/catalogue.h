// All messages of all rooms: what `afdc explain AFDnnnn`, docs/diagnostics.md and the language server show.
#pragma once
#include <span>
#include <string_view>

#include "support/diagnostics.h"

namespace afdc {

/// In order of their ids.
std::span<const CatalogueEntry> catalogue();
/// By "AFD0301" or "does_not_divide"; null when there is none.
const CatalogueEntry* findCatalogueEntry(std::string_view idOrName);

}  // namespace afdc
