// Counts: whole, never beyond 64 bits, and real numbers in every division.
#include "support/count.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <type_traits>

using namespace afdc;

TEST_CASE("sums and products of counts are counts, quotients are real") {
  Count three = 3, two = 2;
  static_assert(std::is_same_v<decltype(three + two), Count> && std::is_same_v<decltype(2 * three - 1), Count>);
  static_assert(std::is_same_v<decltype(three / two), double> && std::is_same_v<decltype(three / 2), double>);
  static_assert(std::is_same_v<decltype(three * 0.5), double> && !std::is_convertible_v<double, Count>);
  CHECK(three + two == 5);
  CHECK(2 * three - 1 == 5);
  CHECK(three / two == 1.5);
  CHECK(-1 / two == -0.5);
  CHECK(three * 0.5 == 1.5);
  CHECK(two < three);
  CHECK(three > 2);
  CHECK(2.5 < three);
}

TEST_CASE("whole quotients, and what divides what") {
  CHECK(quotient(Count(7), 3) == 2);
  CHECK(covering(Count(7), 3) == 3);
  CHECK(covering(Count(6), 3) == 2);
  CHECK(quotient(Count(7), 0) == 0);
  CHECK(covering(Count(7), 0) == 0);
  CHECK(divides(Count(3), 6));
  CHECK(!divides(Count(4), 6));
  CHECK(!divides(Count(0), 6));
}

TEST_CASE("counts stop at the ends of 64 bits") {
  Count most = Count::most(), least = -1 * most - 1;
  CHECK(most + 1 == most);
  CHECK(most * 2 == most);
  CHECK(most * -2 == least);
  CHECK(least - 1 == least);
  CHECK(least + -1 == least);
  CHECK(most - -1 == most);
  CHECK(++most == Count::most());
  CHECK(Count(std::numeric_limits<uint64_t>::max()) == most);
  CHECK(covering(most, 2) == quotient(most, 2) + 1);
  CHECK(static_cast<int>(most) == std::numeric_limits<int>::max());
  CHECK(static_cast<size_t>(least) == 0);
  CHECK(static_cast<uint32_t>(Count(7)) == 7);
}

TEST_CASE("counts of real numbers") {
  CHECK(Count::floor(2.9) == 2);
  CHECK(Count::ceil(2.1) == 3);
  CHECK(Count::round(2.5) == 3);
  CHECK(Count::floor(-0.5) == -1);
  CHECK(Count::floor(9007199254740993.0) == 9007199254740992);
  CHECK(Count::floor(1e300) == Count::most());
  CHECK(Count::floor(INFINITY) == Count::most());
  CHECK(Count::floor(-INFINITY) == -1 * Count::most() - 1);
  CHECK(Count::round(std::nan("")) == 0);
}

TEST_CASE("divisors come in order, and of any number in no time") {
  CHECK(divisorsOf(1) == std::vector<Count>{1});
  CHECK(divisorsOf(12) == std::vector<Count>{1, 2, 3, 4, 6, 12});
  CHECK(divisorsOf(16) == std::vector<Count>{1, 2, 4, 8, 16});
  CHECK(divisorsOf(0).empty());
  for (int n = 1; n < 300; ++n) {
    std::vector<Count> all;
    for (int i = 1; i <= n; ++i)
      if (n % i == 0) all.push_back(i);
    CHECK(divisorsOf(n) == all);
  }
  auto of = divisorsOf(Count::most());
  CHECK(of.front() == 1);
  CHECK(of.back() == Count::most());
}
