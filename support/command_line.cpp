#include "support/command_line.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/StringSaver.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace afdc {

namespace {

/// Just behind the brace that closes the one at `open`; npos where none does. Braces in strings do not count.
size_t endOfBraces(std::string_view text, size_t open) {
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = open; i < text.size(); ++i) {
    char c = text[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && c == '{')
      ++depth;
    else if (!quoted && c == '}' && --depth == 0)
      return i + 1;
  }
  return std::string_view::npos;
}

/// Each character taken as itself by the tokenizer.
std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    out += '\\';
    out += c;
  }
  return out;
}

/// The text as a shell's words can be read from it. Documents print JSON without the quotes that a shell needs around
/// it, `--speculative-config {"method": "mtp"}`: at the beginning of a value it is kept as one word. A backslash at the
/// end of a line joins the next line to it.
std::string forTokenizer(std::string_view text) {
  std::string out;
  char quote = 0;  // the quote that is open
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool escape = c == '\\' && i + 1 < text.size();
    if (escape && text[i + 1] == '\n') {
      ++i;
      continue;
    }
    if (escape) {
      out += c;
      out += text[++i];
      continue;
    }
    bool begins = out.empty() || out.back() == '=' || std::isspace(static_cast<unsigned char>(out.back()));
    if (c == '{' && quote == 0 && begins) {
      if (size_t end = endOfBraces(text, i); end != std::string_view::npos) {
        out += escaped(text.substr(i, end - i));
        i = end - 1;
        continue;
      }
    }
    if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else if (c == quote)
      quote = 0;
    out += c;
  }
  return out;
}

std::vector<std::string> wordsOf(std::string_view text) {
  llvm::BumpPtrAllocator memory;
  llvm::StringSaver saver(memory);
  llvm::SmallVector<const char*, 32> words;
  llvm::cl::TokenizeGNUCommandLine(forTokenizer(text), saver, words);
  return {words.begin(), words.end()};
}

bool isNumber(std::string_view word) {
  double value = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size();
}

/// A dash and more than a number: "-1" is a value.
bool isOption(std::string_view word) { return word.size() > 1 && word[0] == '-' && !isNumber(word); }

/// Without dashes before it, and with dashes in it.
std::string optionName(std::string_view word) {
  std::string name(word.substr(word.starts_with("--") ? 2 : 1));
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace

CommandLine::CommandLine(std::string_view text) : text_(text), words_(wordsOf(text)) {
  for (size_t i = 0; i < words_.size(); ++i) {
    if (!isOption(words_[i])) continue;
    std::string_view word = words_[i];
    if (size_t equals = word.find('='); equals != std::string_view::npos)
      options_.push_back({optionName(word.substr(0, equals)), std::string(word.substr(equals + 1))});
    else if (i + 1 < words_.size() && !isOption(words_[i + 1]))
      options_.push_back({optionName(word), words_[i + 1]});
    else
      options_.push_back({optionName(word), std::nullopt});
  }
}

bool CommandLine::starts(std::string_view program) const {
  auto wanted = wordsOf(program);
  auto same = [](std::string_view word, std::string_view name) {
    return word == name || (word.ends_with(name) && word[word.size() - name.size() - 1] == '/');
  };
  return std::search(words_.begin(), words_.end(), wanted.begin(), wanted.end(), same) != words_.end();
}

const CommandLine::Option* CommandLine::find(Names names) const {
  auto named = [&](const Option& option) { return std::find(names.begin(), names.end(), option.name) != names.end(); };
  auto last = std::find_if(options_.rbegin(), options_.rend(), named);
  return last == options_.rend() ? nullptr : &*last;
}

bool CommandLine::has(Names names) const { return find(names) != nullptr; }

bool CommandLine::hasAny(std::string_view beginning) const {
  return std::any_of(options_.begin(), options_.end(),
                     [&](const Option& option) { return option.name.starts_with(beginning); });
}

std::optional<std::string> CommandLine::value(Names names) const {
  const auto* option = find(names);
  return option ? option->value : std::nullopt;
}

std::optional<double> CommandLine::number(Names names) const {
  auto text = value(names);
  if (!text || !isNumber(*text)) return std::nullopt;
  double out = 0;
  std::from_chars(text->data(), text->data() + text->size(), out);
  return out;
}

Json CommandLine::json(Names names) const {
  auto text = value(names);
  return text ? parseJson(*text).root : Json();
}

}  // namespace afdc
