#include "driver/list.h"

#include <fmt/format.h>

#include <algorithm>

#include "results/metrics.h"
#include "session/library_items.h"
#include "support/document.h"
#include "support/escape.h"
#include "support/text.h"
#include "support/text_table.h"

namespace afdc {

namespace {

constexpr std::string_view kMetrics = "metrics";
constexpr size_t kNeeded = 3;  ///< figures that a narrow terminal shows too

/// One line of the answer.
struct ListRow {
  std::string name, import;  ///< of what needs no import the second is empty
  std::vector<LibraryFigure> figures;
};

/// All of one kind, with the names of their figures.
struct Listed {
  std::vector<std::string_view> heads, keys;
  std::vector<ListRow> rows;
};

/// Is it what the filter asks for? By its name, its module, or a checkpoint's name, as they are spoken.
bool fits(const LibraryEntry& entry, const std::string& filter) {
  std::string asked = spokenName(filter);
  auto has = [&](const std::string& name) { return contains(spokenName(name), asked); };
  return has(entry.name) || has(entry.module) || std::ranges::any_of(entry.published, has);
}

Listed listed(Session& session, const LibraryKind& kind, const std::string& filter) {
  Listed out;
  for (const auto& figure : kind.figures)
    if (figure.decides) {
      out.heads.push_back(figure.name);
      out.keys.push_back(figure.key);
    }
  for (const auto& entry : session.loader.library().ofKind(kind.word)) {
    if (!fits(entry, filter)) continue;
    auto tree = resolved(session, entry);
    if (!tree) continue;
    ListRow row{entry.name, entry.module, {}};
    for (const auto& figure : kind.figures)
      if (figure.decides) row.figures.push_back(figure.read(*tree));
    out.rows.push_back(std::move(row));
  }
  return out;
}

Listed listedMetrics(const std::string& filter) {
  Listed out{{"unit", "of requests", "what it is"}, {"unit", "distribution", "meaning"}, {}};
  for (const auto& metric : metricTable()) {
    if (!contains(metric.name, lowerCase(filter)) && !contains(metric.meaning, filter)) continue;
    out.rows.push_back({std::string(metric.name),
                        "",
                        {{std::string(metric.unit == "1" ? "" : metric.unit), {}, ""},
                         {metric.distribution ? "mean, p50, …" : "", {}, ""},
                         {std::string(metric.meaning), {}, ""}}});
  }
  return out;
}

/// Numbers stand to the right, and so does everything below a head that has numbers.
TextTable::Kind kindOf(const Listed& all, size_t figure) {
  bool number =
      std::ranges::any_of(all.rows, [&](const ListRow& row) { return row.figures[figure].value.has_value(); });
  return number ? TextTable::Kind::Number : TextTable::Kind::Text;
}

std::string tableOf(const Listed& all, const Screen& screen) {
  std::vector<TextTable::Column> columns = {{"name", TextTable::Kind::Text}};
  for (size_t i = 0; i < all.heads.size(); ++i)
    columns.push_back({std::string(all.heads[i]), kindOf(all, i), i < kNeeded});
  bool imported = !all.rows[0].import.empty();
  if (imported) columns.push_back({"imported from", TextTable::Kind::Text});
  TextTable table(columns);
  for (const auto& row : all.rows) {
    std::vector<std::string> cells = {onOneLine(row.name)};
    for (const auto& figure : row.figures) cells.push_back(onOneLine(figure.text));
    if (imported) cells.push_back(onOneLine(row.import));
    table.row(std::move(cells));
  }
  return table.text(screen);
}

Document documentOf(const Listed& all) {
  auto rows = Document::list();
  for (const auto& row : all.rows) {
    auto item = Document::map().set("name", row.name);
    if (!row.import.empty()) item.set("module", row.import);
    for (size_t i = 0; i < row.figures.size(); ++i) item.set(all.keys[i], documentOf(row.figures[i]));
    rows.add(std::move(item));
  }
  return rows;
}

/// What is said below a table: how a name comes into a file.
std::string advice(const Listed& all, const Screen& screen) {
  const auto& first = all.rows[0];
  if (first.import.empty())
    return wrapped("", "Asked for by `expect`, `minimize` and `maximize`: `expect p99(ttft) < 2 s`.", screen.width);
  return wrapped("",
                 fmt::format("In a file: `import {} {{ {} }}`. `afdc show {}` says more of one.", first.import,
                             first.name, first.name),
                 screen.width);
}

void declare(Arguments& arguments, ListOptions& o) {
  std::vector<Choice> choices;
  for (const auto& kind : libraryKinds()) choices.push_back({kind.plural, ""});
  choices.push_back({kMetrics, ""});
  arguments.requiredChoice("WHAT", o.what, "what to choose from", std::move(choices));
  arguments.optional("FILTER", o.filter, "only those with this in their name, their module or a checkpoint's name");
  formatOption(arguments, o.printing);
  stdlibOption(arguments, o.stdlib);
}

}  // namespace

Output runList(const ListOptions& o) {
  Output out;
  Session session(o.stdlib);
  const auto& kinds = libraryKinds();
  auto kind = std::ranges::find(kinds, o.what, &LibraryKind::plural);
  auto all = kind == kinds.end() ? listedMetrics(o.filter) : listed(session, *kind, o.filter);
  if (all.rows.empty() && session.diags.errors() == 0)
    return failure(
        "list", fmt::format("none of the {} has `{}` in its name; `afdc list {}` shows all", o.what, o.filter, o.what));
  if (o.printing.json())
    out.out = documentOf(all).json();
  else if (!all.rows.empty())
    out.out = tableOf(all, o.printing.screen) + "\n" + advice(all, o.printing.screen);
  finish(out, session.diags, o.printing);
  return out;
}

Command listCommand() {
  return {.name = "list",
          .purpose = Purpose::Write,
          .what = "list the models, hardware, runtimes and loads that the library has",
          .usage = {"afdc list WHAT [FILTER] [OPTIONS]"},
          .about =
              "Shows what can be chosen from without writing it: a line for each, with where to import it from and the "
              "figures that people choose by. Names are compared as they are spoken, without case and separators.",
          .examples = {{"afdc list models llama", "which Llamas are there, and how large is their cache?"},
                       {"afdc list gpus", "devices with memory, bandwidth and peaks"},
                       {"afdc list metrics", "what can be promised, and in which unit"},
                       {"afdc list nodes H200 --format json", "for scripts"}},
          .bind = bound(declare, runList)};
}

}  // namespace afdc
