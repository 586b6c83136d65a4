// libFuzzer on the frontend: any bytes, from lexing to the checked scenario and back through the IR's text form.
//   cmake --preset fuzz && cmake --build --preset fuzz --target afd_fuzz_frontend
//   build/fuzz/tests/fuzz/afd_fuzz_frontend -max_total_time=600 tests/fuzz/corpus
#include <llvm/Support/thread.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "frontend/syntax/format.h"
#include "session/session.h"

using namespace afdc;

static void run(const std::string& text) {
  Session session;
  Module* module = session.loader.loadText("input.afd", text);
  session.check(*module);
  session.diags.text(false);
  if (module->damaged) return;
  std::string once = formatSource(text);
  if (formatSource(once) != once) std::abort();
  if (session.diags.errors() > 0) return;
  for (auto* scenario : session.evaluator.blocks(*module, "scenario")) {
    auto lowered = session.evaluator.lowerToScenario(scenario);
    std::string printed = ir::print(lowered);
    if (ir::print(ir::parseScenario(printed)) != printed) std::abort();
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  // The command line runs on a large stack too.
  llvm::thread worker(llvm::Optional<unsigned>(512u << 20), [&] { run(text); });
  worker.join();
  return 0;
}
