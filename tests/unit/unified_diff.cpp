// What `fmt --diff` shows leads from one text to the other.
#include "support/unified_diff.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace afdc;

TEST_CASE("a unified diff shows what goes and what comes, with three lines around it") {
  CHECK(unifiedDiff("x", "a\nb\n", "a\nb\n").empty());
  CHECK(unifiedDiff("x", "1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\nsix\n") ==
        "--- x\n+++ x\n@@ -3,4 +3,4 @@\n 3\n 4\n 5\n-6\n+six\n");
  CHECK(unifiedDiff("x", "", "a\n") == "--- x\n+++ x\n@@ -0,0 +1 @@\n+a\n");
  CHECK(unifiedDiff("x", "a\n", "") == "--- x\n+++ x\n@@ -1 +0,0 @@\n-a\n");
  CHECK(unifiedDiff("x", "a", "a\n") == "--- x\n+++ x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

TEST_CASE("changes that are far apart have hunks of their own, and near ones share one") {
  std::string before, near, far;
  for (int i = 0; i < 20; ++i) {
    before += fmt::format("{}\n", i);
    near += fmt::format("{}\n", i == 5 || i == 11 ? -i : i);
    far += fmt::format("{}\n", i == 5 || i == 13 ? -i : i);
  }
  auto hunks = [&](const std::string& after) {
    auto diff = unifiedDiff("x", before, after);
    size_t count = 0;
    for (size_t at = diff.find("@@ -"); at != std::string::npos; at = diff.find("@@ -", at + 1)) ++count;
    return count;
  };
  CHECK(hunks(near) == 1);
  CHECK(hunks(far) == 2);
}

TEST_CASE("texts that differ in all of very many lines are answered at once") {
  std::string before, after;
  for (int i = 0; i < 100'000; ++i) before += fmt::format("a{}\n", i), after += fmt::format("b{}\n", i);
  CHECK(unifiedDiff("x", before, after).starts_with("--- x\n+++ x\n@@ -1,100000 +1,100000 @@\n-a0\n"));
}
