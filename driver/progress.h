// How far a search is, for a person who waits for it.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace afdc {

/// "40 s", "12 min", "2 h 5 min", "3 days 4 h", "9 years"
std::string durationText(double seconds);

/// What is said of a search that has done `number` of `all` points in so many seconds, in less than 80 cells: a bar,
/// its speed, and what is left; of one that would go on for more than a year, that it will not end and what to do.
std::string progressText(uint64_t number, uint64_t all, double seconds);
bool neverEnds(uint64_t number, uint64_t all, double seconds);

/// Says it on a terminal four times a second. Elsewhere nothing is said, but once of a search that will not end.
class Progress {
 public:
  void at(uint64_t number, uint64_t all);
  Progress() = default;
  Progress(const Progress&) = delete;
  ~Progress();

 private:
  using Clock = std::chrono::steady_clock;
  bool drawn_ = false, warned_ = false;
  Clock::time_point start_ = Clock::now(), last_ = start_;
};

}  // namespace afdc
