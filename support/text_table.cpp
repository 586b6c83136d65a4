#include "support/text_table.h"

#include <algorithm>

#include "support/text.h"

namespace afdc {

namespace {

constexpr size_t kGap = 2;            ///< cells between columns
constexpr size_t kWordsAtLeast = 30;  ///< cells that words behind a row are left, before columns go
constexpr size_t kHeadAtLeast = 8;    ///< cells of a head that is broken into lines
constexpr size_t kTextAtLeast = 12;   ///< cells of a text that is

std::vector<std::string> linesOf(std::string_view text, size_t width) {
  std::vector<std::string> out;
  std::string all = wrapped("", text, width);
  for (size_t begin = 0; begin < all.size();) {
    size_t end = all.find('\n', begin);
    out.push_back(all.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

/// The widths of columns on one screen; 0 of a column that is not shown.
class Layout {
 public:
  Layout(std::vector<size_t> natural, size_t room) : widths_(natural), natural_(std::move(natural)), room_(room) {}

  size_t used() const {
    size_t sum = 0;
    for (size_t width : widths_) sum += width > 0 ? width + kGap : 0;
    return sum > 0 ? sum - kGap : 0;
  }
  bool shows(size_t column) const { return widths_[column] > 0; }
  size_t width(size_t column) const { return widths_[column]; }

  /// Takes from the widest columns, to the least of each. False: that is not enough.
  bool narrow(const std::vector<size_t>& least) {
    while (used() > room_) {
      size_t widest = widths_.size();
      for (size_t i = 0; i < widths_.size(); ++i)
        if (widths_[i] > least[i] && (widest == widths_.size() || widths_[i] > widths_[widest])) widest = i;
      if (widest == widths_.size()) return false;
      --widths_[widest];
    }
    return true;
  }
  /// Leaves a column out; the others have their own widths again.
  void drop(size_t column) {
    natural_[column] = 0;
    widths_ = natural_;
  }

 private:
  std::vector<size_t> widths_, natural_;
  size_t room_;
};

}  // namespace

void TextTable::row(std::vector<std::string> cells, std::string words) {
  rows_.push_back({std::move(cells), std::move(words)});
}

std::string TextTable::text(const Screen& screen) const {
  // What a column takes, what it can do with where its head is broken, and where its texts are as well.
  std::vector<size_t> natural, brokenHeads, brokenTexts;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t widest = 1, head = columnWidth(columns_[i].head);
    for (const auto& row : rows_)
      if (!row.cells.empty()) widest = std::max(widest, columnWidth(row.cells[i]));
    natural.push_back(std::max({widest, head, columns_[i].atLeast}));
    brokenHeads.push_back(std::max(widest, std::min(head, kHeadAtLeast)));
    bool number = columns_[i].kind == Kind::Number;
    brokenTexts.push_back(number ? brokenHeads[i] : std::min(brokenHeads[i], kTextAtLeast));
  }
  bool words = !headOfWords_.empty() || std::any_of(rows_.begin(), rows_.end(),
                                                    [](const Row& r) { return !r.cells.empty() && !r.words.empty(); });
  size_t room = screen.width - indent_;
  Layout layout(natural, words ? room - kWordsAtLeast - kGap : room);
  std::vector<std::string> dropped;
  bool fits = layout.narrow(brokenHeads);
  for (size_t i = columns_.size(); i-- > 0 && !fits;)
    if (!columns_[i].needed) {
      layout.drop(i);
      dropped.insert(dropped.begin(), columns_[i].head);
      fits = layout.narrow(brokenHeads);
    }
  if (!fits) layout.narrow(brokenTexts);

  std::string margin(indent_, ' ');
  auto lines = [&](const std::vector<std::string>& cells, const std::string& behind) {
    std::vector<std::vector<std::string>> parts;
    size_t height = 0;
    for (size_t i = 0; i < cells.size(); ++i) {
      parts.push_back(layout.shows(i) ? linesOf(cells[i], layout.width(i)) : std::vector<std::string>{});
      height = std::max(height, parts.back().size());
    }
    size_t from = indent_ + layout.used() + kGap;
    bool beside = from + kWordsAtLeast <= screen.width;
    auto wordLines = behind.empty() || !beside ? std::vector<std::string>{} : linesOf(behind, screen.width - from);
    std::string out;
    for (size_t n = 0; n < std::max(height, wordLines.size()); ++n) {
      std::string line = margin;
      for (size_t i = 0; i < cells.size(); ++i) {
        if (!layout.shows(i)) continue;
        if (line.size() > margin.size()) line += std::string(kGap, ' ');
        std::string cell = n < parts[i].size() ? parts[i][n] : "";
        line += columns_[i].kind == Kind::Text ? padded(cell, layout.width(i)) : paddedLeft(cell, layout.width(i));
      }
      if (n < wordLines.size()) line += std::string(kGap, ' ') + wordLines[n];
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + "\n";
    }
    if (!behind.empty() && !beside) out += wrapped(margin + "    ", behind, screen.width);
    return out;
  };

  std::vector<std::string> heads;
  for (const auto& column : columns_) heads.push_back(column.head);
  std::string out = screen.bold(lines(heads, headOfWords_));
  for (const auto& row : rows_) out += row.cells.empty() ? row.words : lines(row.cells, row.words);
  if (!dropped.empty()) out += wrapped(margin, "left out for want of room: " + joinWords(dropped), screen.width);
  return out;
}

}  // namespace afdc
