// Brackets that are never closed, never opened, or closed by another kind: each mistake is reported once, at the
// bracket and at the place where the other one is missing, and mended, so that the parser meets brackets in pairs.
#pragma once
#include <vector>

#include "frontend/syntax/tokens.h"
#include "support/diagnostics.h"

namespace afdc {

/// The tokens with all brackets in pairs; of a file that nests too deep nothing but its end.
std::vector<Token> pairBrackets(std::vector<Token> tokens, uint32_t file, Diagnostics& diags);

/// Can the token only be the start of a member or declaration: `name =`, `kind Name`, `let`?
bool startsMember(const std::vector<Token>& tokens, size_t at);

}  // namespace afdc
