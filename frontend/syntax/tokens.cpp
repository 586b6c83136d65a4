#include "frontend/syntax/tokens.h"

#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/parse.h"
#include "support/quantity.h"
#include "support/text.h"

namespace afdc {

using afd::AfdLexer;
using afd::AfdParser;
using antlr4::CommonToken;
using antlr4::Token;

Offsets::Offsets(std::string_view text) : size_(text.size()) {
  bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return;
  for (size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0u) != 0x80u) map_.push_back(static_cast<uint32_t>(i));
  map_.push_back(static_cast<uint32_t>(text.size()));
}

namespace {

/// Token types of literal symbols, looked up once from the vocabulary.
struct Symbols {
  size_t brace[2], square[2], round[2], assign;
  std::vector<bool> trails, leads;  // by type: a line that ends (starts) with it continues
  std::unordered_map<std::string, size_t> keywords;
  std::array<size_t, 128> marks{};  ///< by character: the token that it alone is

  Symbols() {
    const auto& words = AfdLexer(nullptr).getVocabulary();
    size_t count = words.getMaxTokenType() + 1;
    for (size_t i = 0; i < count; ++i) {
      std::string literal = words.getLiteralName(i);
      if (literal.size() > 2 && std::isalpha(static_cast<unsigned char>(literal[1])))
        keywords.emplace(literal.substr(1, literal.size() - 2), i);
    }
    trails.resize(count);
    leads.resize(count);
    auto type = [&](std::string_view text) {
      for (size_t i = 0; i < count; ++i)
        if (words.getLiteralName(i) == fmt::format("'{}'", text)) return i;
      return size_t{0};
    };
    brace[0] = type("{"), brace[1] = type("}");
    square[0] = type("["), square[1] = type("]");
    round[0] = type("("), round[1] = type(")");
    assign = type("=");
    for (std::string_view mark : {"{", "}", "(", ")", "[", "]", ",", ":", "?", "*", "/", "%", "^", "="})
      marks[static_cast<size_t>(mark[0])] = type(mark);
    for (auto op : {"+", "-",  "*",  "/",  "%",  "^",   "..", "..=", "<",  "<=",
                    ">", ">=", "==", "!=", "in", "and", "or", "->",  "++", "."})
      trails[type(op)] = leads[type(op)] = true;
    for (auto op : {",", "{", "(", "[", "not", "then", "else", ":", "if"}) trails[type(op)] = true;
    for (auto op : {"}", "then", "else"}) leads[type(op)] = true;
  }
  static const Symbols& get() {
    static const Symbols symbols;
    return symbols;
  }
};

class TokenReader {
 public:
  TokenReader(antlr4::CharStream& input, uint32_t file, const Offsets& offsets, Diagnostics& diags)
      : input_(input), file_(file), offsets_(offsets), diags_(diags), text_(diags.sources().file(file).text()) {}

  Tokens read() {
    lex();
    joinNumberAndWord();
    layOut();
    return std::move(out_);
  }

 private:
  struct Open {
    size_t type;
    SourceRange range;
    size_t line, indent;
  };

  SourceRange rangeOf(const Token& t) const {
    return {file_, offsets_[t.getStartIndex()], offsets_[t.getStopIndex() + 1]};
  }
  std::string_view textOf(const Token& t) const { return diags_.sources().text(rangeOf(t)); }

  void lex() {
    AfdLexer lexer(&input_);
    lexer.removeErrorListeners();
    size_t badLine = 0;
    for (;;) {
      skipBlanks(lexer);
      std::unique_ptr<Token> t = readWord(lexer);
      if (!t) t = lexer.nextToken();
      bool end = t->getType() == Token::EOF;
      if (t->getChannel() != 0) continue;
      if (t->getType() == AfdLexer::ERROR_CHAR) {
        if (t->getLine() == badLine) continue;
        badLine = t->getLine();
        reportCharacter(*t);
        // Where a value was due, the rest of the line stands as one poisoned value.
        if (raw_.empty() || !wantsValue(raw_.back()->getType())) continue;
        change(*t)->setType(AfdLexer::UNTERMINATED_STRING);
        reported_ = t->getStartIndex();
        raw_.push_back(std::move(t));
        continue;
      }
      // What follows a stray character on its line belongs to the same mistake.
      if (!end && t->getLine() == badLine && t->getType() != Symbols::get().brace[1]) continue;
      raw_.push_back(std::move(t));
      if (end) return;
    }
  }

  /// Half of a file is blanks and comments. The generated lexer would match them character by character through its
  /// automaton; stepping over them here makes reading twice as fast and changes nothing.
  void skipBlanks(AfdLexer& lexer) {
    auto at = [&](size_t i) { return i < input_.size() ? input_.LA(static_cast<ssize_t>(i - input_.index()) + 1) : 0; };
    size_t i = input_.index(), line = lexer.getLine(), start = i;
    for (;; ++i) {
      auto c = at(i);
      if (c == '/' && at(i + 1) == '/')
        while (i < input_.size() && at(i) != '\n') ++i;
      if (i >= input_.size()) break;
      c = at(i);
      if (c == '\n')
        ++line;
      else if (c != ' ' && c != '\t' && c != '\r')
        break;
    }
    if (i == start) return;
    input_.seek(i);
    lexer.setLine(line);
  }

  /// A token that begins with a letter can only be a name or a keyword: found here by one look-up instead of by the
  /// automaton, which would first have to build its states for every prefix of every keyword.
  std::unique_ptr<Token> readWord(AfdLexer& lexer) {
    auto letter = [](size_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    size_t begin = input_.index(), first = input_.LA(1);
    auto make = [&](size_t type, size_t length) {
      auto token = std::make_unique<CommonToken>(type);
      token->setStartIndex(begin);
      token->setStopIndex(begin + length - 1);
      token->setLine(lexer.getLine());
      input_.seek(begin + length);
      return token;
    };
    // So are marks that begin no longer token.
    if (first < Symbols::get().marks.size() && Symbols::get().marks[first] != 0 &&
        !(first == '=' && input_.LA(2) == '='))
      return make(Symbols::get().marks[first], 1);
    if (!letter(first)) return nullptr;
    std::string word;
    for (ssize_t k = 1;; ++k) {
      size_t c = input_.LA(k);
      if (!letter(c) && !(c >= '0' && c <= '9')) break;
      word.push_back(static_cast<char>(c));
    }
    const auto& keywords = Symbols::get().keywords;
    auto found = keywords.find(word);
    return make(found == keywords.end() ? size_t{AfdLexer::ID} : found->second, word.size());
  }

  bool wantsValue(size_t type) const { return type == Symbols::get().assign || isOperator(type); }

  void reportCharacter(const Token& t) {
    auto found = textOf(t);
    auto& d = diags_.report<diag::unexpected_character>(rangeOf(t), found);
    static constexpr std::pair<std::string_view, std::string_view> meant[] = {
        {";", "members are separated by a new line or a comma"},
        {"#", "a comment begins with `//`"},
        {"$", "write the unit after the number: `5 USD`"},
        {"&", "write `and`"},
        {"|", "write `or`"},
        {"!", "write `not`"},
        {"'", "a text stands in double quotes"},
        {"\xE2\x80\x9C", "a text stands in plain double quotes: \""},
        {"\xE2\x80\x9D", "a text stands in plain double quotes: \""},
        {"\xE2\x80\x98", "a text stands in plain double quotes: \""},
        {"@", "the operators are + - * / % ^ and comparisons"},
        {"~", "write `approx(x, y, rel)`"}};
    for (auto [character, help] : meant)
      if (found == character) d.help(std::string(help));
  }

  static CommonToken* change(Token& t) { return static_cast<CommonToken*>(&t); }

  /// `80 Gb/s`: no valid text has a word after a number on its line (unless a comma was forgotten before a member), so
  /// it can only be a unit that does not exist.
  void joinNumberAndWord() {
    size_t to = 0;
    for (size_t i = 0; i < raw_.size(); ++i) {
      auto& t = raw_[i];
      bool number =
          t->getType() == AfdLexer::INT || t->getType() == AfdLexer::FLOAT || t->getType() == AfdLexer::BAD_QUANTITY;
      bool editionNumber = to > 0 && textOf(*raw_[to - 1]) == "edition";
      if (number && !editionNumber && i + 1 < raw_.size() && raw_[i + 1]->getType() == AfdLexer::ID &&
          raw_[i + 1]->getLine() == t->getLine() &&
          !(i + 2 < raw_.size() && raw_[i + 2]->getType() == Symbols::get().assign)) {
        size_t stop = raw_[++i]->getStopIndex();
        auto glued = [&](size_t k) { return k < raw_.size() && raw_[k]->getStartIndex() == stop + 1; };
        while (glued(i + 1) && textOf(*raw_[i + 1]) == "/" && i + 2 < raw_.size() &&
               raw_[i + 2]->getStartIndex() == stop + 2 && raw_[i + 2]->getType() == AfdLexer::ID) {
          i += 2;
          stop = raw_[i]->getStopIndex();
        }
        change(*t)->setType(AfdLexer::BAD_QUANTITY);
        change(*t)->setStopIndex(stop);
      }
      if (t->getType() == AfdLexer::BAD_QUANTITY) reportUnit(*t);
      if (t->getType() == AfdLexer::UNTERMINATED_STRING && t->getStartIndex() != reported_) {
        auto range = rangeOf(*t);
        diags_.report<diag::unterminated_string>(range).fix({file_, range.end, range.end}, "\"");
      }
      raw_[to++] = std::move(t);
    }
    raw_.resize(to);
  }

  void reportUnit(const Token& t) {
    auto whole = textOf(t);
    size_t split = whole.find_first_not_of("0123456789_.");
    if (split + 1 < whole.size() && (whole[split] == 'e' || whole[split] == 'E') &&
        std::isdigit(static_cast<unsigned char>(whole[split + 1])))
      split = whole.find_first_not_of("0123456789_", split + 1);
    size_t unitAt = whole.find_first_not_of(" \t", split);
    auto number = whole.substr(0, split), unit = whole.substr(unitAt);
    auto range = rangeOf(t);
    SourceRange unitRange{file_, range.begin + static_cast<uint32_t>(unitAt), range.end};
    auto b = unit.size() >= 2 && unit[1] == 'b' && std::string_view("kKMGTPE").find(unit[0]) != std::string_view::npos;
    if (b && (unit.size() == 2 || unit[2] == '/' || unit.substr(2) == "ps")) {
      std::string rest(unit.substr(2)), prefix(1, unit[0]);
      if (rest == "ps") rest = "/s";
      diags_.report<diag::bits_or_bytes>(range, unit)
          .fix(range, fmt::format("{} {}bit{}", number, prefix, rest))
          .fix(range, fmt::format("{} {}B{}", number, prefix, rest));
      return;
    }
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

  /// Can only be the start of a member or declaration: `name =`, `kind Name`, `let`.
  bool startsMember(size_t i) const {
    if (i + 1 >= raw_.size()) return false;
    auto text = textOf(*raw_[i]);
    if (text == "let" || text == "fn" || text == "schema" || text == "import" || text == "require") return true;
    if (raw_[i]->getType() != AfdLexer::ID) return false;
    auto next = raw_[i + 1]->getType();
    return next == Symbols::get().assign ||
           ((next == AfdLexer::ID || next == AfdLexer::STRING) && raw_[i + 1]->getLine() == raw_[i]->getLine());
  }

  size_t indentOf(size_t line) const {
    auto text = diags_.sources().file(file_).line(static_cast<uint32_t>(line));
    size_t at = text.find_first_not_of(" \t");
    return at == std::string_view::npos ? 0 : at;
  }

  void push(size_t type, std::string_view) {
    size_t at = out_.empty() ? 0 : out_.back()->getStopIndex() + 1;
    auto made = std::make_unique<CommonToken>(type);
    made->setStartIndex(at);
    made->setStopIndex(at - 1);
    made->setLine(out_.empty() ? 1 : out_.back()->getLine());
    out_.push_back(std::move(made));
  }

  void supplyCloser(const Symbols& s, std::string_view advice) {
    auto open = nest_.back();
    nest_.pop_back();
    bool brace = open.type == s.brace[0];
    std::string_view opener = brace ? "{" : open.type == s.square[0] ? "[" : "(";
    std::string_view closer = brace ? "}" : open.type == s.square[0] ? "]" : ")";
    // One forgotten brace leaves every outer one open too: the first report names the mistake.
    if (!brace || !braceReported_)
      diags_.report<diag::unclosed>(open.range, opener)
          .here("opened here")
          .help(std::string(advice) + fmt::format(": add `{}`", closer));
    if (brace) braceReported_ = true;
    push(brace ? s.brace[1] : open.type == s.square[0] ? s.square[1] : s.round[1], closer);
  }

  void layOut() {
    const auto& s = Symbols::get();
    long balance = 0;
    for (const auto& t : raw_) balance += t->getType() == s.brace[0] ? 1 : t->getType() == s.brace[1] ? -1 : 0;
    bool braceMissing = balance > 0;
    size_t previousLine = 0, previousType = AfdParser::SEP;
    for (size_t i = 0; i < raw_.size(); ++i) {
      auto& t = raw_[i];
      size_t type = t->getType();
      bool end = type == Token::EOF, newline = previousLine != 0 && (t->getLine() > previousLine || end);
      auto top = [&] { return nest_.empty() ? size_t{0} : nest_.back().type; };

      if (newline && top() == s.square[0] && startsMember(i)) supplyCloser(s, "a member starts on the next line");
      if (type == s.brace[1] || end)
        while (top() == s.square[0] || top() == s.round[0]) supplyCloser(s, "the block ends first");
      if (type == s.round[1])
        while (top() == s.square[0]) supplyCloser(s, "the parenthesis ends first");
      if (braceMissing && newline && !nest_.empty()) {
        // Trust indentation to say which brace was forgotten, but only when the count says that one was.
        size_t column = indentOf(t->getLine());
        bool closes = type == s.brace[1],
             declares = column == 0 && !closes && !end && type != s.square[1] && type != s.round[1];
        while (nest_.size() > (closes ? 1u : 0u) && (closes || declares) && top() == s.brace[0] &&
               nest_.back().indent >= column + (closes ? 1 : 0))
          supplyCloser(s, "by its indentation it should close before this line");
      }

      bool value = previousType == s.assign ||
                   (previousType < s.trails.size() && s.trails[previousType] && isOperator(previousType));
      bool memberStarts = newline && (previousType == s.assign || startsMember(i));
      bool cut = memberStarts || type == s.brace[1] || type == s.square[1] || type == s.round[1] || end ||
                 (type < s.trails.size() && previousType == s.assign && textOf(*t) == ",");
      if (value && cut) {
        auto at = rangeOf(*out_.back());
        auto& d = diags_.report<diag::syntax_error>(at, fmt::format("expected a value after `{}`", lineBefore(at)));
        d.here("nothing follows on this line");
        if (textOf(*out_.back()) == "%") d.help("`%` is the remainder of a division; ninety percent is `90 pct`");
        push(AfdLexer::BAD_QUANTITY, "");
        previousType = AfdLexer::BAD_QUANTITY;
      }

      if (isDot(previousType) && (newline || type == s.brace[1])) {
        auto at = rangeOf(*out_.back());
        diags_.report<diag::syntax_error>(at, fmt::format("expected a name after `{}`", lineBefore(at)));
        out_.pop_back();
        previousType = out_.empty() ? size_t{AfdParser::SEP} : out_.back()->getType();
      }

      bool inBlock = nest_.empty() || top() == s.brace[0];
      bool separates =
          newline && inBlock && !s.trails[previousType] && (end || !s.leads[type]) && previousType != AfdParser::SEP;
      if (separates) push(AfdParser::SEP, "\n");
      if (end) {
        while (!nest_.empty()) supplyCloser(s, "the file ends first");
        out_.push_back(std::move(t));
        return;
      }
      if (type == s.brace[0] || type == s.square[0] || type == s.round[0]) {
        nest_.push_back({type, rangeOf(*t), t->getLine(), indentOf(t->getLine())});
        if (nest_.size() > static_cast<size_t>(kDeepestNesting)) {
          // Nothing sensible nests like this, and predicting over it would take forever: stop reading here.
          diags_.report<diag::nested_too_deep>(rangeOf(*t), kDeepestNesting);
          out_.clear();
          out_.push_back(std::move(raw_.back()));
          return;
        }
      } else if ((type == s.brace[1] && top() == s.brace[0]) || (type == s.square[1] && top() == s.square[0]) ||
                 (type == s.round[1] && top() == s.round[0]))
        nest_.pop_back();
      previousLine = t->getLine();
      previousType = type;
      out_.push_back(std::move(t));
    }
  }

  bool isOperator(size_t type) const {
    const auto& words = literalNames();
    static constexpr std::string_view operators[] = {"'+'",  "'-'",   "'*'",   "'/'",  "'%'",  "'^'",
                                                     "'..'", "'..='", "'<'",   "'<='", "'>'",  "'>='",
                                                     "'=='", "'!='",  "'and'", "'or'", "'not'"};
    return std::find(std::begin(operators), std::end(operators), words[type]) != std::end(operators);
  }
  bool isDot(size_t type) const { return type < literalNames().size() && literalNames()[type] == "'.'"; }
  static const std::vector<std::string>& literalNames() {
    static const std::vector<std::string> names = [] {
      std::vector<std::string> all;
      const auto& words = AfdLexer(nullptr).getVocabulary();
      for (size_t i = 0; i <= words.getMaxTokenType(); ++i) all.push_back(words.getLiteralName(i));
      return all;
    }();
    return names;
  }

  /// The author's text from the start of the line (or member) up to and including `at`: "hidden =".
  std::string lineBefore(SourceRange at) const {
    size_t begin = text_.find_last_of("\n,{", at.begin > 0 ? at.begin - 1 : 0);
    begin = begin == std::string_view::npos || begin >= at.begin ? 0 : begin + 1;
    auto piece = text_.substr(begin, at.end - begin);
    size_t first = piece.find_first_not_of(" \t\r\n");
    return std::string(first == std::string_view::npos ? piece : piece.substr(first));
  }

  antlr4::CharStream& input_;
  uint32_t file_;
  const Offsets& offsets_;
  Diagnostics& diags_;
  std::string_view text_;
  Tokens raw_, out_;
  std::vector<Open> nest_;
  bool braceReported_ = false;
  size_t reported_ = SIZE_MAX;  ///< start of a token whose mistake was already reported
};

}  // namespace

Tokens readTokens(antlr4::CharStream& input, uint32_t file, const Offsets& offsets, Diagnostics& diags) {
  return TokenReader(input, file, offsets, diags).read();
}

}  // namespace afdc
