#include "frontend/syntax/error_strategy.h"

#include "frontend/syntax/diagnostics.h"

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
  if (!lineEnd && ruleOf(p) == Rule::RuleModule && diags_.sources().text(range) == "}") {
    diags_.report<diag::syntax_error>(range, std::string("this `}` closes nothing"))
        .help("remove it, or add the `{` that it should close");
    return;
  }
  std::string wanted = expectation(p, e);
  auto& d = diags_.report<diag::syntax_error>(range, fmt::format("expected {}, found {}", wanted, found));
  auto text = lineEnd ? std::string_view() : diags_.sources().text(range);
  if (text == "=" && ruleOf(p) != Rule::RuleBlockDecl)
    d.help("`=` sets a field; two values are compared with `==`");
  else if (text == ":")
    d.help("a field is set with `=`");
  else if (wanted.find("a member") == 0)
    d.help("a field is set as `name = value`, a block is opened as `name { … }`");
}

}  // namespace afdc
