// What `find` has found: for each point of a search, the number with which its promises are just kept.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace afdc {

struct Requirement {
  enum class Found : uint8_t {
    Value,   ///< `value`, and no less
    Always,  ///< the promises are kept at the end of the range already
    Never    ///< and are not at its other end
  } found = Found::Never;
  double value = 0;      ///< base units
  std::string text;      ///< the value as it is read
  std::string now;       ///< what the scenario has
  std::string obstacle;  ///< what breaks just before, or why there is none
};

struct RequirementTable {
  std::string name, space;
  std::vector<std::string> axes;
  struct Wanted {
    std::string path;
    bool minimum = true;
  };
  std::vector<Wanted> wanted;
  struct Row {
    uint64_t number = 0;
    std::vector<std::string> values;   ///< of the axes
    std::vector<Requirement> answers;  ///< of what is wanted
  };
  std::vector<Row> rows;
  uint64_t pruned = 0;  ///< points that a `require` left out
};

}  // namespace afdc
