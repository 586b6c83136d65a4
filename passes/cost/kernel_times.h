// How long kernels take on one device: by one efficiency for all of them, by the fitted curves of the device's kernels,
// or by their measured tables. A step asks through one interface and does not know which (semantics §1).
#pragma once
#include <memory>
#include <optional>
#include <span>

#include "passes/cost/batch.h"
#include "passes/cost/plan.h"
#include "passes/network/model.h"

namespace afdc {

/// What one operator does in a step, and how long it takes.
struct Work {
  double seconds = 0, flops = 0, bytes = 0;
  double kernels = 1;   ///< launched
  double fetched = 0;   ///< bytes over the host's link
  double size = 0;      ///< of a collective: reduced, gathered, or sent by one rank, its own share included
  double gathered = 0;  ///< by an all-gather over the tensor-parallel ranks that follows
  CommGroup group;
  /// Where the time comes from.
  enum class Source : uint8_t { Roofline, Fitted, Measured, Between, Extrapolated } source = Source::Roofline;
  enum Resource { Compute, Memory, Network } resource = Memory;
};

/// The grouped product on the hottest expert rank.
struct ExpertWork {
  double tokens = 0;       ///< that enter the group of ranks
  double entering = 0;     ///< that come in on this rank, each once
  double tokenBytes = 0;   ///< of one of them, at 16 bits
  double touched = 0;      ///< experts with a row
  double weights = 0;      ///< bytes of the touched experts
  double activations = 0;  ///< bytes of the rows
};

class KernelTimes {
 public:
  virtual ~KernelTimes() = default;
  /// A product or a pass over data; `work` has its FLOPs and bytes.
  virtual void kernel(const OpPlan& op, const Frame& frame, Work& work) const = 0;
  /// Attention of all groups of the frame, without context parallelism. Sets FLOPs, bytes and launches too.
  virtual void attention(const OpPlan& op, const Frame& frame, Work& work) const = 0;
  /// One of the two products of experts; `work` has its FLOPs and bytes.
  virtual void experts(const OpPlan& op, const Frame& frame, const ExpertWork& experts, Work& work) const = 0;
  /// An all-reduce inside a node by the engine's own kernels. nullopt: the network's model knows better.
  virtual std::optional<double> allReduce(const OpPlan& op, double bytes, Work& work) const = 0;
};

/// What an engine's runtime and device ask for. `known`: values of the plan's expressions that degrees decide.
std::shared_ptr<const KernelTimes> kernelTimes(const Plan& plan, const EngineConfig& engine,
                                               std::span<const double> known);

}  // namespace afdc
