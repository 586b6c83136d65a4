#include "driver/show.h"

#include <fmt/format.h>

#include <algorithm>

#include "frontend/syntax/headings.h"
#include "session/library_items.h"
#include "support/document.h"
#include "support/escape.h"
#include "support/terminal.h"
#include "support/text.h"

namespace afdc {

namespace {

/// What the library says of a name, in the parts that are shown.
struct Shown {
  LibraryEntry entry;
  std::string place;                     ///< "std/models/llama.afd:62:7"
  std::string what;                      ///< the declaration's own comment
  std::vector<std::string> sources;      ///< comments inside of it, and the one at the head of its file
  std::optional<ir::Scenario> resolved;  ///< of what is a block
  std::string text;                      ///< of what is none: the declaration as it is written
};

/// The `//` lines at the head of a file, after its edition.
std::string headComment(std::string_view text) {
  size_t begin = text.starts_with("edition") ? text.find('\n') + 1 : 0, end = begin;
  while (text.substr(end).starts_with("//")) end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return paragraphOf(text.substr(begin, end - begin), "//");
}

Shown shownOf(Session& session, const LibraryEntry& entry) {
  Shown out;
  out.entry = entry;
  Module* module = session.loader.loadStandard(entry.module);
  auto found = module ? module->decls.find(entry.name) : decltype(module->decls.begin()){};
  if (!module || found == module->decls.end()) return out;
  const auto& decl = *found->second;
  auto written = session.sources.text(decl.range);
  out.place = session.sources.describe(decl.name.range);
  out.what = paragraphOf(decl.doc);
  for (auto& comment : {paragraphOf(written, "//"), headComment(session.sources.file(decl.range.file).text())})
    if (!comment.empty()) out.sources.push_back(comment);
  if (decl.kind == ast::DeclKind::Block) out.resolved = resolved(session, entry);
  if (!out.resolved) out.text = written;
  return out;
}

/// Is it a value that says something? Not a graph, which `afdc ir` shows, nor what is left open or empty.
bool isSaid(const ir::Scenario& s, ir::NodeId id) {
  const auto& node = s[id];
  bool empty = node.kind == ir::NodeKind::List && node.children.empty();
  return node.kind != ir::NodeKind::Graph && node.kind != ir::NodeKind::Null && !empty;
}

std::vector<ir::NodeId> fieldsOf(const ir::Scenario& s) {
  auto fields = s[s.root].children;
  std::erase_if(fields, [&](ir::NodeId id) { return !isSaid(s, id); });
  return fields;
}

/// A field as people read it; what only has its own name, such as a kind of layer, with what is in it.
std::string fieldText(const ir::Scenario& s, ir::NodeId id) {
  const auto& node = s[id];
  bool named = !s.strings[node.label].empty() && s.strings[node.label] != s.strings[node.name];
  if (node.kind != ir::NodeKind::Record || named) return s.show(id);
  std::string inner;
  for (auto child : node.children)
    if (isSaid(s, child))
      inner += fmt::format("{}{} = {}", inner.empty() ? "" : ", ", s.strings[s[child].name], s.show(child));
  return fmt::format("{} {{ {} }}", s.strings[node.schema], inner);
}

/// Names on the left, what they are on the right, in the width of the screen.
std::string rows(const std::vector<std::pair<std::string, std::string>>& all, size_t screenWidth) {
  constexpr size_t kWidest = 24;
  size_t width = 0;
  for (const auto& [name, value] : all) width = std::max(width, std::min(columnWidth(name), kWidest));
  std::string out;
  for (const auto& [name, value] : all) out += wrapped("  " + padded(name, width) + "  ", value, screenWidth);
  return out;
}

std::string asText(const Shown& shown, const Screen& screen) {
  const auto& entry = shown.entry;
  std::string out = screen.bold(onOneLine(entry.name)) + "\n";
  if (!shown.what.empty()) out += wrapped("  ", onOneLine(shown.what), screen.width);
  std::vector<std::pair<std::string, std::string>> about = {
      {"is a", onOneLine(entry.kind)},
      {"in a file", fmt::format("import {} {{ {} }}", onOneLine(entry.module), onOneLine(entry.name))},
      {"declared at", onOneLine(shown.place)}};
  if (!entry.published.empty()) about.emplace_back("published as", onOneLine(joinWords(entry.published)));
  out += rows(about, screen.width);
  if (shown.resolved) {
    const auto& s = *shown.resolved;
    std::vector<std::pair<std::string, std::string>> figures, fields;
    if (const auto* kind = libraryKind(entry.kind))
      for (const auto& figure : kind->figures)
        if (auto said = figure.read(s); !said.text.empty() && (figure.decides || said.value != 0.0))
          figures.emplace_back(figure.name, onOneLine(said.text));
    for (auto id : fieldsOf(s)) fields.emplace_back(s.strings[s[id].name], onOneLine(fieldText(s, id)));
    if (!figures.empty()) out += "\n" + screen.bold("Figures") + "\n" + rows(figures, screen.width);
    if (!fields.empty()) out += "\n" + screen.bold("Fields") + "\n" + rows(fields, screen.width);
  }
  if (!shown.text.empty()) out += "\n" + screen.bold("Declaration") + "\n" + printable(shown.text) + "\n";
  if (!shown.sources.empty()) out += "\n" + screen.bold("What its file says") + "\n";
  for (const auto& source : shown.sources) out += wrapped("  ", onOneLine(source), screen.width);
  return out;
}

Document documentOf(const Shown& shown) {
  const auto& entry = shown.entry;
  auto published = Document::list(), sources = Document::list();
  for (const auto& name : entry.published) published.add(name);
  for (const auto& source : shown.sources) sources.add(source);
  auto out = Document::map()
                 .set("name", entry.name)
                 .set("kind", entry.kind)
                 .set("module", entry.module)
                 .set("place", shown.place)
                 .set("about", shown.what)
                 .set("published", published)
                 .set("sources", sources);
  if (!shown.text.empty()) out.set("declaration", shown.text);
  if (!shown.resolved) return out;
  const auto& s = *shown.resolved;
  auto figures = Document::map(), fields = Document::map();
  if (const auto* kind = libraryKind(entry.kind))
    for (const auto& figure : kind->figures) figures.set(figure.key, documentOf(figure.read(s)));
  for (auto id : fieldsOf(s)) fields.set(s.strings[s[id].name], fieldText(s, id));
  return out.set("figures", figures).set("fields", fields);
}

void declare(Arguments& arguments, ShowOptions& o) {
  arguments.required("NAME", o.name, "a name of the standard library, or of a published checkpoint");
  formatOption(arguments, o.printing);
  stdlibOption(arguments, o.stdlib);
}

}  // namespace

bool isInLibrary(const std::string& name, const std::string& stdlib) {
  return Session(stdlib).loader.library().meant(name) != nullptr;
}

Output runShow(const ShowOptions& o) {
  Session session(o.stdlib);
  const auto& library = session.loader.library();
  const auto* entry = library.meant(o.name);
  if (!entry) {
    auto near = library.near(o.name);
    return failure("show", fmt::format("nothing in the standard library is called `{}`{}", o.name,
                                       near.empty() ? "; `afdc list models` and its like show what there is"
                                                    : "; did you mean " + joinWords(near, "or") + "?"));
  }
  auto shown = shownOf(session, *entry);
  Output out;
  out.out = o.printing.json() ? documentOf(shown).json() : asText(shown, o.printing.screen);
  finish(out, session.diags, o.printing);
  return out;
}

Command showCommand() {
  return {.name = "show",
          .purpose = Purpose::Write,
          .what = "show one model, device or other thing of the library with its sources",
          .usage = {"afdc show NAME [OPTIONS]"},
          .about =
              "Shows what a name of the standard library stands for: where it is declared and how it is imported, what "
              "follows from it (parameters, cache per token), its fields, and the sources that its file names. Models "
              "are also found by the names of their checkpoints. `afdc list` shows what there is.",
          .examples = {{"afdc show Llama31_8B", "how large is it, and where do its numbers come from?"},
                       {"afdc show deepseek-ai/DeepSeek-R1", "by the name of a checkpoint"},
                       {"afdc show H200x8 --format json", "a node, for a script"}},
          .bind = bound(declare, runShow)};
}

}  // namespace afdc
