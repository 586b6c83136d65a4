// explore: what a search finds. Points are given one at a time; what is kept is a ranking, a front of trade-offs and
// counts, whatever their number.
#pragma once
#include "passes/pipeline.h"
#include "results/search.h"

namespace afdc {

class Explorer {
 public:
  /// Keeps the `top` best points.
  Explorer(std::string name, std::vector<std::string> axes, size_t top);
  void pruned(uint64_t number, const std::string& reason);
  /// `example`: the message for this point, where `reason` is the rule that it breaks.
  void refused(uint64_t number, const std::string& reason, const std::string& example = "");
  /// A point as a scenario whose root holds the search's checks. Its own messages are not reported.
  void evaluate(uint64_t number, const std::vector<std::string>& values, const ir::Scenario& scenario);
  SearchResult finish();

 private:
  void keep(FoundPoint point);
  bool before(const FoundPoint& a, const FoundPoint& b) const;

  SearchResult r_;
  size_t top_;
};

}  // namespace afdc
