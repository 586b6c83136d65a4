// YAML streams: all documents, aliases as what they stand for, and the types of the core schema.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "support/json_value.h"

using namespace afdc;

TEST_CASE("plain scalars have the types of YAML 1.2's core schema, and no other") {
  auto value = [](const std::string& text) { return parseYaml("k: " + text).root["k"]; };
  for (const char* text : {"true", "True", "TRUE", "!!bool true"}) CHECK_MESSAGE(value(text).flag(), text);
  for (const char* text : {"", "~", "null", "Null", "NULL"}) CHECK_MESSAGE(value(text).isNull(), text);
  for (auto [text, number] : {std::pair{"12", 12.0},
                              {"-0", 0.0},
                              {"+1.5e3", 1500.0},
                              {".5", 0.5},
                              {"5.", 5.0},
                              {"010", 10.0},
                              {"0o17", 15.0},
                              {"0xFf", 255.0},
                              {"!!float \"2.5\"", 2.5}}) {
    CAPTURE(text);
    CHECK(value(text).isNumber());
    CHECK(value(text).number() == number);
  }
  CHECK(value("-.inf").number() < -1e308);
  CHECK(std::isnan(value(".NaN").number()));
  for (const char* text :
       {"yes", "no",  "on",  "off", "y",     "12:30", "1_000", "2020-01-01", "0b11",   "1e",       ".",
        "+",   "inf", "nan", "0x",  "1.2.3", "e3",    "tRue",  "\"12\"",     "'true'", "!!str 12", "!custom 12"})
    CHECK_MESSAGE(value(text).isText(), text);
  CHECK(value("!!str 12").text() == "12");
  CHECK(parseYaml("k: !!int many").error == "is not YAML: line 1, column 4: `many` is no int, as its tag says");
}

TEST_CASE("an alias is what it stands for") {
  auto document = parseYaml("base: &x {tp: 8, list: [1, 2]}\nsame: *x\nname: &n main\nof:\n  *n : 3\nlast: *n\n");
  REQUIRE(document.error.empty());
  CHECK(document.root["same"]["tp"].number() == 8);
  CHECK(document.root["same"]["list"].items.size() == 2);
  CHECK(document.root["of"]["main"].number() == 3);
  CHECK(document.root["last"].text() == "main");
}

TEST_CASE("a merge key brings the members that a mapping has not itself") {
  auto document =
      parseYaml("a: &a {x: 1, y: 2}\nb: &b {y: 5, z: 6}\none: {<<: *a, x: 9}\ntwo:\n  <<: [*a, *b]\n  w: 0\n");
  REQUIRE(document.error.empty());
  CHECK(document.root["one"]["x"].number() == 9);
  CHECK(document.root["one"]["y"].number() == 2);
  CHECK(document.root["two"].names == std::vector<std::string>{"w", "x", "y", "z"});
  CHECK(document.root["two"]["y"].number() == 2);
}

TEST_CASE("all documents of a stream are read; where one is expected, several are an error") {
  const char* stream = "kind: Service\n---\nkind: Deployment\nx: &a 1\n...\n---\n- 1\n";
  auto all = parseYamlDocuments(stream);
  REQUIRE(all.roots.size() == 3);
  CHECK(all.roots[1]["kind"].text() == "Deployment");
  CHECK(all.roots[2].items[0].number() == 1);
  CHECK(parseYaml(stream).error == "has 3 documents where one is expected");
  CHECK(parseYaml("# nothing\n").error == "is empty");
  CHECK(parseYamlDocuments("").roots.empty());
  CHECK(!parseYamlDocuments("a: &x 1\n---\nb: *x\n").error.empty());  // anchors end with their document
}

TEST_CASE("what is no YAML is refused with its place") {
  for (auto [text, error] :
       {std::pair{"a: [1, 2\nb: 3", "is not YAML: line 2, column 2: "},
        {"a: *nobody", "is not YAML: line 1, column 4: "},
        {"a: 1\nb: 2\na: 3", "is not YAML: line 3, column 1: a mapping has two members `a`"},
        {"a: &x [*x]", "is not YAML: line 1, column 8: an alias stands inside of what it stands for"},
        {"[1, 2]: x", "is not YAML: line 1, column 1: a key is no plain value"}}) {
    CAPTURE(text);
    auto document = parseYaml(text);
    CAPTURE(document.error);
    CHECK(document.error.starts_with(error));
    CHECK(document.root.isNull());
  }
}

TEST_CASE("a few lines of aliases do not grow without bound") {
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  std::string tower = "a0: &a0 [x]\n";
  for (int i = 1; i < 12; ++i) {
    laughs += fmt::format("a{}: &a{} [", i, i);
    for (int k = 0; k < 9; ++k) laughs += fmt::format("{}*a{}", k ? ", " : "", i - 1);
    laughs += "]\n";
  }
  for (int i = 1; i < 2000; ++i) tower += fmt::format("a{}: &a{} [*a{}]\n", i, i, i - 1);
  CHECK(parseYaml(laughs).error.find("aliases stand for more than 16 MB in all") != std::string::npos);
  CHECK(parseYaml(tower).error.find("nested too deeply") != std::string::npos);
  CHECK(parseYaml(std::string(100'000, '[') + std::string(100'000, ']')).error.find("nested too deeply") !=
        std::string::npos);
}

TEST_CASE("what yaml-cpp would read again and again is refused") {
  for (const auto* text : {"&0,", "a: 1\n---\n&0,"}) {
    CAPTURE(text);
    CHECK(parseYamlDocuments(text).error.find("this belongs to no document") != std::string::npos);
  }
  CHECK(parseYamlDocuments("---\n---\na: 1\n---\n").roots.size() == 3);
}
