#include "support/unified_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace afdc {

namespace {

constexpr size_t kContext = 3;  ///< lines that are shown around those that change
/// Largest table that is made to find lines that stay; where it would be larger, all between the first change and the
/// last one is taken for changed.
constexpr size_t kMostCells = size_t{1} << 22;

using Lines = std::vector<std::string_view>;

/// With their line ends.
Lines linesIn(std::string_view text) {
  Lines out;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    out.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return out;
}

/// A line that stays (' '), goes ('-') or comes ('+').
struct Step {
  char sign;
  std::string_view line;
};
using Steps = std::vector<Step>;

/// The steps through the middle of two texts, which differ in their first and their last line: a longest common
/// subsequence stays.
void addMiddle(std::span<const std::string_view> a, std::span<const std::string_view> b, Steps& out) {
  std::vector<uint32_t> longest;  // of what follows after i lines of one and j of the other
  size_t width = b.size() + 1;
  bool small = !a.empty() && !b.empty() && a.size() + 1 <= kMostCells / width;
  if (small) longest.resize((a.size() + 1) * width);
  auto at = [&](size_t i, size_t j) -> uint32_t& { return longest[i * width + j]; };
  for (size_t i = small ? a.size() : 0; i-- > 0;)
    for (size_t j = b.size(); j-- > 0;)
      at(i, j) = a[i] == b[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
  size_t i = 0, j = 0;
  while (small && i < a.size() && j < b.size()) {
    if (a[i] == b[j])
      out.push_back({' ', a[i]}), ++i, ++j;
    else if (at(i + 1, j) >= at(i, j + 1))
      out.push_back({'-', a[i++]});
    else
      out.push_back({'+', b[j++]});
  }
  while (i < a.size()) out.push_back({'-', a[i++]});
  while (j < b.size()) out.push_back({'+', b[j++]});
}

Steps stepsBetween(const Lines& a, const Lines& b) {
  size_t same = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  size_t most = std::min(a.size(), b.size()) - same, sameAtEnd = 0;
  while (sameAtEnd < most && a[a.size() - 1 - sameAtEnd] == b[b.size() - 1 - sameAtEnd]) ++sameAtEnd;
  Steps out;
  for (size_t i = 0; i < same; ++i) out.push_back({' ', a[i]});
  addMiddle(std::span(a).subspan(same, a.size() - same - sameAtEnd),
            std::span(b).subspan(same, b.size() - same - sameAtEnd), out);
  for (size_t i = a.size() - sameAtEnd; i < a.size(); ++i) out.push_back({' ', a[i]});
  return out;
}

/// Line numbers of a hunk: "12,7"; of no lines, the line before.
std::string range(size_t before, size_t lines) {
  return lines == 1 ? fmt::format("{}", before + 1) : fmt::format("{},{}", before + (lines > 0 ? 1 : 0), lines);
}

}  // namespace

std::string unifiedDiff(std::string_view name, std::string_view before, std::string_view after) {
  if (before == after) return "";
  auto steps = stepsBetween(linesIn(before), linesIn(after));
  auto changes = [&](size_t i) { return steps[i].sign != ' '; };
  std::string out = fmt::format("--- {0}\n+++ {0}\n", name);
  size_t beforeLine = 0, afterLine = 0;  // of what has been passed
  for (size_t at = 0; at < steps.size();) {
    // A hunk begins a little before a change, and goes on until so many lines stay that nothing is near.
    size_t first = at;
    while (first < steps.size() && !changes(first)) ++first;
    if (first == steps.size()) break;
    size_t begin = std::max(at, first - std::min(first, kContext)), last = first;
    for (size_t i = first; i < steps.size() && i <= last + 2 * kContext; ++i)
      if (changes(i)) last = i;
    size_t end = std::min(steps.size(), last + kContext + 1);
    beforeLine += begin - at, afterLine += begin - at;
    size_t gone = 0, come = 0;
    std::string body;
    for (size_t i = begin; i < end; ++i) {
      gone += steps[i].sign != '+', come += steps[i].sign != '-';
      body += steps[i].sign + std::string(steps[i].line);
      if (!steps[i].line.ends_with('\n')) body += "\n\\ No newline at end of file\n";
    }
    out += fmt::format("@@ -{} +{} @@\n{}", range(beforeLine, gone), range(afterLine, come), body);
    beforeLine += gone, afterLine += come;
    at = end;
  }
  return out;
}

}  // namespace afdc
