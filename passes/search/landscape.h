// What a search could offer at each latency: the most throughput per device among the points with at most a given TPOT
// and TTFT. A fixed grid, so that it costs the same for any number of points, and one best point a cell, so that the
// order in which they come does not show.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "passes/search/ranking.h"

namespace afdc {

class Landscape {
 public:
  // Twenty steps a decade of TPOT, five of TTFT.
  static constexpr size_t kTpot = 60, kTtft = 20;  ///< 1 ms to 1 s, 10 ms to 100 s
  /// The latency that cell i reaches up to, s.
  static double tpotAt(size_t i) { return 1e-3 * std::pow(10, static_cast<double>(i + 1) / 20); }
  static double ttftAt(size_t j) { return 1e-2 * std::pow(10, static_cast<double>(j + 1) / 5); }

  void add(double tpot, double ttft, double throughput, uint64_t number, std::span<const uint32_t> ids);
  void add(const Landscape& other);

  struct Cell {
    double throughput = 0, tpot = 0;
    uint64_t number = 0;
    std::vector<uint32_t> ids;  ///< empty: no point lies here
    bool empty() const { return throughput == 0; }
  };
  /// For those who write it down and read it again.
  const std::vector<Cell>& cells() const { return cells_; }
  void put(size_t at, Cell cell);

  /// The best within a TPOT and a TTFT: for each cell, of all cells up to it. Row by row: TPOT · kTtft + TTFT.
  std::vector<const Cell*> reachable() const;
  /// The most throughput at each TPOT where a longer one is worth it, whatever the TTFT, by growing TPOT.
  std::vector<const Cell*> front() const;

 private:
  static bool better(const Cell& a, const Cell& b) {
    return a.throughput != b.throughput ? a.throughput > b.throughput : a.number < b.number;
  }
  std::vector<Cell> cells_;
};

}  // namespace afdc
