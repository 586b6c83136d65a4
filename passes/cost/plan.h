// The compiled form of a sharded graph: one flat list of operators whose work is an expression over step symbols and
// degrees. Made once per model and engine, evaluated for every batch state.
#pragma once
#include <limits>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "ir/graph.h"
#include "passes/deployment/config.h"
#include "passes/kernels/operator_tables.h"

namespace afdc {

/// How the time of an operator is found. `Kernel`: from its FLOPs and bytes. `Reshard`: tokens that change meshes
/// between a mixer and a dense FFN of another degree; no operator of the graph.
enum class Cost : uint8_t { Free, Kernel, Attention, Grouped, AllReduce, AllGather, Dispatch, Combine, Reshard };

struct OpPlan {
  Cost cost = Cost::Free;
  uint16_t cls = 0;     ///< into Plan::classes
  uint32_t number = 0;  ///< among the operators of all bodies
  ir::Phase phase = ir::Phase::All;
  bool ffn = false;  ///< runs on the FFN's mesh
  ir::Axis axis = ir::Axis::None;
  double peak = 0;                     ///< FLOP/s of the arithmetic
  double kernels = 1;                  ///< launched; where a product's activations are quantised on the way, two
  Curved curve = Curved::Elementwise;  ///< of attention: of decodes
  /// Kernel: work on one device. Attention: q, k, v and result only. Grouped: per row. Collectives: bytes per rank;
  /// dispatch and combine: bytes of one token copy.
  ir::ExprId flops, bytes;
  ir::ExprId m, n, k;                              ///< products: rows, and the weight's sides on one device
  kernels::Format format = kernels::Format::Bf16;  ///< of a product's weights
  ir::ExprId heads, kvHeads;                       ///< Attention: on one device
  double headDim = 0;
  double expertSides[2] = {0, 0};  ///< Grouped: hidden and intermediate size, whole
  bool fp8Cache = false, latent = false;
  ir::ExprId perPair;    ///< Attention: FLOPs per pair of a new token and one that it sees
  ir::ExprId weights;    ///< bytes of a product's weights; of experts, `expertBytes`
  ir::ExprId perCached;  ///< Attention, with a cache: bytes per past token
  /// Attention: tokens that one sees at most: of a window kept in the cache, or chosen among all that are kept.
  double window = std::numeric_limits<double>::infinity(), limit = std::numeric_limits<double>::infinity();
  double chunk = std::numeric_limits<double>::infinity();  ///< Attention: chunks of a sequence do not see each other
  bool bothWays = false;                                   ///< Attention: later tokens are seen too
  ir::ExprId expertBytes;                                  ///< Grouped: weight bytes of one expert
  int route = -1;                                          ///< into BodyPlan::routes
  ir::StringId name;
};

struct RoutePlan {
  Count experts = 1, topK = 1, groups = 1, groupsPerToken = 1;
  double skew = 0;
  /// Do the same tokens load its experts as those of `b`? Groups only decide how many copies travel.
  bool loadsLike(const RoutePlan& b) const { return experts == b.experts && topK == b.topK && skew == b.skew; }
};

struct BodyPlan {
  std::vector<OpPlan> ops;
  std::vector<RoutePlan> routes;
  size_t stackAt = 0;  ///< main: operators from here on come after the stack
};

/// Storage of one body on one device, as expressions over degrees.
struct StoragePlan {
  ir::TensorKind kind;
  ir::StringId cls, name;
  ir::ExprId bytes;  ///< Weight: of all; Cache: per token; State: per sequence
  bool ffn = false;  ///< Weight: read by operators of the FFN's side
  double window = std::numeric_limits<double>::infinity();
};

struct Plan {
  ir::Graph graph;
  std::vector<BodyPlan> bodies;  ///< parallel to graph.bodies
  std::vector<std::vector<StoragePlan>> storage;
  std::vector<std::string> classes;  ///< rows of the breakdown
  uint16_t reshard = 0;              ///< of them, the one of tokens that change meshes
  ir::StringId activation;           ///< the class of what layers pass on
  double width = 0;                  ///< elements that a layer passes on per token
  double activationBytes() const;    ///< … and bytes of one of them
};

/// Compiles a graph after `insertCollectives`.
Plan compile(ir::Graph graph, const EngineConfig& engine);

/// Layers of each body in each pipeline stage: stages as even as they divide, the first ones with the rest.
std::vector<std::vector<int>> layersByStage(const ir::Graph& graph, Count pp);

/// Plans by what they are made of, for who builds many engines: degrees, batches and links are no part of a plan.
class Plans {
 public:
  /// What a plan depends on: the graph with its precisions, arithmetic of the device, tiles. Empty: not to be kept.
  static std::string key(const ir::Graph& lowered, const EngineConfig& engine);
  std::shared_ptr<const Plan> find(const std::string& key) const;
  void put(const std::string& key, std::shared_ptr<const Plan> plan) { plans_[key] = std::move(plan); }

 private:
  std::unordered_map<std::string, std::shared_ptr<const Plan>> plans_;
};

}  // namespace afdc
