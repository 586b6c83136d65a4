// Characters to tokens: the generated lexer, then everything about tokens that a context-free grammar says badly.
// Private to frontend/parse.cpp, so that the ANTLR headers stay out of everything else.
#pragma once
#include <AfdLexer.h>
#include <AfdParser.h>
#include <antlr4-runtime.h>

#include <memory>
#include <vector>

#include "support/diagnostics.h"

namespace afdc {

/// Code point index to byte offset; empty for ASCII text, where they are equal.
class Offsets {
 public:
  explicit Offsets(std::string_view text);
  uint32_t operator[](size_t codePoint) const {
    return map_.empty() ? static_cast<uint32_t>(std::min(codePoint, size_))
                        : map_[std::min(codePoint, map_.size() - 1)];
  }

 private:
  size_t size_;
  std::vector<uint32_t> map_;
};

using Tokens = std::vector<std::unique_ptr<antlr4::Token>>;

/// Lexes a whole file and hands the parser a stream in which
///  - lexical mistakes are reported and stand as one poisoned value,
///  - a number followed by a word on its line is one (unknown) quantity,
///  - missing closing brackets are reported at their opening one and supplied,
///  - newlines that end a member are SEP tokens.
Tokens readTokens(antlr4::CharStream& input, uint32_t file, const Offsets& offsets, Diagnostics& diags);

}  // namespace afdc
