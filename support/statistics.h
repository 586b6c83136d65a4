// Statistics of samples. One definition of the quantile for the whole project: the linear interpolation between order
// statistics of Hyndman and Fan's type 7 (The American Statistician 50, 1996), which NumPy, R and spreadsheets use too.
#pragma once
#include <vector>

namespace afdc {

/// The value that the share `share` (0 to 1) of the sample lies below. Of n sorted values, the one at position
/// share * (n - 1), counted from 0; between two positions, on the straight line between their values. 0 for no values.
double quantile(std::vector<double> values, double share);

/// The quantile at one half: the value in the middle, or the mean of the two in the middle. 0 for no values.
double median(std::vector<double> values);

/// What a share of a standard normal distribution (between 0 and 1) lies below.
double normalQuantile(double share);

}  // namespace afdc
