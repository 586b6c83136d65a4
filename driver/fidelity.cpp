#include "driver/fidelity.h"

#include <fmt/format.h>

#include <algorithm>

#include "fidelity/fidelity.h"
#include "support/files.h"

namespace afdc {

namespace {

void declare(Arguments& arguments, FidelityOptions& o) {
  std::vector<Choice> kinds;
  for (const auto& kind : fidelityKinds()) kinds.push_back({kind.name, kind.what});
  arguments.requiredChoice("KIND", o.kind, "what the file holds", std::move(kinds));
  arguments.required("FILE", o.file, "the cases, as JSON or CSV");
  arguments.option("--kernels", "DIR", o.kernels, "measured kernel tables: CSV files of aiconfigurator's layout");
  arguments.flag("--cases", o.cases, "every predicted and reference value, as CSV");
  formatOption(arguments, o.printing);
  stdlibOption(arguments, o.stdlib);
}

}  // namespace

Output runFidelity(const FidelityOptions& o) {
  const auto& kinds = fidelityKinds();
  auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const FidelityKind& k) { return k.name == o.kind; });
  if (kind == kinds.end()) return failure("fidelity", fmt::format("no kind `{}`", o.kind));
  auto file = readSource(o.file);
  if (!file.error.empty()) return failure("fidelity", fmt::format("{}: {}", o.file, file.error));
  FidelityInput input{.path = o.file, .text = std::move(file.text), .kernels = o.kernels, .stdlib = o.stdlib};
  if (!o.file.ends_with(".csv")) {
    auto document = parseJson(input.text);
    if (!document.error.empty()) return failure("fidelity", fmt::format("{} {}", o.file, document.error));
    input.root = std::move(document.root);
  }
  Scoreboard board{std::string(kind->name)};
  auto problem = kind->run(input, board);
  if (!problem.empty())
    return failure("fidelity", fmt::format("{} cannot be read as `{}`: {}", o.file, kind->name, problem));
  if (o.cases) return {kClean, board.csv(), ""};
  return {kClean, o.printing.json() ? board.json() : board.table(o.printing.screen), ""};
}

Command fidelityCommand() {
  return {
      .name = "fidelity",
      .purpose = Purpose::Measure,
      .what = "compare predictions with the references of a case file",
      .usage = {"afdc fidelity KIND FILE [OPTIONS]"},
      .about =
          "Predicts each case and shows how far the predictions lie from its references. A case that the file does "
          "not say enough of is skipped with the reason; nothing is guessed.",
      .examples = {{"afdc fidelity measured examples/measurements/records.json", "a deployment that somebody measured"},
                   {"afdc fidelity network examples/measurements/collectives.json --cases",
                    "every prediction beside its reference"}},
      .bind = bound(declare, runFidelity)};
}

}  // namespace afdc
