// Characters to tokens, once for everybody: the parser, the formatter and whoever looks for names read this stream.
// It loses nothing: each token begins where the one before it ended, with its trivia (blanks, line breaks, comments)
// first. What the tokens are is said in grammar/Afd.g4.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace afdc {

enum class TokenKind : uint8_t {
  End,  ///< of the file; its trivia is what follows the last token
  Name,
  Symbol,  ///< a keyword or a mark: `Token::symbol` says which
  Integer,
  Float,
  Quantity,     ///< a number and its unit: `80 GiB`
  BadQuantity,  ///< a number and a word that is no unit: `80 Gb`
  Text,         ///< "in quotes"
  OpenText,     ///< a text that is not closed on its line
  Stray,        ///< a character that begins no token
  // Made by the layout (layout.h), never read from a file:
  Separator,  ///< a line break that ends a member
  Poison      ///< stands where a value was due; the mistake has been reported
};

/// What a keyword or mark is good for, as a set of bits.
enum Use : uint8_t {
  kTrails = 1,    ///< a line that ends with it goes on
  kLeads = 2,     ///< a line that begins with it goes on with the one before
  kOperator = 4,  ///< takes a value on its right
  kApart = 8      ///< a keyword after which a bracket stands apart and `-` is a sign: `in [1, 2]`
};

enum class Symbol : uint8_t {
  None,
#define SYMBOL(name, spelling, use) name,
#include "frontend/syntax/symbols.def"
#undef SYMBOL
};

struct Token {
  TokenKind kind = TokenKind::End;
  Symbol symbol = Symbol::None;
  uint32_t line = 1;                      ///< 1-based, of its first character
  uint32_t lead = 0, begin = 0, end = 0;  ///< bytes: its trivia is [lead, begin), it is [begin, end)

  bool is(Symbol s) const { return symbol == s; }
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
  std::string_view trivia(std::string_view text) const { return text.substr(lead, begin - lead); }
};

/// The spelling of a symbol and its uses.
std::string_view spelling(Symbol symbol);
bool has(Symbol symbol, Use use);

/// The tokens of `text` from byte `from` on; the last one, and only that, is End. Any text at all can be read.
std::vector<Token> readTokens(std::string_view text, uint32_t from = 0);

/// A quantity apart: "80 GiB" is "80" and "GiB", "2e9" is "2e9" and "".
struct NumberAndUnit {
  std::string_view number, unit;
};
NumberAndUnit splitQuantity(std::string_view text);

}  // namespace afdc
