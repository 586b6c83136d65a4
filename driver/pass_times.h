// --time-passes: where the time of a command goes.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "passes/evaluation/passes.h"

namespace afdc {

class PassTimes {
 public:
  /// Nothing is measured unless it is wanted.
  explicit PassTimes(bool wanted) : wanted_(wanted) {}

  /// Adds to what a pass has taken so far; passes are shown in the order in which they were first told of.
  void add(std::string_view pass, double seconds);
  /// For runPasses.
  PassTimer timer();
  /// Runs what comes before the passes, under a name of its own.
  template <class Work>
  auto of(std::string_view name, Work&& work) {
    struct Stop {
      PassTimes& times;
      std::string_view name;
      std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
      ~Stop() { times.add(name, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()); }
    } stop{*this, name};
    return work();
  }
  /// A line for each and their sum; "" unless wanted.
  std::string table() const;

 private:
  bool wanted_;
  std::vector<std::pair<std::string, double>> seconds_;
};

}  // namespace afdc
