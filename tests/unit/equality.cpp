#include "frontend/equality.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "frontend/search.h"
#include "session/session.h"

using namespace afdc;

namespace {

/// What the `let`s of a module are, by name; each must be a condition.
bool holds(const std::string& expression) {
  Session session;
  auto* module = session.loader.loadText("equality.afd",
                                         "edition 1\n"
                                         "import std.models.llama { Llama2_7B, Llama2_13B }\n"
                                         "test \"t\" {\n  expect " +
                                             expression + "\n}\n");
  auto outcomes = session.evaluator.runTests(*module);
  REQUIRE(outcomes.size() == 1);
  return outcomes[0].passed;
}

Value randomValue(std::mt19937& random, int depth) {
  auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  switch (below(depth > 0 ? 7 : 4)) {
    case 0: return Value::null();
    case 1: return Value::boolean(below(2) == 0);
    case 2: {
      Dimension dimension = below(2) == 0 ? Dimension{} : Dimension::of(Base::Time);
      return Value::number(Quantity{Number::integer(below(2)), dimension, below(2) == 0 ? "" : "ms"});
    }
    case 3: return Value::string(below(2) == 0 ? "a" : "b");
    default: {
      std::vector<Value> items;
      for (unsigned n = below(3); n > 0; --n) items.push_back(randomValue(random, depth - 1));
      return Value::items(std::move(items));
    }
  }
}

/// The value written so that equal values, and only those, have equal texts.
std::string canonical(const Value& v) {
  switch (v.kind) {
    case ValueKind::Null: return "null";
    case ValueKind::Bool: return v.flag ? "true" : "false";
    case ValueKind::Number: return v.quantity.exactText();
    case ValueKind::Text: return "\"" + v.text + "\"";
    default: break;
  }
  std::string text = "[";
  for (const auto& item : *v.list) text += canonical(item) + ";";
  return text + "]";
}

}  // namespace

TEST_CASE("lists are equal when what is in them is") {
  CHECK_FALSE(holds("[Llama2_7B] == [Llama2_13B]"));
  CHECK_FALSE(holds("[[1]] == [[2]]"));
  CHECK_FALSE(holds("[1] in [[2]]"));
  CHECK_FALSE(holds("1 s in [1 tok]"));
  CHECK_FALSE(holds("[constant(1 tok)] == [constant(2 tok)]"));
  CHECK(holds("[Llama2_7B] == [Llama2_7B]"));
  CHECK(holds("[Llama2_7B] != [Llama2_13B]"));
  CHECK(holds("Llama2_7B in [Llama2_13B, Llama2_7B]"));
  CHECK(holds("[[1], []] == [[1], []]"));
  CHECK(holds("[1 GB, null] == [1000 MB, null]"));
}

TEST_CASE("equality agrees with the values written canonically") {
  std::mt19937 random(20);
  size_t same = 0;
  for (int i = 0; i < 1000; ++i) {
    Value a = randomValue(random, 3), b = randomValue(random, 3);
    bool expected = canonical(a) == canonical(b);
    same += expected;
    CAPTURE(canonical(a));
    CAPTURE(canonical(b));
    CHECK(equal(a, b) == expected);
    CHECK(equal(b, a) == expected);
    CHECK(equal(a, a));
  }
  CHECK(same > 50);  // both answers are met
}

TEST_CASE("a search loses none of an axis's values, however alike they look") {
  Session session;
  auto* module = session.loader.loadText("search.afd", R"(edition 1
import std.hw { Cluster }
import std.hw.nvidia { H100x8 }
import std.models.llama { Llama31_8B }
import std.serving { Aggregated }
import std.workload { Workload, closed }
deployment D extends Aggregated {
  model   = Llama31_8B
  cluster = Cluster { pool gpus { node = H100x8, count = 1 } }
  engine main { }
}
scenario s {
  workload   = Workload { arrivals = closed(8 req), input = constant(100 tok), output = constant(10 tok) }
  deployment = D
}
explore e {
  base = s
  vary workload.input in [constant(100 tok), constant(200 tok), constant(0.1 ktok)]
  vary workload.output in [100_000_001 tok, 100_000_002 tok]
  minimize mean(ttft)
}
)");
  session.evaluator.check(*module);
  INFO(session.diags.text(false));
  REQUIRE(session.diags.errors() == 0);
  Search search(session.evaluator, session.evaluator.block(*module, "e"));
  size_t inputs = 0, outputs = 0;
  while (search.next()) {
    inputs = std::max<size_t>(inputs, search.point().ids[0] + 1);
    outputs = std::max<size_t>(outputs, search.point().ids[1] + 1);
  }
  CHECK(inputs == 2);  // 100 tok and 0.1 ktok are one value
  CHECK(outputs == 2);
}

TEST_CASE("lists that share their items are compared in the time of what they share") {
  auto doubled = [] {
    Value v = Value::items({Value::number(Number::integer(1))});
    for (int i = 0; i < 60; ++i) v = Value::items({v, v});
    return v;
  };
  size_t compared = 0;
  CHECK(equal(doubled(), doubled(), compared));
  CHECK(compared < 1000);
  CHECK(!equal(doubled(), Value::items({doubled(), doubled()})));
}
