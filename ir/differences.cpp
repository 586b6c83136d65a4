#include "ir/differences.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace afdc::ir {

namespace {

/// A value in the scenario that it belongs to; without an id where there is none.
struct At {
  const Scenario& s;
  NodeId id;
  bool missing() const { return !id.valid() || (*this)->kind == NodeKind::Null; }
  bool isRecord() const { return !missing() && (*this)->kind == NodeKind::Record; }
  const Node* operator->() const { return &s[id]; }
  std::string_view label() const { return isRecord() ? s.strings[(*this)->label] : std::string_view(); }
  std::string_view schema() const { return isRecord() ? s.strings[(*this)->schema] : std::string_view(); }
};

/// Children with their names; of several with one name, such as promises, the later ones are numbered.
std::vector<std::pair<std::string, NodeId>> childrenOf(At at) {
  std::vector<std::pair<std::string, NodeId>> out;
  if (!at.isRecord()) return out;
  std::map<std::string, size_t> seen;
  for (auto child : at->children) {
    if (at.s[child].kind == NodeKind::Graph) continue;  // it follows from the fields
    std::string name(at.s.strings[at.s[child].name]);
    size_t before = seen[name]++;
    out.emplace_back(before == 0 ? name : fmt::format("{}[{}]", name, before), child);
  }
  return out;
}

class Comparison {
 public:
  explicit Comparison(const std::function<bool(std::string_view)>& named) : named_(named) {}

  void compare(const std::string& path, At a, At b) {
    if (a.missing() && b.missing()) return;
    if (!a.isRecord() || !b.isRecord()) return compareValues(path, a, b);
    bool thing = named_(a.label()) || named_(b.label());
    if (thing && a.label() != b.label()) return add(path, a, b, std::string(a.label()), std::string(b.label()));
    if (a.schema() != b.schema()) add(path, a, b, std::string(a.schema()), std::string(b.schema()));
    compareChildren(path, a, b);
  }

  std::vector<Difference> found;

 private:
  void compareChildren(const std::string& path, At a, At b) {
    auto inner = [&](const std::string& name) { return path.empty() ? name : path + "." + name; };
    auto ofA = childrenOf(a), ofB = childrenOf(b);
    auto find = [](const auto& children, const std::string& name) {
      auto at = std::ranges::find(children, name, [](const auto& child) { return child.first; });
      return at == children.end() ? NodeId{} : at->second;
    };
    for (const auto& [name, id] : ofA) compare(inner(name), {a.s, id}, {b.s, find(ofB, name)});
    for (const auto& [name, id] : ofB)
      if (!find(ofA, name).valid()) compare(inner(name), {a.s, {}}, {b.s, id});
  }

  void compareValues(const std::string& path, At a, At b) {
    auto text = [this](At at) {
      if (at.missing()) return std::string();
      if (!at.isRecord()) return at.s.show(at.id);
      return std::string(named_(at.label()) ? at.label() : at.schema());
    };
    bool same = !a.missing() && !b.missing() && a->kind == NodeKind::Number && b->kind == NodeKind::Number
                    ? a->value == b->value && a->dimension == b->dimension
                    : text(a) == text(b);
    if (!same) add(path, a, b, text(a), text(b));
  }

  static std::string placeOf(At at) {
    if (at.missing() || at->origins.empty()) return "";
    const auto& origin = at->origins.front();
    if (!origin.place.file.valid()) return "";
    return fmt::format("{}:{}:{}{}", at.s.strings[origin.place.file], origin.place.line, origin.place.column,
                       origin.kind == OriginKind::Default ? " (default)" : "");
  }

  void add(const std::string& path, At a, At b, std::string textA, std::string textB) {
    std::string placeA = placeOf(a), placeB = placeOf(b);
    // The same words with another value: it follows from something else that differs.
    if (!placeA.empty() && placeA == placeB) return;
    found.push_back({path, {std::move(textA), std::move(placeA)}, {std::move(textB), std::move(placeB)}});
  }

  const std::function<bool(std::string_view)>& named_;
};

}  // namespace

std::vector<Difference> differences(const Scenario& a, const Scenario& b,
                                    const std::function<bool(std::string_view)>& named) {
  Comparison comparison(named);
  comparison.compare("", {a, a.root}, {b, b.root});
  return std::move(comparison.found);
}

}  // namespace afdc::ir
