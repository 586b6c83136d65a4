#include "frontend/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "frontend/syntax/format.h"
#include "support/escape.h"

namespace afdc {

namespace {

constexpr size_t kLine = 100;  ///< a block that fits is written on one line

std::string spaces(size_t n) { return std::string(2 * n, ' '); }

/// A label as its block has it: a name, or a text where it is none.
std::string labelText(std::string_view label) {
  auto inName = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  bool name = !label.empty() && std::isdigit(static_cast<unsigned char>(label[0])) == 0 &&
              std::all_of(label.begin(), label.end(), inName);
  return name ? std::string(label) : afdText(label);
}

/// `{ a, b }` on one line where it fits.
std::string block(const std::string& head, const std::string& members, size_t indent) {
  if (members.empty()) return head + " { }";
  std::string line;
  for (size_t at = 0; at < members.size();) {
    size_t end = members.find('\n', at);
    std::string one = members.substr(at, end - at);
    one.erase(0, one.find_first_not_of(' '));
    if (one.back() == '{' || one == "}" || line.size() + one.size() > kLine) {
      line.clear();
      break;
    }
    line += (line.empty() ? "" : ", ") + one;
    at = end + 1;
  }
  if (!line.empty() && head.size() + line.size() + 2 * indent + 4 <= kLine) return head + " { " + line + " }";
  return head + " {\n" + members + spaces(indent) + "}";
}

}  // namespace

void Writer::import(const Module* module, std::string_view name) {
  if (!module || !module->standard) return;
  std::string path = module->name;
  if (path.ends_with(".afd")) path.resize(path.size() - 4);
  std::replace(path.begin(), path.end(), '/', '.');
  if (path != "std.prelude") imports_[path].emplace(name);
}

Writer::Origin Writer::declaredAs(Object* object) {
  if (object->label.empty() || !object->declared.valid()) return {};
  std::string path(ev_.diags().sources().file(object->declared.file).name());
  if (!path.starts_with("std/") || !path.ends_with(".afd")) return {};
  path.resize(path.size() - 4);
  std::replace(path.begin(), path.end(), '/', '.');
  Module* module = ev_.loader_.loadStandard(path);
  if (!module) return {};
  auto decl = module->decls.find(object->label);
  if (decl == module->decls.end()) return {};
  Value value = ev_.declValue(*module, *decl->second);
  return value.kind == ValueKind::Record ? Origin{module, value.object} : Origin{};
}

std::string Writer::quantity(const Quantity& q) {
  auto number = [](const Number& n) {
    double d = n.toDouble();
    if (n.isInteger() && std::fabs(d) < 1e15) return fmt::format("{:.0f}", d);
    return fmt::format("{}", d);
  };
  if (q.dimension.none() && q.unit.empty()) return number(q.value);
  auto unit = parseUnit(q.unit);
  if (!unit) return fmt::format("{} {}", number(q.value), q.dimension.unit());
  return fmt::format("{} {}", number(q.value / Number(unit->factor)), q.unit);
}

std::string Writer::expression(const Value& v, size_t indent) {
  switch (v.kind) {
    case ValueKind::Null: return "null";
    case ValueKind::Bool: return v.flag ? "true" : "false";
    case ValueKind::Number: return quantity(v.quantity);
    case ValueKind::Text: return afdText(v.text);
    case ValueKind::Symbol: return v.text;
    case ValueKind::Dist: {
      std::string out;
      for (const auto& [key, parameter] : v.dist->parameters)
        out += fmt::format("{}{}{}", out.empty() ? "" : ", ", v.dist->family == "constant" ? "" : key + " = ",
                           quantity(parameter));
      return fmt::format("{}({})", v.dist->family, out);
    }
    case ValueKind::List: {
      std::string out;
      for (const auto& item : *v.list) out += (out.empty() ? "" : ", ") + expression(item, indent);
      return "[" + out + "]";
    }
    case ValueKind::Record: return record(v.object, indent);
    default: return "null";
  }
}

std::string Writer::record(Object* object, size_t indent) {
  if (auto origin = declaredAs(object); origin.object) {
    import(origin.module, object->label);
    std::string differing =
        object->layers.size() == origin.object->layers.size() ? "" : members(object, origin.object, indent + 1);
    return differing.empty() ? object->label : block(object->label, differing, indent);
  }
  // A block beside this one: an engine that a transfer names.
  if (object->parent && ev_.childSchema(object->parent->schema, object->blockKind)) return object->label;
  import(object->schema->module, object->schema->name);
  if (object->schema->isA("Slo")) return block(std::string(object->schema->name), promises(object, indent + 1), indent);
  return block(std::string(object->schema->name), members(object, nullptr, indent + 1), indent);
}

/// What an object says beyond its defaults, or beyond `than`, one member a line.
std::string Writer::members(Object* object, Object* than, size_t indent) {
  std::string out;
  for (const auto& field : object->schema->fields) {
    auto kind = field.item->kind;
    if (kind == ast::ItemKind::Blocks || kind == ast::ItemKind::Measure || kind == ast::ItemKind::Let) continue;
    auto name = field.item->name.text;
    Value value = ev_.get(object, name, object->declared);
    const auto& origins = object->slots.at(name).kinds;
    bool said = !origins.empty() && origins[0] != ir::OriginKind::Default && origins[0] != ir::OriginKind::Given;
    if (!said || value.poison() || (value.kind == ValueKind::Null && !field.item->value)) continue;
    if (than) {
      Value before = ev_.get(than, name, than->declared);
      auto imports = imports_;
      bool same = expression(before, indent) == expression(value, indent);
      imports_ = std::move(imports);
      if (same) continue;
    }
    // `parallel { tp = 8 }` where the schema begins with an empty record of the same kind.
    bool plain =
        value.kind == ValueKind::Record && value.object->blockKind.empty() && field.item->value &&
        ev_.diags().sources().text(field.item->value->range) == std::string(value.object->schema->name) + " { }";
    out += spaces(indent) +
           (plain ? block(std::string(name), members(value.object, nullptr, indent + 1), indent)
                  : fmt::format("{} = {}", name, expression(value, indent))) +
           "\n";
  }
  for (auto label : ev_.childLabels(object)) out += spaces(indent) + child(object, label, indent) + "\n";
  return out;
}

std::string Writer::child(Object* owner, std::string_view label, size_t indent) {
  Value value = ev_.get(owner, label, owner->declared);
  if (value.kind != ValueKind::Record) return "";
  Object* object = value.object;
  const Schema* expected = ev_.childSchema(owner->schema, object->blockKind);
  std::string head = fmt::format("{} {}", object->blockKind, labelText(label));
  if (object->schema != expected) {
    import(object->schema->module, object->schema->name);
    head += fmt::format(" = {}", object->schema->name);
  }
  return block(head, members(object, nullptr, indent + 1), indent);
}

std::string Writer::promises(Object* slo, size_t indent) {
  std::string out;
  for (const auto& layer : slo->layers)
    if (layer.block)
      for (const auto& m : layer.block->members)
        if (m.kind == ast::MemberKind::Expect)
          out += fmt::format("{}expect {}\n", spaces(indent), ev_.diags().sources().text(m.value->range));
  return out;
}

std::string Writer::file(Object* scenario, const std::string& name) {
  imports_.clear();
  std::string blocks, body;
  for (const auto& field : scenario->schema->fields) {
    auto key = field.item->name.text;
    if (field.item->kind != ast::ItemKind::Field) continue;
    Value value = ev_.get(scenario, key, scenario->declared);
    const auto& origins = scenario->slots.at(key).kinds;
    if (value.kind == ValueKind::Null || value.poison() || origins.empty() || origins[0] == ir::OriginKind::Default)
      continue;
    std::string text = expression(value);
    if (value.kind == ValueKind::Record && field.type.schema && !declaredAs(value.object).object) {
      // A block of its own, under a name: `deployment` is also the word for the kind.
      bool plain = value.object->schema == field.type.schema;
      std::string label = name + "_" + std::string(key), schema(value.object->schema->name);
      blocks += fmt::format("\n{} {}{}{}\n", key, label, plain ? "" : " extends " + schema, text.substr(schema.size()));
      text = label;
    }
    body += fmt::format("  {} = {}\n", key, text);
  }
  std::string out = "edition 1\n";
  for (const auto& [module, names] : imports_) {
    std::string list;
    for (const auto& n : names) list += (list.empty() ? "" : ", ") + n;
    out += fmt::format("import {} {{ {} }}\n", module, list);
  }
  return formatSource(out + blocks + fmt::format("\nscenario {} {{\n{}}}\n", name, body));
}

}  // namespace afdc
