// Records on the way to the fields of a view: what the readers of this room pass on, and nobody else needs.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ir/scenario.h"
#include "support/count.h"

namespace afdc {

enum class RootKind : uint8_t { Other, Scenario };
enum class DeploymentKind : uint8_t { Other, Aggregated, Disaggregated };
enum class EngineKind : uint8_t { Whole, AttentionFfn };
enum class MixerKind : uint8_t { Other, Gqa, Mla, SparseMla, Mamba };
enum class FfnKind : uint8_t { Other, Moe, GatedMlp, Mlp };

struct LayerRecords {
  std::vector<ir::NodeId> declared;  ///< layers of a model
  ir::NodeId mixer, ffn;             ///< of a layer; invalid: it has none
};

struct ScenarioRecords {
  ir::NodeId workload, deployment;
  ir::NodeId slo, pipeline;  ///< invalid: none is said
};

struct DeploymentRecords {
  ir::NodeId model, cluster;
  std::vector<ir::NodeId> engines, transfers;
};

struct ClusterRecords {
  std::vector<ir::NodeId> pools, tiers;
};

struct AfdGroups {
  std::vector<ir::NodeId> groups;
};

/// Formats by class of tensor.
struct QuantRecords {
  ir::NodeId linear, expert, embedding, head, router, norm, activation, kv, state, dispatch, combine, logits;
  std::string compute;  ///< "": not asked for
};
struct PrecisionRecords {
  ir::NodeId linear, expert, kv;
};

/// What only a group of an attention-FFN engine says.
struct GroupConfig {
  Count devices = 0;
};

}  // namespace afdc
