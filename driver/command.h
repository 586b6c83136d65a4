// A command of `afdc`: its words for help, its arguments, and what it does. Each has a file of its own, which declares
// its options beside the code that they change; commands.cpp holds the list of all.
#pragma once
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "driver/arguments.h"
#include "driver/output.h"

namespace afdc {

/// What a person wants when looking for a command; the overview is in this order.
enum class Purpose { Write, Predict, Search, HandOver, Measure, LookInside };

struct Example {
  std::string_view line, what;
};

struct Command {
  std::string_view name;
  Purpose purpose;
  std::string_view what;  ///< in one line
  std::vector<std::string_view> usage;
  std::string_view about;
  std::vector<Example> examples;  ///< they run in the root of the project
  std::string_view exits = {};    ///< what exit codes mean here, where that is special
  /// Binds the arguments to a fresh record of options, and gives what runs with it once they are read.
  std::function<std::function<Output()>(Arguments&)> bind;
};

template <class Options>
auto bound(void (*declare)(Arguments&, Options&), Output (*run)(const Options&)) {
  return [declare, run](Arguments& arguments) -> std::function<Output()> {
    auto options = std::make_shared<Options>();
    declare(arguments, *options);
    return [run, options] { return run(*options); };
  };
}

// Options that several commands have.

/// `--format`; colours are used at a terminal.
void formatOption(Arguments& arguments, Printing& printing);
/// The same with `markdown`, for commands whose answers go into pages.
void formatOrMarkdownOption(Arguments& arguments, Printing& printing);
void strictOption(Arguments& arguments, Printing& printing);
/// `--time-passes`
void timePassesOption(Arguments& arguments, bool& wanted);
void setOption(Arguments& arguments, std::vector<std::string>& sets);
/// `--stdlib`
void stdlibOption(Arguments& arguments, std::string& directory);
/// `--stdlib` and `--allow`, for commands that read scenarios.
void readingOptions(Arguments& arguments, std::string& stdlib, std::vector<std::string>& allow);

}  // namespace afdc
