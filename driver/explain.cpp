#include "driver/explain.h"

#include "driver/show.h"
#include "frontend/diagnostics.h"
#include "session/catalogue.h"
#include "session/session.h"
#include "support/document.h"
#include "support/escape.h"
#include "support/terminal.h"
#include "support/text.h"

namespace afdc {

namespace {

Output explainId(const CatalogueEntry& e, bool json, size_t width) {
  Output out;
  if (json) {
    out.out = Document::map()
                  .set("id", e.id)
                  .set("name", e.name)
                  .set("severity", e.severity == Severity::Error ? "error" : "warning")
                  .set("explanation", e.explanation)
                  .set("bad", e.bad)
                  .set("good", e.good)
                  .json();
    return out;
  }
  std::string name(e.name);
  std::replace(name.begin(), name.end(), '_', '-');
  out.out = fmt::format("{} {} ({})\n\n", e.id, name, e.severity == Severity::Error ? "error" : "warning");
  out.out += wrapped("", e.explanation, width);
  if (!e.bad.empty()) out.out += "\n" + wrapped("  wrong:  ", e.bad, width) + wrapped("  right:  ", e.good, width);
  return out;
}

constexpr std::string_view kEveryLet = "*";  ///< the path that stands for all of a file

/// A value in a scenario tree of its own.
struct Found {
  std::string path;
  ir::Scenario s;
  ir::NodeId id;
};

std::optional<Found> findLet(Session& session, Module& module, const std::string& name) {
  auto value = session.evaluator.lowerLet(module, name);
  if (!value) return std::nullopt;
  Found f{name, std::move(*value), {}};
  f.id = f.s.root;
  return f;
}

/// Walks `rest` from the root; reports the first step that leads nowhere. A null on the way is an answer.
bool walk(Session& session, Found& f, const std::string& head, const std::string& rest) {
  ir::NodeId at = f.s.root;
  std::string walked = head;
  for (size_t i = 0; i < rest.size();) {
    size_t end = std::min(rest.find('.', i), rest.size());
    std::string step = rest.substr(i, end - i);
    ir::NodeId next;
    std::vector<std::string> names;
    for (auto c : f.s[at].children) {
      names.emplace_back(f.s.strings[f.s[c].name]);
      if (names.back() == step) next = c;
    }
    if (!next.valid()) {
      auto& d = session.diags.report<diag::no_such_path>({}, f.path, "`" + walked + "`", step);
      if (auto meant = suggest(step, names))
        d.help(fmt::format("did you mean `{}`?", *meant));
      else if (!names.empty())
        d.help("it has " + joinWords(names));
      return false;
    }
    walked = step;
    at = next;
    i = end + 1;
  }
  f.id = at;
  return true;
}

Document documentOf(const Found& f) {
  const auto& n = f.s[f.id];
  auto document = Document::map().set("path", f.path).set("value", f.s.show(f.id));
  if (n.kind == ir::NodeKind::Number)
    document.set("base_value", n.value.toDouble())
        .set("base_unit", n.dimension.unit())
        .set("inexact", !n.value.exact())
        .set("exact", n.value.exact() ? Document(n.value.rational().text()) : Document());
  auto origins = Document::list();
  for (const auto& o : n.origins)
    origins.add(Document::map()
                    .set("kind", ir::kOriginKindNames[static_cast<size_t>(o.kind)])
                    .set("file", f.s.strings[o.place.file])
                    .set("line", static_cast<double>(o.place.line))
                    .set("column", static_cast<double>(o.place.column))
                    .set("value", f.s.strings[o.value]));
  return document.set("origins", origins);
}

std::string asText(const Found& f, size_t width) {
  const auto& n = f.s[f.id];
  std::string out = wrapped("", onOneLine(fmt::format("{} = {}", f.path, f.s.show(f.id))), width);
  if (n.kind == ir::NodeKind::Number) {
    if (n.value.exact())
      out += wrapped("  exactly   ", Quantity{n.value, n.dimension, ""}.exactText(), width);
    else
      out += fmt::format("  inexact   {} {} (rounded to double on the way)\n", shortest(n.value.toDouble()),
                         n.dimension.unit());
  }
  for (size_t i = 0; i < n.origins.size(); ++i) {
    const auto& o = n.origins[i];
    std::string place =
        o.place.file.valid() ? fmt::format("{}:{}:{}", f.s.strings[o.place.file], o.place.line, o.place.column) : "";
    out += wrapped(fmt::format("  {} {:<9} ", i == 0 ? "→" : "←", ir::kOriginKindNames[static_cast<size_t>(o.kind)]),
                   padded(onOneLine(f.s.strings[o.value]), 32) + " " + onOneLine(place), width);
  }
  if (n.kind == ir::NodeKind::Record)
    for (auto child : n.children) {
      std::string first = fmt::format("  {:<16} ", f.s.strings[f.s[child].name]);
      out += first + shortened(onOneLine(f.s.show(child)), width - columnWidth(first)) + "\n";
    }
  return out;
}

/// A list where several values were asked for, else the one that there is.
std::string asJson(const std::vector<Found>& found, bool several) {
  if (!several) return found.empty() ? "\n" : documentOf(found[0]).json();
  auto all = Document::list();
  for (const auto& f : found) all.add(documentOf(f));
  return all.json();
}

/// The value at `rest` of a block, which `--set` may have changed.
std::optional<Found> findInBlock(Session& session, Module& module, Object* block, const ExplainOptions& o,
                                 const std::string& head, const std::string& rest) {
  for (const auto& set : o.sets)
    if (block) block = session.evaluator.amended(block, set, module);
  if (!block) return std::nullopt;
  Found f;
  f.path = o.path;
  f.s = session.evaluator.lowerToScenario(block);
  if (!walk(session, f, head, rest)) return std::nullopt;
  return f;
}

std::vector<Found> everyLet(Session& session, Module& module) {
  std::vector<Found> out;
  for (const auto& decl : module.ast->decls)
    if (auto f = findLet(session, module, std::string(decl.name.text))) out.push_back(std::move(*f));
  return out;
}

void reportNoSuchName(Session& session, const Module& module, const ExplainOptions& o, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& decl : module.ast->decls) names.emplace_back(decl.name.text);
  auto& d = session.diags.report<diag::no_such_path>({}, o.path, "`" + o.subject + "`", name);
  if (auto meant = suggest(name, names)) d.help(fmt::format("did you mean `{}`?", *meant));
}

/// What the path of the command line names; reports it when there is no such thing.
std::vector<Found> valuesAt(Session& session, Module& module, const ExplainOptions& o) {
  if (o.path == kEveryLet) return everyLet(session, module);
  size_t dot = o.path.find('.');
  std::string head = o.path.substr(0, dot), rest = dot == std::string::npos ? "" : o.path.substr(dot + 1);
  std::optional<Found> found;
  if (Object* block = session.evaluator.block(module, head)) {
    found = findInBlock(session, module, block, o, head, rest);
  } else {
    found = findLet(session, module, head);
    if (!found && session.diags.errors() == 0) reportNoSuchName(session, module, o, head);
  }
  std::vector<Found> out;
  if (found) out.push_back(std::move(*found));
  return out;
}

void declare(Arguments& arguments, ExplainOptions& o) {
  arguments.required("FILE", o.subject,
                     "a file, or - for standard input; or the id or the name of a message: AFD0301, does-not-divide; "
                     "or a name of the library");
  arguments.optional("PATH", o.path, "of a value: a scenario and its fields, or a `let`; '*' for every `let`");
  setOption(arguments, o.sets);
  formatOption(arguments, o.printing);
  readingOptions(arguments, o.stdlib, o.allow);
}

}  // namespace

Output runExplain(const ExplainOptions& o) {
  if (o.path.empty()) {
    std::string name = o.subject;
    std::replace(name.begin(), name.end(), '-', '_');
    if (const auto* entry = findCatalogueEntry(name))
      return explainId(*entry, o.printing.json(), o.printing.screen.width);
    if (isInLibrary(o.subject, o.stdlib)) return runShow({o.printing, o.stdlib, o.subject});
    return failure("explain", fmt::format("`{}` is no message and no name of the standard library; give an id such as "
                                          "AFD0301, a name such as `H200x8`, or a file and a path in it",
                                          o.subject));
  }
  Session session(o.stdlib, o.allow);
  Module* module = session.loader.loadFile(o.subject);
  if (!module) return {kUsage, "", messagesOf(session.diags, o.printing)};
  session.evaluator.check(*module);
  auto found = valuesAt(session, *module, o);
  Output out;
  if (o.printing.json())
    out.out = asJson(found, o.path == kEveryLet);
  else
    for (const auto& f : found) out.out += asText(f, o.printing.screen.width);
  if (session.diags.count() > 0) out.err = messagesOf(session.diags, o.printing);
  if (session.diags.errors() > 0) out.code = kFindings;
  return out;
}

Command explainCommand() {
  return {.name = "explain",
          .purpose = Purpose::Write,
          .what = "say where a value comes from, or what a message means",
          .usage = {"afdc explain FILE PATH [OPTIONS]", "afdc explain AFDnnnn", "afdc explain NAME"},
          .about =
              "Shows a value with everything that had a say in it, the last word first: --set, the file, what it "
              "extends, the default of the schema. Of a name of the standard library it says the same as `afdc show`.",
          .examples = {{"afdc explain examples/deepseek_v3_h200.afd chat.deployment.main.kv_cache.fraction",
                        "where does this value come from?"},
                       {"afdc explain AFD0301", "what does this message mean?"}},
          .bind = bound(declare, runExplain)};
}

}  // namespace afdc
