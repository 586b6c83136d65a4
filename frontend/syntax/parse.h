// Text to syntax tree. Mistakes of form are reported here, each once, and the rest of the file still gets a tree.
#pragma once
#include <memory>
#include <string_view>

#include "frontend/syntax/ast.h"
#include "support/diagnostics.h"

namespace afdc {

/// The edition of the language that is read: `edition 1` at the head of a file.
inline constexpr std::string_view kEdition = "1";

/// Brackets, blocks and operators nest at most this deep; keeps every recursion over the tree within the stack.
inline constexpr int kDeepestNesting = 256;

/// Parses a file that `diags.sources()` holds. Always returns a module; ill-formed parts are left out of it.
std::unique_ptr<ast::Module> parseModule(uint32_t file, Diagnostics& diags);

/// The same for a file that is known to be free of mistakes (the embedded standard library): finds what is declared by
/// the first words and parses a declaration when its body is first asked for. `diags` must live as long as the module.
std::unique_ptr<ast::Module> parseLate(uint32_t file, Diagnostics& diags);

/// Parses one expression that begins at byte `from` of a file (for `--set PATH=EXPR`); it is the value of the body of
/// the only decl.
std::unique_ptr<ast::Module> parseExpression(uint32_t file, uint32_t from, Diagnostics& diags);

}  // namespace afdc
