#include "driver/doc.h"

#include <algorithm>

#include "backends/registry.h"
#include "driver/help.h"
#include "session/catalogue.h"
#include "session/session.h"
#include "support/text.h"

namespace afdc {

namespace {

/// `///` lines as one paragraph.
std::string paragraph(std::string_view doc) {
  std::string out;
  for (size_t i = 0; i < doc.size();) {
    size_t end = std::min(doc.find('\n', i), doc.size());
    auto line = doc.substr(i, end - i);
    size_t first = line.find("///");
    if (first != std::string_view::npos) {
      line.remove_prefix(first + 3);
      while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
      out += (out.empty() ? "" : " ") + std::string(line);
    }
    i = end + 1;
  }
  return out;
}

std::string cell(std::string text) {
  std::string out;
  for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c == '\n' ? ' ' : c);
  return out;
}

void schema(std::string& out, const ast::Decl& decl, const SourceManager& sources) {
  std::string base;
  for (const auto& part : decl.body().path) base += (base.empty() ? "" : ".") + std::string(part.text);
  out += fmt::format("### {}{}\n\n", decl.name.text, base.empty() ? "" : " : " + base);
  if (auto text = paragraph(decl.doc); !text.empty()) out += text + "\n\n";
  bool header = false;
  auto row = [&](std::string_view name, std::string_view type, std::string_view value, std::string_view doc) {
    if (!header) out += "| field | type | default | |\n|---|---|---|---|\n";
    header = true;
    out +=
        fmt::format("| `{}` | {} | {} | {} |\n", name, type.empty() ? "" : fmt::format("`{}`", cell(std::string(type))),
                    value.empty() ? "" : fmt::format("`{}`", cell(std::string(value))), cell(paragraph(doc)));
  };
  for (const auto& item : decl.body().items) {
    std::string type(item.type ? sources.text(item.type->range) : std::string_view());
    std::string value(item.value ? sources.text(item.value->range) : std::string_view());
    switch (item.kind) {
      case ast::ItemKind::Field:
        row(std::string(item.name.text) + (item.optional ? "?" : ""), type, value, item.doc);
        break;
      case ast::ItemKind::Given: row(item.name.text, type, "given", item.doc); break;
      case ast::ItemKind::Measure: row(item.name.text, type, "measured", item.doc); break;
      case ast::ItemKind::Let: row(item.name.text, type, "= " + value, item.doc); break;
      case ast::ItemKind::Blocks:
        row(fmt::format("{} NAME {{ }}", item.name.text),
            sources.text({item.path[0].range.file, item.path[0].range.begin, item.path.back().range.end}), "",
            item.doc);
        break;
      default: break;
    }
  }
  if (header) out += "\n";
}

std::string enumOf(const ast::Decl& decl) {
  std::vector<std::string> members;
  for (const auto& m : decl.body().members) members.push_back(fmt::format("`{}`", m.text));
  auto text = paragraph(decl.doc);
  return fmt::format("### enum {}\n\n{}\n\n{}", decl.name.text, joinWords(members, "or"),
                     text.empty() ? "" : text + "\n\n");
}

/// "x : [batch T, feature D], y? : Int"
std::string portsOf(const ast::Decl& decl, const SourceManager& sources) {
  std::string out;
  for (const auto& p : decl.body().ports) {
    std::string shape;
    for (const auto& d : p.dims) shape += fmt::format("{}{} {}", shape.empty() ? "" : ", ", d.role.text, d.dim.text);
    out += fmt::format("{}{}{} : {}", out.empty() ? "" : ", ", p.name.text, p.optional ? "?" : "",
                       p.tensor ? "[" + shape + "]" : std::string(sources.text(p.type->range)));
  }
  return out;
}

std::string operatorOf(const ast::Decl& decl, const SourceManager& sources) {
  return fmt::format("### {}\n\n`{}({})`\n\n{}\n\n", decl.name.text, decl.name.text, portsOf(decl, sources),
                     paragraph(decl.doc));
}

/// A line of a list: what it is, and what its comment says.
std::string lineOf(const std::string& what, const ast::Decl& decl) {
  auto text = paragraph(decl.doc);
  return fmt::format("- {}{}\n", what, text.empty() ? "" : ": " + text);
}

std::string declarationOf(const ast::Decl& decl, const SourceManager& sources) {
  std::string out;
  switch (decl.kind) {
    case ast::DeclKind::Schema: schema(out, decl, sources); break;
    case ast::DeclKind::Enum: out = enumOf(decl); break;
    case ast::DeclKind::Intrinsic: out = operatorOf(decl, sources); break;
    case ast::DeclKind::Block: out = lineOf(fmt::format("**{} {}**", decl.kindName.text, decl.name.text), decl); break;
    case ast::DeclKind::Fn:
    case ast::DeclKind::Let: {
      auto text = sources.text(decl.range);
      out = lineOf(fmt::format("`{}`", cell(std::string(text.substr(0, text.find('\n'))))), decl);
      break;
    }
    case ast::DeclKind::Kind: break;
  }
  return out;
}

bool isOperator(const ast::Decl& decl) { return decl.kind == ast::DeclKind::Intrinsic; }
bool isReference(const ast::Decl& decl) {
  return !isOperator(decl) && decl.kind != ast::DeclKind::Kind && !decl.isBlock("test");
}

std::string operators() {
  Session session;
  std::string out = "# Operators\n\nWhat an `op` of a graph may apply. Generated by `afdc doc operators`.\n\n";
  for (const auto& name : session.loader.standardModules())
    if (Module* module = session.loader.loadStandard(name))
      for (const auto& decl : module->ast->decls)
        if (isOperator(decl)) out += declarationOf(decl, session.sources);
  return out;
}

std::string schemas() {
  Session session;
  std::string out =
      "# Reference of the standard library\n\nGenerated by `afdc doc schemas` from the schemas themselves.\n\n";
  for (const auto& name : session.loader.standardModules()) {
    Module* module = session.loader.loadStandard(name);
    if (!module) continue;
    std::string declared;
    for (const auto& decl : module->ast->decls)
      if (isReference(decl)) declared += declarationOf(decl, session.sources);
    if (declared.empty()) continue;
    out += fmt::format("## {}\n\n{}{}", name, declared, declared.ends_with("\n\n") ? "" : "\n");
  }
  return out;
}

std::string diagnostics() {
  std::string out =
      "# Diagnostics\n\nGenerated by `afdc doc diagnostics` from the catalogue; `afdc explain AFDnnnn` shows the "
      "same. How they are printed for scripts: [results.md](results.md#messages).\n\n";
  for (const auto& e : catalogue()) {
    std::string name(e.name);
    std::replace(name.begin(), name.end(), '_', '-');
    out += fmt::format("## {} {}\n\n*{}.* {}\n\n", e.id, name, e.severity == Severity::Error ? "Error" : "Warning",
                       e.explanation);
    if (!e.bad.empty())
      out += fmt::format("| wrong | right |\n|---|---|\n| `{}` | `{}` |\n\n", cell(std::string(e.bad)),
                         cell(std::string(e.good)));
  }
  return out;
}

/// What each target can express, loses and refuses, and its units: the tables that emission itself looks at.
std::string targetTables() {
  std::string out =
      "# What targets can express\n\nGenerated by `afdc doc targets` from the tables that `afdc emit` checks a "
      "scenario against.\n";
  for (const auto* t : emit::targets()) {
    out += fmt::format("\n## {}\n\n{}: {}.\n\n| of a scenario | |\n|---|---|\n", t->name, t->title, t->version);
    std::string fine, lossy, refused;
    for (size_t i = 0; i < static_cast<size_t>(emit::Construct::Count); ++i) {
      auto construct = static_cast<emit::Construct>(i);
      auto words = std::string(emit::wordsOf(construct));
      const auto* ability = t->ability(construct);
      if (!ability)
        refused += fmt::format("| {} | refused: it has none |\n", words);
      else if (ability->how == emit::How::Expressed)
        fine += (fine.empty() ? "" : ", ") + words;
      else
        (ability->how == emit::How::Lossy ? lossy : refused) +=
            fmt::format("| {} | {}{} |\n", words,
                        ability->how == emit::How::Lossy ? "" : "refused: ", cell(std::string(ability->what)));
    }
    out += fmt::format("| {} | said as it is |\n{}{}", fine.empty() ? "nothing" : fine, lossy, refused);
    if (t->units.empty()) continue;
    out += "\n| quantity | unit |\n|---|---|\n";
    for (const auto& u : t->units) out += fmt::format("| {} | {} |\n", u.quantity, u.spelled);
  }
  return out;
}

/// A page of the reference.
struct Page {
  std::string_view name, what;
  std::string (*make)();
};

const Page kPages[] = {
    {"schemas", "what the standard library declares (docs/stdlib.md)", schemas},
    {"operators", "what an `op` of a graph may apply (docs/operators.md)", operators},
    {"diagnostics", "every message, with what is wrong and what is right (docs/diagnostics.md)", diagnostics},
    {"targets", "what each target of `afdc emit` can express (docs/emit/reference.md)", targetTables},
    {"commands", "the commands and their options (docs/commands.md)", commandsPage},
};

void declare(Arguments& arguments, DocOptions& o) {
  std::vector<Choice> choices;
  for (const auto& page : kPages) choices.push_back({page.name, page.what});
  arguments.requiredChoice("PAGE", o.page, "which page", std::move(choices));
}

}  // namespace

Output runDoc(const DocOptions& o) {
  const auto* page =
      std::find_if(std::begin(kPages), std::end(kPages), [&](const Page& p) { return p.name == o.page; });
  if (page == std::end(kPages)) return failure("doc", fmt::format("no page `{}`", o.page));
  Output out;
  out.out = page->make();
  while (out.out.size() > 1 && out.out[out.out.size() - 2] == '\n') out.out.pop_back();
  return out;
}

Command docCommand() {
  return {.name = "doc",
          .purpose = Purpose::LookInside,
          .what = "print a page of the reference as Markdown",
          .usage = {"afdc doc PAGE"},
          .about = "The pages are made from what the compiler itself goes by, so that they cannot disagree with it.",
          .examples = {{"afdc doc operators", "what an `op` may apply"},
                       {"afdc doc schemas > stdlib.md", "the standard library"}},
          .bind = bound(declare, runDoc)};
}

}  // namespace afdc
