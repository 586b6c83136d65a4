// Tables of words in the formats of pages.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace afdc {

/// The first column stands to the left, the others to the right. Every row has as many cells as the head.
struct WordTable {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};
std::string markdownTable(const WordTable& table);
std::string htmlTable(const WordTable& table);

}  // namespace afdc
