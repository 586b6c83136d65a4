// Small text helpers: suggestions for misspelt names, and the shortest spelling of a double.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace afdc {

/// The candidate nearest to `wrong`, if it is near enough to be what was meant (edit distance at most a third of the
/// length; none for two letters, one for three, else at least two). Names with numbers are only near where the numbers
/// agree: Llama3_70B may be Llama31_70B, never Llama2_70B. Ties go to the first candidate, so pass them in a
/// deterministic order. None for words of more than 64 letters; only the first 10 000
/// candidates are looked at.
std::optional<std::string> suggest(std::string_view wrong, const std::vector<std::string>& candidates);

/// Shortest decimal text that reads back as exactly `value`; independent of locale.
std::string shortest(double value);

/// `value` with at most `digits` significant digits, trailing zeros removed.
std::string significant(double value, int digits);

/// ASCII letters in lower case.
std::string lowerCase(std::string_view text);

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// "1 error", "3 errors"
std::string counted(size_t n, std::string_view word);

/// "a, b and c"
std::string joinWords(const std::vector<std::string>& words, std::string_view last = "and");

/// True when the bytes are well-formed UTF-8; otherwise sets `at` to the first bad byte.
bool validUtf8(std::string_view bytes, size_t& at);

}  // namespace afdc
