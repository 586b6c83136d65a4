// Measures of a model that need no deployment: sums over its graph.
#pragma once
#include <optional>
#include <string_view>

#include "ir/graph.h"

namespace afdc {

/// Replaces the format of a class before measuring.
struct FormatOverride {
  std::string cls;
  ir::Precision format;
};

/// `params`, `active_params` (elements), `routed_experts`, `weight_bytes` (B), `kv_bytes_per_token` (B/token),
/// `state_bytes_per_seq` (B); nullopt for any other name.
std::optional<double> measureModel(const ir::Graph& graph, std::string_view name,
                                   const std::vector<FormatOverride>& overrides);

}  // namespace afdc
