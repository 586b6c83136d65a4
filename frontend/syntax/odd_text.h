// Text that people paste or type from elsewhere: typographic quotes, no-break spaces, full-width digits, accented
// letters, comments of other languages, a forgotten quote. Each is reported once and read as what it is meant for, so
// that nothing follows from it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "frontend/syntax/tokens.h"
#include "support/diagnostics.h"

namespace afdc {

/// The tokens of a file, read again where something odd is among them; their places are those in the file.
std::vector<Token> readOddText(std::vector<Token> tokens, uint32_t file, Diagnostics& diags);

/// The characters of a name, a number or a unit as the language writes them: "Ｔｐ４" is "Tp4", "1,000" is "1000".
std::string plainText(std::string_view piece);
/// Is it written so already?
bool isPlain(std::string_view piece);

/// What stands between the quotes of a text, whichever they are; one of them may be missing.
std::string_view withoutQuotes(std::string_view text);

}  // namespace afdc
