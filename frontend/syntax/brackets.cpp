#include "frontend/syntax/brackets.h"

#include <algorithm>
#include <array>

#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/parse.h"

namespace afdc {

namespace {

constexpr std::array<std::pair<Symbol, Symbol>, 3> kPairs = {{{Symbol::LeftBrace, Symbol::RightBrace},
                                                              {Symbol::LeftSquare, Symbol::RightSquare},
                                                              {Symbol::LeftRound, Symbol::RightRound}}};
constexpr size_t kFarthest = 1000;  // tokens that are looked at for one bracket: who writes lines has fewer on one
constexpr size_t kBrace = 0, kNoBracket = kPairs.size();

size_t opened(const Token& t) {
  return static_cast<size_t>(std::ranges::find(kPairs, t.symbol, &std::pair<Symbol, Symbol>::first) - kPairs.begin());
}
size_t closed(const Token& t) {
  return static_cast<size_t>(std::ranges::find(kPairs, t.symbol, &std::pair<Symbol, Symbol>::second) - kPairs.begin());
}
std::string_view openerOf(size_t kind) { return spelling(kPairs[kind].first); }
std::string_view closerOf(size_t kind) { return spelling(kPairs[kind].second); }

bool isOperand(const Token& t) {
  return t.kind == TokenKind::Name || t.kind == TokenKind::Text || t.kind == TokenKind::Integer ||
         t.kind == TokenKind::Float || t.kind == TokenKind::Quantity;
}

class BracketPairs {
 public:
  BracketPairs(std::vector<Token> tokens, uint32_t file, Diagnostics& diags)
      : file_(file), diags_(diags), in_(std::move(tokens)) {
    for (const auto& t : in_) {
      if (opened(t) != kNoBracket) ++balance_[opened(t)];
      if (closed(t) != kNoBracket) --balance_[closed(t)];
    }
  }

  std::vector<Token> run() {
    out_.reserve(in_.size());
    for (size_t i = 0; i < in_.size(); ++i) {
      const Token& t = in_[i];
      at_ = i;
      newLine_ = out_.empty() || t.line > out_.back().line;
      if (t.kind == TokenKind::End) {
        while (!nest_.empty()) supplyCloser("the file ends first");
      } else if (newLine_) {
        atLine(i);
      }
      if (closed(t) != kNoBracket) {
        close(t, closed(t));
        continue;
      }
      out_.push_back(t);
      if (opened(t) == kNoBracket) continue;
      nest_.push_back({opened(t), rangeOf(t), t.line, indentOf(t.line), out_.size() - 1});
      if (nest_.size() <= static_cast<size_t>(kDeepestNesting)) continue;
      // Nothing sensible nests like this, and predicting over it would take forever.
      diags_.report<diag::nested_too_deep>(rangeOf(t), kDeepestNesting);
      return {in_.back()};
    }
    return std::move(out_);
  }

 private:
  struct Open {
    size_t kind;
    SourceRange range;
    size_t line, indent;
    size_t place;       ///< among the tokens that are passed on
    bool flat = false;  ///< what it encloses is not indented: indentation tells nothing of it
  };

  SourceRange rangeOf(const Token& t) const { return {file_, t.begin, t.end}; }
  /// Right behind what has been read.
  SourceRange here() const {
    uint32_t at = out_.empty() ? 0 : out_.back().end;
    return {file_, at, at};
  }
  size_t indentOf(size_t line) const {
    auto text = diags_.sources().file(file_).line(static_cast<uint32_t>(line));
    size_t at = text.find_first_not_of(" \t");
    return at == std::string_view::npos ? 0 : at;
  }
  size_t innermost() const { return nest_.empty() ? kNoBracket : nest_.back().kind; }
  /// So many of the kind are never closed; negative: so many are never opened.
  long balance(size_t kind) const { return kind == kNoBracket ? 0 : balance_[kind]; }

  // ---- at the start of a line ----------------------------------------------------------------------------------

  void atLine(size_t i) {
    const Token& t = in_[i];
    if (out_.empty()) return;
    bool goesOn = has(out_.back().symbol, kTrails) || has(t.symbol, kLeads);
    while (innermost() != kNoBracket && innermost() != kBrace && !goesOn && startsMember(in_, i))
      supplyCloser("a member starts on the next line");
    if (closed(t) != kNoBracket) return;
    size_t column = indentOf(t.line);
    bool first = innermost() == kBrace && out_.back().end == nest_.back().range.end;
    if (first && column <= nest_.back().indent) nest_.back().flat = true;
    // Indentation says which brace was forgotten, but only when the count says that one was.
    while (innermost() == kBrace && balance(kBrace) > 0 && !nest_.back().flat && column <= nest_.back().indent &&
           !goesOn)
      supplyCloser("by its indentation it should close before the next line");
    bool deeper = column > indentOf(out_.back().line) && !goesOn;
    if (balance(kBrace) < 0 && deeper && (nest_.empty() || innermost() == kBrace) && lineIsHeading())
      supplyOpener(kBrace, out_.size(), "what follows is indented");
  }

  /// Does the line that has been read look like the one before a brace: `engine main`, `x = Name`?
  bool lineIsHeading() const {
    size_t line = out_.back().line;
    for (size_t i = out_.size(); i-- > 0 && out_[i].line == line;) {
      const Token& t = out_[i];
      bool fits = t.kind == TokenKind::Name || t.kind == TokenKind::Text || t.is(Symbol::Dot) ||
                  t.is(Symbol::Extends) || t.is(Symbol::Assign) || t.is(Symbol::Schema) || t.is(Symbol::Graph) ||
                  t.is(Symbol::Import);
      if (!fits) return false;
    }
    return true;
  }

  // ---- closing -------------------------------------------------------------------------------------------------

  void close(const Token& t, size_t kind) {
    if (kind == kBrace) closeWithin(t);
    if (innermost() != kind && innermost() != kNoBracket && isMeantFor(innermost(), kind)) return closeOther(t, kind);
    if (reaches(kind))
      while (innermost() != kind)
        supplyCloser(kind == kBrace ? "the block ends first" : fmt::format("the `{}` ends first", openerOf(kind)));
    if (innermost() == kind && !(kind == kBrace && balance(kBrace) < 0 && strange(t))) {
      nest_.pop_back();
      out_.push_back(t);
      return;
    }
    closeUnopened(t, kind);
  }

  /// Is a closing bracket of this kind to close what is open innermost, which is another? The counts of the file say
  /// so; within a line, that nothing else is there for it to close.
  bool isMeantFor(size_t open, size_t kind) const {
    bool counts = balance(open) > 0 && balance(kind) < 0;
    return counts || (open != kBrace && kind != kBrace && !reaches(kind) && !closesOnLine(open));
  }
  /// Is the innermost bracket closed further on in this line?
  bool closesOnLine(size_t kind) const {
    int depth = 0;
    size_t end = std::min(in_.size(), at_ + kFarthest);
    for (size_t i = at_ + 1; i < end && in_[i].line == in_[at_].line; ++i) {
      if (opened(in_[i]) == kind) ++depth;
      if (closed(in_[i]) == kind && depth-- == 0) return true;
    }
    return false;
  }

  /// By its indentation a brace at the start of a line closes an outer one.
  void closeWithin(const Token& t) {
    if (!newLine_) return;
    while (innermost() == kBrace && balance(kBrace) > 0 && nest_.back().indent > indentOf(t.line))
      supplyCloser("by its indentation it should close before the next line");
  }

  /// Is one of the kind open, with nothing but brackets that can have been forgotten inside it?
  bool reaches(size_t kind) const {
    for (size_t i = nest_.size(); i-- > 0;) {
      if (nest_[i].kind == kind) return true;
      if (nest_[i].kind == kBrace) return false;
    }
    return false;
  }

  /// A closing brace too many, of which the file has some, is one that stands behind other things of its line and
  /// closes a block of another line, or one that is not indented as its block is.
  bool strange(const Token& t) const {
    return newLine_ ? nest_.back().indent != indentOf(t.line) : nest_.back().line != t.line;
  }

  /// `[1, 2)`
  void closeOther(const Token& t, size_t kind) {
    auto open = nest_.back();
    nest_.pop_back();
    --balance_[open.kind];
    ++balance_[kind];
    diags_.report<diag::unopened>(rangeOf(t), closerOf(kind))
        .label(open.range, "this is to be closed")
        .fix(rangeOf(t), std::string(closerOf(open.kind)));
    Token closer = t;
    closer.symbol = kPairs[open.kind].second;
    out_.push_back(closer);
  }

  static constexpr size_t kNowhere = static_cast<size_t>(-1);

  /// A bracket that nothing has opened. A brace is added where it must be missing; of a value that lacks its bracket
  /// nothing is known. Elsewhere this one is left out.
  void closeUnopened(const Token& t, size_t kind) {
    bool doubled = !out_.empty() && out_.back().symbol == t.symbol && out_.back().end == t.begin;
    size_t at = doubled ? kNowhere : kind == kBrace ? bracePlace() : valuePlace();
    if (at == kNowhere) {
      ++balance_[kind];
      diags_.report<diag::unopened>(rangeOf(t), closerOf(kind))
          .help(fmt::format("remove it, or add the `{}` that it should close", openerOf(kind)));
      return;
    }
    if (kind != kBrace) return spoilValue(t, kind, at);
    supplyOpener(kind, at, {}, rangeOf(t));
    nest_.pop_back();
    out_.push_back(t);
  }

  /// What stands from `first` on, up to the bracket that closes it, becomes a value that is not known.
  void spoilValue(const Token& closer, size_t kind, size_t first) {
    ++balance_[kind];
    SourceRange value{file_, out_[first].begin, closer.begin};
    diags_.report<diag::unopened>(rangeOf(closer), closerOf(kind))
        .label(value, fmt::format("`{}` is missing in here", openerOf(kind)));
    Token poison = out_[first];
    poison.kind = TokenKind::Poison, poison.symbol = Symbol::None;
    out_.resize(first);
    out_.push_back(poison);
  }

  /// The first token of this line that the innermost bracket encloses.
  size_t beginning() const {
    size_t line = out_.empty() ? 0 : out_.back().line, first = out_.size();
    size_t least = nest_.empty() ? 0 : nest_.back().place + 1;
    if (first > kFarthest) least = std::max(least, first - kFarthest);
    while (first > least && out_[first - 1].line == line) --first;
    return first;
  }

  /// Where on this line a brace is missing: before the field that stands right behind another name.
  size_t bracePlace() const {
    size_t first = out_.size(), least = first > kFarthest ? first - kFarthest : 0;
    while (first > least && out_[first - 1].line == out_.back().line) --first;
    for (size_t i = out_.size(); i-- > first + 1;)
      if (nameBehindName(i)) return i;
    return kNowhere;
  }
  bool nameBehindName(size_t i) const {
    const Token &left = out_[i - 1], &right = out_[i];
    if (!isOperand(left) || right.kind != TokenKind::Name) return false;
    bool sets = i + 1 < out_.size() && (out_[i + 1].is(Symbol::Assign) || out_[i + 1].is(Symbol::Dot));
    bool lists = i + 1 == out_.size() || out_[i + 1].is(Symbol::Comma);
    bool third = i >= 2 && out_[i - 2].kind == TokenKind::Name && out_[i - 2].line == left.line;
    return sets || lists || third;
  }

  /// Where on this line the value begins that a bracket closes.
  size_t valuePlace() const {
    size_t first = beginning();
    for (size_t i = first; i + 1 < out_.size(); ++i)
      if (valueFollows(out_[i].symbol)) return i + 1;
    bool enclosed = !nest_.empty() && nest_.back().kind != kBrace && first == nest_.back().place + 1;
    return enclosed && first < out_.size() ? first : kNowhere;
  }
  static bool valueFollows(Symbol s) {
    static constexpr Symbol words[] = {Symbol::Assign, Symbol::In,       Symbol::Expect,  Symbol::Require,
                                       Symbol::If,     Symbol::Then,     Symbol::Else,    Symbol::Return,
                                       Symbol::Where,  Symbol::Minimize, Symbol::Maximize};
    return std::ranges::find(words, s) != std::end(words);
  }

  // ---- what is supplied ----------------------------------------------------------------------------------------

  Token made(Symbol symbol, size_t at) const {
    Token t{TokenKind::Symbol, symbol, 1, 0, 0, 0};
    if (at == 0) return t;
    t.line = out_[at - 1].line;
    t.lead = t.begin = t.end = out_[at - 1].end;
    return t;
  }

  void supplyOpener(size_t kind, size_t at, std::string_view why, SourceRange closer = {}) {
    Token opener = made(kPairs[kind].first, at);
    SourceRange place{file_, opener.begin, opener.end};
    ++balance_[kind];
    auto& d = diags_.report<diag::unopened>(closer.valid() ? closer : place, closerOf(kind));
    if (closer.valid())
      d.label(place, fmt::format("`{}` is missing here", openerOf(kind)));
    else
      d.here(fmt::format("`{}` is missing here: {}", openerOf(kind), why));
    d.fixes.push_back({place, fmt::format(" {}", openerOf(kind)), fmt::format("add `{}`", openerOf(kind))});
    nest_.push_back({kind, place, opener.line, indentOf(opener.line), at});
    out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(at), opener);
  }

  void supplyCloser(std::string_view advice) {
    auto open = nest_.back();
    nest_.pop_back();
    // One forgotten brace leaves every outer one open too: as many are reported as the file lacks.
    bool counts = open.kind != kBrace || balance_[kBrace] > 0;
    --balance_[open.kind];
    Token closer = made(kPairs[open.kind].second, out_.size());
    if (counts) reportUnclosed(open, closer, advice);
    out_.push_back(closer);
  }

  void reportUnclosed(const Open& open, const Token& closer, std::string_view advice) {
    auto& d = diags_.report<diag::unclosed>(open.range, openerOf(open.kind));
    d.here("opened here").help(fmt::format("{}: add `{}`", advice, closerOf(open.kind)));
    // Of what stands on one line all is shown, of a block where it must end.
    bool oneLine = open.line == closer.line;
    SourceRange missing{file_, oneLine ? open.range.end : closer.begin, closer.end};
    d.label(missing, fmt::format("`{}` is missing {}", closerOf(open.kind), oneLine ? "in here" : "here"));
  }

  uint32_t file_;
  Diagnostics& diags_;
  std::vector<Token> in_, out_;
  std::vector<Open> nest_;
  std::array<long, kPairs.size()> balance_{};
  size_t at_ = 0;  ///< the token that is being read
  bool newLine_ = false;
};

}  // namespace

bool startsMember(const std::vector<Token>& tokens, size_t at) {
  if (at + 1 >= tokens.size()) return false;
  const Token &t = tokens[at], &next = tokens[at + 1];
  for (Symbol word : {Symbol::Let, Symbol::Fn, Symbol::Schema, Symbol::Import, Symbol::Require, Symbol::Expect,
                      Symbol::Vary, Symbol::Find, Symbol::Minimize, Symbol::Maximize})
    if (t.is(word) && !next.is(Symbol::Assign)) return true;
  if (t.kind != TokenKind::Name) return false;
  bool label = next.kind == TokenKind::Name || next.kind == TokenKind::Text;
  return next.is(Symbol::Assign) || (label && next.line == t.line);
}

std::vector<Token> pairBrackets(std::vector<Token> tokens, uint32_t file, Diagnostics& diags) {
  return BracketPairs(std::move(tokens), file, diags).run();
}

}  // namespace afdc
