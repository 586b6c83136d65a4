// Quantiles of samples and of the normal distribution, and roots.
#include "support/statistics.h"

#include <doctest/doctest.h>

#include "support/roots.h"

#include <algorithm>
#include <cmath>
#include <limits>
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

TEST_CASE("quantiles of the normal distribution") {
  // Tables of the standard normal distribution.
  CHECK(normalQuantile(0.5) == 0);
  CHECK(normalQuantile(0.99) == doctest::Approx(2.3263478740408411).epsilon(1e-14));
  CHECK(normalQuantile(0.9) == doctest::Approx(1.2815515655446004).epsilon(1e-14));
  CHECK(normalQuantile(1e-6) == doctest::Approx(-4.7534243088228987).epsilon(1e-13));
}

TEST_CASE("a root is between the two sides that are found, near to each other") {
  auto cube = [](double x) { return x * x * x - 2; };
  auto [below, above] = aroundRoot(cube, 0, 100, cube(0), cube(100));
  CHECK(cube(below) <= 0);
  CHECK(cube(above) >= 0);
  CHECK(above - below < 1e-12);
  // A jump has a side before it and one behind it.
  auto jump = [](double x) { return x < 7 ? -1.0 : 5.0; };
  auto [before, behind] = aroundRoot(jump, 0, 100, -1, 5);
  CHECK(before < 7);
  CHECK(behind >= 7);
  CHECK(behind - before < 1e-11);
  CHECK(aroundRoot(cube, 2, 3, cube(2), cube(3)) == std::pair(2.0, 3.0));
  double none = std::numeric_limits<double>::quiet_NaN();
  CHECK(aroundRoot(cube, 0, 1, none, 1) == std::pair(0.0, 1.0));
}
