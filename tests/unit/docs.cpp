// Every ```afd example of the documentation checks and passes its tests; generated pages equal what the compiler
// generates.
#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "backends/registry.h"
#include "driver/doc.h"
#include "driver/emit.h"
#include "session/session.h"
#include "tests/read_file.h"

using namespace afdc;
namespace fs = std::filesystem;

namespace {
const fs::path kRoot = AFDC_SOURCE_DIR;
}  // namespace

TEST_CASE("examples in the documentation are right") {
  int examples = 0;
  std::vector<fs::path> pages = {kRoot / "README.md"};
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "docs"))
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

TEST_CASE("every target has a page, whose example is written as the page says") {
  auto work = fs::temp_directory_path() / ("afdc-docs-" + std::to_string(getpid()));
  std::string table = readFile(kRoot / "docs" / "emit.md");
  for (const auto* target : emit::targets()) {
    std::string name(target->name);
    CAPTURE(name);
    CHECK(table.find("(emit/" + name + ".md)") != std::string::npos);
    std::string text = readFile(kRoot / "docs" / "emit" / (name + ".md"));
    size_t from = text.find("```afd\n");
    REQUIRE(from != std::string::npos);
    size_t begin = from + 7, end = text.find("```", begin);
    CHECK(text.find("afdc emit " + name + " chat.afd chat -o out") != std::string::npos);
    CHECK(text.find("## Run it") != std::string::npos);
    CHECK(text.find("## Limits") != std::string::npos);
    fs::create_directories(work);
    std::ofstream(work / "chat.afd") << text.substr(begin, end - begin);
    EmitOptions o;
    o.target = name;
    o.to = (work / name).string();
    o.file = (work / "chat.afd").string();
    o.scenario = "chat";
    auto out = runEmit(o);
    INFO(out.err);
    CHECK(out.code == 0);
    CHECK(fs::exists(work / name / "manifest.json"));
  }
  fs::remove_all(work);
}

TEST_CASE("the generated pages are current") {
  for (auto [subject, page] : {std::pair{"schemas", "stdlib.md"},
                               {"operators", "operators.md"},
                               {"diagnostics", "diagnostics.md"},
                               {"targets", "emit/reference.md"},
                               {"commands", "commands.md"}}) {
    CHECK_MESSAGE(runDoc({.page = subject}).out == readFile(kRoot / "docs" / page),
                  "run: afdc doc " << subject << " > docs/" << page);
  }
}
