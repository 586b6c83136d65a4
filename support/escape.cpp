#include "support/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "support/hash.h"

namespace afdc {

namespace {

/// A character of UTF-8, or a byte that belongs to none.
struct Character {
  uint32_t code;
  size_t bytes;
  bool valid;
};

Character firstOf(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes > text.size()) return {lead, 1, false};
  uint32_t code = lead & (0xFFu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return {lead, 1, false};
    code = code << 6u | (byte(i) & 0x3Fu);
  }
  return {code, bytes, true};
}

/// Is this character obeyed by terminals, browsers or readers of YAML, and not seen?
bool isControl(uint32_t code) {
  struct Span {
    uint32_t first, last;
  };
  static constexpr Span kControls[] = {
      {0x00, 0x1F},      {0x7F, 0x9F},                        // ASCII's, and those of 8-bit terminals
      {0x61C, 0x61C},    {0x200E, 0x200F},                    // marks of direction
      {0x2028, 0x202E},  {0x2066, 0x2069},                    // line ends, embeddings, overrides and isolates
      {0xFEFF, 0xFEFF},  {0xFFF9, 0xFFFB}, {0xFFFE, 0xFFFF},  // byte order, annotations, no characters at all
      {0xE0000, 0xE007F}                                      // tags, which spell text that nobody sees
  };
  return std::any_of(std::begin(kControls), std::end(kControls),
                     [&](const Span& s) { return code >= s.first && code <= s.last; });
}

std::string spelled(uint32_t code) {
  switch (code) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return code < 0x80 ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{:04x}", code);
  }
}

/// `text` with each character as `say` has it.
template <class Say>
std::string eachAs(std::string_view text, Say say) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) out += say(c);
  return out;
}

std::string htmlCharacter(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return std::string(1, c);
  }
}

bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::string withControlsSpelled(std::string_view text, const std::function<std::string(uint32_t)>& spell) {
  auto ascii = [](char c) { return c >= 0x20 && c < 0x7F; };  // nearly all texts are nothing else
  if (std::all_of(text.begin(), text.end(), ascii)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto c = firstOf(text);
    if (c.valid && !isControl(c.code))
      out += text.substr(0, c.bytes);
    else
      out += spell(c.code);
    text.remove_prefix(c.bytes);
  }
  return out;
}

std::string onOneLine(std::string_view text) { return withControlsSpelled(text, spelled); }

std::string printable(std::string_view text) {
  return withControlsSpelled(text, [](uint32_t code) {
    bool layout = code == '\n' || code == '\t';
    return layout ? std::string(1, static_cast<char>(code)) : spelled(code);
  });
}

std::string shellWord(std::string_view text) {
  bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return isWord(c) || std::string_view("_-./:=,@%+").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(text);
  return "'" + eachAs(text, [](char c) { return c == '\'' ? std::string("'\\''") : std::string(1, c); }) + "'";
}

std::string hereDocument(std::string_view name, std::string_view text) {
  // Its end is a line that the text does not have.
  std::string end = "END", lines = fmt::format("\n{}{}", text, text.ends_with('\n') ? "" : "\n");
  while (lines.find("\n" + end + "\n") != std::string::npos) end += "_";
  return fmt::format("cat > {} <<'{}'{}{}\n", shellWord(name), end, lines, end);
}

std::string htmlText(std::string_view text) { return eachAs(printable(text), htmlCharacter); }

std::string htmlAttribute(std::string_view text) {
  return eachAs(text, [](char c) {
    bool lineOrTab = c == '\n' || c == '\r' || c == '\t';  // which a parser would change
    return lineOrTab ? fmt::format("&#{};", static_cast<int>(c)) : htmlCharacter(c);
  });
}

std::string jsonInScript(std::string json) {
  // In JSON it stands in strings only.
  return eachAs(json, [](char c) { return c == '<' ? std::string("\\u003c") : std::string(1, c); });
}

std::string markdownText(std::string_view text) {
  std::string line = onOneLine(text), out;
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    bool afterWord = i > 0 && isWord(line[i - 1]), beforeWord = i + 1 < line.size() && isWord(line[i + 1]);
    bool afterSpace = i > 0 && line[i - 1] == ' ';
    switch (c) {
      case '&':
      case '<':
      case '>': out += htmlCharacter(c); break;
      case '_': out += afterWord && beforeWord ? "_" : "\\_"; break;  // inside of a word it marks nothing
      case '#': out += afterSpace ? "\\#" : "#"; break;               // at the end of a heading it would vanish
      default:
        if (std::string_view("\\`*[]|~$").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
  }
  return out;
}

std::string csvCell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  return '"' + eachAs(text, [](char c) { return std::string(c == '"' ? 2 : 1, c); }) + '"';
}

std::string spreadsheetCell(std::string_view text) {
  bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos;
  bool number = formula && text.size() > 1 && text.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
  return csvCell(formula && !number && text != "-" ? fmt::format("'{}", text) : std::string(text));
}

std::string afdText(std::string_view text) {
  return '"' +
         eachAs(text,
                [](char c) -> std::string {
                  if (c == '\n') return "\\n";
                  if (c == '\t') return "\\t";
                  bool special = c == '"' || c == '\\' || c == '\r';
                  return special ? std::string{'\\', c} : std::string(1, c);
                }) +
         '"';
}

std::string fileName(std::string_view text) {
  constexpr size_t kLongest = 100;
  std::string out;
  for (auto left = text; !left.empty();) {
    auto c = firstOf(left);
    bool plain = c.code < 0x80 ? isWord(left[0]) || std::string_view("._-").find(left[0]) != std::string_view::npos
                               : c.valid && !isControl(c.code) && c.code > 0xA0;
    if (out.size() + c.bytes > kLongest) break;
    out += plain ? left.substr(0, c.bytes) : std::string_view("_");
    left.remove_prefix(c.bytes);
  }
  if (out.empty() || out[0] == '.' || out[0] == '-') out = "_" + out;
  return out == text ? out : fmt::format("{}-{}", out, sha256(text).substr(0, 8));
}

}  // namespace afdc
