// Work on several threads.
#include "support/tasks.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>

using namespace afdc;

TEST_CASE("every index is worked on once, whatever the number of workers") {
  for (size_t threads : {1, 2, 5}) {
    Tasks tasks(threads);
    CHECK(tasks.workers() == threads);
    for (size_t count : {0, 1, 7, 1000}) {
      std::vector<int> done(count);
      tasks.forEach(count, [&](size_t i, size_t) { ++done[i]; });
      CHECK(std::accumulate(done.begin(), done.end(), size_t{0}) == count);
      CHECK(std::count(done.begin(), done.end(), 1) == static_cast<std::ptrdiff_t>(count));
    }
  }
}

TEST_CASE("a worker does one thing at a time: what is kept for each needs no lock") {
  Tasks tasks(4);
  std::vector<size_t> sums(tasks.workers());
  tasks.forEach(10000, [&](size_t i, size_t worker) { sums[worker] += i; });
  CHECK(std::accumulate(sums.begin(), sums.end(), size_t{0}) == 10000 * 9999 / 2);
}

TEST_CASE("an exception comes out where the work is waited for, the earliest one, and all other work is done") {
  for (size_t threads : {1, 4}) {
    Tasks tasks(threads);
    std::atomic<size_t> done{0};
    auto work = [&](size_t i, size_t) {
      if (i % 100 == 42) throw std::runtime_error(std::to_string(i));
      ++done;
    };
    CHECK_THROWS_WITH(tasks.forEach(1000, work), "42");
    CHECK(done == 990);
    done = 0;
    tasks.forEach(40, work);  // it goes on afterwards
    CHECK(done == 40);
  }
}

TEST_CASE("tasks that wait when their giver gives up are dropped, and let go of what they hold") {
  auto held = std::make_shared<int>(0);
  {
    Tasks tasks(3);
    for (int i = 0; i < 20; ++i) tasks.give([held](size_t) {});
  }
  CHECK(held.use_count() == 1);
}
