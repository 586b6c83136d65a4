// What a command takes from its command line: each argument is bound to a member of the command's own record. The words
// are read by CLI11; its header takes seven seconds to compile, so only arguments.cpp includes it.
#pragma once
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
class ParseError;
}  // namespace CLI

namespace afdc {

/// The command line cannot be understood; the text is for the person who typed it.
struct WrongUse {
  std::string text;
  bool showUsage = true;  ///< whether the usage and an example help, which they do not beside a suggestion
};

/// One of the values that an argument may have.
struct Choice {
  std::string_view name, what;
};

class Arguments {
 public:
  /// An argument as its help shows it.
  struct Described {
    std::string name, value, what, standard;  ///< `value` is empty for flags, `standard` where there is no default
    std::vector<Choice> choices = {};
    bool required = false, repeated = false;
    bool isOption() const { return name.front() == '-'; }
  };

  Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;
  ~Arguments();

  // Words without dashes, in the order of their declaration.
  void required(std::string_view name, std::string& to, std::string_view what);
  void optional(std::string_view name, std::string& to, std::string_view what);
  void oneOrMore(std::string_view name, std::vector<std::string>& to, std::string_view what);
  /// A required word out of a list.
  void requiredChoice(std::string_view name, std::string& to, std::string_view what, std::vector<Choice> choices);

  // Options: `--name VALUE` and `--name=VALUE`.
  void flag(std::string_view name, bool& to, std::string_view what);
  void option(std::string_view name, std::string_view value, std::string& to, std::string_view what);
  void option(std::string_view name, std::string_view value, size_t& to, std::string_view what,
              size_t most = std::numeric_limits<size_t>::max());
  void option(std::string_view name, std::string_view value, double& to, std::string_view what);
  /// Numbers above zero.
  void amountOption(std::string_view name, std::string_view value, size_t& to, std::string_view what);
  void amountOption(std::string_view name, std::string_view value, double& to, std::string_view what);
  void requiredOption(std::string_view name, std::string_view value, std::string& to, std::string_view what);
  void repeatedOption(std::string_view name, std::string_view value, std::vector<std::string>& to,
                      std::string_view what);
  void choiceOption(std::string_view name, std::string_view value, std::string& to, std::string_view what,
                    std::vector<Choice> choices);
  /// The choices stand for the enumerators of E in their order.
  template <class E>
  void enumOption(std::string_view name, std::string_view value, E& to, std::string_view what,
                  std::vector<Choice> choices) {
    indexOption(
        name, value, static_cast<size_t>(to), [&to](size_t i) { to = static_cast<E>(i); }, what, std::move(choices));
  }

  /// Fills the bound members from the words after the command's name. Throws WrongUse.
  void read(const std::vector<std::string>& words);

  const std::vector<Described>& described() const { return described_; }

 private:
  CLI::Option& describe(CLI::Option* option, Described described);
  void checkChoice(CLI::Option& option);
  template <class T>
  void number(std::string_view name, std::string_view value, T& to, std::string_view what, std::string_view kind,
              T most, std::optional<T> above = std::nullopt);
  void indexOption(std::string_view name, std::string_view value, size_t standard, std::function<void(size_t)> take,
                   std::string_view what, std::vector<Choice> choices);
  /// The words as CLI11 wants them: an option and its value apart, so that `--name=` is an empty value.
  std::vector<std::string> apart(const std::vector<std::string>& words) const;
  std::optional<WrongUse> unexpected() const;
  WrongUse explain(const CLI::ParseError& error, const std::vector<std::string>& words) const;
  const Described* find(std::string_view name) const;

  std::unique_ptr<CLI::App> app_;
  std::vector<Described> described_;
};

}  // namespace afdc
