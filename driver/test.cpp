#include "driver/test.h"

#include <fmt/format.h>

#include <algorithm>

#include "driver/source_files.h"
#include "session/session.h"
#include "support/document.h"
#include "support/escape.h"

namespace afdc {

namespace {

void declare(Arguments& arguments, TestOptions& o) {
  arguments.oneOrMore(
      "FILE", o.files,
      "files with `test` blocks, folders of them, - for standard input, or `stdlib` for those of the standard library");
  strictOption(arguments, o.printing);
  formatOption(arguments, o.printing);
  readingOptions(arguments, o.stdlib, o.allow);
}

/// What is tested as one: a file, or a module of the standard library.
struct Unit {
  std::string name;
  bool standard = false;
};

std::vector<Unit> unitsOf(const TestOptions& o, std::vector<std::string>& problems) {
  std::vector<Unit> units;
  auto [files, unread] = sourceFilesOf(o.files);
  problems = unread;
  for (const auto& file : files) {
    if (file != "stdlib") {
      units.push_back({file});
      continue;
    }
    Session listing(o.stdlib);
    for (const auto& name : listing.loader.standardModules()) units.push_back({name, true});
  }
  return units;
}

}  // namespace

Output runTest(const TestOptions& o) {
  Output out;
  std::vector<std::string> problems;  // of folders
  size_t passed = 0, failed = 0;
  std::vector<std::string> messages;  // of all files, as JSON
  auto tests = Document::list();
  auto units = unitsOf(o, problems);
  for (const auto& problem : problems) addFailure(out, "test", problem);
  for (const auto& [name, standard] : units) {
    Session session(o.stdlib, o.allow);
    Module* module = standard ? session.loader.loadStandard(name) : session.loader.loadFile(name);
    if (module) session.evaluator.check(*module);
    std::vector<Evaluator::TestOutcome> outcomes;
    if (module && session.diags.errors() == 0) outcomes = session.evaluator.runTests(*module);
    for (const auto& t : outcomes) {
      (t.passed ? passed : failed) += 1;
      if (o.printing.json())
        tests.add(Document::map().set("file", name).set("test", t.name).set("passed", t.passed));
      else
        out.out += fmt::format("{} {}: {}\n", t.passed ? "pass" : "FAIL", onOneLine(name), onOneLine(t.name));
    }
    int before = out.code;
    finish(out, session.diags, o.printing, messages);
    if (!module) out.code = kUsage;
    out.code = std::max(before, out.code);
  }
  out.out += o.printing.json() ? tests.json() : fmt::format("{} passed, {} failed\n", passed, failed);
  if (!messages.empty()) out.err += diagnosticsJson(messages);
  if (failed > 0) out.code = std::max<int>(out.code, kFindings);
  return out;
}

Command testCommand() {
  return {.name = "test",
          .purpose = Purpose::Write,
          .what = "run the `test` blocks of files",
          .usage = {"afdc test FILE... [OPTIONS]"},
          .about = "Runs each `test` block and says which requirements do not hold.",
          .examples = {{"afdc test examples/full_language.afd", "the tests of a file"},
                       {"afdc test stdlib", "the tests of the standard library"}},
          .bind = bound(declare, runTest)};
}

}  // namespace afdc
