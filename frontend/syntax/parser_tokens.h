// Our tokens as ANTLR's parser wants them. Private to the parser, so that the ANTLR headers stay out of everything
// else.
#pragma once
#include <AfdParser.h>
#include <antlr4-runtime.h>

#include <array>
#include <span>

#include "frontend/syntax/tokens.h"
#include "support/source.h"

namespace afdc {

/// The generated parser's numbers for our tokens, by kind and by symbol.
class ParserTypes {
 public:
  explicit ParserTypes(const antlr4::dfa::Vocabulary& words) {
    for (size_t type = 0; type <= words.getMaxTokenType(); ++type) {
      std::string literal = words.getLiteralName(type);  // "'schema'"
      if (literal.size() < 3) continue;
      auto text = std::string_view(literal).substr(1, literal.size() - 2);
      symbols_[static_cast<size_t>(readTokens(text).front().symbol)] = type;
    }
  }
  size_t operator()(const Token& t) const {
    switch (t.kind) {
      case TokenKind::End: return antlr4::Token::EOF;
      case TokenKind::Name: return afd::AfdParser::ID;
      case TokenKind::Symbol: return symbols_[static_cast<size_t>(t.symbol)];
      case TokenKind::Integer: return afd::AfdParser::INT;
      case TokenKind::Float: return afd::AfdParser::FLOAT;
      case TokenKind::Quantity: return afd::AfdParser::QUANTITY;
      case TokenKind::Text: return afd::AfdParser::STRING;
      case TokenKind::OpenText: return afd::AfdParser::UNTERMINATED_STRING;
      case TokenKind::Separator: return afd::AfdParser::SEP;
      case TokenKind::BadQuantity:
      case TokenKind::Poison: return afd::AfdParser::BAD_QUANTITY;
      case TokenKind::Stray: return afd::AfdParser::ERROR_CHAR;
    }
    return antlr4::Token::INVALID_TYPE;
  }

 private:
  std::array<size_t, 256> symbols_{};
};

/// A token with its place in the file in bytes. It knows no text: whoever wants that asks the file.
class ParserToken final : public antlr4::Token {
 public:
  ParserToken(size_t type, size_t index, const afdc::Token& token) : type_(type), index_(index), token_(&token) {}
  const afdc::Token& ours() const { return *token_; }
  size_t getType() const override { return type_; }
  size_t getLine() const override { return token_->line; }
  size_t getTokenIndex() const override { return index_; }
  size_t getStartIndex() const override { return token_->begin; }
  size_t getStopIndex() const override { return token_->end - size_t{1}; }
  size_t getCharPositionInLine() const override { return 0; }
  size_t getChannel() const override { return antlr4::Token::DEFAULT_CHANNEL; }
  std::string getText() const override { return {}; }
  antlr4::TokenSource* getTokenSource() const override { return nullptr; }
  antlr4::CharStream* getInputStream() const override { return nullptr; }
  std::string toString() const override { return {}; }

 private:
  size_t type_, index_;
  const afdc::Token* token_;
};

/// The parser reads no other tokens than ours.
inline const Token& ours(const antlr4::Token* t) { return static_cast<const ParserToken*>(t)->ours(); }
inline SourceRange rangeIn(uint32_t file, const antlr4::Token* t) { return {file, ours(t).begin, ours(t).end}; }

/// A run of tokens; reads as ended behind them.
class ParserTokens final : public antlr4::TokenStream {
 public:
  ParserTokens(std::span<const Token> tokens, const ParserTypes& types) {
    end_.lead = end_.begin = end_.end = tokens.empty() ? 0 : tokens.back().end;
    end_.line = tokens.empty() ? 1 : tokens.back().line;
    list_.reserve(tokens.size() + 1);
    for (const auto& t : tokens)
      if (t.kind != TokenKind::End) list_.emplace_back(types(t), list_.size(), t);
    bool ended = !tokens.empty() && tokens.back().kind == TokenKind::End;
    list_.emplace_back(antlr4::Token::EOF, list_.size(), ended ? tokens.back() : end_);
  }
  void consume() override { at_ += at_ + 1 < list_.size(); }
  size_t LA(ssize_t k) override {
    auto* t = LT(k);
    return t ? t->getType() : antlr4::Token::INVALID_TYPE;
  }
  antlr4::Token* LT(ssize_t k) override {
    auto to = static_cast<ssize_t>(at_) + (k > 0 ? k - 1 : k);
    if (k == 0 || to < 0) return nullptr;
    return &list_[std::min(static_cast<size_t>(to), list_.size() - 1)];
  }
  antlr4::Token* get(size_t index) const override { return const_cast<ParserToken*>(&list_[index]); }
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = std::min(index, list_.size() - 1); }
  size_t size() override { return list_.size(); }
  std::string getSourceName() const override { return {}; }
  antlr4::TokenSource* getTokenSource() const override { return nullptr; }
  std::string getText(const antlr4::misc::Interval&) override { return {}; }
  std::string getText() override { return {}; }
  std::string getText(antlr4::RuleContext*) override { return {}; }
  std::string getText(antlr4::Token*, antlr4::Token*) override { return {}; }

 private:
  std::vector<ParserToken> list_;
  Token end_;
  size_t at_ = 0;
};

}  // namespace afdc
