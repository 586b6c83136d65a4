// What people bring along from other languages, and what to write here: `const x = 3`, `key: value`, `a && b`,
// `from x import y`, `c ? a : b`. The table is habits.def.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "frontend/syntax/tokens.h"
#include "support/diagnostics.h"

namespace afdc {

/// The tokens as they are meant; each habit among them has been reported.
std::vector<Token> readHabits(std::vector<Token> tokens, uint32_t file, Diagnostics& diags);

/// What is meant by a name that other languages know and that nobody has declared: `True`, `len`.
struct HabitOfName {
  std::string_view name, instead, advice;  ///< `instead` is empty where no one word says it
};
const HabitOfName* habitOfName(std::string_view name);

}  // namespace afdc
