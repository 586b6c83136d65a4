// afdc: the process around a command line: its stack, its memory, its streams and its exit code.
#include <llvm/Support/thread.h>
#include <malloc.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "driver/commands.h"
#include "support/escape.h"

using namespace afdc;

namespace {

// Nesting of the input is bounded (AFD0008), but sanitizer builds use far larger frames than release ones.
constexpr unsigned kStack = 512u << 20;

int run(const std::vector<std::string>& words) {
  Output out;
  try {
    out = runCommandLine(words);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error[AFD0901]: internal error: %s\nThis is a bug of afdc; please report it with the file.\n",
                 printable(e.what()).c_str());
    return kInternal;
  }
  std::fwrite(out.err.data(), 1, out.err.size(), stderr);
  if (std::fwrite(out.out.data(), 1, out.out.size(), stdout) == out.out.size() && std::fflush(stdout) == 0)
    return out.code;
  std::fprintf(stderr, "afdc: cannot write the answer: %s\n", std::strerror(errno));
  return kUsage;
}

}  // namespace

int main(int argc, char** argv) {
#ifdef __GLIBC__
  // One arena that grows in large steps: the worker would otherwise get a second one that grows page by page.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TOP_PAD, 16 << 20);
#endif
  std::vector<std::string> words(argv + 1, argv + argc);
  int code = kInternal;
  llvm::thread worker(llvm::Optional<unsigned>(kStack), [&] { code = run(words); });
  worker.join();
  std::_Exit(code);  // everything is written; the parser's caches need no orderly end
}
