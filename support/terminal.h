// How text looks on a terminal, and how it is made to fit there.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace afdc {

/// Where a report is shown.
struct Screen {
  bool color = false;
  size_t width = 100;  ///< cells of a line; of files and pipes too

  std::string bold(std::string_view text) const;
};

/// Cells of a line on standard output: what `COLUMNS` says, else the terminal, else 100; at least 80 and at most 200.
size_t screenWidth();

/// Cells of a terminal that `text` takes: two for each character of Chinese or Japanese, none for an accent that is
/// written on its own, none for what switches colours. Text that cannot be printed is counted by its code points.
size_t columnWidth(std::string_view text);

/// `text` behind `first`, in lines of at most `width` cells. It is broken at spaces, and inside of a word only where
/// that is longer than a line; lines after the first stand as far in as the first one's text. Each ends its line.
std::string wrapped(std::string_view first, std::string_view text, size_t width);

/// A report whose lines have at most `width` cells: longer ones are broken, and go on a little further in.
std::string within(std::string_view report, size_t width);

/// `text` in at most `width` cells, what is too much replaced by "…", after a whole word where there is one: not for
/// numbers.
std::string shortened(std::string_view text, size_t width);

/// `text` with spaces up to `width` cells, on the right or on the left.
std::string padded(std::string_view text, size_t width);
std::string paddedLeft(std::string_view text, size_t width);

}  // namespace afdc
