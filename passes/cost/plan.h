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

namespace afdc {

enum class Cost : uint8_t { Free, Roofline, Attention, Grouped, AllReduce, AllGather, Dispatch, Combine, Reshard };

struct OpPlan {
  Cost cost = Cost::Free;
  uint16_t cls = 0;  ///< into Plan::classes
  ir::Phase phase = ir::Phase::All;
  bool ffn = false;  ///< runs on the FFN's mesh
  ir::Axis axis = ir::Axis::None;
  double peak = 0;                     ///< FLOP/s of the arithmetic
  double kernels = 1;                  ///< launched; where a product's activations are quantised on the way, two
  Curved curve = Curved::Elementwise;  ///< of attention: of decodes
  /// Roofline: work on one device. Attention: q, k, v and result only. Grouped: per row. Collectives: bytes per rank;
  /// dispatch and combine: bytes of one token copy.
  ir::ExprId flops, bytes;
  ir::ExprId m, n, k;  ///< Roofline products and grouped ones: rows, and the weight's sides on one device
  std::string_view format = "bfloat16";  ///< of a product, as kernel tables call it
  ir::ExprId heads, kvHeads;             ///< Attention: on one device
  double headDim = 0;
  double expertSides[2] = {0, 0};  ///< Grouped: hidden and intermediate size, whole
  bool fp8Cache = false, latent = false;
  ir::ExprId perPair;    ///< Attention: FLOPs per pair
  ir::ExprId weights;    ///< bytes of a product's weights; of experts, `expertBytes`
  ir::ExprId perCached;  ///< Attention, with a cache: bytes per past token
  /// Attention: tokens that one sees at most: of a window kept in the cache, or chosen among all that are kept.
  double window = std::numeric_limits<double>::infinity(), limit = std::numeric_limits<double>::infinity();
  double chunk = std::numeric_limits<double>::infinity();  ///< Attention: chunks of a sequence do not see each other
  bool bothWays = false;                                   ///< Attention: later tokens are seen too
  ir::ExprId expertBytes;                                  ///< Grouped: weight bytes of one expert
  ir::ExprId rows;                                         ///< Grouped, Dispatch, Combine: tokens where needed
  int route = -1;                                          ///< into BodyPlan::routes
  ir::StringId name;
};

struct RoutePlan {
  double experts = 1, topK = 1, groups = 1, groupsPerToken = 1, skew = 0;
  /// Do tokens load experts alike? (groups decide only how many copies travel)
  bool same(const RoutePlan& b) const { return experts == b.experts && topK == b.topK && skew == b.skew; }
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
  std::vector<std::string> classes;  ///< classes of the breakdown
  uint16_t reshard = 0;              ///< of them, the one of tokens that change meshes
  ir::StringId activation;           ///< the class of what layers pass on
};

/// Compiles a graph after `insertCollectives`.
Plan compile(ir::Graph graph, const EngineConfig& engine);

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
