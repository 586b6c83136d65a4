#include "frontend/syntax/layout.h"

#include <algorithm>

#include "frontend/syntax/brackets.h"
#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/odd_text.h"
#include "support/quantity.h"

namespace afdc {

namespace {

bool wantsValue(const Token& t) { return t.is(Symbol::Assign) || has(t.symbol, kOperator); }

/// Gigabits or gigabytes? `Gb`, `Gb/s`, `Gbps`. What remains after the `b`, as a unit of time.
std::optional<std::string> bitsOrBytes(std::string_view unit) {
  bool prefixed = unit.size() >= 2 && unit[1] == 'b' && std::string_view("kKMGTPE").find(unit[0]) != std::string::npos;
  if (!prefixed) return std::nullopt;
  auto rest = unit.substr(2);
  if (rest == "ps") return "/s";
  if (rest.empty() || rest[0] == '/') return std::string(rest);
  return std::nullopt;
}

class Layout {
 public:
  Layout(uint32_t file, Diagnostics& diags) : file_(file), diags_(diags), text_(diags.sources().file(file).text()) {}

  std::vector<Token> run(std::vector<Token> tokens) {
    in_ = std::move(tokens);
    reportStrays();
    joinNumbersAndWords();
    reportTokens();
    in_ = pairBrackets(std::move(in_), file_, diags_);
    separate();
    return std::move(out_);
  }

 private:
  SourceRange rangeOf(const Token& t) const { return {file_, t.begin, t.end}; }
  std::string_view textOf(const Token& t) const { return t.of(text_); }

  // ---- single tokens -------------------------------------------------------------------------------------------

  /// A stray character spoils what follows it up to the next comma or brace of its line: one message, and one poisoned
  /// value where a value was due.
  void reportStrays() {
    size_t kept = 0;
    for (size_t i = 0; i < in_.size(); ++i) {
      in_[kept] = in_[i];
      if (in_[i].kind != TokenKind::Stray) {
        ++kept;
        continue;
      }
      reportCharacter(in_[i]);
      if (kept > 0 && wantsValue(in_[kept - 1])) in_[kept++].kind = TokenKind::Poison;
      i = endOfSpoilt(i) - 1;
    }
    in_.resize(kept);
  }
  size_t endOfSpoilt(size_t i) const {
    size_t line = in_[i].line;
    for (int depth = 0; in_[i].kind != TokenKind::End && in_[i].line == line; ++i) {
      const Token& t = in_[i];
      if (t.is(Symbol::LeftBrace) || t.is(Symbol::RightBrace) || (depth == 0 && t.is(Symbol::Comma))) break;
      if (t.is(Symbol::LeftRound) || t.is(Symbol::LeftSquare)) ++depth;
      if (t.is(Symbol::RightRound) || t.is(Symbol::RightSquare))
        if (--depth < 0) break;
    }
    return i;
  }

  void reportCharacter(const Token& t) {
    auto found = textOf(t);
    auto& d = diags_.report<diag::unexpected_character>(rangeOf(t), found);
    static constexpr std::pair<std::string_view, std::string_view> meant[] = {
        {"$", "write the unit after the number: `5 USD`"},
        {"\\", "a line goes on where it ends with an operator, a comma or an open bracket"},
        {"@", "the operators are + - * / % ^ and comparisons"},
        {"~", "write `approx(x, y, rel)`"}};
    for (auto [character, help] : meant)
      if (found == character) d.help(std::string(help));
  }

  /// `80 Gb/s`: no valid text has a word after a number on its line (unless a comma was forgotten before a member), so
  /// it can only be a unit that does not exist.
  void joinNumbersAndWords() {
    size_t kept = 0;
    for (size_t i = 0; i < in_.size(); ++i) {
      Token t = in_[i];
      bool number = t.kind == TokenKind::Integer || t.kind == TokenKind::Float || t.kind == TokenKind::BadQuantity;
      bool ofEdition = kept > 0 && in_[kept - 1].is(Symbol::Edition);
      if (number && !ofEdition && wordFollows(i)) {
        t.kind = TokenKind::BadQuantity;
        ++i;
        while (gluedRatioFollows(i)) i += 2;
        t.end = in_[i].end;
      }
      in_[kept++] = t;
    }
    in_.resize(kept);
  }
  bool wordFollows(size_t i) const {
    if (i + 1 >= in_.size() || in_[i + 1].kind != TokenKind::Name || in_[i + 1].line != in_[i].line) return false;
    return !(i + 2 < in_.size() && in_[i + 2].is(Symbol::Assign));
  }
  /// `/s` right behind the word `i`.
  bool gluedRatioFollows(size_t i) const {
    return i + 2 < in_.size() && in_[i + 1].is(Symbol::Slash) && in_[i + 1].begin == in_[i].end &&
           in_[i + 2].kind == TokenKind::Name && in_[i + 2].begin == in_[i + 1].end;
  }

  void reportTokens() {
    for (const auto& t : in_)
      if (t.kind == TokenKind::BadQuantity) reportUnit(t);
  }

  void reportUnit(const Token& t) {
    auto whole = plainText(textOf(t));
    auto [number, unit] = splitQuantity(whole);
    auto range = rangeOf(t);
    if (auto rest = bitsOrBytes(unit)) {
      diags_.report<diag::bits_or_bytes>(range, unit)
          .fix(range, fmt::format("{} {}bit{}", number, unit[0], *rest))
          .fix(range, fmt::format("{} {}B{}", number, unit[0], *rest));
      return;
    }
    SourceRange unitRange{file_, range.end - static_cast<uint32_t>(unit.size()), range.end};
    auto& d = diags_.report<diag::unknown_unit>(unitRange, unit);
    std::string closed(unit);
    std::erase(closed, ' ');
    if (parseUnit(closed))  // `8k tok`
      d.fix(range, fmt::format("{} {}", number, closed));
    else if (auto meant = suggestUnit(unit))
      d.fix(range, fmt::format("{} {}", number, *meant));
    else
      d.help("units are B, bit, FLOP, tok, req, s, J, W, USD and pct with k M G T P E or Ki Mi Gi Ti prefixes");
  }

  // ---- lines and brackets --------------------------------------------------------------------------------------

  bool previousIs(TokenKind kind) const { return previous_.kind == kind; }

  void separate() {
    previous_.kind = TokenKind::Separator;
    out_.reserve(in_.size() + in_.size() / 4);
    for (size_t i = 0; i < in_.size(); ++i) {
      const Token& t = in_[i];
      bool end = t.kind == TokenKind::End;
      bool newLine = previousLine_ != 0 && (t.line > previousLine_ || end);
      supplyValue(i, newLine);
      dropDanglingDot(t, newLine);
      bool inBlock = nest_.empty() || nest_.back() == Symbol::LeftBrace;
      bool goesOn = has(previous_.symbol, kTrails) || (!end && has(t.symbol, kLeads));
      if (newLine && inBlock && !goesOn && !previousIs(TokenKind::Separator)) supply(TokenKind::Separator);
      nest(t);
      previousLine_ = t.line;
      previous_ = t;
      out_.push_back(t);
    }
  }

  /// `x =` and nothing on its line: one message, and a poisoned value.
  void supplyValue(size_t i, bool newLine) {
    if (previousIs(TokenKind::Separator) || !wantsValue(previous_)) return;
    const Token& t = in_[i];
    bool assigned = previous_.is(Symbol::Assign);
    bool memberStarts = newLine && (assigned || startsMember(in_, i));
    bool closes = t.is(Symbol::RightBrace) || t.is(Symbol::RightSquare) || t.is(Symbol::RightRound);
    bool ends = t.kind == TokenKind::End || (assigned && t.is(Symbol::Comma));
    if (!memberStarts && !closes && !ends) return;
    auto at = rangeOf(out_.back());
    auto& d = diags_.report<diag::syntax_error>(at, fmt::format("expected a value after `{}`", lineBefore(at)));
    d.here("nothing follows on this line");
    if (out_.back().is(Symbol::Percent)) d.help("`%` is the remainder of a division; ninety percent is `90 pct`");
    supply(TokenKind::Poison);
    previous_ = out_.back();
  }

  /// `x.` and nothing behind it.
  void dropDanglingDot(const Token& t, bool newLine) {
    if (!previous_.is(Symbol::Dot) || (!newLine && !t.is(Symbol::RightBrace))) return;
    auto at = rangeOf(out_.back());
    diags_.report<diag::syntax_error>(at, fmt::format("expected a name after `{}`", lineBefore(at)));
    out_.pop_back();
    previous_ = {};
    previous_.kind = TokenKind::Separator;
    if (!out_.empty()) previous_ = out_.back();
  }

  void nest(const Token& t) {
    if (t.is(Symbol::LeftBrace) || t.is(Symbol::LeftSquare) || t.is(Symbol::LeftRound)) nest_.push_back(t.symbol);
    bool closes = t.is(Symbol::RightBrace) || t.is(Symbol::RightSquare) || t.is(Symbol::RightRound);
    if (closes && !nest_.empty()) nest_.pop_back();
  }

  void supply(TokenKind kind) {
    Token made{kind, Symbol::None, 1, 0, 0, 0};
    if (!out_.empty()) {
      made.line = out_.back().line;
      made.lead = made.begin = made.end = out_.back().end;
    }
    out_.push_back(made);
  }

  /// The author's text from the start of the line (or member) up to and including `at`: "hidden =".
  std::string lineBefore(SourceRange at) const {
    size_t begin = text_.find_last_of("\n,{", at.begin > 0 ? at.begin - 1 : 0);
    begin = begin == std::string_view::npos || begin >= at.begin ? 0 : begin + 1;
    auto piece = text_.substr(begin, at.end - begin);
    size_t first = piece.find_first_not_of(" \t\r\n");
    return std::string(first == std::string_view::npos ? piece : piece.substr(first));
  }

  uint32_t file_;
  Diagnostics& diags_;
  std::string_view text_;
  std::vector<Token> in_, out_;
  std::vector<Symbol> nest_;  ///< the brackets that are open
  Token previous_;            ///< the last one that was passed on, a poisoned value included
  size_t previousLine_ = 0;   ///< of the last token of the file; 0 before the first
};

}  // namespace

std::vector<Token> layOut(std::vector<Token> tokens, uint32_t file, Diagnostics& diags) {
  return Layout(file, diags).run(std::move(tokens));
}

}  // namespace afdc
