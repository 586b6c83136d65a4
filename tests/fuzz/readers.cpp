// libFuzzer on the readers of files, one program each: any bytes are read, or refused with a reason, and what was read
// says the same when it is written and read again. AFDC_FUZZ_READER names the reader.
//   cmake --preset fuzz -DAFDC_TESTS=ON && cmake --build --preset fuzz --target afd_fuzz_json
//   build/fuzz/tests/fuzz/afd_fuzz_json -max_total_time=600 tests/fuzz/corpus_json
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ir/graph.h"
#include "ir/scenario.h"
#include "ir/text_reader.h"
#include "passes/kernels/pack.h"
#include "passes/search/explore.h"
#include "support/csv.h"
#include "support/json_value.h"

using namespace afdc;

namespace {

[[maybe_unused]] void json(const std::string& text) {
  auto document = parseJson(text);
  if (!document.error.empty() && !document.root.isNull()) std::abort();
}

[[maybe_unused]] void yaml(const std::string& text) {
  auto documents = parseYamlDocuments(text);
  if (!documents.error.empty() && !documents.roots.empty()) std::abort();
}

[[maybe_unused]] void csv(const std::string& text) {
  auto table = parseCsv(text);
  for (const auto& row : table.rows)
    if (row.size() != table.columns.size()) std::abort();
}

[[maybe_unused]] void pack(const std::string& bytes) {
  auto first = kernels::read(bytes);
  if (!first.error.empty()) return;
  auto again = kernels::read(kernels::write(first.pack));
  if (!again.error.empty()) std::abort();
}

[[maybe_unused]] void searchState(const std::string& text) { Explorer("search", {}).load(text); }

/// Both text forms: what is read prints to a text that reads to the same.
[[maybe_unused]] void ir(const std::string& text) {
  auto stays = [](const std::string& printed, auto&& parse) {
    if (afdc::ir::print(parse(printed)) != printed) std::abort();
  };
  try {
    stays(afdc::ir::print(afdc::ir::parseScenario(text)), afdc::ir::parseScenario);
  } catch (const afdc::ir::ReadError&) {
  }
  try {
    stays(afdc::ir::print(afdc::ir::parseGraph(text)), afdc::ir::parseGraph);
  } catch (const afdc::ir::ReadError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  AFDC_FUZZ_READER(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
