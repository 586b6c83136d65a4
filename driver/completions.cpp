// Scripts are made from what the commands declare, so that they cannot know another option than the command has. What
// a shell offers is the same in each: commands, then options, and where one of a list is to be said, the list; anything
// else may be a file.
#include "driver/completions.h"

#include <fmt/format.h>

#include <algorithm>

#include "driver/commands.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc {

namespace {

using Argument = Arguments::Described;

/// A command as a shell sees it.
struct Completed {
  const Command* command;
  std::vector<Argument> options;
  std::vector<Argument> words;  ///< arguments without dashes
};

std::vector<Completed> completedCommands() {
  std::vector<Completed> out;
  for (const auto& command : commands()) {
    Arguments arguments;
    command.bind(arguments);
    Completed completed{&command, {}, {}};
    for (const auto& d : arguments.described()) (d.isOption() ? completed.options : completed.words).push_back(d);
    completed.options.push_back({"--help", "", "how the command is used", ""});
    out.push_back(std::move(completed));
  }
  return out;
}

std::string joinedNames(const std::vector<Choice>& choices) {
  std::string out;
  for (const auto& choice : choices) out += (out.empty() ? "" : " ") + std::string(choice.name);
  return out;
}

/// What may be said for the first word of a command, where that is one of a list. `help` takes commands.
std::string firstWordOf(const Completed& c) {
  if (c.command->name == "help") {
    std::string out;
    for (const auto& command : commands()) out += (out.empty() ? "" : " ") + std::string(command.name);
    return out;
  }
  return c.words.empty() ? "" : joinedNames(c.words[0].choices);
}

std::string bashScript() {
  std::string names, options, firsts, values;
  for (const auto& c : completedCommands()) {
    names += (names.empty() ? "" : " ") + std::string(c.command->name);
    std::string all;
    for (const auto& o : c.options) {
      all += (all.empty() ? "" : " ") + o.name;
      if (!o.choices.empty())
        values += fmt::format("    {}:{}) words='{}' ;;\n", c.command->name, o.name, joinedNames(o.choices));
      else if (!o.value.empty())
        values += fmt::format("    {}:{}) return ;;\n", c.command->name, o.name);
    }
    options += fmt::format("    {}) options='{}' ;;\n", c.command->name, all);
    if (auto first = firstWordOf(c); !first.empty())
      firsts += fmt::format("    {}) words='{}' ;;\n", c.command->name, first);
  }
  return fmt::format(R"~(# Completion of afdc for bash: eval "$(afdc completions bash)"
_afdc() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} command=${{COMP_WORDS[1]}}
  local words='' options=''
  COMPREPLY=()
  # `--format=json` comes in three words.
  if [[ $current == = ]]; then
    current=''
  elif [[ $before == = ]]; then
    before=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W '{names}' -- "$current")
    return
  fi
  case $command:$before in
{values}  esac
  if [[ -z $words && $current == -* ]]; then
    case $command in
{options}    esac
    words=$options
  elif [[ -z $words ]] && ((COMP_CWORD == 2)); then
    case $command in
{firsts}    esac
  fi
  if [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}}
complete -o default -F _afdc afdc
)~",
                     fmt::arg("names", names), fmt::arg("values", values), fmt::arg("options", options),
                     fmt::arg("firsts", firsts));
}

/// In a description between brackets, or in a list of `name:description`.
std::string zshText(std::string_view text, std::string_view special) {
  std::string out;
  for (char c : text) {
    if (c == '\\' || special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// What `_arguments` wants to hear of one argument's values.
std::string zshValues(const Argument& d) {
  std::string name = zshText(d.isOption() ? d.value : d.name, ":");
  return fmt::format(":{}:{}", name, d.choices.empty() ? "_files" : fmt::format("({})", joinedNames(d.choices)));
}

std::string zshScript() {
  std::string names, cases;
  for (const auto& c : completedCommands()) {
    names += fmt::format(
        "    {}\n", shellWord(zshText(fmt::format("{}", c.command->name), ":") + ":" + zshText(c.command->what, ":")));
    cases += fmt::format("    {})\n      _arguments", c.command->name);
    for (const auto& o : c.options) {
      std::string value = o.value.empty() ? "" : zshValues(o);
      cases += fmt::format(" \\\n        {}", shellWord(fmt::format("{}{}[{}]{}", o.repeated ? "*" : "", o.name,
                                                                    zshText(o.what, "[]:"), value)));
    }
    std::string first = firstWordOf(c);
    for (size_t i = 0; i < c.words.size(); ++i) {
      const auto& word = c.words[i];
      std::string value =
          i == 0 && !first.empty() ? fmt::format(":{}:({})", zshText(word.name, ":"), first) : zshValues(word);
      cases +=
          fmt::format(" \\\n        {}", shellWord(word.repeated ? "*" + value : fmt::format("{}{}", i + 1, value)));
    }
    cases += "\n      ;;\n";
  }
  return fmt::format(R"(#compdef afdc
# Completion of afdc for zsh: afdc completions zsh > a folder of $fpath/_afdc
_afdc() {{
  local -a commands=(
{names}  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
{cases}  esac
}}
if [[ $funcstack[1] == _afdc ]]; then _afdc "$@"; else compdef _afdc afdc; fi
)",
                     fmt::arg("names", names), fmt::arg("cases", cases));
}

/// A word of fish: between single quotes only `\` and `'` are special.
std::string fishWord(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\\' || c == '\'') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fishScript() {
  std::string out = "# Completion of afdc for fish: afdc completions fish > ~/.config/fish/completions/afdc.fish\n";
  for (const auto& c : completedCommands()) {
    auto name = c.command->name;
    out += fmt::format("complete -c afdc -n __fish_use_subcommand -f -a {} -d {}\n", name, fishWord(c.command->what));
    auto of = fmt::format("complete -c afdc -n '__fish_seen_subcommand_from {}'", name);
    if (auto first = firstWordOf(c); !first.empty()) out += fmt::format("{} -f -a {}\n", of, fishWord(first));
    for (const auto& o : c.options) {
      bool isShort = !o.name.starts_with("--");
      out += fmt::format("{} -{} {}", of, isShort ? "s" : "l", o.name.substr(isShort ? 1 : 2));
      if (!o.choices.empty())
        out += " -x -a " + fishWord(joinedNames(o.choices));
      else if (!o.value.empty())
        out += " -r";
      out += fmt::format(" -d {}\n", fishWord(o.what));
    }
  }
  return out;
}

struct Shell {
  std::string_view name, how;
  std::string (*script)();
};
constexpr Shell kShells[] = {
    {"bash", "eval \"$(afdc completions bash)\" in ~/.bashrc", bashScript},
    {"zsh", "as _afdc in a folder of $fpath", zshScript},
    {"fish", "as ~/.config/fish/completions/afdc.fish", fishScript},
};

void declare(Arguments& arguments, CompletionsOptions& o) {
  std::vector<Choice> choices;
  for (const auto& shell : kShells) choices.push_back({shell.name, shell.how});
  arguments.requiredChoice("SHELL", o.shell, "for which shell", std::move(choices));
}

}  // namespace

Output runCompletions(const CompletionsOptions& o) {
  const auto* shell = std::ranges::find(kShells, o.shell, &Shell::name);
  return {kClean, shell->script(), ""};
}

Command completionsCommand() {
  return {.name = "completions",
          .purpose = Purpose::LookInside,
          .what = "print what a shell needs to complete command lines",
          .usage = {"afdc completions SHELL"},
          .about = "The script completes commands, options, and the values of options that take one of a list.",
          .examples = {{"afdc completions bash > afdc.bash",
                        "to be read by `source afdc.bash`, in ~/.bashrc for all shells"},
                       {"afdc completions fish > afdc.fish", "as a file"}},
          .bind = bound(declare, runCompletions)};
}

}  // namespace afdc
