#include "frontend/syntax/headings.h"

#include <algorithm>

namespace afdc {

std::optional<Heading> headingOf(const std::vector<Token>& tokens, size_t at) {
  if (at + 1 >= tokens.size()) return std::nullopt;
  static constexpr std::pair<Symbol, ast::DeclKind> words[] = {
      {Symbol::Let, ast::DeclKind::Let},       {Symbol::Fn, ast::DeclKind::Fn},
      {Symbol::Enum, ast::DeclKind::Enum},     {Symbol::Kind, ast::DeclKind::Kind},
      {Symbol::Schema, ast::DeclKind::Schema}, {Symbol::Intrinsic, ast::DeclKind::Intrinsic}};
  for (auto [word, kind] : words)
    if (tokens[at].is(word)) return Heading{kind, at + 1};
  if (tokens[at].kind == TokenKind::Name) return Heading{ast::DeclKind::Block, at + 1};
  return std::nullopt;
}

size_t endOfTopLevel(const std::vector<Token>& tokens, size_t at) {
  int depth = 0;
  for (; at < tokens.size(); ++at) {
    const Token& t = tokens[at];
    if (t.is(Symbol::LeftBrace) || t.is(Symbol::LeftSquare) || t.is(Symbol::LeftRound)) ++depth;
    if (t.is(Symbol::RightBrace) || t.is(Symbol::RightSquare) || t.is(Symbol::RightRound)) --depth;
    if (t.kind == TokenKind::End || (t.kind == TokenKind::Separator && depth <= 0)) break;
  }
  return at;
}

std::string_view docAbove(std::string_view text, uint32_t offset) {
  size_t end = text.rfind('\n', offset);
  if (end == std::string_view::npos) return {};
  size_t begin = end;
  for (;;) {
    size_t lineBegin = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
    lineBegin = lineBegin == std::string_view::npos ? 0 : lineBegin + 1;
    auto line = text.substr(lineBegin, begin - lineBegin);
    size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line.substr(first, 3) != "///") break;
    begin = lineBegin == 0 ? 0 : lineBegin - 1;
    if (lineBegin == 0) break;
  }
  if (begin == end) return {};
  return text.substr(begin == 0 ? 0 : begin + 1, end - (begin == 0 ? 0 : begin + 1));
}

std::string paragraphOf(std::string_view lines, std::string_view marker) {
  std::string out;
  for (size_t begin = 0; begin < lines.size();) {
    size_t end = std::min(lines.find('\n', begin), lines.size());
    auto line = lines.substr(begin, end - begin);
    begin = end + 1;
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with(marker)) continue;
    line.remove_prefix(std::min(line.find_first_not_of(" \t", marker.size()), line.size()));
    out += (out.empty() ? "" : " ") + std::string(line);
  }
  return out;
}

}  // namespace afdc
