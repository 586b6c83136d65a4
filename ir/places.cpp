#include "ir/places.h"

#include <algorithm>

namespace afdc {

using ir::NodeId;
using ir::Scenario;

std::string whereSet(const Scenario& s, NodeId id) {
  if (!id.valid() || s[id].origins.empty()) return "";
  const auto& o = s[id].origins[0];
  if (!o.place.file.valid()) return "";
  std::string kind = o.kind == ir::OriginKind::Default ? "default, " : "";
  return fmt::format("{}{}:{}", kind, s.strings[o.place.file], o.place.line);
}

SourceRange rangeOf(const ir::Place& place, const ir::Strings& strings, const Diagnostics& diags) {
  if (!place.file.valid()) return {};
  for (uint32_t f = 0;; ++f) {
    const auto* file = diags.sources().fileOrNull(f);
    if (!file) return {};
    if (file->name() != strings[place.file] || place.line > file->lineCount()) continue;
    auto length = static_cast<uint32_t>(file->line(place.line).size());
    uint32_t begin = file->lineStart(place.line) + std::min(place.column - 1, length);
    return {f, begin, std::max(begin + 1, file->lineStart(place.line) + length)};
  }
}

SourceRange rangeOf(const Scenario& s, NodeId id, const Diagnostics& diags) {
  if (!id.valid()) return {};
  for (const auto& o : s[id].origins) {
    auto range = rangeOf(o.place, s.strings, diags);
    if (!range.valid()) continue;
    auto value = s.strings[o.value];
    auto length = static_cast<uint32_t>(value.size());
    bool whole = length > 0 && diags.sources().file(range.file).text().substr(range.begin, length) == value;
    return {range.file, range.begin, range.begin + (whole ? length : 1)};
  }
  return {};
}

}  // namespace afdc
