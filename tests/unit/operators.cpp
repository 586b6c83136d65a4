// The table of operators, and libraries of kernels as data.
#include <doctest/doctest.h>

#include <set>

#include "frontend/modules.h"
#include "ir/graph.h"
#include "ir/text_reader.h"
#include "passes/evaluation/passes.h"
#include "session/session.h"

using namespace afdc;

TEST_CASE("std.ops declares the operators of the table, but for those that the compiler inserts") {
  std::set<std::string> declared = {"join", "all_reduce", "all_gather"}, known;
  for (const auto& file : embeddedStdlib())
    if (file.path == "std/ops.afd") {
      std::string_view text = file.text;
      for (size_t at = text.find("\nintrinsic "); at != text.npos; at = text.find("\nintrinsic ", at)) {
        at += std::string_view("\nintrinsic ").size();
        declared.emplace(text.substr(at, text.find('(', at) - at));
      }
    }
  for (const auto& facts : ir::kOperators) {
    known.emplace(facts.name);
    CHECK(ir::nameOf(*ir::operatorNamed(facts.name)) == facts.name);
  }
  CHECK(known == declared);
  CHECK(known.size() == ir::kOperators.size());
}

TEST_CASE("an operator that is not in the table does not read") {
  const char* before = "graph \"g\" {\n  body \"b\" {\n    param \"x\" : [8]\n    op \"y\" = ";
  const char* after = "(x [n] = \"x\") -> [n] activation [8]\n    return \"y\"\n  }\n  main \"b\"\n  stack []\n}\n";
  CHECK(ir::verify(ir::parseGraph(before + std::string("activate") + after)) == "");
  CHECK_THROWS_AS(ir::parseGraph(before + std::string("swirl") + after), ir::ReadError);
}

namespace {

/// The curves of an engine on H200s whose kernels are amended by `libraries`, under a runtime that names `kernels`.
std::optional<KernelCurves> curvesWith(const std::string& libraries, const std::string& kernels) {
  Session session;
  std::string text =
      "edition 1\nimport std.hw { Cluster }\nimport std.hw.nvidia { H200_SXM, H200x8 }\nimport std.kernels { "
      "hopper_h200 }\n"
      "import std.models.llama { Llama31_8B }\nimport std.serving { Aggregated }\nimport std.workload { Workload, "
      "closed }\n"
      "gpu G = H200_SXM { kernels = hopper_h200 { " +
      libraries +
      " } }\nnode N = H200x8 { gpu = G }\n"
      "cluster C extends Cluster { pool a { node = N, count = 1 } }\nruntime R { kernels = \"" +
      kernels +
      "\" }\n"
      "deployment D extends Aggregated { model = Llama31_8B, cluster = C, engine main { runtime = R } }\n"
      "workload W { arrivals = closed(1 req), input = constant(100 tok), output = constant(10 tok) }\n"
      "scenario s { workload = W, deployment = D }\n";
  Module* module = session.loader.loadText("kernels.afd", text);
  session.evaluator.check(*module);
  INFO(session.diags.text(false));
  REQUIRE(session.diags.errors() == 0);
  auto s = session.evaluator.lowerToScenario(session.evaluator.blocks(*module, "scenario")[0]);
  auto role = buildRoleOf(s, "", session.diags);
  return role ? role->engine().device.kernels : std::nullopt;
}

}  // namespace

TEST_CASE("another library of kernels is written in the language alone") {
  auto mine = curvesWith("library mine = common { decode = common.decode { start = 99 us } }", "mine");
  auto common = curvesWith("", "common");
  REQUIRE(mine);
  REQUIRE(common);
  CHECK(mine->of(Curved::Decode).start == doctest::Approx(99e-6));
  // What it does not say is the common library's, and what follows from a curve follows from its own.
  CHECK(mine->of(Curved::GemmBf16).start == common->of(Curved::GemmBf16).start);
  CHECK(mine->of(Curved::DecodeFp8).start == common->of(Curved::DecodeFp8).start);
  CHECK(!curvesWith("", "mine"));
}
