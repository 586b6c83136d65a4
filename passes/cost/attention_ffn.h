// One step of an engine whose attention and FFN lie on different groups (semantics §6): every layer is four stages, A,
// A→F, F and F→A, each a resource of its own, through which microbatches flow.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "passes/cost/step.h"

namespace afdc {

/// Seconds of one microbatch in each stage of one layer.
struct LayerStages {
  double attention = 0, toFfn = 0, ffn = 0, toAttention = 0;
  std::array<double, 4> times() const { return {attention, toFfn, ffn, toAttention}; }
};
inline constexpr std::array<const char*, 4> kLayerStageNames = {"attention", "attention to FFN", "FFN",
                                                                "FFN to attention"};

/// Equal layers one after another.
struct StagedLayers {
  LayerStages stages;
  uint32_t count = 1;
};

/// Time from the first microbatch's start to the last one's end over all layers: the max-plus recurrence in which every
/// resource serves (layer, microbatch) in order. With equal layers, s the sum of the stages and b the largest, it is
/// s + (M-1)·b + (L-1)·max(s, M·b). Half-duplex links are one resource for both directions.
double makespan(const std::vector<StagedLayers>& stack, Count microbatches, bool halfDuplex);
/// Steady time of a step when microbatches run on without a barrier: the slower of the busiest resource and of one
/// microbatch's way through all layers.
double steadyCycle(const std::vector<StagedLayers>& stack, Count microbatches, bool halfDuplex);

class AttentionFfnModel {
 public:
  AttentionFfnModel(StepModel attention, StepModel ffn, AfdConfig config);

  /// Stage times of each body's layers at the microbatch's size, in the order of the stack.
  std::vector<StagedLayers> layers(const BatchState& step) const;
  StepTime time(const BatchState& step, bool withBreakdown) const;
  /// One of the microbatches that a step is cut into.
  BatchState microbatch(const BatchState& step) const;
  /// Bytes that one layer of a body sends from all of one side to all of the other, for a microbatch.
  double exchanged(size_t body, const BatchState& micro, bool toFfn) const;
  bool crosses(size_t body) const { return crosses_[body]; }
  const StepModel& attention() const { return attention_; }
  const StepModel& ffn() const { return ffn_; }
  const AfdConfig& config() const { return config_; }
  /// Of both groups, to each other.
  const Ports& attentionPorts() const { return attentionPorts_; }
  const Ports& ffnPorts() const { return ffnPorts_; }
  /// The same engine with other microbatches or another bandwidth of the link, for sensitivities.
  AttentionFfnModel with(Count microbatches, double bandwidthFactor) const;

 private:
  Breakdown breakdown(const BatchState& step, const std::vector<StagedLayers>& stack, double seconds) const;
  double exchange(size_t body, const BatchState& micro, bool toFfn) const;

  StepModel attention_, ffn_;
  AfdConfig config_;
  Ports attentionPorts_, ffnPorts_;
  double dispatchBytes_ = 0, combineBytes_ = 0;  ///< per token and copy
  std::vector<bool> crosses_;                    ///< does a body have an FFN at all?
};

/// Reports layers whose attention and FFN exchange more than one tensor in each direction.
bool checkCut(const ir::Graph& graph, const ir::Scenario& s, Diagnostics& diags);

}  // namespace afdc
