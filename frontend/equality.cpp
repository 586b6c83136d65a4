#include "frontend/equality.h"

#include <algorithm>
#include <set>

namespace afdc {

namespace {

bool equalQuantities(const Quantity& a, const Quantity& b) { return a.dimension == b.dimension && a.value == b.value; }

bool equalRecords(const Object& a, const Object& b) {
  if (&a == &b) return true;
  return !a.label.empty() && a.label == b.label && a.schema == b.schema;
}

/// Parameters have names, so their order says nothing.
bool equalDistributions(const Distribution& a, const Distribution& b) {
  auto sameParameter = [](const auto& x, const auto& y) {
    return x.first == y.first && equalQuantities(x.second, y.second);
  };
  return a.family == b.family && std::is_permutation(a.parameters.begin(), a.parameters.end(), b.parameters.begin(),
                                                     b.parameters.end(), sameParameter);
}

/// One question of equality, of values and all that is in them.
class Comparison {
 public:
  bool equal(const Value& a, const Value& b);
  size_t compared = 0;

 private:
  bool equalLists(const List& a, const List& b);
  std::set<std::pair<const List*, const List*>> alike_;
};

bool Comparison::equalLists(const List& a, const List& b) {
  if (&a == &b) return true;
  if (a.size() != b.size() || a.written != b.written) return false;
  bool nested = a.written > a.size();
  if (nested && alike_.contains({&a, &b})) return true;
  if (!std::equal(a.begin(), a.end(), b.begin(), [&](const Value& x, const Value& y) { return equal(x, y); }))
    return false;
  if (nested) alike_.emplace(&a, &b);
  return true;
}

bool Comparison::equal(const Value& a, const Value& b) {
  ++compared;
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case ValueKind::Poison: return false;
    case ValueKind::Null: return true;
    case ValueKind::Bool: return a.flag == b.flag;
    case ValueKind::Number: return equalQuantities(a.quantity, b.quantity);
    case ValueKind::Text:
    case ValueKind::Builtin:
    case ValueKind::Metric: return a.text == b.text;
    case ValueKind::Symbol: return a.text == b.text && a.decl == b.decl;
    case ValueKind::List: return equalLists(*a.list, *b.list);
    case ValueKind::Record: return equalRecords(*a.object, *b.object);
    case ValueKind::Dist: return equalDistributions(*a.dist, *b.dist);
    case ValueKind::Schema: return a.schema == b.schema;
    case ValueKind::Function:
    case ValueKind::Intrinsic: return a.decl == b.decl;
    case ValueKind::ModuleRef: return a.module == b.module;
    case ValueKind::Symbolic: return a.expr == b.expr;
    case ValueKind::Tensor: return a.tensor == b.tensor;
    case ValueKind::Results: return a.fields == b.fields;
  }
  return false;
}

}  // namespace

bool equal(const Value& a, const Value& b, size_t& compared) {
  Comparison comparison;
  bool same = comparison.equal(a, b);
  compared += comparison.compared;
  return same;
}

bool equal(const Value& a, const Value& b) {
  size_t compared = 0;
  return equal(a, b, compared);
}

}  // namespace afdc
