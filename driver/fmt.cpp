#include "driver/fmt.h"

#include <fmt/format.h>

#include <algorithm>

#include "driver/source_files.h"
#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/format.h"
#include "frontend/syntax/parse.h"
#include "support/escape.h"
#include "support/files.h"
#include "support/output_file.h"
#include "support/unified_diff.h"

namespace afdc {

namespace {

void declare(Arguments& arguments, FmtOptions& o) {
  arguments.oneOrMore("FILE", o.files, "the files to format; folders with all that is below; - for standard input");
  arguments.flag("-w", o.write, "write the files in place");
  arguments.flag("--check", o.checkOnly, "only say which files are not formatted");
  arguments.flag("--diff", o.diff, "show what would change, as `diff -u` does");
  formatOption(arguments, o.printing);
}

/// Shows, writes or checks one file that has no errors.
void formatOne(const std::string& file, const std::string& text, const FmtOptions& o, Output& out) {
  std::string formatted = formatSource(text);
  if (!o.checkOnly && !o.write && !o.diff) {
    out.out += formatted;
    return;
  }
  if (formatted == text) return;
  if (o.diff) out.out += unifiedDiff(onOneLine(inputName(file)), text, formatted);
  if (o.checkOnly) {
    if (!o.diff) out.out += fmt::format("{}: not formatted\n", onOneLine(inputName(file)));
    out.code = std::max<int>(out.code, kFindings);
  } else if (!o.write) {
    return;
  } else if (auto error = OutputFile(file, kAnyFile).write(formatted); !error.empty()) {
    addFailure(out, "fmt", error);
  }
}

}  // namespace

Output runFmt(const FmtOptions& o) {
  if (o.printing.json())
    throw WrongUse{"--format json: formatted text is no JSON; `afdc check --format json` has the messages"};
  Output out;
  std::vector<std::string> messages;  // of all files, as JSON
  if (o.write && std::ranges::find(o.files, kStandardInput) != o.files.end())
    throw WrongUse{"-w: standard input cannot be written in place; without -w the formatted text is printed"};
  auto [files, problems] = sourceFilesOf(o.files);
  for (const auto& problem : problems) addFailure(out, "fmt", problem);
  for (const auto& file : files) {
    SourceManager sources;
    Diagnostics diags(sources);
    auto source = readInput(file);
    if (!source.error.empty()) {
      diags.report<diag::unreadable_file>({}, inputName(file), source.error);
      finish(out, diags, o.printing, messages);
      out.code = kUsage;
      continue;
    }
    uint32_t id = sources.add(inputName(file), source.text);
    parseModule(id, diags);
    if (diags.errors() > 0)
      finish(out, diags, o.printing, messages);  // damaged text is never rewritten
    else
      formatOne(file, source.text, o, out);
  }
  if (!messages.empty()) out.err += diagnosticsJson(messages);
  return out;
}

Command fmtCommand() {
  return {.name = "fmt",
          .purpose = Purpose::Write,
          .what = "format files",
          .usage = {"afdc fmt FILE... [OPTIONS]"},
          .about =
              "Prints the files in the one layout that there is, or writes them with -w. A file with syntax errors "
              "is left as it is.",
          .examples = {{"afdc fmt examples/step3_afd.afd", "how it would look"},
                       {"afdc fmt -w examples/step3_afd.afd", "write it"},
                       {"afdc fmt --check examples", "exit code 1 if any file of the folder is not formatted"},
                       {"afdc fmt --diff examples/step3_afd.afd", "what would change"}},
          .bind = bound(declare, runFmt)};
}

}  // namespace afdc
