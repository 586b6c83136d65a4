#include "frontend/syntax/headings.h"

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

}  // namespace afdc
