#include "frontend/syntax/tokens.h"

#include <array>

#include "support/quantity.h"

namespace afdc {

namespace {

struct SymbolEntry {
  std::string_view spelling;
  uint8_t use;
};

constexpr SymbolEntry kSymbols[] = {
    {"", 0},
#define SYMBOL(name, spelling, use) {spelling, use},
#include "frontend/syntax/symbols.def"
#undef SYMBOL
};

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isNameStart(char c) { return isLetter(c) || c == '_'; }
bool isNamePart(char c) { return isNameStart(c) || isDigit(c); }
bool isUnitPart(char c) { return isNamePart(c) || c == '$'; }
bool isContinuationByte(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

/// The symbols that begin with a character, longer ones first.
class SymbolsByFirst {
 public:
  SymbolsByFirst() {
    for (size_t i = 1; i < std::size(kSymbols); ++i) {
      auto& list = byFirst_[static_cast<size_t>(kSymbols[i].spelling[0])];
      auto at = list.begin();
      while (at != list.end() && spelling(*at).size() >= kSymbols[i].spelling.size()) ++at;
      list.insert(at, static_cast<Symbol>(i));
    }
  }
  /// The longest mark at the start of `rest`.
  Symbol markAt(std::string_view rest) const {
    for (Symbol s : candidates(rest[0]))
      if (rest.substr(0, spelling(s).size()) == spelling(s)) return s;
    return Symbol::None;
  }
  Symbol keyword(std::string_view word) const {
    for (Symbol s : candidates(word[0]))
      if (spelling(s) == word) return s;
    return Symbol::None;
  }

 private:
  const std::vector<Symbol>& candidates(char first) const {
    auto index = static_cast<unsigned char>(first);
    return byFirst_[index < byFirst_.size() ? index : 0];
  }
  std::array<std::vector<Symbol>, 128> byFirst_;
};

const SymbolsByFirst& symbolsByFirst() {
  static const SymbolsByFirst symbols;
  return symbols;
}

/// How many characters of `text` are a number: digits, a fraction, an exponent.
size_t numberLength(std::string_view text) {
  auto digits = [&](size_t i, bool grouped) {
    while (i < text.size() && (isDigit(text[i]) || (grouped && text[i] == '_'))) ++i;
    return i;
  };
  auto digitAt = [&](size_t i) { return i < text.size() && isDigit(text[i]); };
  size_t i = digits(0, true);
  if (i < text.size() && text[i] == '.' && digitAt(i + 1)) i = digits(i + 1, true);
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    size_t exponent = i + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    if (digitAt(exponent)) i = digits(exponent, false);
  }
  return i;
}

class TokenReader {
 public:
  TokenReader(std::string_view text, uint32_t from) : text_(text), at_(from), lead_(from) {}

  std::vector<Token> read() {
    tokens_.reserve((text_.size() - at_) / 5 + 1);
    for (;;) {
      skipTrivia();
      if (at_ >= text_.size()) break;
      readToken();
    }
    add(TokenKind::End, 0);
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void skipTrivia() {
    for (;;) {
      char c = peek();
      if (at_ >= text_.size()) return;
      if (c == '/' && peek(1) == '/') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return;
      line_ += c == '\n';
      ++at_;
    }
  }

  void add(TokenKind kind, size_t length, Symbol symbol = Symbol::None) {
    auto begin = static_cast<uint32_t>(at_), end = static_cast<uint32_t>(at_ + length);
    tokens_.push_back({kind, symbol, line_, lead_, begin, end});
    lead_ = end;
    at_ = end;
  }

  void readToken() {
    char c = peek();
    if (isNameStart(c)) return readWord();
    if (isDigit(c)) return readNumber();
    if (c == '"') return readText();
    if (Symbol mark = symbolsByFirst().markAt(text_.substr(at_)); mark != Symbol::None)
      return add(TokenKind::Symbol, spelling(mark).size(), mark);
    size_t length = 1;
    while (at_ + length < text_.size() && isContinuationByte(text_[at_ + length])) ++length;
    add(TokenKind::Stray, length);
  }

  void readWord() {
    size_t length = runOf(at_, isNamePart);
    Symbol keyword = symbolsByFirst().keyword(text_.substr(at_, length));
    add(keyword == Symbol::None ? TokenKind::Name : TokenKind::Symbol, length, keyword);
  }

  /// How many characters from `from` on are of a class.
  size_t runOf(size_t from, bool (*belongs)(char)) const {
    size_t i = from;
    while (i < text_.size() && belongs(text_[i])) ++i;
    return i - from;
  }

  void readNumber() {
    size_t length = numberLength(text_.substr(at_));
    size_t afterNumber = at_ + length;
    bool blank = afterNumber < text_.size() && (text_[afterNumber] == ' ' || text_[afterNumber] == '\t');
    auto unit = readUnit(afterNumber + (blank ? 1 : 0));
    if (unit.kind != TokenKind::Integer) return add(unit.kind, unit.end - at_);
    // Glued to the number, any word is meant as a unit; only `e` could still be the start of an exponent.
    char next = afterNumber < text_.size() ? text_[afterNumber] : '\0';
    if ((isLetter(next) && next != 'e' && next != 'E') || next == '$')
      return add(TokenKind::BadQuantity, length + 1 + runOf(afterNumber + 1, isNamePart));
    bool integer = text_.substr(at_, length).find_first_of(".eE") == std::string_view::npos;
    add(integer ? TokenKind::Integer : TokenKind::Float, length);
  }

  /// Reads `GB/s*…` from `from` on, as far as it can be a unit. Integer: nothing there begins like one. BadQuantity: a
  /// word begins like a unit and goes on otherwise.
  struct UnitRead {
    TokenKind kind;
    size_t end;
  };
  UnitRead readUnit(size_t from) const {
    UnitRead known{TokenKind::Integer, from};
    for (;;) {
      auto word = text_.substr(std::min(from, text_.size()), runOf(from, isUnitPart));
      if (!isUnit(word)) {
        for (size_t n = word.size(); n-- > 1;)
          if (isUnit(word.substr(0, n))) return {TokenKind::BadQuantity, from + word.size()};
        return known;
      }
      known = {TokenKind::Quantity, from + word.size()};
      if (known.end >= text_.size() || (text_[known.end] != '/' && text_[known.end] != '*')) return known;
      from = known.end + 1;
    }
  }
  static bool isUnit(std::string_view word) {
    return !word.empty() && !isDigit(word[0]) && parseUnit(word).has_value();
  }

  void readText() {
    size_t openEnd = 0;  // where it ends if it is never closed: a backslash carries no text over a line break
    for (size_t i = at_ + 1;; ++i) {
      bool ends = i >= text_.size() || text_[i] == '\n' || text_[i] == '\r';
      if (ends) return add(TokenKind::OpenText, (openEnd ? openEnd : i) - at_);
      if (text_[i] == '"') {
        size_t begin = at_;
        add(TokenKind::Text, i + 1 - at_);
        for (char c : text_.substr(begin, i - begin)) line_ += c == '\n';
        return;
      }
      if (text_[i] != '\\') continue;
      bool lastOnLine = i + 1 >= text_.size() || text_[i + 1] == '\n' || text_[i + 1] == '\r';
      if (lastOnLine && !openEnd) openEnd = i;
      ++i;
    }
  }

  std::string_view text_;
  size_t at_;
  uint32_t lead_;  ///< end of the token before
  uint32_t line_ = 1;
  std::vector<Token> tokens_;
};

}  // namespace

std::string_view spelling(Symbol symbol) { return kSymbols[static_cast<size_t>(symbol)].spelling; }

bool has(Symbol symbol, Use use) { return (kSymbols[static_cast<size_t>(symbol)].use & use) != 0; }

std::vector<Token> readTokens(std::string_view text, uint32_t from) { return TokenReader(text, from).read(); }

NumberAndUnit splitQuantity(std::string_view text) {
  size_t length = numberLength(text);
  size_t unit = text.find_first_not_of(" \t", length);
  return {text.substr(0, length), unit == std::string_view::npos ? std::string_view() : text.substr(unit)};
}

}  // namespace afdc
