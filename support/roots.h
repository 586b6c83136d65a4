// Roots of functions of one variable.
#pragma once
#include <boost/math/tools/toms748_solve.hpp>
#include <utility>

namespace afdc {

/// The two sides of a root between `low` and `high`, where the function is `atLow` and `atHigh`, of different signs:
/// Alefeld, Potra and Shi's method (ACM Transactions on Mathematical Software 21, algorithm 748, 1995). They are as
/// near to each other as 44 bits of 53: nearer, the rounding of what is summed up decides the function's sign. Of
/// values that have no different signs (as one that is no number) nothing is known, and the two ends come back.
template <class Function>
std::pair<double, double> aroundRoot(Function function, double low, double high, double atLow, double atHigh) {
  if (!(atLow * atHigh <= 0)) return {low, high};
  boost::uintmax_t steps = 100;
  return boost::math::tools::toms748_solve(function, low, high, atLow, atHigh,
                                           boost::math::tools::eps_tolerance<double>(44), steps);
}

}  // namespace afdc
