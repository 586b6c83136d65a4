// Stage dumps and reports, compared with files that are reviewed as diffs. AFDC_UPDATE_GOLDENS=1 writes them anew.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "driver/commands.h"

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

Options on(const char* file, const char* scenario, const char* after = "") {
  Options o;
  o.file = std::string(AFDC_SOURCE_DIR) + "/" + file;
  o.name = scenario;
  o.after = after;
  return o;
}

}  // namespace

TEST_CASE("reports") {
  compare("deepseek_v3_h200.report.txt", runEval(on("examples/deepseek_v3_h200.afd", "chat")).out);
}

TEST_CASE("operator graphs") {
  compare("dense.lower.txt", runIr(on("tests/fidelity/oracle_cases.afd", "dense", "lower")).out);
  compare("dense.collectives.txt", runIr(on("tests/fidelity/oracle_cases.afd", "dense", "collectives")).out);
  compare("mla.collectives.txt", runIr(on("tests/fidelity/oracle_cases.afd", "mla", "collectives")).out);
}

TEST_CASE("messages") {
  Options o;
  o.files = {std::string(AFDC_SOURCE_DIR) + "/tests/language/eight_mistakes.afd",
             std::string(AFDC_SOURCE_DIR) + "/tests/language/weights_do_not_fit.afd",
             std::string(AFDC_SOURCE_DIR) + "/tests/language/unit_add_tokens_to_bytes.afd"};
  compare("messages.txt", runCheck(o).err);
}
