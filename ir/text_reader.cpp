#include "ir/text_reader.h"

#include <fmt/format.h>
#include <llvm/Support/ConvertUTF.h>

#include <algorithm>
#include <cstdlib>

#include "support/escape.h"

namespace afdc::ir {

std::string quoted(std::string_view text) {
  auto special = [](char c) { return c == '"' || c == '\\' || c == '\n'; };
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  for (auto at = text.begin(); at != text.end();) {
    auto plainEnd = std::find_if(at, text.end(), special);
    out.append(at, plainEnd);
    if (plainEnd == text.end()) break;
    out += '\\';
    out += *plainEnd == '\n' ? 'n' : *plainEnd;
    at = plainEnd + 1;
  }
  out += '"';
  return withControlsSpelled(out, [](uint32_t code) { return fmt::format("\\u{{{:x}}}", code); });
}

void TextReader::fail(const std::string& why) const { throw ReadError(fmt::format("line {}: {}", line_, why)); }

std::string TextReader::spelledCharacter() {
  size_t end = text_.find('}', at_);
  if (end == std::string_view::npos || at_ + 1 == end || text_[at_ + 1] != '{') fail("`\\u` without its {code}");
  auto code = std::strtoul(std::string(text_.substr(at_ + 2, end - at_ - 2)).c_str(), nullptr, 16);
  at_ = end;
  char bytes[UNI_MAX_UTF8_BYTES_PER_CODE_POINT], *last = bytes;
  if (!llvm::ConvertCodePointToUTF8(static_cast<unsigned>(code), last)) fail("no character has this code");
  return {bytes, last};
}

void TextReader::advance() {
  token_.clear();
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\n') ++line_;
    if (!std::isspace(static_cast<unsigned char>(text_[at_]))) break;
  }
  if (at_ == text_.size()) return;
  auto wordy = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '%'; };
  char c = text_[at_];
  if (c == '"') {
    token_ = "\"";
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        token_ += text_[at_] == 'n' ? "\n" : text_[at_] == 'u' ? spelledCharacter() : std::string(1, text_[at_]);
      } else {
        token_ += text_[at_];
      }
    }
    if (at_ == text_.size()) fail("string is not closed");
    ++at_;
    return;
  }
  if (wordy(c)) {
    bool digits = std::isdigit(static_cast<unsigned char>(c)) != 0;
    while (at_ < text_.size() && (wordy(text_[at_]) || (digits && (text_[at_] == '-' || text_[at_] == '+') &&
                                                        (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E'))))
      token_ += text_[at_++];
    return;
  }
  static constexpr std::string_view pairs[] = {"->", "<=", ">=", "++", "<-"};
  for (auto pair : pairs)
    if (text_.substr(at_, 2) == pair) {
      token_ = pair;
      at_ += 2;
      return;
    }
  token_ = text_[at_++];
}

bool TextReader::accept(std::string_view token) {
  if (token_ != token) return false;
  advance();
  return true;
}

void TextReader::expect(std::string_view token) {
  if (!accept(token)) fail(fmt::format("expected `{}`, found `{}`", token, token_));
}

std::string TextReader::word() {
  if (token_.empty() || token_[0] == '"') fail("expected a word");
  std::string out = token_;
  advance();
  return out;
}

std::string TextReader::string() {
  if (token_.empty() || token_[0] != '"') fail(fmt::format("expected a string, found `{}`", token_));
  std::string out = token_.substr(1);
  advance();
  return out;
}

double TextReader::number() {
  bool negative = accept("-");
  std::string text = word();
  char* end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  if (*end != 0) fail(fmt::format("`{}` is not a number", text));
  return negative ? -value : value;
}

uint32_t TextReader::index() { return static_cast<uint32_t>(number()); }

ExprId TextReader::term(ExprPool& pool, Strings& strings) {
  if (accept("(")) {
    ExprId a = term(pool, strings);
    std::string op = word();
    ExprId b = term(pool, strings);
    expect(")");
    static constexpr std::pair<std::string_view, ExprOp> ops[] = {
        {"+", ExprOp::Add},   {"-", ExprOp::Sub},     {"*", ExprOp::Mul},     {"/", ExprOp::Div},
        {"<", ExprOp::Less},  {"<=", ExprOp::LessEq}, {">", ExprOp::Greater}, {">=", ExprOp::GreaterEq},
        {"and", ExprOp::And}, {"or", ExprOp::Or}};
    for (auto [name, code] : ops)
      if (name == op) return pool.make(code, a, b);
    fail(fmt::format("unknown operator `{}`", op));
  }
  if (at("-") || std::isdigit(static_cast<unsigned char>(token_.empty() ? 'x' : token_[0])) || at("inf") || at("nan"))
    return pool.constant(number());
  std::string name = word();
  if (name == "metric") return pool.metric(strings.intern(string()));
  static constexpr std::pair<std::string_view, ExprOp> calls[] = {{"min", ExprOp::Min},
                                                                  {"max", ExprOp::Max},
                                                                  {"ceil", ExprOp::Ceil},
                                                                  {"floor", ExprOp::Floor},
                                                                  {"not", ExprOp::Not}};
  for (auto [call, code] : calls)
    if (call == name) {
      expect("(");
      ExprId a = term(pool, strings), b{};
      if (code == ExprOp::Min || code == ExprOp::Max) {
        expect(",");
        b = term(pool, strings);
      }
      expect(")");
      return pool.make(code, a, b);
    }
  for (size_t i = 0; i < kSymbolNames.size(); ++i)
    if (kSymbolNames[i] == name) return pool.symbol(static_cast<Symbol>(i));
  if (Axis axis = axisNamed(name); axis != Axis::None) return pool.degree(axis);
  fail(fmt::format("unknown symbol `{}`", name));
}

ExprId TextReader::expr(ExprPool& pool, Strings& strings) { return term(pool, strings); }

}  // namespace afdc::ir
