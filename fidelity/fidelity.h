// `afdc fidelity KIND FILE`: predictions beside the references of a case file. Every kind reads one or more layouts of
// files; what a file does not say is not guessed: the case is skipped with the reason.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "fidelity/score.h"
#include "support/json_value.h"

namespace afdc {

struct FidelityInput {
  std::string path, text;
  Json root = {};       ///< null when the file is no JSON (CSV kinds)
  std::string kernels;  ///< --kernels DIR
  std::string stdlib;
};

struct FidelityKind {
  std::string_view name, what;
  /// Returns why nothing could be read: the file is none of the layouts of this kind, or the library lacks what is
  /// needed to read it; "" otherwise.
  std::string (*run)(const FidelityInput& input, Scoreboard& board);
};
const std::vector<FidelityKind>& fidelityKinds();

std::string scoreGenz(const FidelityInput& input, Scoreboard& board);
std::string scoreNetwork(const FidelityInput& input, Scoreboard& board);
std::string scoreAiconfigurator(const FidelityInput& input, Scoreboard& board);
std::string scoreMeasured(const FidelityInput& input, Scoreboard& board);
std::string scoreAstraSim(const FidelityInput& input, Scoreboard& board);

}  // namespace afdc
