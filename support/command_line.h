// The command line of another program, as records of measurements and documents print it, read like a shell reads it:
// what is looked up is a word or an option, never a piece of the text.
#pragma once
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/json_value.h"

namespace afdc {

/// Options are named without their dashes, with `-` where a program may write `_`: "tp-size" is `--tp-size 8`,
/// `--tp_size=8` and `-tp-size 8`. A name list holds the names that one option has in different programs; where it is
/// given several times, the last one counts, as in argparse and click, by which the engines read theirs.
class CommandLine {
 public:
  using Names = std::initializer_list<std::string_view>;

  CommandLine() = default;
  explicit CommandLine(std::string_view text);

  bool empty() const { return words_.empty(); }
  /// As it was given.
  const std::string& text() const { return text_; }
  bool operator==(const CommandLine& other) const { return text_ == other.text_; }

  /// Does it start this program: "trtllm-serve", or "vllm serve", two words that follow each other? The first word may
  /// have a path before it.
  bool starts(std::string_view program) const;
  /// Is the option there, with a value or without one?
  bool has(Names names) const;
  /// Is there an option whose name begins so: "speculative"?
  bool hasAny(std::string_view beginning) const;
  /// The value of an option: the rest of its word after `=`, or the next word if that is no option itself.
  std::optional<std::string> value(Names names) const;
  /// The value where it is a number, the whole of it.
  std::optional<double> number(Names names) const;
  /// The value read as JSON: null where there is none, or none that reads.
  Json json(Names names) const;

 private:
  struct Option {
    std::string name;
    std::optional<std::string> value;
  };
  const Option* find(Names names) const;
  std::string text_;
  std::vector<std::string> words_;
  std::vector<Option> options_;
};

}  // namespace afdc
