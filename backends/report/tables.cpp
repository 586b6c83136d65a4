#include "backends/report/tables.h"

#include <fmt/format.h>

#include "support/escape.h"

namespace afdc {

std::string markdownTable(const WordTable& table) {
  auto line = [](const std::vector<std::string>& cells) {
    std::string out;
    for (const auto& cell : cells) out += "| " + markdownText(cell) + " ";
    return out + "|\n";
  };
  std::string out = line(table.head);
  for (size_t i = 0; i < table.head.size(); ++i) out += i == 0 ? "| --- " : "| ---: ";
  out += "|\n";
  for (const auto& row : table.rows) out += line(row);
  return out;
}

std::string htmlTable(const WordTable& table) {
  auto line = [](const std::vector<std::string>& cells, const char* tag) {
    std::string out = "<tr>";
    for (size_t i = 0; i < cells.size(); ++i)
      out += fmt::format("<{0}{1}>{2}</{0}>", tag, i == 0 ? " class=\"words\"" : "", htmlText(cells[i]));
    return out + "</tr>";
  };
  std::string out =
      "<div class=\"scroll\" tabindex=\"0\"><table><thead>" + line(table.head, "th") + "</thead><tbody>\n";
  for (const auto& row : table.rows) out += line(row, "td") + "\n";
  return out + "</tbody></table></div>\n";
}

}  // namespace afdc
