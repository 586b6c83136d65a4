#include "frontend/syntax/error_strategy.h"

#include "frontend/syntax/diagnostics.h"
#include "support/text.h"

#include <algorithm>
#include <cctype>

namespace afdc {

using afd::AfdParser;

namespace {

using Rule = AfdParser;

size_t ruleOf(antlr4::Parser* p) { return static_cast<antlr4::ParserRuleContext*>(p->getContext())->getRuleIndex(); }

bool isBody(antlr4::Parser* p) {
  size_t rule = ruleOf(p);
  return rule == Rule::RuleBlock || rule == Rule::RuleModule || rule == Rule::RuleSchemaDecl ||
         rule == Rule::RuleGraphBody;
}

std::string symbol(antlr4::Parser* p, const antlr4::misc::IntervalSet& set) {
  auto name = p->getVocabulary().getDisplayName(static_cast<size_t>(set.getMinElement()));
  return name.size() > 2 && name.front() == '\'' ? name.substr(1, name.size() - 2)
         : name == "SEP"                         ? "a new line"
                                                 : name;
}

std::string expectation(antlr4::Parser* p, const antlr4::RecognitionException& e) {
  size_t rule = ruleOf(p);
  antlr4::misc::IntervalSet next;
  try {
    next = e.getExpectedTokens();
  } catch (...) {
    return "something else";
  }
  if (next.contains(static_cast<ssize_t>(AfdParser::FLOAT))) return "a value";
  if (rule == Rule::RuleModule) return "a declaration such as `model Name { … }`";
  if (rule == Rule::RuleBlock || rule == Rule::RuleMember || rule == Rule::RuleBlockDecl) {
    if (next.size() == 1) return "`" + symbol(p, next) + "`";
    return "a member such as `field = value`";
  }
  if (rule == Rule::RuleSchemaDecl || rule == Rule::RuleSchemaItem) return "a schema item such as `field : Type`";
  if (rule == Rule::RuleGraphBody || rule == Rule::RuleGraphStmt) return "a statement such as `op y = gemm(x, w)`";
  if (next.size() == 1) return "`" + symbol(p, next) + "`";
  if (next.contains(static_cast<ssize_t>(AfdParser::ID))) return "a name";
  // Operators could always follow a value; what closes or separates is what a reader expects.
  for (std::string_view closing : {")", "]", "}", "then", "else"})
    for (const auto& interval : next.getIntervals())
      for (ssize_t i = interval.a; i <= interval.b && i - interval.a < 64; ++i)
        if (p->getVocabulary().getLiteralName(static_cast<size_t>(std::max<ssize_t>(0, i))) ==
            fmt::format("'{}'", closing))
          return fmt::format("`{}` or another value", closing);
  return "something else";
}

/// Is it letters, as `extends` is?
bool isWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::islower(c); });
}

/// The words of the language that could stand at the token of an error.
std::vector<std::string> wordsExpected(antlr4::Parser* p, const antlr4::RecognitionException& e) {
  std::vector<std::string> words;
  try {
    auto expected = e.getExpectedTokens();
    for (size_t type = 0; type <= p->getVocabulary().getMaxTokenType(); ++type) {
      if (!expected.contains(static_cast<ssize_t>(type))) continue;
      auto literal = p->getVocabulary().getLiteralName(type);  // "'extends'"
      if (literal.size() > 2 && isWord(literal.substr(1, literal.size() - 2)))
        words.push_back(literal.substr(1, literal.size() - 2));
    }
  } catch (...) {
  }
  return words;
}

/// The words that begin what stands in the body around the parser's place.
const std::vector<std::string>& wordsThatBegin(antlr4::Parser* p) {
  static const std::vector<std::string> ofModule{"import", "let", "fn", "schema", "enum", "edition"};
  static const std::vector<std::string> ofBlock{"let", "require", "expect", "vary", "find", "minimize", "maximize"};
  static const std::vector<std::string> ofSchema{"let",    "require", "blocks", "given", "measure",
                                                 "weight", "cache",   "state",  "graph"};
  static const std::vector<std::string> ofGraph{"let", "weight", "cache", "state", "op", "only", "if", "return"};
  for (auto* at = p->getContext(); at; at = static_cast<antlr4::ParserRuleContext*>(at->parent))
    switch (at->getRuleIndex()) {
      case Rule::RuleBlock: return ofBlock;
      case Rule::RuleSchemaDecl: return ofSchema;
      case Rule::RuleGraphBody: return ofGraph;
      default: break;
    }
  return ofModule;
}

/// The first token of the member, declaration or statement that the parser is in; null between two.
antlr4::Token* beginningOf(antlr4::Parser* p) {
  for (auto* at = p->getContext(); at; at = static_cast<antlr4::ParserRuleContext*>(at->parent))
    switch (at->getRuleIndex()) {
      case Rule::RuleMember:
      case Rule::RuleDecl:
      case Rule::RuleSchemaItem:
      case Rule::RuleGraphStmt: return at->getStart();
      default: break;
    }
  return nullptr;
}

void skipToSeparator(antlr4::Parser* p) {
  bool module = ruleOf(p) == Rule::RuleModule;
  for (int depth = 0;; p->consume()) {
    auto type = p->getInputStream()->LA(1);
    if (type == antlr4::Token::EOF) return;
    const Token& t = ours(p->getCurrentToken());
    bool opens = t.is(Symbol::LeftBrace), closes = t.is(Symbol::RightBrace);
    if (depth == 0 && (type == AfdParser::SEP || (closes && !module))) return;
    depth += opens ? 1 : closes && depth > 0 ? -1 : 0;
  }
}

}  // namespace

void BodyErrorStrategy::sync(antlr4::Parser* p) {
  if (!isBody(p)) return;
  if (!inErrorRecoveryMode(p)) {
    const auto& atn = p->getATN();
    const auto& next = atn.nextTokens(atn.states[p->getState()]);
    if (next.contains(antlr4::Token::EPSILON) || next.contains(p->getInputStream()->LA(1))) return;
    reportError(p, antlr4::InputMismatchException(p));
    beginErrorCondition(p);
  }
  skipToSeparator(p);
}

antlr4::Token* BodyErrorStrategy::recoverInline(antlr4::Parser* p) { throw antlr4::InputMismatchException(p); }

void BodyErrorStrategy::recover(antlr4::Parser* p, std::exception_ptr) {
  if (isBody(p)) skipToSeparator(p);  // otherwise unwind to the enclosing body, whose sync() resynchronises
}

void BodyErrorStrategy::reportError(antlr4::Parser* p, const antlr4::RecognitionException& e) {
  if (inErrorRecoveryMode(p)) return;
  beginErrorCondition(p);
  auto* t = e.getOffendingToken() ? e.getOffendingToken() : p->getCurrentToken();
  bool lineEnd = t->getType() == AfdParser::SEP || t->getType() == antlr4::Token::EOF;
  auto* before = t->getTokenIndex() > 0 ? p->getTokenStream()->get(t->getTokenIndex() - 1) : t;
  auto range = rangeIn(file_, lineEnd ? before : t);
  std::string found = lineEnd ? "the end of the line" : fmt::format("`{}`", diags_.sources().text(range));
  if (t->getType() == AfdParser::ID && reportMisspelt(t, wordsExpected(p, e))) return;
  if (reportMisspelt(beginningOf(p), wordsThatBegin(p))) return;
  if (!lineEnd && before != t && before->getType() == t->getType() &&
      diags_.sources().text(rangeIn(file_, before)) == diags_.sources().text(range)) {
    auto& d = diags_.report<diag::syntax_error>(range, fmt::format("{} stands here twice", found));
    d.fixes.push_back({range, "", "remove one of them"});
    return;
  }
  std::string wanted = expectation(p, e);
  auto& d = diags_.report<diag::syntax_error>(range, fmt::format("expected {}, found {}", wanted, found));
  auto text = lineEnd ? std::string_view() : diags_.sources().text(range);
  if (text == "=" && ruleOf(p) != Rule::RuleBlockDecl)
    d.help("`=` sets a field; two values are compared with `==`");
  else if (wanted.find("a member") == 0)
    d.help("a field is set as `name = value`, a block is opened as `name { … }`");
}

bool BodyErrorStrategy::reportMisspelt(antlr4::Token* at, const std::vector<std::string>& words) {
  if (!at || at->getType() != AfdParser::ID) return false;
  auto range = rangeIn(file_, at);
  auto meant = suggest(diags_.sources().text(range), words);
  if (!meant) return false;
  diags_
      .report<diag::syntax_error>(range, fmt::format("expected `{}`, found `{}`", *meant, diags_.sources().text(range)))
      .fix(range, *meant);
  return true;
}

}  // namespace afdc
