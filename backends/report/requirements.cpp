#include "backends/report/requirements.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "backends/report/search_table.h"
#include "support/escape.h"
#include "support/json.h"
#include "support/text_table.h"

namespace afdc {

namespace {

std::string titleOf(const RequirementTable& t) {
  std::string out = t.space.empty() ? t.name : t.name + ", " + t.space;
  for (size_t i = 0; i < t.wanted.size(); ++i)
    out += fmt::format("{}{} {}", i ? "; " : ": ", t.wanted[i].minimum ? "least" : "most", t.wanted[i].path);
  return out;
}

std::string answerText(const Requirement& r, bool minimum) {
  switch (r.found) {
    case Requirement::Found::Value: return r.text;
    case Requirement::Found::Always: return fmt::format("{} {}", minimum ? "below" : "above", r.text);
    case Requirement::Found::Never: return "never";
  }
  return "";
}

/// Heads and rows: the axes, then what is wanted.
std::vector<std::vector<std::string>> rowsOf(const RequirementTable& t) {
  std::vector<std::string> paths = t.axes;
  for (const auto& w : t.wanted) paths.push_back(w.path);
  std::vector<std::vector<std::string>> out = {shortNames(paths)};
  for (const auto& row : t.rows) {
    auto& line = out.emplace_back();
    for (const auto& v : row.values) line.push_back(shortValue(v));
    for (size_t i = 0; i < row.answers.size(); ++i) line.push_back(answerText(row.answers[i], t.wanted[i].minimum));
  }
  return out;
}

/// Each reason for a `never`, once.
std::vector<std::string> obstacles(const RequirementTable& t) {
  std::vector<std::string> out;
  for (const auto& row : t.rows)
    for (size_t i = 0; i < row.answers.size(); ++i)
      if (row.answers[i].found == Requirement::Found::Never) {
        auto text = fmt::format("never: {} does not help: {}", t.wanted[i].path, row.answers[i].obstacle);
        if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
      }
  return out;
}

}  // namespace

std::string requirementsReport(const std::vector<RequirementTable>& all, const Screen& screen) {
  std::string out;
  for (const auto& t : all) {
    out += (out.empty() ? "" : "\n") + screen.bold(wrapped("", onOneLine(titleOf(t)), screen.width));
    auto rows = rowsOf(t);
    for (auto& row : rows)
      for (auto& cell : row) cell = onOneLine(cell);
    std::vector<TextTable::Column> columns;
    for (const auto& head : rows[0]) columns.push_back({head});
    TextTable table(std::move(columns), 2);
    for (size_t i = 1; i < rows.size(); ++i) table.row(rows[i]);
    out += table.text({false, screen.width});
    for (const auto& text : obstacles(t)) out += wrapped("  ", onOneLine(text), screen.width);
    if (t.pruned > 0) out += fmt::format("  {} points are left out by `require`\n", t.pruned);
  }
  return out;
}

std::string requirementsMarkdown(const std::vector<RequirementTable>& all) {
  std::string out;
  for (const auto& t : all) {
    out += fmt::format("{}### {}\n\n", out.empty() ? "" : "\n", markdownText(titleOf(t)));
    auto rows = rowsOf(t);
    for (size_t r = 0; r < rows.size(); ++r) {
      for (const auto& cell : rows[r]) out += "| " + markdownText(cell) + " ";
      out += "|\n";
      if (r > 0) continue;
      for (size_t i = 0; i < rows[0].size(); ++i) out += "| ---: ";
      out += "|\n";
    }
    for (const auto& text : obstacles(t)) out += "\n" + markdownText(text) + "\n";
  }
  return out;
}

namespace {

JsonTree treeOf(const Requirement& r, const RequirementTable::Wanted& wanted) {
  static constexpr const char* kFound[] = {"value", "always", "never"};
  JsonTree tree = {{"path", wanted.path},
                   {"sense", wanted.minimum ? "minimum" : "maximum"},
                   {"found", kFound[static_cast<size_t>(r.found)]}};
  if (r.found != Requirement::Found::Never) {
    tree["value"] = r.value;
    tree["text"] = r.text;
  }
  tree["now"] = r.now;
  if (!r.obstacle.empty()) tree["obstacle"] = r.obstacle;
  return tree;
}

JsonTree treeOf(const RequirementTable& t, const RequirementTable::Row& row) {
  auto axes = JsonTree::object(), found = JsonTree::array();
  for (size_t i = 0; i < t.axes.size(); ++i) axes[t.axes[i]] = row.values[i];
  for (size_t i = 0; i < row.answers.size(); ++i) found.push_back(treeOf(row.answers[i], t.wanted[i]));
  return {{"point", row.number}, {"axes", axes}, {"found", found}};
}

}  // namespace

std::string requirementsJson(const std::vector<RequirementTable>& all) {
  auto searches = JsonTree::array();
  for (const auto& t : all) {
    JsonTree search = {{"name", t.name}};
    if (!t.space.empty()) search["space"] = t.space;
    auto points = JsonTree::array();
    for (const auto& row : t.rows) points.push_back(treeOf(t, row));
    search["points"] = points;
    searches.push_back(search);
  }
  return jsonText({{"schema", "afd_requirements"}, {"version", 1}, {"searches", searches}}) + "\n";
}

}  // namespace afdc
