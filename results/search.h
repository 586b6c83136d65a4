// What a search found: counts, reasons, a ranking and a front. Filled by passes/explore, read by reports.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "results/results.h"

namespace afdc {

/// `minimize` or `maximize`, as written.
struct SearchGoal {
  std::string text;
  bool maximize = false;
};

/// One promise of a point: of its scenario, or of the search.
struct FoundPromise {
  std::string text;  ///< "mean(ttft) < 2 s"
  Verdict verdict = Verdict::Unknown;
};

struct FoundPoint {
  uint64_t number = 0;
  std::string id;  ///< of the space and the values: the same in every run and on every machine
  size_t space = 0;
  std::vector<std::string> values;  ///< of the axes
  std::vector<double> goals;        ///< NaN: this evaluator cannot say
  Results::Metrics metrics;
  Count devices = 0;               ///< that work
  std::optional<Results> results;  ///< of the best: evaluated whole
  std::string source;              ///< a file that says the same, where asked for
  std::vector<FoundPromise> promises = {};
};

struct SearchSpace {
  std::string name;               ///< empty: the search has no spaces
  std::vector<std::string> axes;  ///< paths
  uint64_t kept = 0;
  std::optional<FoundPoint> best;
  /// The most throughput per device by growing TPOT, of all points and of those that keep their promises.
  std::vector<FoundPoint> offer, keeping;
};

/// Points that came to the same end, with the first of them.
struct SearchReason {
  uint64_t count = 0, first = 0;
  std::string example, help;  ///< what was said of the first, and what helps
  /// Of a promise: how near the nearest point came (the largest margin, negative), and which.
  double nearest = -1e300;
  uint64_t nearestPoint = 0;
  size_t nearestSpace = 0;
  std::vector<std::string> nearestValues;
};

/// What to change where no point keeps its promises: of the point that comes nearest to all of them.
struct NearMiss {
  FoundPoint point;
  struct Broken {
    std::string promise;
    double margin = 0;  ///< negative: by how much of its bound it is missed
    std::string value;  ///< that the promise would have to allow
    std::string field;  ///< of the hardware or deployment, that helps most; may be empty
    std::string now;    ///< its value
    double elasticity = 0;
  };
  std::vector<Broken> broken;
};

struct SearchResult {
  std::string name;
  std::vector<SearchSpace> spaces;
  std::vector<SearchGoal> goals;
  uint64_t points = 0;     ///< all combinations of the axes
  uint64_t pruned = 0;     ///< by a `require`, before evaluation
  uint64_t refused = 0;    ///< that are no deployment: do not fit, do not divide, load above capacity
  uint64_t broken = 0;     ///< that break a promise
  uint64_t undecided = 0;  ///< with a promise that this evaluator cannot decide
  uint64_t kept = 0;
  uint64_t resolved = 0, roles = 0, sides = 0;  ///< scenarios, engines, and engines under a load, made for all points
  uint64_t steps = 0;                           ///< step times computed; the only figure that depends on the threads
  uint64_t verified = 0;                        ///< points that were evaluated whole as well
  uint64_t differing = 0;           ///< shown points whose whole evaluation does not give the same figures: a bug
  std::optional<NearMiss> nearest;  ///< where none is kept
  std::map<std::string, SearchReason> why;  ///< of the pruned, refused and broken
  /// The most throughput per device that each space offers within a TPOT and a TTFT (s); 0: nothing.
  struct Cell {
    double tpot = 0, ttft = 0;
    std::vector<double> throughput;
  };
  std::vector<Cell> map;
  std::vector<FoundPoint> best;   ///< by the first goal, then the others, then in order
  std::vector<FoundPoint> front;  ///< that no other point beats in every goal; in order of the first goal
};

}  // namespace afdc
