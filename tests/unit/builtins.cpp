#include "frontend/builtins.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/read_file.h"

using namespace afdc;

TEST_CASE("docs/language.md lists every built-in function as the table has it") {
  std::string page = readFile(AFDC_SOURCE_DIR "/docs/language.md");
  for (const auto& builtin : builtins()) {
    CAPTURE(builtin.name);
    CHECK(page.find(fmt::format("| `{}` | {} |\n", builtin.usage, builtin.summary)) != std::string::npos);
    CHECK(builtin.usage.substr(0, builtin.name.size() + 1) == std::string(builtin.name) + "(");
    CHECK(findBuiltin(builtin.name) == &builtin);
  }
  CHECK(findBuiltin("minimum") == nullptr);
}
