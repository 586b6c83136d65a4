// Documents that are written: order kept, texts that stay texts, JSON and YAML that say the same.
#include "support/document.h"

#include <doctest/doctest.h>

#include "backends/registry.h"
#include "support/json_value.h"

using namespace afdc;

namespace {

bool same(const Json& a, const Json& b) {
  if (a.kind != b.kind || a.string != b.string || a.value != b.value || a.truth != b.truth || a.names != b.names ||
      a.items.size() != b.items.size())
    return false;
  for (size_t i = 0; i < a.items.size(); ++i)
    if (!same(a.items[i], b.items[i])) return false;
  return true;
}

}  // namespace

TEST_CASE("members keep their order; lists of values stay on a line") {
  auto d = Document::map().set("z", 1).set("a", Document::list({1, 2.5, "x"})).set("m", Document::map().set("k", true));
  CHECK(d.json() == "{\n  \"z\": 1,\n  \"a\": [1, 2.5, \"x\"],\n  \"m\": {\n    \"k\": true\n  }\n}\n");
  CHECK(d.yaml() == "z: 1\na:\n  - 1\n  - 2.5\n  - x\nm:\n  k: true\n");
  CHECK(d.jsonLine() == "{\"z\": 1, \"a\": [1, 2.5, \"x\"], \"m\": {\"k\": true}}");
  d.set("z", 2);
  CHECK(d.jsonLine().starts_with("{\"z\": 2, \"a\""));
}

TEST_CASE("texts that YAML would take for something else are quoted") {
  for (const char* text : {"true", "No",   "on",   "1.5",  "0x10",       "1e3",   "null", "~",  "",   " x",
                           "x ",   "a: b", "a #b", "- a",  "[a]",        "{a",    "*a",   "&a", "!a", "%a",
                           "@a",   "`a",   "\"a",  "a\nb", "2020-01-01", "12:30", "y",    ".5", "=",  "é"}) {
    CAPTURE(text);
    auto yaml = Document::map().set("k", text).yaml();
    auto back = parseYaml(yaml);
    CHECK(back.error.empty());
    CHECK(back.root["k"].text() == text);
    CHECK(back.root["k"].isText());
  }
}

TEST_CASE("JSON and YAML say the same") {
  auto d = Document::map();
  d["deep"]["list"].add(Document::map().set("a", 1).set("b", Document::list({Document::map().set("c", "x y"), "z"})));
  d["deep"]["list"].add("plain").add(Document());
  d.set("number", 1e22)
      .set("small", 1.25e-7)
      .set("big", 8589934592.0)
      .set("empty", Document::map())
      .set("none", Document::list());
  d.set("odd key: 1", "quote \" and \\ backslash");
  auto json = parseJson(d.json()), yaml = parseYaml(d.yaml());
  CHECK(json.error.empty());
  CHECK(yaml.error.empty());
  CHECK(json.root["big"].number() == 8589934592.0);
  CHECK(same(json.root["deep"], yaml.root["deep"]));
  for (const char* key : {"number", "small", "big", "odd key: 1"}) CHECK(same(json.root[key], yaml.root[key]));
}

TEST_CASE("texts of several lines read back to the byte") {
  for (const char* text : {"one\n", "one\ntwo\n", "  indented\nless\n", "\nfirst is empty\n", "ends\n\n", "tab\there\n",
                           "no end\nof line", "bell\a\n", "trailing blank \n", "# no comment\n", "\n", " \n"}) {
    CAPTURE(text);
    auto back = parseYaml(Document::map().set("k", text).set("next", Document::list({text, 1})).yaml());
    CHECK(back.error.empty());
    CHECK(back.root["k"].text() == text);
    CHECK(back.root["next"].items.at(0).text() == text);
  }
}

TEST_CASE("a script is a literal block") {
  auto yaml = Document::map().set("args", Document::list({"set -e\n\nexec x \\\n  --y\n"})).yaml();
  CHECK(yaml == "args:\n  - |\n    set -e\n\n    exec x \\\n      --y\n");
}

TEST_CASE("every unit of every target comes back within its precision") {
  size_t units = 0;
  for (const auto* target : emit::targets())
    for (const auto& unit : target->units) {
      CAPTURE(target->name);
      CAPTURE(unit.quantity);
      for (double value : {1.0, 3.35e12, 141e9, 0.0123456, 7.77e-6, 989e12}) {
        double back = unit.read(unit.write(value));
        double precision = unit.decimals < 0 ? 1e-15 * value : 0.5 * unit.scale * std::pow(10, -unit.decimals);
        CHECK(std::fabs(back - value) <= precision * 1.0001);
      }
      ++units;
    }
  CHECK(units >= 30);
}

TEST_CASE("targets are in order of their names, and say what they can") {
  std::string before;
  for (const auto* target : emit::targets()) {
    CAPTURE(target->name);
    CHECK(before < std::string(target->name));
    before = target->name;
    CHECK(!target->version.empty());
    CHECK(!target->abilities.empty());
    CHECK(emit::findTarget(target->name) == target);
    for (const auto& a : target->abilities) {
      CAPTURE(emit::wordsOf(a.construct));
      CHECK(target->ability(a.construct) == &a);                 // once each
      CHECK((a.how == emit::How::Expressed) == a.what.empty());  // what is lost, and why not, is said
    }
  }
}

TEST_CASE("synthetic requests have the lengths and the rate that they are asked for") {
  LoadConfig load;
  load.prompt = {"lognormal", 1155, 765, 2500, 4142};
  load.answer = {"uniform", 200, 200, 280, 298};
  auto requests = emit::requestsOf(load, 2000, 4, 7);
  double input = 0, output = 0, over = 0;
  for (const auto& r : requests) input += r.input, output += r.output, over += r.input > 4142;
  CHECK(over == doctest::Approx(20).epsilon(0.06));
  CHECK(output / 2000 == doctest::Approx(200).epsilon(0.01));
  CHECK(requests.back().at == doctest::Approx(500).epsilon(0.01));
  auto again = emit::requestsOf(load, 2000, 4, 7), other = emit::requestsOf(load, 2000, 4, 8);
  CHECK(again[100].input == requests[100].input);
  CHECK(other[100].input != requests[100].input);
  // One burst; shared prefixes by their popularity.
  load.shared = 100, load.prefixes = 10, load.zipf = 1;
  auto burst = emit::requestsOf(load, 1000, 0, 1);
  int first = 0;
  for (const auto& r : burst) {
    first += r.prefix == 0;
    CHECK(r.at == 0);
    CHECK(r.input > 100);
  }
  CHECK(first == doctest::Approx(341).epsilon(0.02));  // 1 / H(10)
}
