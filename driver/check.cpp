#include "driver/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "driver/source_files.h"
#include "session/session.h"
#include "support/escape.h"
#include "support/files.h"
#include "support/text.h"

namespace afdc {

namespace {

std::string summary(const Diagnostics& d) {
  return fmt::format("{}, {}", counted(d.errors(), "error"), counted(d.warnings(), "warning"));
}

void declare(Arguments& arguments, CheckOptions& o) {
  arguments.oneOrMore("FILE", o.files,
                      "the files to check, each by itself; folders with all that is below; - for standard input");
  strictOption(arguments, o.printing);
  formatOption(arguments, o.printing);
  readingOptions(arguments, o.stdlib, o.allow);
}

}  // namespace

Output runCheck(const CheckOptions& o) {
  Output out;
  std::vector<std::string> messages;  // of all files, as JSON
  auto [files, problems] = sourceFilesOf(o.files);
  for (const auto& problem : problems) addFailure(out, "check", problem);
  for (const auto& file : files) {
    Session session(o.stdlib, o.allow);
    Module* module = session.loader.loadFile(file);
    if (!module) {
      finish(out, session.diags, o.printing, messages);
      out.code = kUsage;
      continue;
    }
    session.check(*module);
    int before = out.code;
    finish(out, session.diags, o.printing, messages);
    out.code = std::max(before, out.code);
    if (!o.printing.json())
      out.out += fmt::format("{}: {}\n", onOneLine(inputName(file)),
                             session.diags.count() == 0 ? "ok" : summary(session.diags));
  }
  if (o.printing.json()) out.out = diagnosticsJson(messages);
  return out;
}

Command checkCommand() {
  return {
      .name = "check",
      .purpose = Purpose::Write,
      .what = "say what is wrong in files",
      .usage = {"afdc check FILE... [OPTIONS]"},
      .about =
          "Parses and resolves each file and checks its scenarios without asking for figures: units, types and "
          "names, whether the weights fit, whether degrees divide what they split, whether the load can be "
          "served.",
      .examples = {{"afdc check examples/full_language.afd", "is it right?"},
                   {"afdc check examples", "every file of a folder"},
                   {"afdc check - < examples/step3_afd.afd", "what another program writes"},
                   {"afdc check --strict examples/deepseek_v3_h200.afd", "for a build that wants no warnings either"},
                   {"afdc check --format json examples/step3_afd.afd", "messages for an editor"}},
      .bind = bound(declare, runCheck)};
}

}  // namespace afdc
