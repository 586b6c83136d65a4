// How a text becomes another one, line by line, as `diff -u` says it and `patch` takes it.
#pragma once
#include <string>
#include <string_view>

namespace afdc {

/// Empty where both are the same. `name` is what both are called in its first lines.
std::string unifiedDiff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace afdc
