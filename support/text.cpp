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

/// "Llama31_70B" as llama, 31, 70, b: the letters and the numbers of a name, without their case and separators.
std::vector<std::string> runsOf(std::string_view name) {
  auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  std::vector<std::string> runs;
  bool apart = true;
  for (char c : lowerCase(name)) {
    if (!isDigit(c) && !(c >= 'a' && c <= 'z')) {
      apart = true;
      continue;
    }
    if (apart || isDigit(runs.back().back()) != isDigit(c)) runs.emplace_back();
    apart = false;
    runs.back() += c;
  }
  return runs;
}

std::string joined(const std::vector<std::string>& runs) {
  std::string out;
  for (const auto& run : runs) out += run;
  return out;
}

bool isNumber(const std::string& run) { return run[0] >= '0' && run[0] <= '9'; }

/// Of names with numbers, another number is another thing: L20 is no H20, and Llama2_70B no misspelt Llama3_70B. Only
/// the version of a family may be said more or less exactly (Llama3, Llama31), and what follows be left out (H200).
enum class Kinship { Same, Version, Longer, None };
Kinship kinship(const std::vector<std::string>& wrong, const std::vector<std::string>& candidate) {
  constexpr size_t kFamily = 3;  // letters: fewer are the code of a device
  if (wrong.empty() || candidate.size() < wrong.size()) return Kinship::None;
  bool version = false;
  for (size_t i = 0; i < wrong.size(); ++i) {
    const auto &a = wrong[i], &b = candidate[i];
    if (isNumber(a) != isNumber(b)) return Kinship::None;
    if (a == b) continue;
    bool code = i + 1 < wrong.size() && std::min(a.size(), b.size()) < kFamily;
    if (!isNumber(a) && code) return Kinship::None;
    if (!isNumber(a)) continue;
    bool ofFamily = i == 1 && wrong[0].size() >= kFamily && (a.starts_with(b) || b.starts_with(a));
    if (!ofFamily) return Kinship::None;
    version = true;
  }
  if (wrong.size() == candidate.size()) return version ? Kinship::Version : Kinship::Same;
  return std::equal(wrong.begin(), wrong.end(), candidate.begin()) ? Kinship::Longer : Kinship::None;
}

/// How far the candidate is from what was written; `limit` where that is too far.
unsigned distanceOf(std::string_view wrong, const std::string& candidate, unsigned limit) {
  llvm::StringRef text(wrong.data(), wrong.size());
  if (text.equals_insensitive(candidate)) return 0;
  auto numbered = [](std::string_view name) { return name.find_first_of("0123456789") != std::string_view::npos; };
  // A distance is at least the difference of the lengths.
  auto [shorter, longer] = std::minmax(wrong.size(), candidate.size());
  bool far = longer - shorter >= limit;
  if (!numbered(wrong) && !numbered(candidate)) return far ? limit : text.edit_distance(candidate, true, limit);
  auto runs = runsOf(wrong), others = runsOf(candidate);
  if (joined(runs) == joined(others)) return 0;
  switch (kinship(runs, others)) {
    case Kinship::Same: return text.edit_distance(candidate, true, limit);
    case Kinship::Version: return 1;
    case Kinship::Longer: return std::min(limit, 2u);
    case Kinship::None: break;
  }
  return limit;
}

}  // namespace

std::optional<std::string> suggest(std::string_view wrong, const std::vector<std::string>& candidates) {
  unsigned best = (wrong.size() < 3    ? 0
                   : wrong.size() == 3 ? 1
                                       : std::max<unsigned>(2, static_cast<unsigned>(wrong.size()) / 3)) +
                  1;
  std::optional<std::string> found;
  if (wrong.size() > kLongestSuggested) return found;
  for (const auto& candidate : std::span(candidates).first(std::min(candidates.size(), kMostCandidates)))
    if (unsigned distance = distanceOf(wrong, candidate, best); distance < best) best = distance, found = candidate;
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
