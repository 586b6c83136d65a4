#include "driver/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "driver/commands.h"
#include "support/terminal.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr size_t kWidth = 100;  ///< columns of a help page

struct Heading {
  Purpose purpose;
  std::string_view text;
};
constexpr std::array<Heading, 6> kHeadings = {{
    {Purpose::Write, "Write a file"},
    {Purpose::Predict, "Predict"},
    {Purpose::Search, "Search for a better deployment"},
    {Purpose::HandOver, "Hand over to other tools"},
    {Purpose::Measure, "Compare with measurements"},
    {Purpose::LookInside, "Look inside"},
}};

constexpr std::string_view kPurposeOfAfdc =
    "afdc checks, evaluates and explains scenarios of serving large language models (.afd files)";

struct Code {
  int code;
  std::string_view what;
};
constexpr std::array<Code, 7> kCodes = {{
    {kClean, "clean"},
    {kFindings, "findings: errors in a file, failed promises"},
    {kUsage, "wrong use, or a file that cannot be read or written"},
    {kInternal, "a bug of afdc"},
    {128 + SIGHUP, "stopped because the terminal was closed; what a search has found is printed"},
    {128 + SIGINT, "the same, by Ctrl-C"},
    {128 + SIGTERM, "the same, by `kill` or `timeout`"},
}};

/// Rows of two columns.
class Table {
 public:
  void row(std::string left, std::string right) { rows_.emplace_back(std::move(left), std::move(right)); }
  std::string text() const {
    // A left side that is much wider than the others has a line of its own.
    constexpr size_t kWidest = 30;
    size_t width = 0;
    for (const auto& [left, right] : rows_)
      if (left.size() <= kWidest) width = std::max(width, left.size());
    std::string out;
    for (const auto& [left, right] : rows_) {
      size_t indent = 2 + width + 2;
      std::string first = left.size() <= kWidest ? fmt::format("  {:<{}}  ", left, width) : std::string(indent, ' ');
      if (left.size() > kWidest) out += fmt::format("  {}\n", left);
      out += wrapped(first, right, kWidth);
    }
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

using Described = Arguments::Described;

std::vector<Described> argumentsOf(const Command& command) {
  Arguments arguments;
  command.bind(arguments);
  return arguments.described();
}

std::string leftOf(const Described& d) { return d.value.empty() ? d.name : d.name + " " + d.value; }

/// Choices that need no words are named in the line of their argument; others have lines of their own.
bool speakForThemselves(const std::vector<Choice>& choices) {
  return std::all_of(choices.begin(), choices.end(), [](const Choice& c) { return c.what.empty(); });
}

/// What it means, what may be said, and what holds when nothing is.
std::string rightOf(const Described& d) {
  std::vector<std::string> notes;
  if (speakForThemselves(d.choices))
    for (const auto& choice : d.choices) notes.emplace_back(choice.name);
  std::string note = joinWords(notes, "or");
  if (d.required && d.isOption()) note = "required";
  if (d.repeated && d.isOption()) note = "may be repeated";
  if (!d.standard.empty()) note = "default: " + d.standard;
  return note.empty() ? d.what : fmt::format("{} ({})", d.what, note);
}

std::string argumentTable(const std::vector<Described>& all, bool options) {
  Table table;
  for (const auto& d : all) {
    if (d.isOption() != options) continue;
    table.row(leftOf(d), rightOf(d));
    if (speakForThemselves(d.choices)) continue;
    for (const auto& choice : d.choices) table.row(fmt::format("  {}", choice.name), std::string(choice.what));
  }
  return table.text();
}

std::string exitCodes() {
  Table table;
  for (const auto& [code, what] : kCodes) table.row(std::to_string(code), std::string(what));
  return table.text();
}

std::string section(std::string_view title, const std::string& body) {
  return body.empty() ? "" : fmt::format("\n{}\n\n{}", title, body);
}

std::string examplesOf(const Command& command) {
  std::string out;
  for (const auto& example : command.examples) out += fmt::format("  # {}\n  {}\n", example.what, example.line);
  return out;
}

std::string lines(const std::vector<std::string_view>& all) {
  std::string out;
  for (auto line : all) out += fmt::format("  {}\n", line);
  return out;
}

}  // namespace

std::string overview() {
  std::string out = fmt::format("{}\n", kPurposeOfAfdc);
  out += section("USAGE", "  afdc COMMAND ...\n  afdc help COMMAND\n");
  for (const auto& heading : kHeadings) {
    Table table;
    for (const auto& command : commands())
      if (command.purpose == heading.purpose) table.row(fmt::format("{:<9}", command.name), std::string(command.what));
    out += section(heading.text, table.text());
  }
  out += section("EXIT CODES", exitCodes());
  out += section("READ ON",
                 "  docs/language.md   a tour of the language\n"
                 "  docs/commands.md   these pages\n"
                 "  docs/evaluate.md   what a number means, and what it leaves out\n");
  return out;
}

std::string helpOf(const Command& command) {
  auto described = argumentsOf(command);
  std::string out = wrapped("", fmt::format("afdc {}: {}", command.name, command.what), kWidth);
  out += section("USAGE", lines(command.usage));
  out += "\n" + wrapped("", command.about, kWidth);
  out += section("ARGUMENTS", argumentTable(described, false));
  out += section("OPTIONS", argumentTable(described, true));
  out += section("EXAMPLES", examplesOf(command));
  if (!command.exits.empty()) out += section("EXIT CODES", fmt::format("  {}\n", command.exits));
  return out;
}

std::string commandsPage() {
  std::string out = fmt::format(
      "# Commands\n\nGenerated by `afdc doc commands`; `afdc help` and `afdc help COMMAND` show the "
      "same.\n\n```\n{}```\n",
      overview());
  for (const auto& command : commands()) out += fmt::format("\n## {}\n\n```\n{}```\n", command.name, helpOf(command));
  return out;
}

namespace {

void declare(Arguments& arguments, HelpOptions& o) {
  arguments.optional("COMMAND", o.command, "which command; without one, all are listed");
}

}  // namespace

Output runHelp(const HelpOptions& o) {
  if (o.command.empty()) return {kClean, overview(), ""};
  const auto* command = findCommand(o.command);
  return command ? Output{kClean, helpOf(*command), ""} : noSuchCommand(o.command);
}

Command helpCommand() {
  return {.name = "help",
          .purpose = Purpose::LookInside,
          .what = "list the commands, or say how one is used",
          .usage = {"afdc help [COMMAND]", "afdc COMMAND --help"},
          .about = "Each command has its own page with its options and with examples.",
          .examples = {{"afdc help", "all commands"}, {"afdc help eval", "one of them"}},
          .bind = bound(declare, runHelp)};
}

}  // namespace afdc
