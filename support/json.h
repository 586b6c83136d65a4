// JSON to be written. A tree is nlohmann's `ordered_json`, whose members keep the order in which they were set; what
// has a JSON form has a function `to_json(tree, thing)` beside it. This header declares the tree only: the few source
// files that build one include <nlohmann/json.hpp>, which takes long to compile.
#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace afdc {

using JsonTree = nlohmann::ordered_json;

enum class JsonLayout : uint8_t {
  Lines,    ///< every member and item on a line of its own, indented by two
  Compact,  ///< the same, but lists of plain values on one line
  OneLine   ///< all on one line
};

/// The text of a tree, without a line's end. Numbers have the shortest digits that read back as the same double, whole
/// ones no point and no exponent; numbers that are not finite have no JSON form and become null, and bytes that are no
/// UTF-8 become U+FFFD. Recurses: for trees that this program makes, not for those of strangers.
std::string jsonText(const JsonTree& tree, JsonLayout layout = JsonLayout::Lines);

/// A plain value as jsonText writes it.
std::string jsonNumber(double value);
std::string jsonString(std::string_view text);

}  // namespace afdc
