#include "frontend/syntax/habits.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/odd_text.h"
#include "support/text.h"

namespace afdc {

namespace {

enum class Where : uint8_t { Member, Field, Argument, Value, Anywhere };

/// A word of a habit's two texts.
struct Word {
  enum Kind : uint8_t { Literal, AName, APath, Names, AText, ANumber, RestOfLine, EndOfLine, AnyValue } kind;
  std::string_view text;      ///< of a literal
  std::vector<Token> tokens;  ///< of a literal, with their places in it
};

std::vector<Word> wordsOf(std::string_view text) {
  static constexpr std::pair<std::string_view, Word::Kind> placeholders[] = {
      {"NAME", Word::AName},  {"PATH", Word::APath},      {"NAMES", Word::Names},   {"TEXT", Word::AText},
      {"INT", Word::ANumber}, {"LINE", Word::RestOfLine}, {"END", Word::EndOfLine}, {"VALUE", Word::AnyValue}};
  std::vector<Word> words;
  while (!text.empty()) {
    auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const auto* known = std::ranges::find(placeholders, word, &std::pair<std::string_view, Word::Kind>::first);
    if (known != std::end(placeholders)) {
      words.push_back({known->second, {}, {}});
      continue;
    }
    auto tokens = readTokens(word);
    tokens.pop_back();
    words.push_back({Word::Literal, word, std::move(tokens)});
  }
  return words;
}

struct Habit {
  Where where;
  std::vector<Word> written, meant;
  std::string_view advice;
};

const std::vector<Habit>& habits() {
  static const std::vector<Habit> table = [] {
    std::vector<Habit> made;
#define HABIT(where, written, meant, advice) made.push_back({Where::where, wordsOf(written), wordsOf(meant), advice});
#define HABIT_OF_NAME(name, instead, advice)
#include "frontend/syntax/habits.def"
#undef HABIT
#undef HABIT_OF_NAME
    return made;
  }();
  return table;
}

constexpr HabitOfName kHabitsOfNames[] = {
#define HABIT(where, written, meant, advice)
#define HABIT_OF_NAME(name, instead, advice) {name, instead, advice},
#include "frontend/syntax/habits.def"
#undef HABIT
#undef HABIT_OF_NAME
};

/// What a bracket encloses.
enum class Inside : uint8_t { Block, Schema, Names, Call, Parameters, List };

class HabitReader {
 public:
  HabitReader(std::vector<Token> tokens, uint32_t file, Diagnostics& diags)
      : file_(file), diags_(diags), text_(diags.sources().file(file).text()), in_(std::move(tokens)) {}

  std::vector<Token> read() {
    while (at_ < in_.size()) {
      const Token& t = in_[at_];
      if (startsMember()) first_ = t.symbol;
      if (readHabit() || readConditional() || readThousands() || readElse()) continue;
      nest(t);
      out_.push_back(t);
      ++at_;
    }
    return std::move(out_);
  }

 private:
  std::string_view textOf(const Token& t) const { return t.of(text_); }
  SourceRange range(size_t from, size_t to) const { return {file_, in_[from].begin, in_[to].end}; }
  Inside inside() const { return nest_.empty() ? Inside::Block : nest_.back(); }
  bool inBlock() const { return inside() == Inside::Block || inside() == Inside::Schema; }
  bool lastOfLine(size_t i) const { return i + 1 >= in_.size() || in_[i + 1].line != in_[i].line || isEnd(i + 1); }
  bool isEnd(size_t i) const { return i >= in_.size() || in_[i].kind == TokenKind::End; }
  Symbol previous() const { return out_.empty() ? Symbol::None : out_.back().symbol; }

  // ---- where it stands -----------------------------------------------------------------------------------------

  bool startsMember() const {
    if (!inBlock()) return false;
    if (out_.empty()) return true;
    if (previous() == Symbol::LeftBrace || previous() == Symbol::Comma) return true;
    bool newLine = in_[at_].line > out_.back().line;
    return newLine && !has(previous(), kTrails) && !has(in_[at_].symbol, kLeads);
  }
  bool startsArgument() const {
    return inside() == Inside::Call && (previous() == Symbol::LeftRound || previous() == Symbol::Comma);
  }
  bool startsValue() const {
    Symbol before = previous();
    return before == Symbol::Assign || before == Symbol::LeftRound || before == Symbol::LeftSquare ||
           has(before, kOperator) || has(before, kApart);
  }
  bool stands(Where where) const {
    switch (where) {
      case Where::Member: return startsMember();
      case Where::Field: return startsMember() && inside() != Inside::Schema;
      case Where::Argument: return startsArgument();
      case Where::Value: return startsValue();
      case Where::Anywhere: return true;
    }
    return false;
  }

  void nest(const Token& t) {
    switch (t.symbol) {
      case Symbol::LeftBrace:
        nest_.push_back(first_ == Symbol::Schema                             ? Inside::Schema
                        : first_ == Symbol::Import || first_ == Symbol::Enum ? Inside::Names
                                                                             : Inside::Block);
        first_ = Symbol::None;
        break;
      case Symbol::LeftRound: {
        bool declares = first_ == Symbol::Fn || first_ == Symbol::Intrinsic || previous() == Symbol::Graph;
        nest_.push_back(declares ? Inside::Parameters : Inside::Call);
        break;
      }
      case Symbol::LeftSquare: nest_.push_back(Inside::List); break;
      case Symbol::RightBrace:
      case Symbol::RightRound:
      case Symbol::RightSquare:
        if (!nest_.empty()) nest_.pop_back();
        break;
      default: break;
    }
  }

  // ---- the table -----------------------------------------------------------------------------------------------

  /// Where each word of a habit has been found, as tokens [first, end).
  struct Match {
    struct Part {
      Word::Kind kind;
      size_t first, end;
      bool used = false;
    };
    std::vector<Part> parts;
    size_t end = 0;
  };

  std::optional<Match> match(const std::vector<Word>& words) const {
    Match m;
    m.end = at_;
    for (const auto& word : words) {
      size_t end = endOf(word, m.end);
      if (end == kNoMatch) return std::nullopt;
      m.parts.push_back({word.kind, m.end, end});
      m.end = end;
    }
    return m;
  }

  static constexpr size_t kNoMatch = static_cast<size_t>(-1);
  static constexpr size_t kFarthest = 1000;  ///< tokens that are looked at for one `?`
  bool onLine(size_t i) const { return !isEnd(i) && in_[i].line == in_[at_].line; }
  size_t endOf(const Word& word, size_t i) const {
    auto one = [&](bool fits) { return fits && onLine(i) ? i + 1 : kNoMatch; };
    switch (word.kind) {
      case Word::Literal: return endOfLiteral(word, i);
      case Word::AName: return one(!isEnd(i) && in_[i].kind == TokenKind::Name);
      case Word::AText: return one(!isEnd(i) && in_[i].kind == TokenKind::Text);
      case Word::ANumber:
        return one(!isEnd(i) && (in_[i].kind == TokenKind::Integer || in_[i].kind == TokenKind::Float));
      case Word::APath: return endOfPath(i);
      case Word::Names: return endOfNames(i, Symbol::Comma);
      case Word::EndOfLine: return i > at_ && lastOfLine(i - 1) ? i : kNoMatch;
      case Word::RestOfLine:
        while (onLine(i) && !(in_[i].is(Symbol::RightBrace))) ++i;
        return i;
      case Word::AnyValue: break;
    }
    return kNoMatch;
  }
  /// Its tokens, one right behind the other.
  size_t endOfLiteral(const Word& word, size_t i) const {
    for (size_t k = 0; k < word.tokens.size(); ++k, ++i) {
      if (!onLine(i) || textOf(in_[i]) != word.tokens[k].of(word.text)) return kNoMatch;
      if (k > 0 && in_[i].begin != in_[i - 1].end) return kNoMatch;
    }
    return i;
  }
  /// A name, or a keyword that may be one: `std.blocks`.
  bool isWord(size_t i) const {
    if (isEnd(i)) return false;
    return in_[i].kind == TokenKind::Name ||
           (in_[i].kind == TokenKind::Symbol && std::islower(static_cast<unsigned char>(textOf(in_[i])[0])));
  }
  /// Many habits begin with a path: it is read once.
  size_t endOfPath(size_t i) const {
    if (path_.first != i) path_ = {i, endOfNames(i, Symbol::Dot)};
    return path_.second;
  }
  size_t endOfNames(size_t i, Symbol between) const {
    if (!onLine(i) || in_[i].kind != TokenKind::Name) return kNoMatch;
    ++i;
    while (onLine(i) && in_[i].is(between) && isWord(i + 1)) i += 2;
    return i;
  }

  bool readHabit() {
    for (const auto& habit : habits()) {
      if (!mayBegin(habit.written.front()) || !stands(habit.where)) continue;
      auto found = match(habit.written);
      if (!found) continue;
      report(habit, *found);
      write(habit, *found);
      at_ = found->end;
      return true;
    }
    return false;
  }
  bool mayBegin(const Word& word) const {
    switch (word.kind) {
      case Word::Literal: return textOf(in_[at_]) == word.tokens.front().of(word.text);
      case Word::AText: return in_[at_].kind == TokenKind::Text;
      default: return in_[at_].kind == TokenKind::Name;
    }
  }

  static bool says(const std::vector<Word>& words, std::string_view literal) {
    return std::ranges::any_of(words, [&](const Word& w) { return w.kind == Word::Literal && w.text == literal; });
  }

  /// At the first words that are not meant, or else at the first that stand for something.
  void report(const Habit& habit, const Match& m) {
    size_t first = 0;
    auto foreign = [&](size_t i) {
      return habit.written[i].kind == Word::Literal && !says(habit.meant, habit.written[i].text);
    };
    while (first < m.parts.size() && !foreign(first)) ++first;
    size_t last = first;
    if (first == m.parts.size()) {
      first = last = std::min<size_t>(1, m.parts.size() - 1);
    } else {
      while (last + 1 < m.parts.size() && foreign(last + 1)) ++last;
    }
    auto at = range(m.parts[first].first, m.parts[last].end - 1);
    auto& d = diags_.report<diag::other_language>(at, habit.advice, diags_.sources().text(at));
    if (!habit.meant.empty() && habit.meant.front().kind != Word::AnyValue)
      d.fix(range(at_, m.end - 1), meantText(habit, m));
  }

  static const Match::Part* take(Match& m, Word::Kind kind) {
    auto found = std::ranges::find_if(m.parts, [&](const auto& p) { return p.kind == kind && !p.used; });
    // "tp": 4 and edition "1"
    if (found == m.parts.end() && (kind == Word::AName || kind == Word::ANumber)) return take(m, Word::AText);
    if (found == m.parts.end()) return nullptr;
    found->used = true;
    return &*found;
  }

  std::string meantText(const Habit& habit, Match m) const {
    std::string out;
    for (const auto& word : habit.meant) {
      if (!out.empty() && word.text != "." && word.text != ",") out += " ";
      if (word.kind == Word::Literal) {
        out += word.text;
      } else if (const auto* part = take(m, word.kind)) {
        auto text = diags_.sources().text(range(part->first, part->end - 1));
        out += word.kind == Word::AText ? text : withoutQuotes(text);
      }
    }
    return out;
  }

  void write(const Habit& habit, Match m) {
    size_t literal = 0;  // tokens that are meant take the places of those that are written, one by one
    auto placeOfNext = [&] {
      while (literal < m.parts.size() && m.parts[literal].kind != Word::Literal) ++literal;
      size_t at = literal < m.parts.size() ? m.parts[literal++].first : m.end - 1;
      return in_[at];
    };
    for (const auto& word : habit.meant) {
      if (word.kind == Word::Literal) {
        Token place = placeOfNext();
        for (Token t : word.tokens) put(t, place);
      } else if (word.kind == Word::AnyValue) {
        Token value{TokenKind::Poison, Symbol::None, 0, 0, 0, 0};
        put(value, placeOfNext());
      } else if (const auto* part = take(m, word.kind)) {
        for (size_t i = part->first; i < part->end; ++i) {
          Token t = in_[i];
          if (word.kind == Word::AName && t.kind == TokenKind::Text) t = within(t, TokenKind::Name);
          if (word.kind == Word::ANumber && t.kind == TokenKind::Text) t = within(t, TokenKind::Integer);
          keep(t);
        }
      }
    }
  }
  void put(Token t, const Token& place) {
    t.line = place.line, t.lead = place.lead, t.begin = place.begin, t.end = place.end;
    keep(t);
  }
  void keep(const Token& t) {
    if (startsMember()) first_ = t.symbol;
    nest(t);
    out_.push_back(t);
  }
  /// What stands in the quotes of a text.
  Token within(Token t, TokenKind kind) const {
    auto inner = withoutQuotes(textOf(t));
    t.begin = static_cast<uint32_t>(inner.data() - text_.data());
    t.end = t.begin + static_cast<uint32_t>(inner.size());
    t.kind = kind;
    return t;
  }

  // ---- c ? a : b -----------------------------------------------------------------------------------------------

  bool readConditional() {
    bool choice = in_[at_].is(Symbol::Question) && at_ + 1 < in_.size() && !in_[at_ + 1].is(Symbol::Colon) &&
                  inside() != Inside::Parameters;
    if (!choice) return false;
    size_t colon = closeBy(at_ + 1, Symbol::Colon);
    if (colon == in_.size()) return false;
    size_t end = closeBy(colon + 1, Symbol::Comma);
    size_t first = out_.size();
    size_t least = first > kFarthest ? first - kFarthest : 0;
    for (int depth = 0; first > least; --first) {
      const Token& t = out_[first - 1];
      if (t.is(Symbol::RightRound) || t.is(Symbol::RightSquare) || t.is(Symbol::RightBrace)) ++depth;
      if (t.is(Symbol::LeftRound) || t.is(Symbol::LeftSquare) || t.is(Symbol::LeftBrace)) --depth;
      bool apart = has(t.symbol, kApart) && !t.is(Symbol::And) && !t.is(Symbol::Or) && !t.is(Symbol::Not);
      if (depth < 0 || (depth == 0 && (t.is(Symbol::Assign) || t.is(Symbol::Comma) || apart))) break;
    }
    if (first == out_.size()) return false;
    auto piece = [&](uint32_t begin, uint32_t to) { return diags_.sources().text({file_, begin, to}); };
    uint32_t begin = out_[first].begin;
    diags_.report<diag::other_language>(range(at_, at_), "a choice is `if c then a else b`", "c ? a : b")
        .label(range(colon, colon), "`else` is meant")
        .fix({file_, begin, in_[end - 1].end},
             fmt::format("if {} then {} else {}", piece(begin, out_.back().end),
                         piece(in_[at_ + 1].begin, in_[colon - 1].end), piece(in_[colon + 1].begin, in_[end - 1].end)));
    Token iff = out_[first];
    iff.kind = TokenKind::Symbol, iff.symbol = Symbol::If, iff.end = iff.begin;
    out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(first), iff);
    Token then = in_[at_];
    then.symbol = Symbol::Then;
    out_.push_back(then);
    in_[colon].symbol = Symbol::Else;
    ++at_;
    return true;
  }

  /// The next token on this line that is this symbol, or ends what encloses it; the end of the line for a comma.
  size_t closeBy(size_t i, Symbol symbol) const {
    size_t start = i;
    for (int depth = 0; onLine(i) && i < start + kFarthest; ++i) {
      const Token& t = in_[i];
      if (depth == 0 && t.is(symbol) && i > start) return i;
      if (t.is(Symbol::LeftRound) || t.is(Symbol::LeftSquare) || t.is(Symbol::LeftBrace)) ++depth;
      if (t.is(Symbol::RightRound) || t.is(Symbol::RightSquare) || t.is(Symbol::RightBrace))
        if (--depth < 0) break;
    }
    return symbol == Symbol::Comma && i > start ? i : in_.size();
  }

  // ---- 1,000 ---------------------------------------------------------------------------------------------------

  bool readThousands() {
    if (in_[at_].kind != TokenKind::Integer || in_[at_].end - in_[at_].begin > 3) return false;
    size_t last = at_;
    while (groupFollows(last)) last += 2;
    if (last == at_) return false;
    Token number = in_[last];
    number.lead = in_[at_].lead, number.begin = in_[at_].begin;
    auto at = SourceRange{file_, number.begin, number.end};
    auto written = textOf(number);
    diags_.report<diag::other_language>(at, "a long number is written without commas", written)
        .fix(at, plainText(written))
        .fix(at, grouped(written));
    out_.push_back(number);
    at_ = last + 1;
    return true;
  }
  /// `,000` right behind the token `i`. In a list or a call, where a comma has a meaning, only with a zero in front.
  bool groupFollows(size_t i) const {
    if (i + 2 >= in_.size() || !in_[i + 1].is(Symbol::Comma)) return false;
    const Token &comma = in_[i + 1], &group = in_[i + 2];
    if (comma.begin != in_[i].end || group.begin != comma.end) return false;
    bool number = group.kind == TokenKind::Integer || group.kind == TokenKind::Float ||
                  group.kind == TokenKind::Quantity || group.kind == TokenKind::BadQuantity;
    auto digits = splitQuantity(textOf(group)).number;
    digits = digits.substr(0, digits.find('.'));
    return number && digits.size() == 3 && (inBlock() || digits[0] == '0');
  }
  static std::string grouped(std::string_view number) {
    std::string out(number);
    std::ranges::replace(out, ',', '_');
    return out;
  }

  // ---- expect x < 2 els "slow" ---------------------------------------------------------------------------------

  /// A word that is nearly `else`, between a promise and its text.
  bool readElse() {
    bool promise = first_ == Symbol::Expect || first_ == Symbol::Require;
    bool between = in_[at_].kind == TokenKind::Name && !isEnd(at_ + 1) && in_[at_ + 1].kind == TokenKind::Text;
    if (!promise || !between || startsMember() || !suggest(textOf(in_[at_]), {"else"})) return false;
    diags_.report<diag::syntax_error>(range(at_, at_), fmt::format("expected `else`, found `{}`", textOf(in_[at_])))
        .fix(range(at_, at_), "else");
    Token meant = in_[at_++];
    meant.kind = TokenKind::Symbol, meant.symbol = Symbol::Else;
    out_.push_back(meant);
    return true;
  }

  uint32_t file_;
  Diagnostics& diags_;
  std::string_view text_;
  std::vector<Token> in_, out_;
  std::vector<Inside> nest_;
  Symbol first_ = Symbol::None;  ///< the first word of the member that is being read
  size_t at_ = 0;
  mutable std::pair<size_t, size_t> path_{kNoMatch, kNoMatch};  ///< where the path looked at last begins and ends
};

}  // namespace

std::vector<Token> readHabits(std::vector<Token> tokens, uint32_t file, Diagnostics& diags) {
  return HabitReader(std::move(tokens), file, diags).read();
}

const HabitOfName* habitOfName(std::string_view name) {
  const auto* found = std::ranges::find(kHabitsOfNames, name, &HabitOfName::name);
  return found == std::end(kHabitsOfNames) ? nullptr : found;
}

}  // namespace afdc
