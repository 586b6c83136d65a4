// What a context-free grammar says badly about tokens: mistakes of single tokens, brackets that are never closed, line
// breaks that end a member.
#pragma once
#include <vector>

#include "frontend/syntax/tokens.h"
#include "support/diagnostics.h"

namespace afdc {

/// From the tokens of a file to those that the parser reads:
///  - lexical mistakes are reported, and stand as one poisoned value where a value was due,
///  - a number followed by a word on its line is one (unknown) quantity,
///  - brackets stand in pairs (brackets.h),
///  - line breaks that end a member are Separator tokens.
/// Trivia no longer matters: what is left out or supplied does not touch that of its neighbours.
std::vector<Token> layOut(std::vector<Token> tokens, uint32_t file, Diagnostics& diags);

}  // namespace afdc
