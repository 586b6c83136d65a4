// The points of a search (`explore`): its axes' values in every combination. A point is numbers of values, one an axis;
// it becomes a scenario only when somebody asks, and that scenario says of each of its parts which axes decide it, so
// that points which agree on those need not be resolved again.
#pragma once
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "frontend/evaluator.h"
#include "support/by_axes.h"

namespace afdc {

/// A condition over fields that axes reach. Comparisons and arithmetic are done in double precision on values that the
/// evaluator has found; where rounding could decide, the evaluator decides exactly.
class Condition;

class Search {
 public:
  /// `explore` has been checked: its axes name fields of its base and are lists.
  Search(Evaluator& evaluator, Object* explore);
  ~Search();

  /// Paths of the axes, in source order.
  const std::vector<std::string>& axes() const { return axes_; }

  struct Point {
    uint64_t number = 0;                   ///< in lexicographic order of the axes, the last fastest
    std::span<const uint32_t> ids;         ///< of the axes' values: equal values of an axis have equal numbers
    const std::string* pruned = nullptr;   ///< the `require` that does not hold
    const std::string* refused = nullptr;  ///< the mistake in a `require`
  };
  /// Visits all points; stops when `visit` says no.
  void each(const std::function<bool(const Point&)>& visit);

  /// A value of an axis as text.
  const std::string& text(size_t axis, uint32_t id) const { return list_[axis].texts[id]; }

  /// The point being visited, or any other one by its values' numbers, as the language makes it.
  ir::Resolved resolve(std::span<const uint32_t> ids);

 private:
  friend class Condition;
  struct Axis {
    const ast::Member* member;
    size_t layer;
    std::vector<ast::Name> path;  ///< from the search: `base`, then the axis
    ast::Member assignment;
    ast::Expr value;
    std::vector<Value> values;  ///< by number
    std::vector<std::string> texts;
    std::unordered_map<std::string, uint32_t> numbers;
    ByAxes<std::vector<uint32_t>> lists;
  };
  struct Filter {
    const ast::Member* member;
    size_t layer;
    std::string text;
    std::unique_ptr<Condition> condition;
  };
  bool walk(size_t axis, Point& point, const std::function<bool(const Point&)>& visit);
  const std::vector<uint32_t>& valuesOf(size_t axis);
  Object* assigned(Object* search, Axis& axis, size_t index, const Value& value);
  /// The search with the first `depth` axes set as in `ids_`.
  Object* at(size_t depth);
  void leave(size_t depth);
  /// Evaluates at the first `depth` axes; `read` gets the axes that were looked at. Poison after an error.
  Value evaluate(const ast::Expr* e, size_t layer, size_t depth, uint64_t& read, std::string* mistake = nullptr);

  Evaluator& ev_;
  Object* explore_;
  std::deque<Axis> list_;
  std::vector<Filter> requires_;
  std::vector<std::string> axes_;
  std::vector<uint32_t> ids_;
  struct Level {
    Object* object;
    Evaluator::Mark mark;
  };
  std::vector<Level> levels_;
  uint64_t next_ = 0;
};

}  // namespace afdc
