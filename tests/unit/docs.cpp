// Every ```afd example of the documentation checks and passes its tests; generated pages equal what the compiler
// generates.
#include <doctest/doctest.h>

#include <filesystem>

#include "driver/commands.h"
#include "driver/session.h"
#include "tests/read_file.h"

using namespace afdc;
namespace fs = std::filesystem;

namespace {
const fs::path kRoot = AFDC_SOURCE_DIR;
}  // namespace

TEST_CASE("examples in the documentation are right") {
  int examples = 0;
  std::vector<fs::path> pages = {kRoot / "README.md"};
  for (const auto& entry : fs::directory_iterator(kRoot / "docs"))
    if (entry.path().extension() == ".md") pages.push_back(entry.path());
  for (const auto& page : pages) {
    std::string text = readFile(page);
    for (size_t at = text.find("```"); at != std::string::npos;) {
      size_t line = text.find('\n', at), end = text.find("```", line);
      if (line == std::string::npos || end == std::string::npos) break;
      std::string language = text.substr(at + 3, line - at - 3), body = text.substr(line + 1, end - line - 1);
      if (language == "afd" || (language.empty() && body.rfind("edition 1", 0) == 0)) {
        ++examples;
        CAPTURE(page.string());
        CAPTURE(body);
        Session session;
        Module* module = session.loader.loadText("example.afd", body);
        session.check(*module);
        INFO(session.diags.text(false));
        CHECK(session.diags.count() == 0);
        for (const auto& t : session.evaluator.runTests(*module))
          CHECK_MESSAGE(t.passed, t.name << "\n" << session.diags.text(false));
      }
      at = text.find("```", end + 3);
    }
  }
  CHECK(examples >= 8);
}

TEST_CASE("the generated pages are current") {
  for (auto [subject, page] :
       {std::pair{"schemas", "stdlib.md"}, {"operators", "operators.md"}, {"diagnostics", "diagnostics.md"}}) {
    Options o;
    o.file = subject;
    CHECK_MESSAGE(runDoc(o).out == readFile(kRoot / "docs" / page), "run: afdc doc " << subject << " > docs/" << page);
  }
}
