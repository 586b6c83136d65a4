// What the generated parser derives from (see `superClass` in grammar/Afd.g4). Private to the parser.
#pragma once
#include <antlr4-runtime.h>

namespace afd {

/// Refuses text that nests so deep that recursion over it would exhaust the stack: counts the rules that have been
/// entered and not left. Generated code leaves a rule whatever happens, so a mistake does not upset the count.
class BoundedParser : public antlr4::Parser {
 public:
  using Parser::Parser;
  static constexpr int kDeepestRules = 1024;

  /// Thrown at the first rule beyond.
  struct TooDeep {
    antlr4::Token* at;
  };

  void enterRule(antlr4::ParserRuleContext* context, size_t state, size_t rule) override {
    deepen();
    Parser::enterRule(context, state, rule);
  }
  /// Hides the base's, which is not virtual; the generated parser calls this one.
  void exitRule() {
    --depth_;
    Parser::exitRule();
  }
  void enterRecursionRule(antlr4::ParserRuleContext* context, size_t state, size_t rule, int precedence) override {
    deepen();
    Parser::enterRecursionRule(context, state, rule, precedence);
  }
  void unrollRecursionContexts(antlr4::ParserRuleContext* parent) override {
    --depth_;
    Parser::unrollRecursionContexts(parent);
  }

 private:
  void deepen() {
    if (depth_ > kDeepestRules) throw TooDeep{getCurrentToken()};
    ++depth_;
  }
  int depth_ = 0;
};

}  // namespace afd
