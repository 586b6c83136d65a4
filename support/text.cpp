#include "support/text.h"

#include <fmt/format.h>
#include <llvm/ADT/StringRef.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace afdc {

namespace {
// Looking for what was meant must not take longer than the rest, whatever a text holds.
constexpr size_t kLongestSuggested = 64;
constexpr size_t kMostCandidates = 10'000;
}  // namespace

std::optional<std::string> suggest(std::string_view wrong, const std::vector<std::string>& candidates) {
  llvm::StringRef text(wrong.data(), wrong.size());
  unsigned best = (wrong.size() < 3    ? 0
                   : wrong.size() == 3 ? 1
                                       : std::max<unsigned>(2, static_cast<unsigned>(wrong.size()) / 3)) +
                  1;
  std::optional<std::string> found;
  if (wrong.size() > kLongestSuggested) return found;
  for (const auto& candidate : std::span(candidates).first(std::min(candidates.size(), kMostCandidates))) {
    // A distance is at least the difference of the lengths.
    size_t longer = std::max(candidate.size(), wrong.size()), shorter = std::min(candidate.size(), wrong.size());
    if (longer - shorter >= best) continue;
    unsigned distance = text.equals_insensitive(candidate) ? 0 : text.edit_distance(candidate, true, best);
    if (distance < best) best = distance, found = candidate;
  }
  return found;
}

std::string shortest(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == 0) return "0";
  if (std::fabs(value) < 1e15 && value == std::floor(value)) return fmt::format("{:.0f}", value);
  return fmt::format("{}", value);
}

std::string significant(double value, int digits) {
  if (value == 0) return "0";
  if (!std::isfinite(value)) return shortest(value);
  std::string text = fmt::format("{:.{}g}", value, digits);
  if (text.find('e') == std::string::npos) return text;
  // Only very large or very small numbers keep an exponent; "9.9e+02" reads badly in a table.
  if (std::fabs(value) >= 1e-4 && std::fabs(value) < 1e15) return shortest(std::stod(text));
  return text;
}

std::string lowerCase(std::string_view text) { return llvm::StringRef(text.data(), text.size()).lower(); }

std::string counted(size_t n, std::string_view word) { return fmt::format("{} {}{}", n, word, n == 1 ? "" : "s"); }

std::string joinWords(const std::vector<std::string>& words, std::string_view last) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? fmt::format(" {} ", last) : std::string(", ");
    out += words[i];
  }
  return out;
}

bool validUtf8(std::string_view bytes, size_t& at) {
  for (size_t i = 0; i < bytes.size();) {
    at = i;
    auto lead = static_cast<unsigned char>(bytes[i]);
    size_t length = lead < 0x80                   ? 1
                    : lead >= 0xC2 && lead < 0xE0 ? 2
                    : lead >= 0xE0 && lead < 0xF0 ? 3
                    : lead >= 0xF0 && lead < 0xF5 ? 4
                                                  : 0;
    if (length == 0 || i + length > bytes.size()) return false;
    for (size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(bytes[i + k]) & 0xC0u) != 0x80u) return false;
    if (length > 2) {  // overlong forms, surrogates, beyond U+10FFFF
      auto second = static_cast<unsigned char>(bytes[i + 1]);
      if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) || (lead == 0xF0 && second < 0x90) ||
          (lead == 0xF4 && second >= 0x90))
        return false;
    }
    i += length;
  }
  return true;
}

}  // namespace afdc
