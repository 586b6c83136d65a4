#include "driver/fmt.h"

#include <fmt/format.h>

#include <algorithm>

#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/format.h"
#include "frontend/syntax/parse.h"
#include "support/files.h"
#include "support/output_file.h"

namespace afdc {

namespace {

void declare(Arguments& arguments, FmtOptions& o) {
  arguments.oneOrMore("FILE", o.files, "the files to format");
  arguments.flag("-w", o.write, "write the files in place");
  arguments.flag("--check", o.checkOnly, "only say which files are not formatted");
  formatOption(arguments, o.printing);
}

/// Shows, writes or checks one file that has no errors.
void formatOne(const std::string& file, const std::string& text, const FmtOptions& o, Output& out) {
  std::string formatted = formatSource(text);
  if (!o.checkOnly && !o.write) {
    out.out += formatted;
    return;
  }
  if (formatted == text) return;
  if (o.checkOnly) {
    out.out += fmt::format("{}: not formatted\n", file);
    out.code = std::max<int>(out.code, kFindings);
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
  for (const auto& file : o.files) {
    SourceManager sources;
    Diagnostics diags(sources);
    auto source = readSource(file);
    if (!source.error.empty()) {
      diags.report<diag::unreadable_file>({}, file, source.error);
      finish(out, diags, o.printing, messages);
      out.code = kUsage;
      continue;
    }
    uint32_t id = sources.add(file, source.text);
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
                       {"afdc fmt --check examples/*.afd", "exit code 1 if any is not formatted"}},
          .bind = bound(declare, runFmt)};
}

}  // namespace afdc
