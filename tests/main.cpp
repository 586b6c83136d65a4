#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <llvm/Support/thread.h>

// On a large stack, as the command line runs: sanitizer builds use big frames.
int main(int argc, char** argv) {
  int code = 1;
  llvm::thread worker(llvm::Optional<unsigned>(512u << 20), [&] { code = doctest::Context(argc, argv).run(); });
  worker.join();
  return code;
}
