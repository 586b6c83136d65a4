#include "backends/report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/terminal.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr size_t kMostColumns = 72, kRows = 14;
/// Cells of a line that are no part of the picture: the figures at its left, and the last one below it.
constexpr size_t kBeside = 21;

/// One logarithmic axis, from the least to the most of what is drawn.
struct Axis {
  double least = INFINITY, most = 0;

  void include(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  /// Cell of a value, 0 to cells - 1.
  size_t cell(double value, size_t cells) const {
    if (most <= least) return 0;
    double at = std::log(value / least) / std::log(most / least);
    return static_cast<size_t>(std::lround(at * static_cast<double>(cells - 1)));
  }
  double at(double share) const { return least * std::pow(most / least, share); }
};

double speedOf(const FoundPoint& p) { return 1 / *p.metrics.tpot_mean_s; }
double throughputOf(const FoundPoint& p) { return *p.metrics.output_tokens_per_s_per_device; }

/// A letter of its own for each space: the first of its name that is free.
std::vector<char> letters(const SearchResult& r) {
  std::vector<char> out;
  for (const auto& space : r.spaces) {
    char letter = '*';
    for (char c : space.name)
      if (std::isalnum(static_cast<unsigned char>(c)) && std::find(out.begin(), out.end(), c) == out.end()) {
        letter = c;
        break;
      }
    out.push_back(letter);
  }
  return out;
}

}  // namespace

std::string searchPlot(const SearchResult& r, size_t width) {
  const size_t columns = std::min(kMostColumns, width - kBeside);
  Axis speed, throughput;
  size_t points = 0;
  for (const auto& space : r.spaces)
    for (const auto& p : space.keeping) {
      speed.include(speedOf(p));
      throughput.include(throughputOf(p));
      ++points;
    }
  if (points < 3 || speed.most <= speed.least || throughput.most <= throughput.least) return "";

  std::vector<std::string> grid(kRows, std::string(columns, ' '));
  std::vector<double> shown(kRows * columns, 0);  // throughput of the point that a cell shows
  auto marks = letters(r);
  for (size_t s = 0; s < r.spaces.size(); ++s)
    for (const auto& p : r.spaces[s].keeping) {
      size_t row = kRows - 1 - throughput.cell(throughputOf(p), kRows), column = speed.cell(speedOf(p), columns);
      auto& best = shown[row * columns + column];
      if (throughputOf(p) <= best) continue;
      best = throughputOf(p);
      grid[row][column] = marks[s];
    }

  std::string out;
  for (size_t row = 0; row < kRows; ++row) {
    bool labelled = row % 4 == 0 || row == kRows - 1;
    double share = 1 - static_cast<double>(row) / (kRows - 1);
    auto line = fmt::format("  {:>9} │{}", labelled ? significant(throughput.at(share), 3) : "", grid[row]);
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  out += fmt::format("  {:>9} └", "");
  for (size_t i = 0; i < columns; ++i) out += "─";
  std::string ticks(columns + 8, ' ');
  for (double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    auto text = significant(speed.at(share), 3);
    auto column = static_cast<size_t>(share * static_cast<double>(columns - 1));
    ticks.replace(column, text.size(), text);
  }
  out += fmt::format("\n  {:>9}  {}\n", "", ticks.substr(0, ticks.find_last_not_of(' ') + 1));
  std::string legend = "tok/s a user sees";
  for (size_t i = 0; i < r.spaces.size(); ++i)
    if (!r.spaces[i].name.empty() && !r.spaces[i].keeping.empty())
      legend += fmt::format("   {} {}", marks[i], r.spaces[i].name);
  return out + wrapped(std::string(13, ' '), legend, width);
}

}  // namespace afdc
