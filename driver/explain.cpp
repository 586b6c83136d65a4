#include <llvm/Support/JSON.h>
#include <llvm/Support/raw_ostream.h>

#include "driver/commands.h"
#include "driver/session.h"
#include "support/text.h"

namespace afdc {

namespace {

Output explainId(const CatalogueEntry& e, bool json) {
  Output out;
  auto sv = [](std::string_view v) { return llvm::StringRef(v.data(), v.size()); };
  if (json) {
    llvm::raw_string_ostream stream(out.out);
    llvm::json::OStream j(stream, 2);
    j.object([&] {
      j.attribute("id", sv(e.id));
      j.attribute("name", sv(e.name));
      j.attribute("severity", e.severity == Severity::Error ? "error" : "warning");
      j.attribute("explanation", sv(e.explanation));
      j.attribute("bad", sv(e.bad));
      j.attribute("good", sv(e.good));
    });
    stream.flush();
    out.out += "\n";
    return out;
  }
  std::string name(e.name);
  std::replace(name.begin(), name.end(), '_', '-');
  out.out = fmt::format("{} {} ({})\n\n", e.id, name, e.severity == Severity::Error ? "error" : "warning");
  size_t column = 0;
  for (size_t i = 0; i < e.explanation.size();) {
    size_t end = std::min(e.explanation.find(' ', i), e.explanation.size());
    if (column + end - i > 90) out.out += "\n", column = 0;
    out.out += std::string(column ? " " : "") + std::string(e.explanation.substr(i, end - i));
    column += end - i + 1;
    i = end + 1;
  }
  out.out += "\n";
  if (!e.bad.empty()) out.out += fmt::format("\n  wrong:  {}\n  right:  {}\n", e.bad, e.good);
  return out;
}

}  // namespace

Output runExplain(const Options& o) {
  Output out;
  if (o.path.empty()) {
    if (const auto* entry = findCatalogueEntry(o.file)) return explainId(*entry, o.json);
    std::string kebab = o.file;
    std::replace(kebab.begin(), kebab.end(), '-', '_');
    if (const auto* entry = findCatalogueEntry(kebab)) return explainId(*entry, o.json);
    out.code = kUsage;
    out.err = fmt::format("afdc explain: `{}` is no diagnostic; give an id such as AFD0301, or a file and a path in it\n", o.file);
    return out;
  }
  Session session(o.stdlib);
  Module* module = session.loader.loadFile(o.file);
  if (!module) {
    out.err = session.diags.text(o.color);
    out.code = kUsage;
    return out;
  }
  session.evaluator.check(*module);
  size_t dot = o.path.find('.');
  std::string head = o.path.substr(0, dot), rest = dot == std::string::npos ? "" : o.path.substr(dot + 1);
  Object* object = session.evaluator.block(*module, head);
  ir::Scenario s;
  ir::NodeId id;
  if (object) {
    for (const auto& set : o.sets)
      if (object) object = session.evaluator.amended(object, set, *module);
    if (object) {
      s = session.evaluator.lowerToScenario(object);
      id = rest.empty() ? s.root : s.find(s.root, rest);
      if (!id.valid() && !rest.empty()) {
        // How far does the path go? Say so at the first step that leads nowhere.
        std::string walked;
        ir::NodeId at = s.root;
        for (size_t i = 0; i < rest.size();) {
          size_t end = std::min(rest.find('.', i), rest.size());
          std::string step = rest.substr(i, end - i);
          ir::NodeId next = s.find(at, step);
          bool known = false;
          std::vector<std::string> names;
          for (auto c : s[at].children) {
            names.emplace_back(s.strings[s[c].name]);
            known |= names.back() == step;
          }
          if (!next.valid() && !known) {
            auto& d = session.diags.report<diag::no_such_path>({}, o.path, walked.empty() ? head : walked, step);
            if (auto meant = suggest(step, names)) d.help(fmt::format("did you mean `{}`?", *meant));
            else if (!names.empty()) d.help("it has " + joinWords(names));
            break;
          }
          if (!next.valid()) {
            out.out = fmt::format("{} = null\n", o.path);
            break;
          }
          walked = step;
          at = next;
          i = end + 1;
        }
      }
    }
  } else if (auto value = session.evaluator.letValue(*module, head)) {
    s.root = id = s.add([&] {
      ir::Node n;
      n.kind = ir::NodeKind::Number;
      n.name = s.strings.intern(head);
      n.value = value->first.value;
      n.dimension = value->first.dimension;
      if (!value->first.unit.empty()) n.unit = s.strings.intern(value->first.unit);
      auto at = session.sources.file(value->second.file).position(value->second.begin);
      n.origins.push_back({ir::OriginKind::Declared, {s.strings.intern(session.sources.file(value->second.file).name()), at.line, at.column}, s.strings.intern(session.sources.text(value->second))});
      return n;
    }());
  } else if (session.diags.errors() == 0) {
    std::vector<std::string> names;
    for (const auto& d : module->ast->decls) names.emplace_back(d.name.text);
    auto& d = session.diags.report<diag::no_such_path>({}, o.path, o.file, head);
    if (auto meant = suggest(head, names)) d.help(fmt::format("did you mean `{}`?", *meant));
  }
  if (id.valid()) {
    const auto& n = s[id];
    if (o.json) {
      llvm::raw_string_ostream stream(out.out);
      llvm::json::OStream j(stream, 2);
      j.object([&] {
        j.attribute("path", o.path);
        j.attribute("value", s.show(id));
        if (n.kind == ir::NodeKind::Number) {
          j.attribute("base_value", n.value.toDouble());
          j.attribute("base_unit", n.dimension.unit());
          j.attribute("inexact", !n.value.exact());
          j.attribute("exact", n.value.exact() ? llvm::json::Value(n.value.rational().text()) : llvm::json::Value(nullptr));
        }
        j.attributeArray("origins", [&] {
          for (const auto& origin : n.origins) j.object([&] {
            auto file = s.strings[origin.place.file];
            j.attribute("kind", llvm::StringRef(ir::kOriginKindNames[static_cast<size_t>(origin.kind)].data()));
            j.attribute("file", llvm::StringRef(file.data(), file.size()));
            j.attribute("line", origin.place.line);
            j.attribute("column", origin.place.column);
            auto value = s.strings[origin.value];
            j.attribute("value", llvm::StringRef(value.data(), value.size()));
          });
        });
      });
      stream.flush();
      out.out += "\n";
    } else {
      out.out += fmt::format("{} = {}\n", o.path, s.show(id));
      if (n.kind == ir::NodeKind::Number) {
        if (n.value.exact()) out.out += fmt::format("  exactly   {}\n", Quantity{n.value, n.dimension, ""}.exactText());
        else out.out += fmt::format("  inexact   {} {} (rounded to double on the way)\n", shortest(n.value.toDouble()), n.dimension.unit());
      }
      bool first = true;
      for (const auto& origin : n.origins) {
        out.out += fmt::format("  {} {:<9} {:<32} {}\n", first ? "→" : "←", ir::kOriginKindNames[static_cast<size_t>(origin.kind)], s.strings[origin.value],
                               origin.place.file.valid() ? fmt::format("{}:{}:{}", s.strings[origin.place.file], origin.place.line, origin.place.column) : "");
        first = false;
      }
      if (n.kind == ir::NodeKind::Record)
        for (auto child : n.children) {
          std::string value = s.show(child);
          if (value.size() > 70) value = value.substr(0, 67) + "...";
          out.out += fmt::format("  {:<16} {}\n", s.strings[s[child].name], value);
        }
    }
  }
  out.err = o.json && session.diags.count() == 0 ? "" : o.json ? session.diags.json() : session.diags.text(o.color);
  if (session.diags.errors() > 0) out.code = kFindings;
  return out;
}

}  // namespace afdc
