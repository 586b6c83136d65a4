// The best points of a search by its goals, and those that no other one beats. Points come in any order and from any
// number of rankings: what is kept is the same.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace afdc {

/// A point worth keeping: its number, its space and the numbers of its axes' values.
struct Candidate {
  uint64_t number = 0;
  size_t space = 0;
  std::vector<double> goals;  ///< NaN: unknown, which is worse than anything known
  std::vector<uint32_t> ids;
};

class Ranking {
 public:
  /// `maximize`: for each goal, is more better? The first goal comes first.
  Ranking(std::vector<bool> maximize, size_t top) : maximize_(std::move(maximize)), top_(top) {}

  void add(uint64_t number, size_t space, std::span<const double> goals, std::span<const uint32_t> ids);
  void add(const Ranking& other);

  /// Of points that are alike in every goal the first one stands for all.
  const std::vector<Candidate>& best() const { return best_; }
  /// Empty where there is only one goal.
  const std::vector<Candidate>& front() const { return front_; }

 private:
  using Goals = std::span<const double>;
  bool before(Goals a, uint64_t numberA, Goals b, uint64_t numberB) const;
  bool beats(Goals a, Goals b) const;
  void toBest(const Candidate& c);
  void toFront(const Candidate& c);

  std::vector<bool> maximize_;
  size_t top_;
  std::vector<Candidate> best_, front_;
  size_t lastBeater_ = 0;
  Candidate scratch_;
};

}  // namespace afdc
