// JSON: what is written reads back as the same values; what is read is refused where it says two things, or too much.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <bit>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "support/json.h"
#include "support/json_value.h"

using namespace afdc;

TEST_CASE("members keep their order, in each of three layouts") {
  JsonTree tree = {{"z", 1}, {"a", {1, 2.5, "x"}}, {"none", JsonTree::array()}, {"m", {{"k", true}, {"n", nullptr}}}};
  CHECK(jsonText(tree, JsonLayout::OneLine) ==
        R"({"z": 1, "a": [1, 2.5, "x"], "none": [], "m": {"k": true, "n": null}})");
  CHECK(jsonText(tree, JsonLayout::Compact) ==
        "{\n  \"z\": 1,\n  \"a\": [1, 2.5, \"x\"],\n  \"none\": [],\n  \"m\": {\n    \"k\": true,\n    \"n\": null\n  "
        "}\n}");
  CHECK(jsonText({{"a", {1, 2}}}) == "{\n  \"a\": [\n    1,\n    2\n  ]\n}");
}

TEST_CASE("numbers are written with the fewest digits that read back as the same double") {
  CHECK(jsonNumber(0.1) == "0.1");
  CHECK(jsonNumber(16) == "16");
  CHECK(jsonNumber(-3.35e12) == "-3350000000000");
  CHECK(jsonNumber(1e22) == "1e+22");
  CHECK(jsonNumber(0.1 + 0.2) == "0.30000000000000004");
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    auto back = parseJson("[" + jsonNumber(value) + "]");
    CAPTURE(value);
    REQUIRE(back.error.empty());
    CHECK(std::bit_cast<uint64_t>(back.root.items[0].number()) == std::bit_cast<uint64_t>(value));
  }
}

TEST_CASE("what has no JSON form does not become text that is no JSON") {
  using Limits = std::numeric_limits<double>;
  for (double value : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()})
    CHECK(jsonNumber(value) == "null");
  CHECK(jsonText({Limits::infinity(), 1}, JsonLayout::OneLine) == "[null, 1]");
  CHECK(jsonString("a\"b\\c\n\x01 é") == "\"a\\\"b\\\\c\\n\\u0001 é\"");
  CHECK(jsonString("\xff!") == "\"\uFFFD!\"");
}

TEST_CASE("members are read in the order of their names; what is missing is null") {
  auto document = parseJson(R"({"b": [1, true, "x"], "a": {"deep": -2e3}, "n": null})");
  REQUIRE(document.error.empty());
  CHECK(document.root.names == std::vector<std::string>{"a", "b", "n"});
  CHECK(document.root["a"]["deep"].number() == -2000);
  CHECK(document.root["b"].items[1].flag());
  CHECK(document.root["b"].items[2].text() == "x");
  CHECK(document.root["no"]["such"]["member"].number(7) == 7);
}

TEST_CASE("a document that is no JSON is refused with its place") {
  for (auto [text, error] : {std::pair{"{\"a\": 1,\n  \"b\" 2}", "is not JSON: line 2, column 7: "},
                             {"[1, 2", "is not JSON: line 1, column 6: "},
                             {"", "is not JSON: line 1, column 1: "},
                             {"[1] 2", "is not JSON: line 1, column 5: "},
                             {"[NaN]", "is not JSON: line 1, column 2: "},
                             {"[\"\xff\"]", "is not JSON: line 1, column 3: "},
                             {"[1e400]", "is not JSON: number overflow parsing '1e400'"},
                             {R"({"a": {"x": 1, "y": 2, "x": 3}})", "is not JSON: an object has two members `x`"}}) {
    CAPTURE(text);
    auto document = parseJson(text);
    CAPTURE(document.error);
    CHECK(document.error.starts_with(error));
    CHECK(document.root.isNull());
  }
}

TEST_CASE("numbers of any length are read") {
  auto list = parseJson("[18446744073709551615, 123456789012345678901234567890, 1e-400, -0.0]").root.items;
  REQUIRE(list.size() == 4);
  CHECK(list[0].number() == 18446744073709551615.0);
  CHECK(list[1].number() == 123456789012345678901234567890.0);
  CHECK(list[2].number() == 0);
  CHECK(std::signbit(list[3].number()));
}

TEST_CASE("a million brackets are an error, five hundred are not") {
  auto nested = [](size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CHECK(parseJson(nested(500)).error.empty());
  CHECK(parseJson(nested(501)).error == "is nested too deeply (more than 500 levels)");
  CHECK(parseJson(nested(1'000'000)).error == "is nested too deeply (more than 500 levels)");
  CHECK(parseJson(std::string(1'000'000, '[')).error == "is nested too deeply (more than 500 levels)");
  std::string objects;
  for (int i = 0; i < 1'000'000; ++i) objects += "{\"a\":";
  CHECK(parseJson(objects).error == "is nested too deeply (more than 500 levels)");
}
