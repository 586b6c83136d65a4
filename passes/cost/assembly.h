// An engine being put together: what the passes from `lower` to `place` work on, until it is a Role.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "passes/cost/role.h"

namespace afdc {

/// Devices that run one graph: a whole engine, one group of an attention-FFN engine, or the drafts beside either.
struct EnginePart {
  std::string name = {};  ///< "decode", "decode.attention", "decode.drafts"
  EngineConfig config = {};
  ir::NodeId model = {};
  StepModel::Part part = StepModel::Part::Whole;
  bool drafts = false;                    ///< its model guesses tokens that the engine's own verifies
  std::optional<ir::Graph> graph = {};    ///< from `lower` until `place`
  std::shared_ptr<const Plan> plan = {};  ///< from `place` on, or known before
};

struct Assembly {
  std::string name;  ///< of the engine
  std::vector<EnginePart> parts;
  std::optional<AfdConfig> attentionFfn;
};

/// Reads and checks what an engine of a deployment consists of. nullopt after an error.
std::optional<Assembly> assemble(const ir::Scenario& s, ir::NodeId deployment, ir::NodeId engine, Diagnostics& diags);

/// The passes of passes/lowering/lowering.h, over every part. False after an error. `fallbacks` collects what the
/// devices cannot compute in its stored format.
bool lower(Assembly& assembly, const ir::Scenario& s, std::vector<std::string>& fallbacks, Diagnostics& diags);
bool shard(Assembly& assembly, Diagnostics& diags);
bool insertCollectives(Assembly& assembly, Diagnostics& diags);

/// place: compiles every part for its devices.
///   before: collectives, or the part's plan is known.
///   after:  degrees divide the dimensions that they cut and stages have layers; the role can time a step.
std::optional<Role> place(Assembly assembly, const ir::Scenario& s, Diagnostics& diags);

/// All of the above. `plans` keeps what several engines share.
std::optional<Role> buildRole(const ir::Scenario& s, ir::NodeId deployment, ir::NodeId engine,
                              std::vector<std::string>& fallbacks, Diagnostics& diags, Plans* plans = nullptr);

}  // namespace afdc
