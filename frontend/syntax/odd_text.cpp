#include "frontend/syntax/odd_text.h"

#include <algorithm>
#include <optional>
#include <span>

#include "frontend/syntax/diagnostics.h"

namespace afdc {

namespace {

struct OddCharacter {
  char32_t code;
  std::string_view meant, name;
};
constexpr OddCharacter kOddCharacters[] = {
#define ODD(code, meant, name) {code, meant, name},
#include "frontend/syntax/odd_characters.def"
#undef ODD
};

constexpr char32_t kByteOrderMark = 0xFEFF;
constexpr char32_t kFullWidth = 0xFF01, kFullWidthEnd = 0xFF5E;  // of the characters from `!` to `~`
/// The letters from U+00C0 on without their accents; `?` is none of them.
constexpr char32_t kAccented = 0xC0;
constexpr std::string_view kWithoutAccents =
    "AAAAAA?CEEEEIIII?NOOOOO??UUUUY??aaaaaa?ceeeeiiii?nooooo??uuuuy?yAaAaAaCcCcCcCcDd??EeEeEeEeEeGgGgGgGgHh??IiIiIiIiI?"
    "??"
    "JjKk?LlLlLl????NnNnNn???OoOoOo??RrRrRrSsSsSsSsTtTt??UuUuUuUuUuUuWwYyYZzZzZz?";
/// The zeros of other scripts; nine digits follow each.
constexpr char32_t kZeros[] = {0x0660, 0x06F0, 0x0966, 0x1D7CE, 0x1D7EC, 0x1D7F6};

/// Quotes that open or close a text where `"` is meant; all of a kind close what one of them opens.
using Quotes = std::span<const std::string_view>;
constexpr std::string_view kDoubleQuotes[] = {"\"",     "\u201C", "\u201D", "\u201E", "\u201F", "\u00AB",
                                              "\u00BB", "\u2033", "\uFF02", "\u300C", "\u300D"};
constexpr std::string_view kSingleQuotes[] = {"'", "`", "\u2018", "\u2019", "\u201B", "\u2032", "\u00B4", "\uFF07"};

struct Decoded {
  char32_t code;
  size_t length;
};
Decoded decode(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  length = std::min(length, text.size());
  char32_t code = length == 1 ? lead : lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) code = (code << 6u) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  return {code, length};
}

bool isWordPart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool isDigitAt(std::string_view text, size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; }

/// A character outside ASCII: what it is meant for, and its name. Neither where it is no letter and nothing like one of
/// ours.
struct Meaning {
  std::string meant, name;
};
std::optional<Meaning> meaningOf(char32_t code) {
  const auto* known = std::ranges::find(kOddCharacters, code, &OddCharacter::code);
  if (known != std::end(kOddCharacters)) return Meaning{std::string(known->meant), std::string(known->name)};
  if (code >= kFullWidth && code <= kFullWidthEnd) {
    char plain = static_cast<char>(code - kFullWidth + '!');
    return Meaning{std::string(1, plain), fmt::format("full-width {}", plain)};
  }
  for (char32_t zero : kZeros)
    if (code >= zero && code < zero + 10)
      return Meaning{std::string(1, static_cast<char>('0' + code - zero)), "a digit of another script"};
  if (code >= kAccented && code - kAccented < kWithoutAccents.size() && kWithoutAccents[code - kAccented] != '?')
    return Meaning{std::string(1, kWithoutAccents[code - kAccented]), "letter with an accent"};
  // Marks, arrows and pictures mean nothing; what remains are letters. A name made of them stays one of its own.
  bool mark = code < kAccented || (code >= 0x2000 && code < 0x2C00) || (code >= 0x3000 && code < 0x3040) ||
              (code >= 0xFE00 && code < 0xFE70) || (code >= 0x1F000 && code < 0x20000);
  if (mark) return std::nullopt;
  return Meaning{fmt::format("u{:X}", static_cast<uint32_t>(code)), "letter"};
}

/// Reads a text once and writes the text that is meant, which tokens can be read from.
class OddTextReader {
 public:
  OddTextReader(uint32_t file, uint32_t from, Diagnostics& diags)
      : file_(file), diags_(diags), text_(diags.sources().file(file).text()), at_(from) {}

  std::vector<Token> read() {
    if (at_ == 0 && !text_.empty() && decode(text_).code == kByteOrderMark) at_ = decode(text_).length;
    uint32_t from = static_cast<uint32_t>(at_);
    while (at_ < text_.size()) step();
    auto tokens = readTokens(meant_);
    for (auto& t : tokens) place(t, from);
    return tokens;
  }

 private:
  SourceRange range(size_t begin, size_t end) const {
    return {file_, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  }
  std::string_view rest(size_t at) const { return text_.substr(std::min(at, text_.size())); }
  size_t lineEnd(size_t at) const { return std::min(text_.find_first_of("\r\n", at), text_.size()); }

  /// From the text that is meant back to the one that is written.
  void place(Token& t, uint32_t from) const {
    auto begin = [&](uint32_t at) { return at < begins_.size() ? begins_[at] : static_cast<uint32_t>(text_.size()); };
    auto end = [&](uint32_t at) { return at == 0 ? from : ends_[at - 1]; };
    uint32_t first = t.begin;
    t.lead = end(t.lead);
    t.begin = begin(first);
    t.end = t.end == first ? t.begin : end(t.end);
  }

  /// Stands `meant` for the text from here to `end`.
  void write(std::string_view meant, size_t end) {
    for (char c : meant) {
      meant_ += c;
      begins_.push_back(static_cast<uint32_t>(at_));
      ends_.push_back(static_cast<uint32_t>(end));
    }
    at_ = end;
  }
  void copy(size_t end) {
    while (at_ < end) write(text_.substr(at_, 1), at_ + 1);
  }

  void step() {
    char c = text_[at_];
    if (rest(at_).starts_with("//")) return copy(lineEnd(at_));
    if (rest(at_).starts_with("/*")) return blockComment();
    if (c == '#') return hashComment();
    if (c == '\'' && at_ > 0 && isDigitAt(text_, at_ - 1) && isDigitAt(text_, at_ + 1)) return digitSeparator();
    if (quoteAt(at_, kDoubleQuotes)) return quoted(kDoubleQuotes);
    if (quoteAt(at_, kSingleQuotes)) return quoted(kSingleQuotes);
    if (static_cast<unsigned char>(c) < 0x80) return copy(at_ + 1);
    oddCharacters();
  }

  // ---- characters ----------------------------------------------------------------------------------------------

  /// One message for a run of blanks, for a mark, or for all of a word.
  void oddCharacters() {
    auto [code, length] = decode(rest(at_));
    auto first = meaningOf(code);
    if (!first) return copy(at_ + length);  // a stray character, which the layout reports
    size_t begin = at_;
    bool letter = !first->meant.empty() && isWordPart(first->meant[0]);
    while (at_ < text_.size()) {
      if (letter && isWordPart(text_[at_])) {
        copy(at_ + 1);
        continue;
      }
      if (static_cast<unsigned char>(text_[at_]) < 0x80) break;
      auto next = decode(rest(at_));
      auto meaning = meaningOf(next.code);
      bool sameKind = meaning && (letter ? meaning->meant.empty() || isWordPart(meaning->meant[0])
                                         : meaning->meant == first->meant);
      if (!sameKind) break;
      write(meaning->meant, at_ + next.length);
    }
    auto& d =
        diags_.report<diag::odd_character>(range(begin, begin + length), static_cast<uint32_t>(code), first->name);
    if (first->meant.empty()) {
      d.fixes.push_back({range(begin, at_), "", "remove it"});
    } else if (!letter) {
      bool blank = first->meant == " ";
      d.fixes.push_back(
          {range(begin, at_), first->meant, blank ? "write a plain space" : "write `" + first->meant + "`"});
    } else if (first->name == "letter") {
      d.help("names are made of the letters a to z and A to Z, digits and `_`");
    } else {
      size_t wordBegin = begin;
      while (wordBegin > 0 && isWordPart(text_[wordBegin - 1])) --wordBegin;
      auto word = range(wordBegin, at_);
      d.fix(word, plainText(diags_.sources().text(word)));
    }
  }

  /// `10'000`
  void digitSeparator() {
    diags_.report<diag::other_language>(range(at_, at_ + 1), "groups of digits are joined by `_` or by nothing", "'")
        .fix(range(at_, at_ + 1), "_");
    write("_", at_ + 1);
  }

  // ---- comments ------------------------------------------------------------------------------------------------

  void notAComment(size_t end, std::string_view sign, std::string_view content) {
    auto& d = diags_.report<diag::other_language>(range(at_, at_ + sign.size()), "a comment begins with `//`", sign);
    auto behind = text_.substr(end, lineEnd(end) - end);
    bool lastOnLine = behind.find_first_not_of(" \t") == std::string_view::npos;
    if (!lastOnLine || content.find('\n') != std::string_view::npos) {
      d.help("each of its lines begins with `//`, and nothing else can follow on them");
      return;
    }
    size_t first = content.find_first_not_of(" \t*"), last = content.find_last_not_of(" \t*");
    auto words = first == std::string_view::npos ? std::string_view() : content.substr(first, last + 1 - first);
    d.fix(range(at_, end), fmt::format("// {}", words));
  }

  /// Blanks for a comment, which keep its line breaks.
  void skip(size_t end) {
    while (at_ < end) write(text_[at_] == '\n' ? "\n" : " ", at_ + 1);
  }

  void blockComment() {
    size_t closer = text_.find("*/", at_ + 2);
    size_t end = closer == std::string_view::npos ? lineEnd(at_) : closer + 2;
    notAComment(end, "/*", text_.substr(at_ + 2, (closer == std::string_view::npos ? end : closer) - at_ - 2));
    skip(end);
  }

  void hashComment() {
    size_t end = lineEnd(at_);
    notAComment(end, "#", text_.substr(at_ + 1, end - at_ - 1));
    skip(end);
  }

  // ---- texts ---------------------------------------------------------------------------------------------------

  /// The length of the quote there; 0 when there is none.
  size_t quoteAt(size_t at, Quotes quotes) const {
    for (auto quote : quotes)
      if (rest(at).starts_with(quote)) return quote.size();
    return 0;
  }

  /// Where the quote stands that closes the text opened here; the end of the file when none does.
  size_t closerOf(size_t opener, Quotes quotes) const {
    bool plain = text_[at_] == '"';
    size_t odd = text_.size();
    for (size_t i = at_ + opener, end = lineEnd(at_); i < end; ++i) {
      if (text_[i] == '\\') {
        ++i;
        continue;
      }
      size_t length = quoteAt(i, quotes);
      bool apostrophe = length && text_[at_] != '"' && i + length < end && isWordPart(text_[i + length]);
      if (!length || apostrophe) continue;
      if (!plain || text_[i] == '"') return i;  // "so it is with “these” inside"
      odd = std::min(odd, i);
    }
    return odd;
  }

  void quoted(Quotes quotes) {
    size_t opener = quoteAt(at_, quotes), closer = closerOf(opener, quotes);
    if (closer == text_.size()) return unclosed(opener);
    size_t end = closer + quoteAt(closer, quotes);
    bool plain = text_[at_] == '"' && text_[closer] == '"';
    if (!plain) {
      size_t odd = text_[at_] == '"' ? closer : at_;
      auto quote = text_.substr(odd, quoteAt(odd, quotes));
      auto [code, length] = decode(quote);
      auto shown = code < 0x80 ? std::string(quote) : fmt::format("{} (U+{:04X})", quote, static_cast<uint32_t>(code));
      std::string content;
      for (char c : text_.substr(at_ + opener, closer - at_ - opener)) content += c == '"' ? "\\\"" : std::string(1, c);
      diags_.report<diag::other_language>(range(at_, end), "a text stands in plain double quotes, `\"`", shown)
          .fix(range(at_, end), '"' + content + '"');
    }
    if (plain) return copy(end);
    write("\"", at_ + opener);
    while (at_ < closer) write(text_[at_] == '"' ? "_" : text_.substr(at_, 1), at_ + 1);
    write("\"", end);
  }

  /// A quote alone on its line: the other one is missing behind the text, or before it.
  void unclosed(size_t opener) {
    size_t end = lineEnd(at_);
    // Brackets and commas at the end of the line are not part of the text.
    size_t last = text_.find_last_not_of(" \t{}[](),;", end - 1);
    size_t textEnd = last == std::string_view::npos || last < at_ + opener ? at_ + opener : last + 1;
    size_t begin = textBefore();
    // A quote that opens a text has a blank or a bracket before it.
    bool closes =
        text_[at_] == '"' && at_ > 0 && std::string_view(" \t\n=([,").find(text_[at_ - 1]) == std::string_view::npos;
    if ((closes || textEnd == at_ + opener) && begin < at_) {
      textEnd = at_ + opener;
      diags_.report<diag::unterminated_string>(range(begin, textEnd), "opened").fix(range(begin, begin), "\"");
      size_t written = meant_.size();
      while (written > 0 && begins_[written - 1] >= begin) --written;
      for (size_t i = written; i < meant_.size(); ++i)
        if (meant_[i] == '"' || meant_[i] == '\\') meant_[i] = '_';
      meant_.insert(written, 1, '"');
      begins_.insert(begins_.begin() + static_cast<std::ptrdiff_t>(written), static_cast<uint32_t>(begin));
      ends_.insert(ends_.begin() + static_cast<std::ptrdiff_t>(written), static_cast<uint32_t>(begin));
      return write("\"", at_ + opener);
    }
    diags_.report<diag::unterminated_string>(range(at_, textEnd), "closed").fix(range(textEnd, textEnd), "\"");
    write("\"", at_ + opener);
    while (at_ < textEnd) write(text_[at_] == '\\' ? "_" : text_.substr(at_, 1), at_ + 1);
    meant_ += '"';
    begins_.push_back(static_cast<uint32_t>(textEnd));
    ends_.push_back(static_cast<uint32_t>(textEnd));
  }

  /// Where a text that ends here must have begun: behind the last mark or word on this line that a text follows.
  size_t textBefore() const {
    size_t line = text_.find_last_of('\n', at_);
    line = line == std::string_view::npos ? 0 : line + 1;
    auto before = text_.substr(line, at_ - line);
    size_t begin = std::string_view::npos;
    for (size_t i = 0; i < before.size(); ++i) {
      if (std::string_view("=([,").find(before[i]) != std::string_view::npos) begin = i + 1;
      for (std::string_view word : {"else ", "import ", "test "})
        if (before.substr(i).starts_with(word) && (i == 0 || !isWordPart(before[i - 1]))) begin = i + word.size();
    }
    if (begin == std::string_view::npos) return at_;
    begin = before.find_first_not_of(" \t", begin);
    return begin == std::string_view::npos ? at_ : line + begin;
  }

  uint32_t file_;
  Diagnostics& diags_;
  std::string_view text_;
  size_t at_;
  std::string meant_;
  std::vector<uint32_t> begins_, ends_;  ///< of each byte that is meant: what it stands for
};

bool oddAmong(const std::vector<Token>& tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind == TokenKind::Stray || tokens[i].kind == TokenKind::OpenText) return true;
    if (tokens[i].is(Symbol::Slash) && tokens[i + 1].is(Symbol::Star) && tokens[i].end == tokens[i + 1].begin)
      return true;
  }
  return false;
}

}  // namespace

std::vector<Token> readOddText(std::vector<Token> tokens, uint32_t file, Diagnostics& diags) {
  if (!oddAmong(tokens)) return tokens;
  return OddTextReader(file, tokens.front().lead, diags).read();
}

bool isPlain(std::string_view piece) {
  bool number = isDigitAt(piece, 0);
  return std::ranges::all_of(
      piece, [&](char c) { return static_cast<unsigned char>(c) < 0x80 && !(number && (c == ',' || c == '\'')); });
}

std::string plainText(std::string_view piece) {
  std::string out;
  for (size_t at = 0; at < piece.size();) {
    auto [code, length] = decode(piece.substr(at));
    auto meaning = code < 0x80 ? std::nullopt : meaningOf(code);
    bool grouping = (code == ',' || code == '\'') && isDigitAt(piece, 0);
    if (meaning)
      out += meaning->meant;
    else if (!grouping)
      out += piece.substr(at, length);
    at += length;
  }
  return out;
}

std::string_view withoutQuotes(std::string_view text) {
  for (Quotes quotes : {Quotes(kDoubleQuotes), Quotes(kSingleQuotes)}) {
    auto opener = std::ranges::find_if(quotes, [&](auto quote) { return text.starts_with(quote); });
    if (opener == quotes.end()) continue;
    text.remove_prefix(opener->size());
    auto closer = std::ranges::find_if(quotes, [&](auto quote) { return text.ends_with(quote); });
    if (closer != quotes.end()) text.remove_suffix(closer->size());
    break;
  }
  return text;
}

}  // namespace afdc
