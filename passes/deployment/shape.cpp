#include "passes/deployment/shape.h"

#include <fmt/format.h>

#include "passes/deployment/fields.h"
#include "passes/deployment/records.h"

namespace afdc {

using namespace ir;

namespace {

class ShapeReader {
 public:
  ShapeReader(const Scenario& s, NodeId model, Diagnostics& diags) : s_(s), model_(model), fields_(s, diags) {}

  std::optional<ShapeResult> run() {
    auto& m = out_.shape;
    fields_.read(m, "Model", model_);
    LayerRecords model;
    fields_.read(model, "Model", model_);
    NodeId graph = s_.find(model_, "graph");
    if (graph.valid())
      for (auto layer : model.declared) addLayer(layer, s_.graphs[s_[graph].index]);
    else
      out_.error = "it has no graph of operators";
    return fields_.failed() ? std::nullopt : std::optional(std::move(out_));
  }

 private:
  /// Layers of a model that are one of its declared layers.
  Count layersNamed(std::string_view name, const Graph& graph) const {
    Count count = 0;
    for (const auto& run : graph.stack)
      if (graph.strings[graph.bodies[run.body.index].name] == name) count += run.count;
    return count;
  }

  void addLayer(NodeId record, const Graph& graph) {
    Count count = layersNamed(s_.strings[s_[record].name], graph);
    LayerRecords layer;
    fields_.read(layer, "Layer", record);
    if (layer.mixer.valid() && count > mostMixer_) {
      mostMixer_ = count;
      addMixer(layer.mixer);
    }
    if (layer.ffn.valid()) addFfn(layer.ffn, count);
  }

  void addMixer(NodeId mixer) {
    auto& m = out_.shape;
    auto kind = choiceOf<MixerKind>(s_, mixer);
    m.mla = kind == MixerKind::Mla || kind == MixerKind::SparseMla;
    m.mamba = kind == MixerKind::Mamba;
    switch (kind) {
      case MixerKind::Mla:
      case MixerKind::SparseMla:
        m.q_rank = 0;
        fields_.read(m, kind == MixerKind::Mla ? "Mla" : "SparseMla", mixer);
        m.kv_heads = m.heads;
        m.head_dim = m.nope + m.rope;
        break;
      case MixerKind::Gqa:
        m.window = 0;
        fields_.read(m, "Gqa", mixer);
        break;
      case MixerKind::Mamba:
        fields_.read(m, "Mamba", mixer);
        m.expand = m.inner / m.hidden;
        break;
      case MixerKind::Other:
        out_.error = fmt::format("mixers of kind `{}` have no counterpart there", s_.strings[s_[mixer].schema]);
        break;
    }
  }

  void addFfn(NodeId ffn, Count count) {
    auto& m = out_.shape;
    auto kind = choiceOf<FfnKind>(s_, ffn);
    if (kind == FfnKind::Moe) {
      fields_.read(m, "Moe", ffn);
      return;
    }
    m.dense_layers += count;
    if (count <= mostDense_) return;
    mostDense_ = count;
    if (kind == FfnKind::Other)
      m.intermediate = 0;
    else
      fields_.read(m, kind == FfnKind::GatedMlp ? "GatedMlp" : "Mlp", ffn);
  }

  const Scenario& s_;
  NodeId model_;
  FieldReader fields_;
  ShapeResult out_;
  Count mostMixer_ = 0, mostDense_ = 0;
};

}  // namespace

std::optional<ShapeResult> shapeOf(const Scenario& s, NodeId model, Diagnostics& diags) {
  return ShapeReader(s, model, diags).run();
}

}  // namespace afdc
