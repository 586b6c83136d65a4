#include "driver/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "frontend/modules.h"
#include "support/escape.h"

namespace afdc {

namespace {

void countFindings(Output& out, const Diagnostics& diags, const Printing& printing) {
  bool findings = diags.errors() > 0 || (printing.strict && diags.count() > 0);
  if (findings) out.code = std::max<int>(out.code, kFindings);
}

}  // namespace

std::string messagesOf(const Diagnostics& diags, const Printing& printing) {
  if (!printing.json())
    return diags.text(printing.screen.color, printing.maxErrors == 0 ? Diagnostics::kAll : printing.maxErrors);
  return diags.count() > 0 ? diagnosticsJson(diags.json()) : "";
}

void finish(Output& out, const Diagnostics& diags, const Printing& printing) {
  out.err += messagesOf(diags, printing);
  countFindings(out, diags, printing);
}

void finish(Output& out, const Diagnostics& diags, const Printing& printing, std::vector<std::string>& collected) {
  if (!printing.json()) return finish(out, diags, printing);
  auto messages = diags.json();
  collected.insert(collected.end(), messages.begin(), messages.end());
  countFindings(out, diags, printing);
}

Output failure(std::string_view command, std::string_view problem) {
  return {kUsage, "", fmt::format("afdc {}: {}\n", command, printable(problem))};
}

void addFailure(Output& out, std::string_view command, std::string_view problem) {
  auto failed = failure(command, problem);
  out.err += failed.err;
  out.code = std::max(out.code, failed.code);
}

void foretell(std::string_view command, std::string_view problem) {
  if (isatty(STDERR_FILENO)) std::fputs(failure(command, problem).err.c_str(), stderr);
}

void stamp(Results& results) {
  results.compiler_version = AFDC_VERSION;
  results.stdlib_hash = stdlibHash();
}

}  // namespace afdc
