// What records of measurements leave open, as the library says it: what engines decide by themselves (`defaults` of
// std.runtimes), and what is known of those who measured (std.harnesses). Plain values, read by the table of fields
// (fields.def); the library has the defaults and says what each member means.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ir/scenario.h"
#include "support/count.h"

namespace afdc {

/// What is asked of blocks as they are declared, before they are resolved: by the paths of these members' rows.
struct AsDeclared {
  std::string since;            ///< the first version of the engine that a runtime stands for
  std::vector<std::string> of;  ///< the runtimes of engines that decide so
};

/// Whose word an engine takes for the format of its caches.
enum class CheckpointCaches : uint8_t { Ignored, OfStatingPublishers, OfAll };

/// What engines decide of what their command leaves open.
struct EngineDefaults {
  double max_tokens = 0, fraction = 0;
  Count max_seqs = 0;
  std::optional<Count> recorded;  ///< the largest recorded batch; absent: as the runtime says
  bool whole_prompts = false;
  std::string kernels;  ///< "": those that the runtime says
  CheckpointCaches checkpoint_caches = CheckpointCaches::Ignored;
};

struct Program {
  std::string engine, starts, hides_thinking, excluded;
};

struct Whose {
  std::string source, provenance;
  std::vector<std::string> but_not, engines, gpus;
  Count users = 0;
  std::optional<Count> users_below;        ///< absent: any number
  std::optional<bool> apart, ranks_apart;  ///< absent: both
  std::optional<double> multiples_of;      ///< tokens; absent: prompts of any length
};

struct Habit {
  Whose whose;
  bool counts_experts = false;
  double shortest = 1, mean = 1, spread = 0;
  std::optional<Count> poll_steps, drafts, prompts;     ///< absent: nothing is known of it
  std::optional<double> max_tokens, beside_one_prompt;  ///< likewise
  std::string kv;                                       ///< "": nothing is known of it
  bool mixed = false, records_batch = false;
};

struct Card {
  std::string called, means, page, but_not, before;
  std::vector<std::string> engines;
  Count node_size = 1;
};

struct Publisher {
  std::string named;
  bool scales_by_block = false, states_caches = false;
};

enum class RowLayout : uint8_t { Flat, Paired };

struct Collection {
  RowLayout layout = RowLayout::Flat;
  std::string source, completeness, engine, version, formats, before_id, before_model, after_model;
  Count node_size = 8, batch = 1;
  double input = 1, output = 1;
};

struct Assumed {
  Count drafts = 1, requests = 1;
  double acceptance = 1;
  std::string foreign_version, foreign_image, requantised;
  ir::NodeId answers;
};

}  // namespace afdc
