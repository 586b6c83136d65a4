// A product's measured time over its rows: between measured ones, and for weights that were not measured themselves.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "passes/kernels/pack.h"

namespace afdc::kernels {

/// How a time was found.
enum class How : unsigned char { Measured, Between, Extrapolated };

struct Answer {
  double seconds = 0;
  How how = How::Measured;
};

/// A product's time over its rows, at fixed n and k: log-log between measured rows, the utilisation of the edge beyond.
/// Where (n, k) itself was not measured, the utilisation of the four nearest sites.
class GemmCurve {
 public:
  /// `bound(m, n, k)`: seconds of the roofline, against which utilisation is taken.
  template <class Seconds>
  static std::optional<GemmCurve> make(const Grid& grid, double n, double k, Seconds&& bound);
  Answer at(double m, double boundHere) const;

 private:
  static std::optional<GemmCurve> assemble(const Grid& grid, double n, double k, const std::vector<double>& bounds);
  std::vector<double> logRows_, logUse_;  ///< rows; roofline over measured
  bool exact_ = false;
};

template <class Seconds>
std::optional<GemmCurve> GemmCurve::make(const Grid& grid, double n, double k, Seconds&& bound) {
  std::vector<double> bounds;
  bounds.reserve(grid.rows().size());
  for (const auto& row : grid.rows()) bounds.push_back(bound(row.keys[2], row.keys[0], row.keys[1]));
  return assemble(grid, n, k, bounds);
}

}  // namespace afdc::kernels
