// Tables of comma-separated values: what is written reads back, whatever the cells hold.
#include "support/csv.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace afdc;

TEST_CASE("a cell has quotes only where it needs them") {
  CHECK(csvRow({"a", "b c", "", "1.5"}) == "a,b c,,1.5");
  CHECK(csvRow({"a,b", "say \"x\"", "two\nlines"}) == "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"");
  CHECK(csvRow({}) == "");
}

TEST_CASE("rows read back as they were written") {
  std::vector<std::string> heads = {"plain", "with, comma", "\"quoted\""};
  std::vector<std::string> cells = {"x", "line\r\nbreak", "12"};
  auto table = parseCsv(csvRow(heads) + "\r\n" + csvRow(cells) + "\r\n");
  CHECK(table.columns == heads);
  REQUIRE(table.rows.size() == 1);
  CHECK(table.rows[0] == cells);
  CHECK(table.number(0, "\"quoted\"") == 12);
  CHECK(std::isnan(table.number(0, "plain")));
}
