#include "driver/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "support/text.h"

namespace afdc {

namespace {

std::vector<std::string> namesOf(const std::vector<Choice>& choices) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.emplace_back(choice.name);
  return names;
}

/// What is wrong with a value that is none of the choices; empty when it is one.
std::string notAmong(const std::vector<Choice>& choices, const std::string& value) {
  auto names = namesOf(choices);
  if (std::find(names.begin(), names.end(), value) != names.end()) return "";
  if (names.size() == 1) return fmt::format("`{}` is not known; there is `{}`", value, names[0]);
  auto meant = suggest(value, names);
  return fmt::format("`{}` is none of {}{}", value, joinWords(names),
                     meant ? fmt::format("; did you mean `{}`?", *meant) : "");
}

/// The library's own reading takes `-1` for a large count and `010` for eight.
template <class T>
std::optional<T> numberIn(const std::string& word) {
  T number{};
  const char* end = word.data() + word.size();
  auto [at, problem] = std::from_chars(word.data(), end, number);
  bool finite = !std::is_floating_point_v<T> || std::isfinite(static_cast<double>(number));
  if (problem != std::errc() || at != end || !finite) return std::nullopt;
  return number;
}

std::string text(std::string_view view) { return std::string(view); }

}  // namespace

Arguments::Arguments() : app_(std::make_unique<CLI::App>()) { app_->set_help_flag(); }
Arguments::~Arguments() = default;

CLI::Option& Arguments::describe(CLI::Option* option, Described described) {
  described_.push_back(std::move(described));
  return *option;
}

void Arguments::checkChoice(CLI::Option& option) {
  option.check([choices = described_.back().choices](const std::string& value) { return notAmong(choices, value); });
}

void Arguments::required(std::string_view name, std::string& to, std::string_view what) {
  describe(app_->add_option(text(name), to), {text(name), "", text(what), "", {}, true}).required();
}

void Arguments::optional(std::string_view name, std::string& to, std::string_view what) {
  describe(app_->add_option(text(name), to), {text(name), "", text(what), ""});
}

void Arguments::oneOrMore(std::string_view name, std::vector<std::string>& to, std::string_view what) {
  describe(app_->add_option(text(name), to), {text(name), "", text(what), "", {}, true, true}).required();
}

void Arguments::requiredChoice(std::string_view name, std::string& to, std::string_view what,
                               std::vector<Choice> choices) {
  auto& option = describe(app_->add_option(text(name), to), {text(name), "", text(what), "", std::move(choices), true});
  option.required();
  checkChoice(option);
}

void Arguments::flag(std::string_view name, bool& to, std::string_view what) {
  describe(app_->add_flag(text(name), to), {text(name), "", text(what), ""});
}

void Arguments::option(std::string_view name, std::string_view value, std::string& to, std::string_view what) {
  describe(app_->add_option(text(name), to), {text(name), text(value), text(what), to});
}

template <class T>
void Arguments::number(std::string_view name, std::string_view value, T& to, std::string_view what,
                       std::string_view kind, T most, std::optional<T> above) {
  std::function<void(const std::string&)> take = [&to](const std::string& word) { to = *numberIn<T>(word); };
  auto& option = describe(app_->add_option_function(text(name), take),
                          {text(name), text(value), text(what), to == T{} ? "" : fmt::format("{}", to)});
  option.check([kind, most, above](const std::string& word) {
    auto given = numberIn<T>(word);
    if (!given || (above && *given <= *above)) return fmt::format("`{}` is not {}", word, kind);
    return *given > most ? fmt::format("`{}` is too many; there may be at most {}", word, most) : "";
  });
}

void Arguments::option(std::string_view name, std::string_view value, size_t& to, std::string_view what, size_t most) {
  number(name, value, to, what, "a whole number", most);
}

void Arguments::option(std::string_view name, std::string_view value, double& to, std::string_view what) {
  number(name, value, to, what, "a number", std::numeric_limits<double>::infinity());
}

void Arguments::amountOption(std::string_view name, std::string_view value, size_t& to, std::string_view what) {
  number(name, value, to, what, "a whole number above zero", std::numeric_limits<size_t>::max(),
         std::optional<size_t>(0));
}

void Arguments::amountOption(std::string_view name, std::string_view value, double& to, std::string_view what) {
  number(name, value, to, what, "a number above zero", std::numeric_limits<double>::infinity(),
         std::optional<double>(0));
}

void Arguments::requiredOption(std::string_view name, std::string_view value, std::string& to, std::string_view what) {
  describe(app_->add_option(text(name), to), {text(name), text(value), text(what), "", {}, true}).required();
}

void Arguments::repeatedOption(std::string_view name, std::string_view value, std::vector<std::string>& to,
                               std::string_view what) {
  // Without extra arguments each occurrence takes one value, and the words after it remain what they are.
  describe(app_->add_option(text(name), to), {text(name), text(value), text(what), "", {}, false, true})
      .allow_extra_args(false);
}

void Arguments::choiceOption(std::string_view name, std::string_view value, std::string& to, std::string_view what,
                             std::vector<Choice> choices) {
  checkChoice(
      describe(app_->add_option(text(name), to), {text(name), text(value), text(what), to, std::move(choices)}));
}

void Arguments::indexOption(std::string_view name, std::string_view value, size_t standard,
                            std::function<void(size_t)> take, std::string_view what, std::vector<Choice> choices) {
  auto names = namesOf(choices);
  std::function<void(const std::string&)> chosen = [names, take = std::move(take)](const std::string& word) {
    take(static_cast<size_t>(std::find(names.begin(), names.end(), word) - names.begin()));
  };
  checkChoice(describe(app_->add_option_function(text(name), chosen),
                       {text(name), text(value), text(what), names[standard], std::move(choices)}));
}

const Arguments::Described* Arguments::find(std::string_view name) const {
  for (const auto& d : described_)
    if (d.name == name) return &d;
  return nullptr;
}

std::vector<std::string> Arguments::apart(const std::vector<std::string>& words) const {
  std::vector<std::string> out;
  bool options = true;
  for (const auto& word : words) {
    options = options && word != "--";
    size_t equals = word.find('=');
    const auto* option = options && equals != std::string::npos ? find(word.substr(0, equals)) : nullptr;
    if (option && option->isOption() && !option->value.empty()) {
      out.push_back(option->name);
      out.push_back(word.substr(equals + 1));
    } else {
      out.push_back(word);
    }
  }
  return out;
}

void Arguments::read(const std::vector<std::string>& words) {
  auto separated = apart(words);
  std::vector<std::string> fromTheLast(separated.rbegin(), separated.rend());  // as CLI11 takes them
  try {
    app_->parse(fromTheLast);
  } catch (const CLI::ParseError& error) {
    throw explain(error, separated);
  }
}

/// Options that there are not, and words without a place.
std::optional<WrongUse> Arguments::unexpected() const {
  auto left = app_->remaining();
  std::erase(left, "--");
  std::vector<std::string> options;
  for (const auto& d : described_)
    if (d.isOption()) options.push_back(d.name);
  for (const auto& word : left) {
    if (!word.starts_with("-")) continue;
    std::string name = word.substr(0, word.find('='));
    auto meant = suggest(name, options);
    return WrongUse{fmt::format("no option `{}`{}", name, meant ? fmt::format("; did you mean `{}`?", *meant) : ""),
                    !meant};
  }
  if (left.empty()) return std::nullopt;
  return WrongUse{fmt::format("`{}` is one word too many", left.front())};
}

/// Why the words cannot be read, in our words instead of the library's.
WrongUse Arguments::explain(const CLI::ParseError& error, const std::vector<std::string>& words) const {
  if (auto wrong = unexpected()) return *wrong;
  for (const auto& d : described_) {
    auto given = app_->get_option(d.name)->count();
    if (!d.repeated && !d.value.empty() && given > 1) return {fmt::format("{} is given {} times", d.name, given)};
  }
  // A validator's words come after the name of its option.
  if (dynamic_cast<const CLI::ValidationError*>(&error)) return {error.what(), false};
  // Each value is taken whatever it looks like, so that only the last option can lack one.
  const auto* last = words.empty() ? nullptr : find(words.back());
  if (last && !last->value.empty())
    return {fmt::format("{} needs a value: {} {}", last->name, last->name, last->value)};
  for (const auto& d : described_)
    if (d.required && app_->get_option(d.name)->count() == 0)
      return {fmt::format("{}{} is missing: {}", d.name, d.value.empty() ? "" : " " + d.value, d.what)};
  return {error.what()};
}

}  // namespace afdc
