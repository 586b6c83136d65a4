// What every command has in common: what it prints, its exit code, and how its messages are shown.
#pragma once
#include <string>
#include <string_view>

#include "results/results.h"
#include "support/diagnostics.h"
#include "support/terminal.h"

namespace afdc {

/// Beside these, a process that a signal stopped in order says so as a shell does: 128 and the signal's number.
enum ExitCode { kClean = 0, kFindings = 1, kUsage = 2, kInternal = 3 };

/// What a command leaves behind: a process prints it, a test looks at it.
struct Output {
  int code = kClean;
  std::string out, err;
};

enum class Format { Text, Json, Markdown };

/// How a command prints, and what it counts as a finding.
struct Printing {
  Format format = Format::Text;
  bool strict = false;  ///< warnings and unknown verdicts are findings
  Screen screen = {};
  size_t maxErrors = 20;  ///< messages of each severity that are shown of one file; 0: all
  bool json() const { return format == Format::Json; }
  bool markdown() const { return format == Format::Markdown; }
};

/// All messages, as text for people or as a JSON object for scripts; nothing where there are none.
std::string messagesOf(const Diagnostics& diags, const Printing& printing);

/// Puts the messages on stderr and says by the exit code whether there are findings.
void finish(Output& out, const Diagnostics& diags, const Printing& printing);

/// The same for commands that read several files: as JSON the messages are collected, to be printed as one object.
void finish(Output& out, const Diagnostics& diags, const Printing& printing, std::vector<std::string>& collected);

/// "afdc COMMAND: PROBLEM": the command cannot do what it was asked, for a reason outside of any .afd file.
Output failure(std::string_view command, std::string_view problem);

/// The same of a part of it: what else was found is shown.
void addFailure(Output& out, std::string_view command, std::string_view problem);

/// Tells whoever sits at a terminal what is going to fail at the end, so that it can be mended meanwhile.
void foretell(std::string_view command, std::string_view problem);

/// Says in the results which compiler and which standard library made them.
void stamp(Results& results);

}  // namespace afdc
