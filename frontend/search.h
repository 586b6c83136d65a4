// The points of a search (`explore`): its axes' values in every combination, each as a resolved scenario with what the
// search asks of it. Points are made one at a time and forgotten when they have been seen, so a search takes no more
// memory than a point.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "frontend/evaluator.h"

namespace afdc {

class Search {
 public:
  /// `explore` has been checked: its axes name fields of its base and are lists.
  Search(Evaluator& evaluator, Object* explore);

  /// Paths of the axes, in source order.
  const std::vector<std::string>& axes() const { return axes_; }

  struct Point {
    uint64_t number = 0;              ///< in lexicographic order of the axes, the last fastest
    std::vector<std::string> values;  ///< as text, parallel to `axes()`
    /// The base with the axes' values; its root also holds the search's checks: `expect`, `minimize`, `maximize`.
    /// Absent where `reason` says why there is none.
    std::optional<ir::Scenario> scenario;
    std::string reason;   ///< the `require` that does not hold, or what the language refuses
    bool pruned = false;  ///< by a `require`
  };
  /// Visits all points; stops when `visit` says no.
  void each(const std::function<bool(Point&)>& visit);

 private:
  struct Axis {
    const ast::Member* member;
    size_t layer;
    std::vector<ast::Name> path;  ///< from the search: `base`, then the axis
    ast::Member assignment;
    ast::Expr value;
  };
  struct Filter {
    const ast::Member* member;
    size_t layer;
  };
  bool walk(size_t axis, Object* search, Point& point, const std::function<bool(Point&)>& visit);
  Object* assigned(Object* search, Axis& axis, const Value& value);
  void resolve(Object* search, Point& point);

  Evaluator& ev_;
  Object* explore_;
  std::deque<Axis> list_;
  std::vector<Filter> requires_;
  std::vector<std::string> axes_;
  uint64_t next_ = 0;
};

}  // namespace afdc
