// How text looks on a terminal.
#pragma once
#include <cstddef>
#include <string_view>

namespace afdc {

/// Cells of a terminal that `text` takes: two for each character of Chinese or Japanese, none for an accent that is
/// written on its own. Text that cannot be printed is counted by its code points.
size_t columnWidth(std::string_view text);

}  // namespace afdc
