// Tokens of the IR's text forms: words, quoted strings, numbers, punctuation. Throws ReadError with the line.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

#include "ir/expr.h"

namespace afdc::ir {

struct ReadError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string quoted(std::string_view text);

class TextReader {
 public:
  explicit TextReader(std::string_view text) : text_(text) { advance(); }
  /// The current token; a string token starts with a quote and is already unescaped after it.
  const std::string& peek() const { return token_; }
  bool at(std::string_view token) const { return token_ == token; }
  bool done() const { return token_.empty(); }
  bool accept(std::string_view token);
  void expect(std::string_view token);
  std::string word();    ///< any token that is not a string
  std::string string();  ///< a quoted string, unescaped
  double number();
  uint32_t index();
  ExprId expr(ExprPool& pool, Strings& strings);
  [[noreturn]] void fail(const std::string& why) const;

 private:
  void advance();
  /// Of `\u{202e}` in a string, from its `u` to its brace.
  std::string spelledCharacter();
  ExprId term(ExprPool& pool, Strings& strings);
  std::string_view text_;
  std::string token_;
  size_t at_ = 0, line_ = 1;
};

}  // namespace afdc::ir
