// Stage dumps and reports, compared with files that are reviewed as diffs. AFDC_UPDATE_GOLDENS=1 writes them anew.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "driver/check.h"
#include "driver/eval.h"
#include "driver/ir.h"

using namespace afdc;
namespace fs = std::filesystem;

namespace {

void compare(const std::string& name, std::string text) {
  // Paths of this checkout are no part of the result.
  std::string root = std::string(AFDC_SOURCE_DIR) + "/";
  for (size_t at; (at = text.find(root)) != std::string::npos;) text.erase(at, root.size());
  fs::path path = fs::path(AFDC_SOURCE_DIR) / "tests/golden" / name;
  if (std::getenv("AFDC_UPDATE_GOLDENS")) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream in(path);
  std::stringstream kept;
  kept << in.rdbuf();
  CHECK_MESSAGE(kept.str() == text,
                name << " differs; if that is right: AFDC_UPDATE_GOLDENS=1 build/release/tests/afd_unit_tests");
}

std::string at(const char* file) { return std::string(AFDC_SOURCE_DIR) + "/" + file; }

std::string graph(const char* scenario, const char* after) {
  IrOptions o;
  o.file = at("tests/fidelity/oracle_cases.afd");
  o.scenario = scenario;
  o.after = after;
  return runIr(o).out;
}

}  // namespace

TEST_CASE("reports") {
  EvalOptions o;
  o.file = at("examples/deepseek_v3_h200.afd");
  o.scenario = "chat";
  compare("deepseek_v3_h200.report.txt", runEval(o).out);
}

TEST_CASE("operator graphs") {
  compare("dense.lower.txt", graph("dense", "lower"));
  compare("dense.collectives.txt", graph("dense", "collectives"));
  compare("mla.collectives.txt", graph("mla", "collectives"));
}

TEST_CASE("messages") {
  CheckOptions o;
  o.files = {at("tests/language/eight_mistakes.afd"), at("tests/language/weights_do_not_fit.afd"),
             at("tests/language/unit_add_tokens_to_bytes.afd")};
  compare("messages.txt", runCheck(o).err);
}
