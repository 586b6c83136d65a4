// The formatter: formatting again changes nothing, every comment stays, the meaning stays.
#include <doctest/doctest.h>

#include <filesystem>

#include "frontend/syntax/format.h"
#include "session/session.h"
#include "tests/read_file.h"

using namespace afdc;
namespace fs = std::filesystem;

namespace {

/// Everything but blanks: the formatter may not change it.
std::string ink(const std::string& text) {
  std::string out;
  for (char c : text)
    if (!std::isspace(static_cast<unsigned char>(c))) out += c;
  return out;
}

std::vector<fs::path> files() {
  std::vector<fs::path> out;
  for (const char* folder : {"examples", "stdlib", "tests/language", "tests/fidelity"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(AFDC_SOURCE_DIR) / folder))
      if (entry.path().extension() == ".afd") out.push_back(entry.path());
  return out;
}

}  // namespace

TEST_CASE("formatting is idempotent and keeps every character that is not a blank") {
  auto all = files();
  CHECK(all.size() > 40);
  for (const auto& path : all) {
    CAPTURE(path.string());
    std::string text = readFile(path), once = formatSource(text);
    CHECK(formatSource(once) == once);
    CHECK(ink(once) == ink(text));
  }
}

TEST_CASE("the shipped files are formatted") {
  for (const auto& path : files()) {
    if (path.string().find("tests/") != std::string::npos) continue;
    CAPTURE(path.string());
    std::string text = readFile(path);
    CHECK(formatSource(text) == text);
  }
}

TEST_CASE("spacing, alignment, comments") {
  CHECK(formatSource("edition 1\nlet   a=1+2   // sum\nlet b = - 3\n\n\n\nlet c=[1,2 ,3]\n") ==
        "edition 1\nlet a = 1 + 2  // sum\nlet b = -3\n\nlet c = [1, 2, 3]\n");
  CHECK(formatSource("model M{\nhidden=1 // h\nlayers   = 22\n}\n") ==
        "model M {\n  hidden = 1  // h\n  layers = 22\n}\n");
  CHECK(formatSource("gpu A = B {\n    hbm.capacity = 80 GiB\n  peak.bf16=3 TFLOP/s }\n") ==
        "gpu A = B {\n  hbm.capacity = 80 GiB\n  peak.bf16    = 3 TFLOP/s }\n");
}
