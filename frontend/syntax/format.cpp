#include "frontend/syntax/format.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "frontend/syntax/tokens.h"

namespace afdc {
namespace {

/// What blanks are set between: a token, or the number, words and marks of a quantity.
struct Piece {
  TokenKind kind;  ///< Name also for keywords, units and stray `$`: what looks like a word
  Symbol symbol;
  std::string_view text;
  bool spaced = false;  ///< had blanks before it

  bool is(Symbol s) const { return symbol == s; }
  bool word() const { return kind == TokenKind::Name; }
  bool keyword() const { return has(symbol, kApart); }
  bool number() const { return kind == TokenKind::Integer; }
};

struct Line {
  std::vector<Piece> pieces;
  std::string_view comment;
  bool blank() const { return pieces.empty() && comment.empty(); }
};

bool opens(const Piece& p) { return p.is(Symbol::LeftBrace) || p.is(Symbol::LeftSquare) || p.is(Symbol::LeftRound); }
bool closes(const Piece& p) {
  return p.is(Symbol::RightBrace) || p.is(Symbol::RightSquare) || p.is(Symbol::RightRound);
}

/// The tokens of a text in their lines.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text), lines_(1) {
    for (const auto& t : readTokens(text)) {
      addTrivia(t.trivia(text));
      add(t);
    }
  }
  std::vector<Line> take() { return std::move(lines_); }

 private:
  void addTrivia(std::string_view trivia) {
    spaced_ = false;
    glued_ = trivia.empty();
    while (!trivia.empty()) {
      char c = trivia[0];
      size_t length = 1;
      if (c == '/') {
        length = std::min(trivia.find('\n'), trivia.size());
        auto comment = trivia.substr(0, length);
        lines_.back().comment = comment.substr(0, comment.find_last_not_of(" \t\r") + 1);
      } else if (c == '\n') {
        lines_.emplace_back();
      }
      spaced_ = c != '\n';
      trivia.remove_prefix(length);
    }
  }

  void add(const Token& t) {
    auto text = t.of(text_);
    switch (t.kind) {
      case TokenKind::End: return;
      case TokenKind::Integer:
      case TokenKind::Float: return addNumber(text);
      case TokenKind::Quantity:
      case TokenKind::BadQuantity: return addQuantity(text);
      case TokenKind::Name: return addWord(text);
      case TokenKind::Symbol: {
        bool word = std::isalpha(static_cast<unsigned char>(text[0])) != 0;
        return word ? addWord(text, t.symbol) : push(TokenKind::Symbol, text, t.symbol);
      }
      case TokenKind::Stray: return text == "$" ? addWord(text) : push(TokenKind::Stray, text);
      default: return push(TokenKind::Text, text);
    }
  }

  void push(TokenKind kind, std::string_view text, Symbol symbol = Symbol::None) {
    lines_.back().pieces.push_back({kind, symbol, text, spaced_});
    spaced_ = false;
  }

  /// Only a `$` can be glued to a word, and belongs to one word with all that touches it: `$5` is meant as money.
  bool gluedToWord() const {
    const auto& pieces = lines_.back().pieces;
    return glued_ && !pieces.empty() && pieces.back().word();
  }
  void addNumber(std::string_view text) {
    if (gluedToWord()) return addWord(text);
    push(TokenKind::Integer, text);
  }
  void addWord(std::string_view text, Symbol symbol = Symbol::None) {
    if (!gluedToWord()) return push(TokenKind::Name, text, symbol);
    auto& last = lines_.back().pieces.back();
    last.text = {last.text.data(), last.text.size() + text.size()};
    last.symbol = Symbol::None;
  }

  void addQuantity(std::string_view text) {
    if (gluedToWord()) return addWord(text);
    auto [number, unit] = splitQuantity(text);
    push(TokenKind::Integer, number);
    spaced_ = true;
    while (!unit.empty()) {
      size_t word = std::min(unit.find_first_of("/*"), unit.size());
      if (word > 0) push(TokenKind::Name, unit.substr(0, word));
      if (word < unit.size())
        push(TokenKind::Symbol, unit.substr(word, 1), unit[word] == '/' ? Symbol::Slash : Symbol::Star);
      unit.remove_prefix(std::min(word + 1, unit.size()));
    }
  }

  std::string_view text_;
  std::vector<Line> lines_;
  bool spaced_ = false, glued_ = false;  ///< blanks, or nothing at all, before the next token
};

bool isTight(const Piece& p) {
  return p.is(Symbol::Star) || p.is(Symbol::Slash) || p.is(Symbol::Caret) || p.is(Symbol::Percent);
}
bool joinsBothSides(const Piece& p) { return p.is(Symbol::Dot) || p.is(Symbol::Range) || p.is(Symbol::RangeInclusive); }

/// Is there a blank between `a` and `b` (whose neighbour before `a` is `before`)?
bool blankBetween(const Piece* before, const Piece& a, const Piece& b) {
  if (a.is(Symbol::LeftRound) || a.is(Symbol::LeftSquare)) return false;
  for (Symbol s : {Symbol::RightRound, Symbol::RightSquare, Symbol::Comma, Symbol::Question})
    if (b.is(s)) return false;
  if (joinsBothSides(a) || joinsBothSides(b)) return false;
  if (b.is(Symbol::LeftRound) || b.is(Symbol::LeftSquare)) {
    bool called = (a.word() && !a.keyword()) || a.is(Symbol::RightRound) || a.is(Symbol::RightSquare);
    return !called;
  }
  // A sign: nothing that could be subtracted from stands before it.
  if (a.is(Symbol::Minus)) {
    bool binary = before && (before->number() || before->kind == TokenKind::Text || closes(*before) ||
                             (before->word() && !before->keyword()));
    if (!binary) return false;
  }
  // `Bytes/Time`, `GB/s`, `a * b`: as the author wrote it, the same on both sides.
  if (isTight(b)) return b.spaced;
  if (isTight(a)) return a.spaced;
  return true;
}

struct Rendered {
  std::string indent, code, comment;
  int depth = 0;
  size_t alignAt = std::string::npos;  ///< where `=` or `:` of a member starts in `code`
  std::string alignKind;               ///< only members of one kind are aligned with each other
  bool blank() const { return code.empty() && comment.empty(); }
  bool trailingComment() const { return !code.empty() && !comment.empty(); }
  size_t width() const { return indent.size() + code.size(); }
};

class Formatter {
 public:
  std::string format(std::string_view text) {
    for (const auto& line : Lines(text).take()) add(line);
    while (!out_.empty() && out_.back().blank()) out_.pop_back();
    alignMembers();
    alignComments();
    return joined();
  }

 private:
  void add(const Line& line) {
    if (line.blank()) {
      if (!lastBlank_ && !afterOpen_) out_.emplace_back();
      lastBlank_ = true;
      return;
    }
    lastBlank_ = false;
    auto inner = std::find_if_not(line.pieces.begin(), line.pieces.end(), closes);
    int leading = static_cast<int>(inner - line.pieces.begin());
    if (leading > 0 && !out_.empty() && out_.back().blank()) out_.pop_back();  // no blank before `}`
    Rendered r;
    r.depth = std::max(0, depth_ - leading + (goesOn(line) ? 1 : 0));
    r.indent = std::string(static_cast<size_t>(2 * r.depth), ' ');
    r.comment = line.comment;
    renderCode(line, r);
    depth_ = std::max(0, depth_);
    afterOpen_ = !r.code.empty() && (r.code.back() == '{' || r.code.back() == '[' || r.code.back() == '(');
    out_.push_back(std::move(r));
  }

  /// Does the line go on with the one before it?
  bool goesOn(const Line& line) const {
    if (line.pieces.empty()) return false;
    for (Symbol s :
         {Symbol::Then, Symbol::Else, Symbol::Arrow, Symbol::Join, Symbol::And, Symbol::Or, Symbol::Plus, Symbol::Star})
      if (line.pieces[0].is(s)) return true;
    return false;
  }

  /// Writes the code of a line, and notes the first `=` (or `:`) outside brackets of one plain member.
  void renderCode(const Line& line, Rendered& r) {
    const auto& pieces = line.pieces;
    int inner = 0;
    bool looking = true;
    for (size_t i = 0; i < pieces.size(); ++i) {
      const Piece& p = pieces[i];
      if (i > 0 && blankBetween(i > 1 ? &pieces[i - 2] : nullptr, pieces[i - 1], p)) r.code += ' ';
      int step = opens(p) ? 1 : closes(p) ? -1 : 0;
      depth_ += step;
      inner += step;
      if (looking && inner == 0 && i > 0 && (p.is(Symbol::Assign) || p.is(Symbol::Colon))) {
        r.alignAt = r.code.size();
        r.alignKind = std::string(p.text) + std::string(declares(pieces[0]) ? pieces[0].text : "");
        looking = false;
      }
      if (step > 0) looking = false;
      r.code += p.text;
    }
  }

  static bool declares(const Piece& first) {
    return first.keyword() || first.is(Symbol::Op) || first.is(Symbol::Weight) || first.is(Symbol::Cache) ||
           first.is(Symbol::State);
  }

  /// `=` and `:` in runs of neighbouring members.
  void alignMembers() {
    for (size_t i = 0, end = 0; i < out_.size(); i = end) {
      end = i + 1;
      if (out_[i].alignAt == std::string::npos) continue;
      while (end < out_.size() && out_[end].alignAt != std::string::npos && out_[end].depth == out_[i].depth &&
             out_[end].alignKind == out_[i].alignKind)
        ++end;
      size_t column = 0;
      for (size_t k = i; k < end; ++k) column = std::max(column, out_[k].alignAt);
      for (size_t k = i; k < end; ++k) out_[k].code.insert(out_[k].alignAt, std::string(column - out_[k].alignAt, ' '));
    }
  }

  /// Comments behind code in runs of neighbouring lines.
  void alignComments() {
    for (size_t i = 0, end = 0; i < out_.size(); i = end) {
      end = i + 1;
      if (!out_[i].trailingComment()) continue;
      while (end < out_.size() && out_[end].trailingComment()) ++end;
      size_t column = 0;
      for (size_t k = i; k < end; ++k) column = std::max(column, out_[k].width());
      for (size_t k = i; k < end; ++k) out_[k].code += std::string(column - out_[k].width(), ' ');
    }
  }

  std::string joined() const {
    std::string result;
    for (const auto& r : out_) {
      if (!r.blank()) result += r.indent + r.code;
      if (!r.comment.empty()) result += (r.code.empty() ? "" : "  ") + r.comment;
      result += '\n';
    }
    return result;
  }

  std::vector<Rendered> out_;
  int depth_ = 0;  ///< of brackets that are open
  bool lastBlank_ = true, afterOpen_ = false;
};

}  // namespace

std::string formatSource(std::string_view text) { return Formatter().format(text); }

}  // namespace afdc
