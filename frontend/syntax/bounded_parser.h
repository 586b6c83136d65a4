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
  /// Hides the base's, which is not virtual; the generated parser calls this one. It does what the base's does, for a
  /// parser without listeners, but for a dynamic_cast: each rule's parent is a rule.
  void exitRule() {
    --depth_;
    _ctx->stop = _input->LT(_matchedEOF ? 1 : -1);
    setState(_ctx->invokingState);
    _ctx = static_cast<antlr4::ParserRuleContext*>(_ctx->parent);
  }
  void addContextToParseTree() override {
    if (_ctx->parent) static_cast<antlr4::ParserRuleContext*>(_ctx->parent)->addChild(_ctx);
  }

 private:
  void deepen() {
    if (depth_ > kDeepestRules) throw TooDeep{getCurrentToken()};
    ++depth_;
  }
  int depth_ = 0;
};

}  // namespace afd
