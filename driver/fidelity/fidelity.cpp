#include "driver/fidelity/fidelity.h"

#include <fmt/format.h>

#include "support/files.h"
#include "support/text.h"

namespace afdc {

const std::vector<FidelityKind>& fidelityKinds() {
  static const std::vector<FidelityKind> kinds = {
      {"genz", "evaluations, errors, chunked and speculative cases, operator tables, golden CSVs of GenZ", scoreGenz},
      {"aiconfigurator", "operator queries and estimates of NVIDIA's aiconfigurator (tables by --kernels)",
       scoreAiconfigurator},
      {"measured", "records of real hardware: hardware, model, precision, engine, deployment, workload, metrics",
       scoreMeasured},
      {"network", "collectives and transfers over a ring, a switch or full connection", scoreNetwork},
      {"astra_sim", "collectives and transfers that ASTRA-sim's analytical backend timed", scoreAstraSim},
  };
  return kinds;
}

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
