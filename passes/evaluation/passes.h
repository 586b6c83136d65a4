// The whole compiler behind the frontend, as one list: what is executed is what is listed, dumped and timed.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/scenario.h"
#include "passes/cost/assembly.h"
#include "passes/evaluation/metrics.h"
#include "passes/evaluation/subject.h"
#include "results/results.h"
#include "support/diagnostics.h"

namespace afdc {

/// Is an evaluation named by its content (`scenario_hash`)? Only results that somebody keeps need it, and reading the
/// whole scenario for it takes longer than many a pass.
enum class Identity : uint8_t { Hashed, None };

/// What passes hand on to each other.
struct Evaluation {
  const ir::Scenario& scenario;
  Diagnostics& diags;
  Identity identity = Identity::Hashed;
  Subject subject = {};                     ///< resolve
  std::vector<Assembly> engines = {};       ///< lower … collectives: with the graphs of their parts
  std::vector<std::string> fallbacks = {};  ///< lower: formats that devices cannot compute in
  std::vector<Role> roles = {};             ///< place, fit
  ModelConfig model = {};                   ///< place
  LoadConfig load = {};                     ///< serve
  TransferConfig transfer = {};             ///< serve
  std::optional<Served> served = {};        ///< serve
  Results results = {};                     ///< from place on, more with every pass
};

struct Pass {
  /// What a pass leaves behind, and so the text form that `--after` prints.
  enum class Makes : uint8_t { Scenario, Graphs, Results };
  std::string_view name;
  Makes makes;
  std::string_view what;
  bool needsLoad;            ///< left out where a deployment alone is checked
  bool (*run)(Evaluation&);  ///< false: an error has been reported
};
/// In order.
std::span<const Pass> passes();
std::string_view nameOf(Pass::Makes makes);

struct Evaluated {
  bool ok = false;
  std::optional<Results> results;   ///< of all passes; none where they stopped, or of a deployment alone
  std::vector<Role> roles;          ///< of what was evaluated
  LoadConfig load;                  ///< that they were given
  TransferConfig transfer;          ///< between prefill and decode
  std::vector<Served::Step> steps;  ///< and their typical steps
  std::string text;                 ///< what the last pass left, where one was named
};

/// Told the name of each pass and the seconds that it took.
using PassTimer = std::function<void(std::string_view, double)>;

/// Runs the passes up to and including `last` ("" for all) on a scenario, or on a deployment alone: then everything
/// that needs no load is checked.
Evaluated runPasses(const ir::Scenario& s, std::string_view last, Diagnostics& diags, const PassTimer& timer = {},
                    Identity identity = Identity::Hashed);

/// One engine of a scenario's deployment, by name or the last: lowered, sharded, compiled. nullopt after an error.
std::optional<Role> buildRoleOf(const ir::Scenario& s, std::string_view engine, Diagnostics& diags);

}  // namespace afdc
