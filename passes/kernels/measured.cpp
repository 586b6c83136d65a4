#include "passes/kernels/measured.h"

#include <algorithm>
#include <cmath>

namespace afdc::kernels {

std::optional<GemmCurve> GemmCurve::assemble(const Grid& grid, double n, double k, const std::vector<double>& bounds) {
  const auto& rows = grid.rows();
  if (rows.empty() || grid.dimensions() != 3) return std::nullopt;
  // Rows are sorted by n, k, m: a site is a run.
  struct Site {
    size_t begin, end;
    double distance;
  };
  std::vector<Site> sites;
  for (size_t i = 0; i < rows.size();) {
    size_t j = i;
    while (j < rows.size() && rows[j].keys[0] == rows[i].keys[0] && rows[j].keys[1] == rows[i].keys[1]) ++j;
    double dn = std::log2(rows[i].keys[0] / n), dk = std::log2(rows[i].keys[1] / k);
    sites.push_back({i, j, std::hypot(dn, dk)});
    i = j;
  }
  size_t near = std::min<size_t>(4, sites.size());
  std::partial_sort(sites.begin(), sites.begin() + static_cast<std::ptrdiff_t>(near), sites.end(),
                    [](const Site& a, const Site& b) { return a.distance < b.distance; });
  GemmCurve out;
  out.exact_ = sites[0].distance == 0;
  if (out.exact_) near = 1;
  const auto& first = sites[0];
  for (size_t i = first.begin; i < first.end; ++i) {
    double m = rows[i].keys[2], logM = std::log(m), weights = 0, use = 0;
    for (size_t s = 0; s < near; ++s) {
      // The neighbour's utilisation at the same rows, log-linear between its own.
      const auto& site = sites[s];
      size_t at = site.begin;
      while (at + 1 < site.end && rows[at].keys[2] < m) ++at;
      double here = std::log(bounds[at] / rows[at].seconds);
      if (at > site.begin && rows[at].keys[2] > m) {
        double low = std::log(rows[at - 1].keys[2]), high = std::log(rows[at].keys[2]);
        double before = std::log(bounds[at - 1] / rows[at - 1].seconds);
        here = before + (here - before) * (logM - low) / (high - low);
      }
      double w = out.exact_ ? 1 : 1 / (site.distance * site.distance);
      weights += w;
      use += w * here;
    }
    out.logRows_.push_back(logM);
    out.logUse_.push_back(use / weights);
  }
  return out;
}

Answer GemmCurve::at(double m, double boundHere) const {
  double x = std::log(std::max(1.0, m));
  auto above = std::lower_bound(logRows_.begin(), logRows_.end(), x);
  auto i = static_cast<size_t>(above - logRows_.begin());
  How how = exact_ ? How::Between : How::Extrapolated;
  double use;
  if (i == logRows_.size()) {
    use = logUse_.back(), how = How::Extrapolated;
  } else if (*above == x) {
    use = logUse_[i], how = exact_ ? How::Measured : how;
  } else if (i == 0) {
    use = logUse_.front(), how = How::Extrapolated;
  } else {
    use = logUse_[i - 1] + (logUse_[i] - logUse_[i - 1]) * (x - logRows_[i - 1]) / (logRows_[i] - logRows_[i - 1]);
  }
  return {boundHere / std::exp(use), how};
}

}  // namespace afdc::kernels
