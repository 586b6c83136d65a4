#include "session/catalogue.h"

#include <algorithm>
#include <array>

namespace afdc {

namespace {

constexpr CatalogueEntry kUnordered[] = {
#define DIAG(id, name, severity, message, explanation, bad, good) \
  {#id, #name, Severity::severity, message, explanation, bad, good},
#include "backends/emit/diagnostics.def"
#include "frontend/diagnostics.def"
#include "frontend/syntax/diagnostics.def"
#include "passes/cost/diagnostics.def"
#include "passes/deployment/diagnostics.def"
#include "passes/evaluation/diagnostics.def"
#include "passes/lowering/diagnostics.def"
#include "passes/steady/diagnostics.def"
#include "results/diagnostics.def"
#include "session/diagnostics.def"
#include "support/general.def"
#undef DIAG
};

constexpr auto kCatalogue = [] {
  auto sorted = std::to_array(kUnordered);
  std::sort(sorted.begin(), sorted.end(), [](const CatalogueEntry& a, const CatalogueEntry& b) { return a.id < b.id; });
  return sorted;
}();

/// Two rooms may not give one id, nor one name, to different messages.
constexpr bool unique() {
  for (size_t i = 0; i < kCatalogue.size(); ++i)
    for (size_t j = i + 1; j < kCatalogue.size(); ++j)
      if (kCatalogue[i].id == kCatalogue[j].id || kCatalogue[i].name == kCatalogue[j].name) return false;
  return true;
}
static_assert(unique(), "two diagnostics have the same id or the same name");

}  // namespace

std::span<const CatalogueEntry> catalogue() { return kCatalogue; }

const CatalogueEntry* findCatalogueEntry(std::string_view idOrName) {
  for (const auto& entry : kCatalogue)
    if (entry.id == idOrName || entry.name == idOrName) return &entry;
  return nullptr;
}

}  // namespace afdc
