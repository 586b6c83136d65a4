#include "passes/deployment/shape.h"

#include <fmt/format.h>

namespace afdc {

using namespace ir;

ShapeResult shapeOf(const Scenario& s, NodeId model) {
  ShapeResult out;
  auto& m = out.shape;
  auto number = [&](NodeId from, std::string_view path) { return s.number(from, path).value_or(0); };
  m.layers = number(model, "layers");
  m.hidden = number(model, "hidden");
  m.vocab = number(model, "vocab");
  m.tied = s.flag(model, "tie_embedding");
  NodeId graphNode = s.find(model, "graph");
  if (!graphNode.valid()) {
    out.error = "it has no graph of operators";
    return out;
  }
  const auto& graph = s.graphs[s[graphNode].index];
  auto layersOf = [&](std::string_view name) {
    double count = 0;
    for (const auto& run : graph.stack)
      if (graph.strings[graph.bodies[run.body.index].name] == name) count += run.count;
    return count;
  };
  double mostMixer = 0, mostDense = 0;
  for (auto layer : s.blocks(model, "layer")) {
    double count = layersOf(s.strings[s[layer].name]);
    NodeId mixer = s.find(layer, "mixer"), ffn = s.find(layer, "ffn");
    if (mixer.valid() && count > mostMixer) {
      mostMixer = count;
      m.mla = s.isA(mixer, "Mla") || s.isA(mixer, "SparseMla");
      m.mamba = s.isA(mixer, "Mamba");
      if (m.mla) {
        m.heads = m.kv_heads = number(mixer, "heads");
        m.q_rank = number(mixer, "q_lora_rank"), m.kv_rank = number(mixer, "kv_lora_rank");
        m.nope = number(mixer, "qk_nope_dim"), m.rope = number(mixer, "qk_rope_dim"), m.v_dim = number(mixer, "v_dim");
        m.head_dim = m.nope + m.rope;
      } else if (s.isA(mixer, "Gqa")) {
        m.heads = number(mixer, "heads"), m.kv_heads = number(mixer, "kv_heads");
        m.head_dim = number(mixer, "head_dim");
        m.window = number(mixer, "window");
      } else if (m.mamba) {
        m.d_state = number(mixer, "state_dim"), m.d_conv = number(mixer, "kernel");
        m.expand = number(mixer, "inner") / m.hidden, m.dt_rank = number(mixer, "dt_rank");
      } else {
        out.error = fmt::format("mixers of kind `{}` have no counterpart there", s.strings[s[mixer].schema]);
      }
    }
    if (!ffn.valid()) continue;
    if (s.isA(ffn, "Moe")) {
      m.experts = number(ffn, "routed"), m.top_k = number(ffn, "top_k");
      m.moe_intermediate = number(ffn, "intermediate");
      m.shared = number(ffn, "shared"), m.shared_intermediate = number(ffn, "shared_intermediate");
      m.skew = number(ffn, "skew");
    } else {
      m.dense_layers += count;
      if (count > mostDense) mostDense = count, m.intermediate = number(ffn, "intermediate");
    }
  }
  return out;
}

}  // namespace afdc
