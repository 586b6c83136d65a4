// The points of a search (`explore`): its axes' values in every combination. A point is numbers of values, one an axis;
// it becomes a scenario only when somebody asks, and that scenario says of each of its parts which axes decide it, so
// that points which agree on those need not be resolved again.
#pragma once
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "frontend/scenario_builder.h"
#include "ir/by_axes.h"

namespace afdc {

/// A condition over fields that axes reach. Comparisons and arithmetic are done in double precision on values that the
/// evaluator has found; where rounding could decide, the evaluator decides exactly.
class Condition;

class Search {
 public:
  /// The points of a space of `explore`, or of an `explore` without any. It has been checked: axes name fields and are
  /// lists.
  Search(Evaluator& evaluator, Object* explore, std::string_view space = {});
  /// The spaces of an `explore`, in source order.
  static std::vector<std::string> spaces(Evaluator& evaluator, Object* explore);
  ~Search();

  /// Paths of the axes, in source order.
  const std::vector<std::string>& axes() const { return axes_; }

  /// How many points there are; stops counting at 2^62.
  uint64_t size() { return sizeBelow(0).points; }

  struct Point {
    uint64_t number = 0;                   ///< in lexicographic order of the axes, the last fastest
    std::span<const uint32_t> ids;         ///< of the axes' values: equal values of an axis have equal numbers
    const std::string* pruned = nullptr;   ///< the `require` that does not hold
    const std::string* refused = nullptr;  ///< the mistake in a `require`
    uint64_t decided = 0;                  ///< axes that decide `pruned` and `refused`
  };
  /// Goes to the first point, then to the next one. False: there is none.
  bool next();
  /// The next point is the one of this number.
  void seek(uint64_t number);
  const Point& point() const { return point_; }
  /// Passes over the points right behind this one that agree with it on the axes of `mask`, and says how many: those up
  /// to where the last of these axes changes.
  uint64_t pass(uint64_t mask);

  /// A number to be found: the least, or the most, with which the promises are kept.
  struct Find {
    std::string path;
    bool minimum = true;
    Quantity least, most;  ///< where it is looked for; equal: not said
  };
  const std::vector<Find>& finds() const { return finds_; }
  /// The point with another value (base units) of what is to be found.
  ir::Resolved resolveWith(std::span<const uint32_t> ids, size_t find, double value);
  /// What the point has there; nullopt where it has nothing.
  std::optional<Quantity> valueOf(std::span<const uint32_t> ids, size_t find);

  /// A value of an axis as text.
  const std::string& text(size_t axis, uint32_t id) const { return list_[axis].texts[id]; }

  /// The point being visited, or any other one by its values' numbers, as the language makes it.
  ir::Resolved resolve(std::span<const uint32_t> ids);
  /// A file that says the same as a point, with a scenario of this name.
  std::string source(std::span<const uint32_t> ids, const std::string& name);

 private:
  friend class Condition;
  using List = std::vector<uint32_t>;
  struct Size {
    uint64_t points;
    uint64_t read;  ///< axes that it depends on
  };
  /// Where an axis or condition is written: in a layer of the space, or of the search around it.
  struct Written {
    bool inSpace;
    size_t layer;
  };
  struct Axis {
    const ast::Member* member;
    Written in;
    std::vector<ast::Name> path;  ///< from the object that is written in: of a search, `base` and the axis
    ast::Member assignment;
    ast::Expr value;
    std::vector<Value> values;  ///< by number
    std::vector<std::string> texts;
    std::unordered_map<std::string, uint32_t> numbers;
    ByAxes<List> lists;
    ByAxes<Size> sizes;  ///< of what is below a value of this axis
    const List* here = nullptr;
    size_t at = 0;      ///< in `here`
    uint64_t from = 0;  ///< number of the first point with this value
  };
  struct Filter {
    const ast::Member* member;
    std::string text;
    std::unique_ptr<Condition> condition;
  };
  const List& valuesOf(size_t axis);
  /// Fills the axes from `axis` on with their first values; goes on with earlier axes where one has none.
  bool enter(size_t axis);
  /// The next value of an axis before `end`, then first values from there on.
  bool advance(size_t end);
  /// Points that share the first `depth` axes with `ids_`.
  Size sizeBelow(size_t depth);
  void read(Object* object, bool inSpace);
  void place(Axis& axis, const ast::Member& member, Written in);
  ir::Resolved resolveHere();
  Object* assigned(Object* search, Axis& axis, size_t index, const Value& value);
  /// The search with the first `depth` axes set as in `ids_`; the space in it where those of the search are set.
  Object* at(size_t depth);
  Object* spaceAt(size_t depth);
  /// The scenario of the point in `ids_`.
  Value pointHere();
  void leave(size_t depth);
  /// What searches make of their points lies on one stack: only one of them has something on it.
  static Evaluator& cleared(Evaluator& evaluator);
  /// Evaluates at the first `depth` axes; `read` gets the axes that were looked at. Poison after an error.
  Value evaluate(const ast::Expr* e, Written in, size_t depth, uint64_t& read, std::string* mistake = nullptr);

  Evaluator& ev_;
  Object* explore_;
  std::string space_;
  ScenarioBuilder builder_;
  size_t outer_ = 0;  ///< axes of the search, before those of the space
  std::deque<Axis> list_;
  std::vector<Filter> requires_;
  std::vector<Find> finds_;
  std::deque<Axis> findAxes_;  ///< where each is assigned
  Object* found_ = nullptr;    ///< the search with what is to be found set, while it is being resolved
  std::vector<std::string> axes_;
  std::vector<uint32_t> ids_;
  struct Level {
    Object* object;
    Evaluator::Mark mark;
    uint32_t id;
  };
  std::vector<Level> levels_;
  Point point_;
  enum class State : uint8_t { Start, Placed, Running, Ended } state_ = State::Start;
};

}  // namespace afdc
