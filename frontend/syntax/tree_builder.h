// The generated parser's tree, made the language's own (ast.h). Private to the parser.
#pragma once
#include <AfdParser.h>

#include "frontend/syntax/ast.h"
#include "support/diagnostics.h"

namespace afdc {

/// Adds what a file's tree declares to the module, whose `file` it is of. What is ill-formed has been reported and is
/// left out; what only the tree shows is reported here.
void buildModule(afd::AfdParser::ModuleContext* tree, Diagnostics& diags, ast::Module& module);
/// One expression, whose nodes the module keeps. Never null: an ill-formed one is `Bad`.
ast::Expr* buildExpression(afd::AfdParser::ExprContext* tree, Diagnostics& diags, ast::Module& module);

}  // namespace afdc
