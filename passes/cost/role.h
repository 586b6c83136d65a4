// What serves one phase of requests: an engine, or the attention and FFN groups of one, with the drafts of speculative
// decoding. Everything above this line asks a role for the time of a step and for room for sequences.
#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "passes/cost/attention_ffn.h"
#include "passes/cost/memory.h"

namespace afdc {

/// Devices that are taken of a pool, and how many it has.
struct PoolUse {
  std::string pool;
  Count devices = 0, there = 0;
  PoolUse times(Count replicas) const { return {pool, replicas * devices, there}; }
};
/// The first pool of which more is taken than there is; null when none.
const PoolUse* overdrawn(std::span<const PoolUse> uses);

class Role {
 public:
  Role(std::string name, StepModel whole) : name_(std::move(name)), whole_(std::move(whole)) {}
  Role(std::string name, AttentionFfnModel groups) : name_(std::move(name)), attentionFfn_(std::move(groups)) {}

  /// Adds drafts: `draft` runs `depth` times before each verifying step.
  void speculate(StepModel draft, SpeculationConfig config) {
    draft_ = std::move(draft);
    speculation_ = config;
  }

  /// One step of the schedule. Sequences that decode one token verify `depth` drafts besides, after drafting them.
  StepTime time(const BatchState& state, bool withBreakdown = false) const;
  /// Steps that this thread has timed, of all roles.
  static uint64_t& stepsTimed();
  /// As one of pp batches in flight sees it: the slowest stage paces all.
  double pacedTime(const BatchState& state) const;
  /// Tokens that a decode step yields per sequence.
  double progress() const { return draft_ ? speculation_.progress() : 1; }

  /// New tokens of a decoding sequence in one step.
  Count verifiedTokens() const { return draft_ ? speculation_.depth + 1 : Count(1); }

  /// The devices that hold the cache: degrees, limits, runtime.
  const EngineConfig& engine() const { return holder().engine(); }
  const StepModel& holder() const { return attentionFfn_ ? attentionFfn_->attention() : *whole_; }
  const std::optional<AttentionFfnModel>& attentionFfn() const { return attentionFfn_; }
  const std::string& name() const { return name_; }
  Count devices() const;
  /// Of one replica.
  std::vector<PoolUse> poolUses() const;
  std::string hardware() const;
  /// One of each group.
  std::vector<const Device*> deviceKinds() const;
  /// The same role with its engines' configurations changed: runtime and device figures only.
  Role with(const std::function<void(EngineConfig&)>& change) const;
  /// The same role with every efficiency one and no overheads.
  Role ideal() const;
  /// The same role with other groups' microbatches or link bandwidth; for attention-FFN roles only.
  Role withExchange(Count microbatches, double bandwidthFactor) const;

  /// Set by `fit`: device by device, and bytes left for cache on the devices that hold it.
  std::vector<RoleMemory> memory;
  double kvBudget = 0;

 private:
  BatchState verified(const BatchState& state, BatchState* drafts) const;

  std::string name_;
  std::optional<StepModel> whole_;
  std::optional<AttentionFfnModel> attentionFfn_;
  std::optional<StepModel> draft_;
  SpeculationConfig speculation_;
};

/// Memory of a role's devices; reports what does not fit.
bool fitRole(Role& role, const ir::Scenario& s, Diagnostics& diags);

}  // namespace afdc
