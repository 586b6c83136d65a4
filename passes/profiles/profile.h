// A scenario answered by another tool's arithmetic, and why its numbers differ from ours.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/scenario.h"
#include "support/diagnostics.h"

namespace afdc {

struct ProfileAnswer {
  std::string profile;
  double ttft = 0, tpot = 0, e2e = 0;     ///< s
  double output_tokens_per_s = 0;         ///< of the whole deployment
  double weights = 0, kv = 0;             ///< bytes of one device; 0: the tool does not say
  std::vector<std::string> reasons = {};  ///< what that tool does otherwise, as far as it matters here
};

/// Profiles by name: "genz", "aiconfigurator".
const std::vector<std::string_view>& profileNames();

/// `kernels`: directory of measured tables, for aiconfigurator. Reports what the tool cannot express or lacks.
std::optional<ProfileAnswer> answerAs(std::string_view profile, const ir::Scenario& s, const std::string& kernels,
                                      Diagnostics& diags);

}  // namespace afdc
