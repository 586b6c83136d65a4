// What is known of those who measured (std.harnesses), read once.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "passes/deployment/config.h"
#include "passes/deployment/unsaid.h"
#include "support/command_line.h"

namespace afdc {

struct Harnesses {
  std::vector<Program> programs;
  std::vector<Habit> habits;
  std::vector<Card> cards;
  std::vector<Publisher> publishers;
  std::vector<Collection> collections;
  Assumed assumed;
  AnswerLengths answers;  ///< the shape of those of data sets
  std::string error;      ///< not empty: why the library could not be read; nothing else is then to be used

  /// The one that a command line starts, or that records call so; null where there is none.
  const Program* startedBy(const CommandLine& command) const;
  const Program* called(std::string_view engine) const;
  /// Why an engine's records are not predicted; "": they are.
  std::string_view excluded(std::string_view engine) const;
  /// What all rows of a layout have in common. Every layout has a collection.
  const Collection& of(RowLayout layout) const;
};

Harnesses readHarnesses(const std::string& stdlib = "");

}  // namespace afdc
