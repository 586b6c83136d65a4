// A table of a report, as wide as the terminal lets it be.
#pragma once
#include <string>
#include <vector>

#include "support/terminal.h"

namespace afdc {

/// Columns are as wide as they need. Where the terminal is too narrow for them, those go that can be missed, the last
/// of them first, and are named below; then texts and heads are broken into lines. A number is never cut.
class TextTable {
 public:
  enum class Kind : uint8_t { Text, Number };
  struct Column {
    std::string head;
    Kind kind = Kind::Number;
    bool needed = true;
    size_t atLeast = 0;  ///< cells, where there is room
  };

  explicit TextTable(std::vector<Column> columns, size_t indent = 0) : columns_(std::move(columns)), indent_(indent) {}

  /// `words`: a text of any length, which stands behind the cells.
  void row(std::vector<std::string> cells, std::string words = {});
  /// The head of what stands behind the cells.
  void headOfWords(std::string head) { headOfWords_ = std::move(head); }
  /// Something between the rows, as it is.
  void between(std::string text) { rows_.push_back({{}, std::move(text)}); }

  std::string text(const Screen& screen) const;

 private:
  struct Row {
    std::vector<std::string> cells;  ///< none: something between rows
    std::string words;
  };
  std::vector<Column> columns_;
  size_t indent_;
  std::string headOfWords_;
  std::vector<Row> rows_;
};

}  // namespace afdc
