// Comma-separated tables with a header line (RFC 4180 quotes).
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace afdc {

struct Csv {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< as long as `columns`
  /// Index of a column, or -1.
  int column(std::string_view name) const;
  /// NaN where the cell is missing or no number.
  double number(size_t row, std::string_view name) const;
  double number(size_t row, int column) const;
};
Csv parseCsv(std::string_view text);

/// Cells as a line of such a table, without its end. Cells as `spreadsheetCell` writes them.
std::string csvRow(const std::vector<std::string>& cells);

}  // namespace afdc
