// The formatter: one style, no options. Keeps line breaks and comments; sets indentation, spacing and alignment.
#pragma once
#include <string>
#include <string_view>

namespace afdc {

/// Formats well-formed text; formatting its own output changes nothing.
std::string formatSource(std::string_view text);

}  // namespace afdc
