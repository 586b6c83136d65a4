#include "frontend/syntax/parse.h"

#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/error_strategy.h"
#include "frontend/syntax/habits.h"
#include "frontend/syntax/headings.h"
#include "frontend/syntax/layout.h"
#include "frontend/syntax/odd_text.h"
#include "frontend/syntax/parser_tokens.h"
#include "frontend/syntax/tree_builder.h"
#include "support/text.h"

namespace afdc {

using afd::AfdParser;
using namespace ast;

namespace {

// What people write has a thousandth of this. More is generated or damaged, and would take seconds and gigabytes.
constexpr size_t kMostTokens = 200'000;
constexpr uint32_t kLongestToken = 65'536;

/// Runs the generated parser over some tokens of a file and hands its tree to `use`.
template <class Use>
void parseTokens(std::span<const Token> tokens, uint32_t file, Diagnostics& diags, Use&& use) {
  static const ParserTypes types(AfdParser(nullptr).getVocabulary());
  ParserTokens stream(tokens, types);
  AfdParser parser(&stream);
  parser.removeErrorListeners();
  parser.setErrorHandler(std::make_shared<BodyErrorStrategy>(diags, file));
  // The grammar is SLL: full LL would give the same trees, more slowly.
  parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(antlr4::atn::PredictionMode::SLL);
  try {
    use(parser);
  } catch (const afd::BoundedParser::TooDeep& deep) {
    uint32_t at = ours(deep.at).begin;
    diags.report<diag::nested_too_deep>({file, at, at + 1}, kDeepestNesting);
  }
}

/// Who has written a text.
enum class Author : uint8_t { Person, Library };

/// The tokens of a file for the parser; none of a file that is not text.
std::vector<Token> tokensOf(uint32_t file, uint32_t from, Diagnostics& diags, Author author = Author::Person) {
  const auto& source = diags.sources().file(file);
  size_t bad = 0;
  if (!validUtf8(source.text(), bad)) {
    auto at = static_cast<uint32_t>(bad);
    diags.report<diag::unreadable_file>({file, at, at}, source.name(), "not valid UTF-8");
    return {};
  }
  // No word of a command line and no name of a file can hold it, so that no text may.
  if (size_t nul = source.text().find('\0'); nul != std::string_view::npos) {
    auto at = static_cast<uint32_t>(nul);
    diags.report<diag::unreadable_file>({file, at, at}, source.name(), "it holds the character NUL, so it is no text");
    return {};
  }
  auto tokens = readTokens(source.text(), from);
  if (tokens.size() > kMostTokens) {
    diags.report<diag::too_long>({file, 0, 0}, source.name(), fmt::format("{} words and signs", tokens.size()),
                                 kMostTokens);
    return {};
  }
  for (const auto& t : tokens) {
    if (t.end - t.begin <= kLongestToken) continue;
    diags.report<diag::too_long>({file, t.begin, t.begin + 1}, t.kind == TokenKind::Name ? "this name" : "this text",
                                 fmt::format("{} bytes", t.end - t.begin), kLongestToken);
    return {};
  }
  if (author == Author::Person) tokens = readHabits(readOddText(std::move(tokens), file, diags), file, diags);
  return layOut(std::move(tokens), file, diags);
}

void parseWhole(std::span<const Token> tokens, Diagnostics& diags, Module& module) {
  parseTokens(tokens, module.file, diags, [&](AfdParser& parser) { buildModule(parser.module(), diags, module); });
}

/// Parses each declaration when it is first asked for. Keeps the tokens of the file for that.
class LateBodies final : public BodyParser {
 public:
  LateBodies(std::vector<Token> tokens, Diagnostics& diags, Module& module)
      : tokens_(std::move(tokens)), diags_(diags), module_(module) {}

  /// Finds the declarations by their first tokens; editions and imports are parsed at once.
  void readHeadings() {
    for (size_t begin = 0; begin < tokens_.size();) {
      size_t end = endOfTopLevel(tokens_, begin);
      if (auto heading = headingOf(tokens_, begin))
        add(*heading, begin, end);
      else
        parseWhole(std::span(tokens_).subspan(begin, end - begin), diags_, module_);
      begin = end + 1;
    }
  }

  const DeclBody* parse(const Decl& decl) override {
    Module one;  // the nodes go to the module that keeps them; only the list of declarations is this one's
    one.file = module_.file;
    std::swap(one.arena, module_.arena);
    parseWhole(std::span(tokens_).subspan(decl.firstToken, decl.endToken - decl.firstToken), diags_, one);
    std::swap(one.arena, module_.arena);
    static const DeclBody nothing;
    return one.decls.empty() ? &nothing : one.decls.front().parsed;
  }

 private:
  std::string_view textOfFile() const { return diags_.sources().file(module_.file).text(); }

  void add(const Heading& heading, size_t begin, size_t end) {
    auto nameOf = [&](size_t token) -> Name {
      const Token& t = tokens_[token];
      SourceRange range{module_.file, t.begin, t.end};
      auto text = t.of(textOfFile());
      return {t.kind == TokenKind::Text ? text.substr(1, text.size() - 2) : text, range};
    };
    Decl d;
    d.kind = heading.kind;
    d.name = nameOf(heading.name);
    if (d.kind == DeclKind::Block) d.kindName = nameOf(begin);
    d.range = {module_.file, tokens_[begin].begin, tokens_[end - 1].end};
    d.doc = docAbove(textOfFile(), d.range.begin);
    d.parser = this;
    d.firstToken = begin;
    d.endToken = end;
    module_.decls.push_back(d);
  }

  std::vector<Token> tokens_;
  Diagnostics& diags_;
  Module& module_;
};

}  // namespace

std::string_view ast::spelling(Op op) {
  static constexpr std::string_view names[] = {"",   "+",  "-",  "*",  "/",   "%",  "^",   "<", "<=", ">",
                                               ">=", "==", "!=", "in", "and", "or", "not", "-", "..", "..="};
  return names[static_cast<size_t>(op)];
}

std::unique_ptr<Module> parseModule(uint32_t file, Diagnostics& diags) {
  auto module = std::make_unique<Module>();
  module->file = file;
  auto tokens = tokensOf(file, 0, diags);
  if (!tokens.empty()) parseWhole(tokens, diags, *module);
  return module;
}

std::unique_ptr<Module> parseLate(uint32_t file, Diagnostics& diags) {
  auto module = std::make_unique<Module>();
  module->file = file;
  auto bodies = std::make_unique<LateBodies>(tokensOf(file, 0, diags, Author::Library), diags, *module);
  bodies->readHeadings();
  module->bodies = std::move(bodies);
  return module;
}

std::unique_ptr<Module> parseExpression(uint32_t file, uint32_t from, Diagnostics& diags) {
  auto module = std::make_unique<Module>();
  module->file = file;
  parseTokens(tokensOf(file, from, diags), file, diags, [&](AfdParser& parser) {
    auto* body = module->make<DeclBody>();
    body->value = buildExpression(parser.expr(), diags, *module);
    Decl d;
    d.parsed = body;
    d.range = body->value->range;
    module->decls.push_back(d);
  });
  return module;
}

}  // namespace afdc
