#include "frontend/syntax/format.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

namespace afdc {
namespace {

enum class Tok { Word, Number, String, Punct, Comment };

struct Piece {
  Tok kind;
  std::string_view text;
  bool spaced = false;  ///< had blanks before it
};

struct Line {
  std::vector<Piece> pieces;
  bool blank() const { return pieces.empty(); }
};

std::vector<Line> readLines(std::string_view text) {
  std::vector<Line> lines(1);
  bool spaced = false;
  auto wordy = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; };
  auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if (c == '\n') {
      lines.emplace_back();
      spaced = false;
      ++i;
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\r') {
      spaced = true;
      ++i;
      continue;
    }
    size_t begin = i;
    Tok kind = Tok::Punct;
    if (c == '/' && i + 1 < text.size() && text[i + 1] == '/') {
      kind = Tok::Comment;
      while (i < text.size() && text[i] != '\n') ++i;
      size_t end = i;
      while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t' || text[end - 1] == '\r')) --end;
      lines.back().pieces.push_back({kind, text.substr(begin, end - begin), spaced});
      continue;
    }
    if (c == '"') {
      kind = Tok::String;
      for (++i; i < text.size() && text[i] != '"' && text[i] != '\n'; ++i)
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
      if (i < text.size() && text[i] == '"') ++i;
    } else if (digit(c)) {
      kind = Tok::Number;
      while (i < text.size() && (digit(text[i]) || text[i] == '_')) ++i;
      if (i + 1 < text.size() && text[i] == '.' && digit(text[i + 1]))
        for (++i; i < text.size() && (digit(text[i]) || text[i] == '_');) ++i;
      if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        size_t k = i + 1;
        if (k < text.size() && (text[k] == '+' || text[k] == '-')) ++k;
        if (k < text.size() && digit(text[k]))
          for (i = k; i < text.size() && digit(text[i]);) ++i;
      }
    } else if (wordy(c)) {
      kind = Tok::Word;
      while (i < text.size() && wordy(text[i])) ++i;
    } else {
      static constexpr std::string_view longer[] = {"..=", "..", "->", "++", "<=", ">=", "==", "!="};
      size_t length = 1;
      for (auto op : longer)
        if (text.substr(i, op.size()) == op) {
          length = op.size();
          break;
        }
      // A multi-byte character outside strings is never valid, but must not be torn apart.
      if (static_cast<unsigned char>(c) >= 0x80)
        while (i + length < text.size() && (static_cast<unsigned char>(text[i + length]) & 0xC0u) == 0x80u) ++length;
      i += length;
    }
    lines.back().pieces.push_back({kind, text.substr(begin, i - begin), spaced});
    spaced = false;
  }
  return lines;
}

bool isKeyword(std::string_view word) {
  static const std::set<std::string_view> words = {
      "if",    "then",      "else", "in",     "and",   "or",    "not",    "for",     "return",   "let",      "extends",
      "where", "plausible", "by",   "window", "class", "graph", "expect", "require", "minimize", "maximize", "only"};
  return words.count(word) != 0;
}

bool opens(std::string_view t) { return t == "{" || t == "[" || t == "("; }
bool closes(std::string_view t) { return t == "}" || t == "]" || t == ")"; }

/// Is there a blank between `a` and `b` (whose neighbour before `a` is `before`)?
bool blankBetween(const Piece* before, const Piece& a, const Piece& b) {
  auto x = a.text, y = b.text;
  if (b.kind == Tok::Comment) return true;
  if (x == "(" || x == "[" || y == ")" || y == "]" || y == "," || y == "?") return false;
  if (x == "." || y == "." || x == ".." || y == ".." || x == "..=" || y == "..=") return false;
  bool ends = a.kind != Tok::Punct || closes(x);
  if (y == "(" || y == "[") return !((a.kind == Tok::Word && !isKeyword(x)) || x == ")" || x == "]");
  // A sign: nothing that could be subtracted from stands before it.
  if (x == "-") {
    bool binary = before && (before->kind == Tok::Number || before->kind == Tok::String || closes(before->text) ||
                             (before->kind == Tok::Word && !isKeyword(before->text)));
    if (!binary) return false;
  }
  bool tight = x == "*" || x == "/" || x == "^" || x == "%" || y == "*" || y == "/" || y == "^" || y == "%";
  if (tight) {
    // `Bytes/Time`, `GB/s`, `a * b`: as the author wrote it, the same on both sides.
    if (y == "*" || y == "/" || y == "^" || y == "%") return b.spaced;
    return a.spaced;
  }
  (void)ends;
  return true;
}

struct Rendered {
  std::string indent, code, comment;
  int depth = 0;
  size_t alignAt = std::string::npos;  ///< where `=` or `:` of a member starts in `code`
  std::string alignKind;
};

/// The column of the first `=` (or `:`) outside brackets, when the line is one plain member.
void findAlignment(const Line& line, const std::vector<size_t>& starts, Rendered& out) {
  int depth = 0;
  for (size_t i = 0; i < line.pieces.size(); ++i) {
    auto t = line.pieces[i].text;
    if (line.pieces[i].kind == Tok::Comment) return;
    if (opens(t)) ++depth;
    if (closes(t)) --depth;
    if (depth == 0 && i > 0 && (t == "=" || t == ":")) {
      out.alignAt = starts[i];
      auto first = line.pieces[0].text;
      bool declaration = isKeyword(first) || first == "op" || first == "weight" || first == "cache" || first == "state";
      out.alignKind = std::string(t) + (declaration ? std::string(first) : "");
      return;
    }
    if (opens(t)) return;
  }
}

}  // namespace

std::string formatSource(std::string_view text) {
  std::vector<Line> lines = readLines(text);
  std::vector<Rendered> out;
  int depth = 0;
  bool lastBlank = true, afterOpen = false;
  for (const auto& line : lines) {
    if (line.blank()) {
      if (!lastBlank && !afterOpen) out.emplace_back();
      lastBlank = true;
      continue;
    }
    lastBlank = false;
    Rendered r;
    int leading = 0;
    for (const auto& p : line.pieces) {
      if (!closes(p.text) || p.kind != Tok::Punct) break;
      ++leading;
    }
    if (leading > 0 && !out.empty() && out.back().code.empty() && out.back().comment.empty())
      out.pop_back();  // no blank before `}`
    auto head = line.pieces[0].text;
    bool continues = (head == "then" || head == "else" || head == "->" || head == "++" || head == "and" ||
                      head == "or" || head == "+" || head == "*") &&
                     depth >= 0;
    r.depth = std::max(0, depth - leading + (continues && line.pieces[0].kind != Tok::Comment ? 1 : 0));
    r.indent = std::string(static_cast<size_t>(2 * r.depth), ' ');
    std::vector<size_t> starts;
    for (size_t i = 0; i < line.pieces.size(); ++i) {
      const auto& p = line.pieces[i];
      if (p.kind == Tok::Comment) {
        r.comment = p.text;
        break;
      }
      if (i > 0 && blankBetween(i > 1 ? &line.pieces[i - 2] : nullptr, line.pieces[i - 1], p)) r.code += ' ';
      starts.push_back(r.code.size());
      r.code += p.text;
      if (p.kind == Tok::Punct) depth += opens(p.text) ? 1 : closes(p.text) ? -1 : 0;
    }
    depth = std::max(0, depth);
    starts.resize(line.pieces.size(), 0);
    findAlignment(line, starts, r);
    afterOpen = !r.code.empty() && (r.code.back() == '{' || r.code.back() == '[' || r.code.back() == '(');
    out.push_back(std::move(r));
  }
  while (!out.empty() && out.back().code.empty() && out.back().comment.empty()) out.pop_back();

  // Align `=` and `:` in runs of neighbouring members, then trailing comments in runs of neighbouring lines.
  for (size_t i = 0; i < out.size();) {
    size_t end = i + 1;
    if (out[i].alignAt != std::string::npos) {
      while (end < out.size() && out[end].alignAt != std::string::npos && out[end].depth == out[i].depth &&
             out[end].alignKind == out[i].alignKind)
        ++end;
      size_t column = 0;
      for (size_t k = i; k < end; ++k) column = std::max(column, out[k].alignAt);
      for (size_t k = i; k < end; ++k) out[k].code.insert(out[k].alignAt, std::string(column - out[k].alignAt, ' '));
    }
    i = end;
  }
  for (size_t i = 0; i < out.size();) {
    size_t end = i + 1;
    auto trailing = [&](size_t k) { return !out[k].code.empty() && !out[k].comment.empty(); };
    if (trailing(i)) {
      while (end < out.size() && trailing(end)) ++end;
      size_t column = 0;
      for (size_t k = i; k < end; ++k) column = std::max(column, out[k].indent.size() + out[k].code.size());
      for (size_t k = i; k < end; ++k)
        out[k].code += std::string(column - out[k].indent.size() - out[k].code.size(), ' ');
    }
    i = end;
  }
  std::string result;
  for (const auto& r : out) {
    if (!r.code.empty() || !r.comment.empty()) {
      result += r.indent + r.code;
      if (!r.comment.empty()) result += (r.code.empty() ? "" : "  ") + r.comment;
    }
    result += '\n';
  }
  return result;
}

}  // namespace afdc
