// What the generated parser does about a mistake of form. Private to the parser.
#pragma once
#include <string>

#include "frontend/syntax/parser_tokens.h"
#include "support/diagnostics.h"

namespace afdc {

/// Keeps an error on its own line: never inserts or deletes a token to make a rule fit, and resynchronises inside the
/// enclosing body, at the next separator or closing brace.
class BodyErrorStrategy : public antlr4::DefaultErrorStrategy {
 public:
  BodyErrorStrategy(Diagnostics& diags, uint32_t file) : diags_(diags), file_(file) {}

  /// Called by the generated code at each turn of a loop such as `(member | sep)*`.
  void sync(antlr4::Parser* p) override;
  antlr4::Token* recoverInline(antlr4::Parser* p) override;
  void recover(antlr4::Parser* p, std::exception_ptr) override;
  void reportError(antlr4::Parser* p, const antlr4::RecognitionException& e) override;

 private:
  /// Is the name there nearly one of these words? Says so, and true.
  bool reportMisspelt(antlr4::Token* at, const std::vector<std::string>& words);

  Diagnostics& diags_;
  uint32_t file_;
};

}  // namespace afdc
