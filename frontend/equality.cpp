#include "frontend/equality.h"

#include <algorithm>

namespace afdc {

namespace {

bool equalQuantities(const Quantity& a, const Quantity& b) { return a.dimension == b.dimension && a.value == b.value; }

bool equalRecords(const Object& a, const Object& b) {
  if (&a == &b) return true;
  return !a.label.empty() && a.label == b.label && a.schema == b.schema;
}

bool equalLists(const std::vector<Value>& a, const std::vector<Value>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
}

/// Parameters have names, so their order says nothing.
bool equalDistributions(const Distribution& a, const Distribution& b) {
  auto sameParameter = [](const auto& x, const auto& y) {
    return x.first == y.first && equalQuantities(x.second, y.second);
  };
  return a.family == b.family && std::is_permutation(a.parameters.begin(), a.parameters.end(), b.parameters.begin(),
                                                     b.parameters.end(), sameParameter);
}

}  // namespace

bool equal(const Value& a, const Value& b) {
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

}  // namespace afdc
