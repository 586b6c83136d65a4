// Quantiles of samples.
#include "support/statistics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace afdc;

TEST_CASE("the median is the value in the middle, or the mean of two") {
  CHECK(median({}) == 0);
  CHECK(median({3}) == 3);
  CHECK(median({9, 1, 5}) == 5);
  CHECK(median({4, 1, 3, 2}) == 2.5);
}

TEST_CASE("quantiles lie on straight lines between the sorted values") {
  // numpy.quantile([15, 20, 35, 40, 50], [0, .05, .3, .4, .5, .9, 1])
  std::vector<double> sample = {35, 50, 15, 40, 20};
  CHECK(quantile(sample, 0) == 15);
  CHECK(quantile(sample, 0.05) == doctest::Approx(16));
  CHECK(quantile(sample, 0.3) == doctest::Approx(23));
  CHECK(quantile(sample, 0.4) == doctest::Approx(29));
  CHECK(quantile(sample, 0.5) == 35);
  CHECK(quantile(sample, 0.9) == doctest::Approx(46));
  CHECK(quantile(sample, 1) == 50);
}

TEST_CASE("quantiles agree with a whole sort, whatever the order of the values") {
  std::mt19937 random(3);
  std::vector<double> values(201);
  for (double& v : values) v = static_cast<double>(random() % 50);
  auto sorted = values;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i)
    CHECK(quantile(values, static_cast<double>(i) / 200) == doctest::Approx(sorted[i]));
}
