#include "ir/scenario.h"

#include <fmt/format.h>

#include "support/escape.h"

namespace afdc::ir {

bool Scenario::isA(NodeId id, std::string_view schema) const {
  if (!id.valid()) return false;
  Reads::note(nodes[id.index]);
  std::string_view current = strings[nodes[id.index].schema];
  for (size_t guard = 0; guard <= schemas.size(); ++guard) {
    if (current == schema) return true;
    bool climbed = false;
    for (const auto& link : schemas)
      if (strings[link.name] == current && link.base.valid()) {
        current = strings[link.base];
        climbed = true;
        break;
      }
    if (!climbed) return false;
  }
  return false;
}

NodeId Scenario::find(NodeId from, std::string_view path) const {
  if (from.valid()) Reads::note(nodes[from.index]);
  while (from.valid() && !path.empty()) {
    size_t dot = path.find('.');
    auto head = path.substr(0, dot);
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    NodeId next;
    for (auto child : nodes[from.index].children)
      if (strings[nodes[child.index].name] == head) next = child;
    from = next;
    if (from.valid()) Reads::note(nodes[from.index]);
  }
  return from.valid() && nodes[from.index].kind == NodeKind::Null ? NodeId{} : from;
}

std::vector<NodeId> Scenario::blocks(NodeId from, std::string_view kind) const {
  std::vector<NodeId> out;
  if (!from.valid()) return out;
  Reads::note(nodes[from.index]);
  for (auto child : nodes[from.index].children)
    if (strings[nodes[child.index].blockKind] == kind) out.push_back(child);
  return out;
}

std::optional<double> Scenario::number(NodeId from, std::string_view path) const {
  NodeId id = find(from, path);
  if (!id.valid()) return std::nullopt;
  if (nodes[id.index].kind == NodeKind::Dist) return number(id, "mean");
  if (nodes[id.index].kind != NodeKind::Number) return std::nullopt;
  return nodes[id.index].value.toDouble();
}

std::string_view Scenario::text(NodeId from, std::string_view path) const {
  NodeId id = find(from, path);
  return id.valid() ? strings[nodes[id.index].text] : std::string_view();
}

bool Scenario::flag(NodeId from, std::string_view path) const {
  NodeId id = find(from, path);
  return id.valid() && nodes[id.index].flag;
}

std::string Scenario::show(NodeId id) const {
  if (!id.valid()) return "null";
  const auto& n = nodes[id.index];
  switch (n.kind) {
    case NodeKind::Null: return "null";
    case NodeKind::Bool: return n.flag ? "true" : "false";
    case NodeKind::Number: return Quantity{n.value, n.dimension, std::string(strings[n.unit])}.text();
    case NodeKind::Text: return afdText(strings[n.text]);
    case NodeKind::Symbol:
    case NodeKind::Check: return std::string(strings[n.text]);
    case NodeKind::Graph: return "a graph of operators";
    case NodeKind::Dist:
    case NodeKind::Record:
    case NodeKind::List: {
      if (n.label.valid() && !strings[n.label].empty()) return std::string(strings[n.label]);
      bool list = n.kind == NodeKind::List, dist = n.kind == NodeKind::Dist;
      std::string out = list ? "[" : fmt::format("{}{}", strings[n.schema], dist ? "(" : " { ");
      for (size_t i = 0; i < n.children.size(); ++i)
        out += fmt::format("{}{}{}", i ? ", " : "",
                           list ? "" : fmt::format("{} = ", strings[nodes[n.children[i].index].name]),
                           show(n.children[i]));
      return out + (list ? "]" : dist ? ")" : " }");
    }
  }
  return "";
}

namespace {

enum class Visit : uint8_t { New, Open, Done };

std::string verify(const Scenario& s, NodeId id, std::vector<Visit>& visits) {
  if (!id.valid() || id.index >= s.nodes.size()) return "a child is missing";
  auto& visit = visits[id.index];
  const auto& n = s.nodes[id.index];
  if (visit == Visit::Open) return fmt::format("{} lies inside itself", s.strings[n.name]);
  if (visit == Visit::Done) return "";
  visit = Visit::Open;
  if (n.kind == NodeKind::Record && !n.schema.valid()) return fmt::format("record {} has no schema", s.strings[n.name]);
  if (n.kind == NodeKind::Check && n.check.index >= s.exprs.size()) return "a check has no expression";
  if (n.kind == NodeKind::Graph) {
    if (n.index >= s.graphs.size()) return "a graph is missing";
    if (auto problem = verify(s.graphs[n.index]); !problem.empty()) return problem;
  }
  for (auto child : n.children)
    if (auto problem = verify(s, child, visits); !problem.empty()) return problem;
  visit = Visit::Done;
  return "";
}

}  // namespace

std::string verify(const Scenario& s) {
  if (!s.root.valid() || s.root.index >= s.nodes.size()) return "no root";
  std::vector<Visit> visits(s.nodes.size(), Visit::New);
  return verify(s, s.root, visits);
}

}  // namespace afdc::ir
