// A model as tables of hyper-parameters, which is how other tools describe one: read back from its blocks.
#pragma once
#include <optional>
#include <string>

#include "ir/scenario.h"
#include "support/count.h"
#include "support/diagnostics.h"

namespace afdc {

struct ModelShape {
  Count layers = 0, hidden = 0, vocab = 0;
  Count heads = 0, kv_heads = 0, head_dim = 0;  ///< of the attention that most layers have
  double window = 0;                            ///< tokens; 0: all
  bool mla = false;
  Count q_rank = 0;  ///< 0: queries come of one product
  Count kv_rank = 0, nope = 0, rope = 0, v_dim = 0;
  Count intermediate = 0;  ///< of dense FFNs; 0: there are none
  Count experts = 0, top_k = 0, moe_intermediate = 0, shared = 0, shared_intermediate = 0;
  double skew = 0;
  Count dense_layers = 0;  ///< layers without experts
  bool tied = false, mamba = false;
  Count inner = 0, d_state = 0, d_conv = 0, dt_rank = 0;
  double expand = 1;  ///< inner / hidden
};

struct ShapeResult {
  ModelShape shape;
  std::string error;  ///< what these tools' tables cannot say of the model, or ""
};

/// From a resolved model: Gqa or Mla or Mamba mixers, GatedMlp or Moe FFNs; what most layers have where they differ.
/// nullopt after an error.
std::optional<ShapeResult> shapeOf(const ir::Scenario& s, ir::NodeId model, Diagnostics& diags);

}  // namespace afdc
