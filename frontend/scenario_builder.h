// From checked objects to the Scenario IR: every field with its provenance, promises as expressions, models with their
// graph.
#pragma once
#include <map>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "frontend/evaluator.h"

namespace afdc {

class ScenarioBuilder {
 public:
  explicit ScenarioBuilder(Evaluator& ev) : ev_(ev) {}
  /// A builder for many scenarios, one after the other: what it makes of objects that exist already is kept.
  static ScenarioBuilder forSearch(Evaluator& ev);

  /// `root` with what `search` asks besides, if there is one. Good until the next call.
  ir::Scenario& build(Object* root, Object* search);
  /// A value alone, as the root of a tree.
  ir::Scenario buildValue(const Value& v, std::string_view name, SourceRange written);
  ir::Scenario take() { return std::move(s_); }

 private:
  ir::StringId text(std::string_view t) { return s_.strings.intern(t); }
  ir::NodeId put(ir::Node node);
  void link(const Schema* schema);
  std::vector<ir::Origin> origins(const Object::Slot& slot);
  ir::NodeId value(const Value& v, std::string_view name);
  void quantity(ir::Node& n, const Quantity& q);
  ir::NodeId object(Object* o, std::string_view name);
  ir::NodeId record(Object* o, std::string_view name);
  void graph(Object* o, ir::Node& n);
  void checks(Object* o, ir::Node& n);

  Evaluator& ev_;
  ir::Scenario s_;
  uint64_t axes_ = 0;  ///< that led to the value being put

  // Of a search. Objects older than it do not depend on its axes: their nodes stay; all others are used again.
  size_t older_ = 0;  ///< objects of the evaluator when the search began
  bool staying_ = false;
  std::map<std::tuple<Object*, std::string_view, uint64_t>, ir::NodeId> known_;
  std::vector<ir::NodeId> used_, free_;
  std::vector<uint32_t> freeGraphs_, usedGraphs_;
  std::unordered_set<const Schema*> linked_;
};

}  // namespace afdc
