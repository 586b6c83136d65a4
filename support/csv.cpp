#include "support/csv.h"

#include <cmath>
#include <cstdlib>

#include "support/escape.h"

namespace afdc {

int Csv::column(std::string_view name) const {
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i] == name) return static_cast<int>(i);
  return -1;
}

double Csv::number(size_t row, int at) const {
  if (at < 0) return std::nan("");
  const auto& cell = rows[row][static_cast<size_t>(at)];
  char* end = nullptr;
  double value = std::strtod(cell.c_str(), &end);
  return cell.empty() || *end != '\0' ? std::nan("") : value;
}

double Csv::number(size_t row, std::string_view name) const { return number(row, column(name)); }

Csv parseCsv(std::string_view text) {
  Csv out;
  std::vector<std::string> row(1);
  bool quoted = false;
  auto endRow = [&] {
    bool blank = row.size() == 1 && row[0].empty();
    if (!blank && out.columns.empty()) {
      out.columns = std::move(row);
    } else if (!blank) {
      row.resize(out.columns.size());
      out.rows.push_back(std::move(row));
    }
    row.assign(1, "");
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c != '"')
        row.back() += c;
      else if (i + 1 < text.size() && text[i + 1] == '"')
        row.back() += text[++i];
      else
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      row.emplace_back();
    } else if (c == '\n') {
      endRow();
    } else if (c != '\r') {
      row.back() += c;
    }
  }
  endRow();
  return out;
}

std::string csvRow(const std::vector<std::string>& cells) {
  std::string out;
  for (size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? "," : "") + spreadsheetCell(cells[i]);
  return out;
}

}  // namespace afdc
