#include "driver/command.h"

#include <unistd.h>

#include <cstdlib>

namespace afdc {

namespace {

/// Of standard output; what goes elsewhere has no colours.
Screen screenNow() {
  return {.color = isatty(STDOUT_FILENO) && isatty(STDERR_FILENO) && !std::getenv("NO_COLOR"), .width = screenWidth()};
}

const Choice kText = {"text", "for people"};
const Choice kJson = {"json", "for scripts; documented in docs/results.md"};
const Choice kMarkdown = {"markdown", "for pull requests"};

void messageOptions(Arguments& arguments, Printing& printing) {
  printing.screen = screenNow();
  arguments.option("--max-errors", "N", printing.maxErrors, "show so many errors and warnings of each file, 0 for all");
}

}  // namespace

void formatOption(Arguments& arguments, Printing& printing) {
  messageOptions(arguments, printing);
  arguments.enumOption("--format", "FORMAT", printing.format, "what to print", {kText, kJson});
}

void formatOrMarkdownOption(Arguments& arguments, Printing& printing) {
  messageOptions(arguments, printing);
  arguments.enumOption("--format", "FORMAT", printing.format, "what to print", {kText, kJson, kMarkdown});
}

void strictOption(Arguments& arguments, Printing& printing) {
  arguments.flag("--strict", printing.strict, "warnings and unknown verdicts count as findings");
}

void timePassesOption(Arguments& arguments, bool& wanted) {
  arguments.flag("--time-passes", wanted, "say on stderr where the time goes, pass by pass");
}

void setOption(Arguments& arguments, std::vector<std::string>& sets) {
  arguments.repeatedOption("--set", "PATH=VALUE", sets, "override a field: --set deployment.main.parallel.tp=4");
}

void readingOptions(Arguments& arguments, std::string& stdlib, std::vector<std::string>& allow) {
  stdlibOption(arguments, stdlib);
  arguments.repeatedOption("--allow", "DIR", allow,
                           "read files of this folder too; otherwise only those of the project");
}

void stdlibOption(Arguments& arguments, std::string& directory) {
  arguments.option("--stdlib", "DIR", directory, "read the standard library from this directory first");
}

}  // namespace afdc
