#include "fidelity/fidelity.h"

#include <fmt/format.h>

#include "driver/commands.h"
#include "support/files.h"
#include "support/text.h"

namespace afdc {

Output runFidelity(const Options& o) {
  const FidelityKind* kind = nullptr;
  std::vector<std::string> names;
  for (const auto& k : fidelityKinds()) {
    if (k.name == o.name) kind = &k;
    names.emplace_back(k.name);
  }
  if (!kind) {
    auto near = suggest(o.name, names);
    return {kUsage, "",
            fmt::format("afdc fidelity: no kind `{}`{}; there are {}\n", o.name,
                        near ? fmt::format(" (did you mean `{}`?)", *near) : "", joinWords(names))};
  }
  auto file = readSource(o.file);
  if (!file.error.empty()) return {kUsage, "", fmt::format("afdc fidelity: {}: {}\n", o.file, file.error)};
  FidelityInput input{.path = o.file, .text = std::move(file.text), .kernels = o.kernels, .stdlib = o.stdlib};
  if (!o.file.ends_with(".csv")) {
    auto document = parseJson(input.text);
    if (!document.error.empty()) return {kUsage, "", fmt::format("afdc fidelity: {} {}\n", o.file, document.error)};
    input.root = std::move(document.root);
  }
  Scoreboard board{std::string(kind->name)};
  auto problem = kind->run(input, board);
  if (!problem.empty())
    return {kUsage, "", fmt::format("afdc fidelity: {} is not a file of kind `{}`: {}\n", o.file, kind->name, problem)};
  return {kClean, o.cases ? board.csv() : o.json ? board.json() : board.table(), ""};
}

}  // namespace afdc
