// parse(print(ir)) == ir, for every example at every stage; and passes run on graphs written as text.
#include <doctest/doctest.h>

#include <filesystem>

#include "ir/text_reader.h"
#include "passes/lowering/lowering.h"
#include "session/session.h"

using namespace afdc;
namespace fs = std::filesystem;

namespace {

/// The text that a pass left, read and printed again.
std::string readBack(const Pass& pass, const std::string& text) {
  switch (pass.makes) {
    case Pass::Makes::Scenario: {
      auto back = ir::parseScenario(text);
      CHECK(ir::verify(back).empty());
      return ir::print(back);
    }
    case Pass::Makes::Graphs: {
      auto back = ir::parseGraphs(text);
      for (const auto& g : back) CHECK(ir::verify(g.graph).empty());
      return ir::print(back);
    }
    case Pass::Makes::Results: return toJson(readResults(text));
  }
  return "";
}

}  // namespace

TEST_CASE("what every listed pass leaves differs from what it found, and its text form reads back as itself") {
  int stages = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(AFDC_SOURCE_DIR) / "examples")) {
    if (entry.path().extension() != ".afd") continue;
    CAPTURE(entry.path().string());
    Session session;
    Module* module = session.loader.loadFile(entry.path().string());
    REQUIRE(module);
    session.evaluator.check(*module);
    INFO(session.diags.text(false));
    REQUIRE(session.diags.errors() == 0);
    auto scenarios = session.evaluator.blocks(*module, "scenario");
    CHECK(!scenarios.empty());
    for (auto* object : scenarios) {
      auto scenario = session.evaluator.lowerToScenario(object);
      std::string before;
      for (const auto& pass : passes()) {
        CAPTURE(pass.name);
        auto text = runPasses(scenario, pass.name, session.diags).text;
        CHECK(!text.empty());
        // A scenario without promises has none to judge.
        bool judges = pass.name != "slo" || scenario.find(scenario.root, "slo").valid();
        CHECK((text != before || !judges));
        CHECK(readBack(pass, text) == text);
        before = std::move(text);
        ++stages;
      }
      // What was read back evaluates to the same: the text form holds everything that passes need.
      auto back = ir::parseScenario(ir::print(scenario));
      auto direct = runPasses(scenario, "", session.diags), again = runPasses(back, "", session.diags);
      REQUIRE(direct.results);
      REQUIRE(again.results);
      CHECK(toJson({*direct.results}) == toJson({*again.results}));
      CHECK(before == toJson({*direct.results}));
    }
  }
  CHECK(stages >= 9 * 8);
}

namespace {
const char* kGraph = R"(graph "g" {
  class linear bf16 bits 16 scale 0 block 1 compute bf16
  class activation bf16 bits 16 scale 0 block 1
  body "main" {
    param "x" : [tokens, 64] class activation
    weight "up" : [64, 256 in 256 by tp] class linear
    weight "down" : [256 in 256 by tp, 64] class linear
    op "u" = gemm(x[m, k] = "x", w[k, n] = "up") -> [m, n] activation [tokens, 256] class activation sum [k]
    op "d" = gemm(x[m, k] = "u", w[k, n] = "down") -> [m, n] activation [tokens, 64] class activation sum [k]
    op "y" = add(a[m, n] = "x", b[m, n] = "d") -> [m, n] activation [tokens, 64] class activation
    return "y"
  }
  main "main"
  stack []
}
)";
}

TEST_CASE("sharding propagates: a sharded contraction is a partial sum, reduced before a sum with a whole tensor") {
  SourceManager sources;
  Diagnostics diags(sources);
  auto g = ir::parseGraph(kGraph);
  REQUIRE(ir::verify(g).empty());
  REQUIRE(shard(g, diags));
  std::string sharded = ir::print(g);
  CHECK(sharded.find(
            "op \"u\" = gemm(x[m, k] = \"x\", w[k, n] = \"up\") -> [m, n] activation [tokens, 256 in 256 by tp]") !=
        std::string::npos);
  CHECK(sharded.find("[tokens, 64] class activation partial tp") != std::string::npos);
  insertCollectives(g);
  std::string whole = ir::print(g);
  CHECK(whole.find("op \"d.sum\" = all_reduce(x[d0, d1] = \"d\")") != std::string::npos);
  CHECK(whole.find("b[m, n] = \"d.sum\"") != std::string::npos);
  CHECK(ir::print(ir::parseGraph(whole)) == whole);
}

TEST_CASE("the verifier refuses what is not a graph") {
  auto broken = [&](std::string from, std::string to) {
    std::string text = kGraph;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  // A tensor that nothing computes, returned.
  CHECK(!ir::verify(ir::parseGraph(broken("return \"y\"", "activation \"z\" : [1]\n    return \"z\""))).empty());
  CHECK_THROWS_AS(ir::parseGraph(broken("main \"main\"", "main \"other\"")), ir::ReadError);
  CHECK_THROWS_AS(ir::parseGraph(broken("= \"up\")", "= \"upp\")")), ir::ReadError);
  CHECK_THROWS_AS(ir::parseGraph("graph"), ir::ReadError);
}
