// Our tokens against those of the lexer that ANTLR generates from grammar/Afd.g4.
#include "frontend/syntax/tokens.h"

#include <AfdLexer.h>
#include <antlr4-runtime.h>
#include <doctest/doctest.h>

#include <filesystem>
#include <random>

#include "tests/read_file.h"

using namespace afdc;
using afd::AfdLexer;

namespace {

size_t generatedType(const antlr4::dfa::Vocabulary& words, const afdc::Token& t) {
  switch (t.kind) {
    case TokenKind::Name: return AfdLexer::ID;
    case TokenKind::Integer: return AfdLexer::INT;
    case TokenKind::Float: return AfdLexer::FLOAT;
    case TokenKind::Quantity: return AfdLexer::QUANTITY;
    case TokenKind::BadQuantity: return AfdLexer::BAD_QUANTITY;
    case TokenKind::Text: return AfdLexer::STRING;
    case TokenKind::OpenText: return AfdLexer::UNTERMINATED_STRING;
    case TokenKind::Stray: return AfdLexer::ERROR_CHAR;
    case TokenKind::Symbol:
      for (size_t type = 0; type <= words.getMaxTokenType(); ++type)
        if (words.getLiteralName(type) == "'" + std::string(spelling(t.symbol)) + "'") return type;
      return 0;
    default: return 0;
  }
}

/// ASCII only: the generated lexer counts code points.
void checkAgainstGenerated(const std::string& text) {
  antlr4::ANTLRInputStream input(text);
  AfdLexer lexer(&input);
  lexer.removeErrorListeners();
  CAPTURE(text);
  for (const auto& ours : readTokens(text)) {
    auto theirs = lexer.nextToken();
    while (theirs->getChannel() != 0) theirs = lexer.nextToken();
    if (ours.kind == TokenKind::End) {
      CHECK(theirs->getType() == antlr4::Token::EOF);
      break;
    }
    std::string_view spelled = ours.of(text);
    CAPTURE(spelled);
    REQUIRE(theirs->getStartIndex() == ours.begin);
    REQUIRE(theirs->getStopIndex() + 1 == ours.end);
    CHECK(theirs->getLine() == ours.line);
    CHECK(theirs->getType() == generatedType(lexer.getVocabulary(), ours));
  }
}

std::string ascii(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return text;
}

std::vector<std::string> sources() {
  std::vector<std::string> texts;
  for (const char* folder : {"stdlib", "examples", "tests/language"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(AFDC_SOURCE_DIR "/") + folder))
      if (entry.path().extension() == ".afd") texts.push_back(readFile(entry.path().string()));
  return texts;
}

}  // namespace

TEST_CASE("tokens are those of the grammar's lexer, on every file") {
  auto texts = sources();
  REQUIRE(texts.size() > 50);
  for (const auto& text : texts) checkAgainstGenerated(ascii(text));
}

TEST_CASE("tokens are those of the grammar's lexer, on texts made of its difficult pieces") {
  static constexpr std::string_view pieces[] = {"1",  "2_0", "3.5", ".",   "..",    "..=", "e",   "E5",  "e-3",  " ",
                                                "\t", "\n",  "s",   "GB",  "GiB",   "/",   "*",   "$",   "USD",  "tok",
                                                "x",  "_",   "\"",  "\\",  "//",    "B",   "bit", "min", "Kbps", "in",
                                                "=",  "==",  "!",   "!=",  "->",    "-",   "+",   "++",  "{",    "}",
                                                "[",  "(",   ",",   "pct", "param", "h",   "W",   "mW",  "kk",   "if"};
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (unsigned n = random() % 8 + 1; n > 0; --n) text += pieces[random() % std::size(pieces)];
    checkAgainstGenerated(text);
  }
}

TEST_CASE("tokens and their trivia are the whole text") {
  for (const auto& text : sources()) {
    std::string joined;
    for (const auto& t : readTokens(text)) joined += std::string(t.trivia(text)) + std::string(t.of(text));
    CHECK(joined == text);
  }
}
