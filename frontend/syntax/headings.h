// What a file declares, by the first words of its top level: read from the tokens, before anything is parsed.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/syntax/ast.h"
#include "frontend/syntax/tokens.h"

namespace afdc {

struct Heading {
  ast::DeclKind kind = ast::DeclKind::Let;
  size_t name = 0;  ///< the token that names it: of a block, its label
};

/// The declaration that begins at token `at` of the top level; none for `edition` and `import`.
std::optional<Heading> headingOf(const std::vector<Token>& tokens, size_t at);

/// Where the declaration (edition, import) that begins at token `at` ends: at a separator outside brackets, or the end.
/// `tokens` have been laid out.
size_t endOfTopLevel(const std::vector<Token>& tokens, size_t at);

/// The `///` lines directly above what begins at `offset`; empty where there are none.
std::string_view docAbove(std::string_view text, uint32_t offset);

/// The words of lines that begin with `marker` (`///`, or `//`) as one paragraph; other lines are left out.
std::string paragraphOf(std::string_view lines, std::string_view marker = "///");

}  // namespace afdc
