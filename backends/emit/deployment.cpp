#include "backends/emit/deployment.h"

#include "support/text.h"

namespace afdc::emit {

std::string_view called(const Device& device, std::initializer_list<std::string_view> known) {
  for (auto wanted : known) {
    if (lowerCase(device.name) == lowerCase(wanted)) return wanted;
    for (const auto& own : device.names)
      if (lowerCase(own) == lowerCase(wanted)) return wanted;
  }
  return "";
}

std::string programOf(const Engine& engine) {
  for (const auto& name : engine.runtime.names) {
    auto n = lowerCase(name);
    if (n.find("vllm") != n.npos) return "vllm";
    if (n.find("sglang") != n.npos) return "sglang";
    if (n.find("tensorrt") != n.npos || n.find("trtllm") != n.npos) return "trtllm";
  }
  return "";
}

Formats formatsOf(const DeploymentView& view, const Engine& engine) {
  Formats out;
  auto name = [&](std::string_view cls, std::string& format, bool& own) {
    const auto& stored = view.model.formatOf(cls);
    const auto* asked = engine.formatOf(cls);
    format = asked ? asked->shown : stored;
    own = format == stored;
  };
  name("linear", out.linear, out.ownLinear);
  name("expert", out.expert, out.ownExpert);
  name("kv", out.kv, out.ownKv);
  return out;
}

Shares sharesOf(const Engine& engine, const Results& results) {
  Shares out{engine.kv_fraction, engine.kv_fraction, engine.kv_fraction};
  for (const auto& m : results.memory) {
    if ("deployment." + m.role != engine.path || m.kv_room <= 0) continue;
    double fixed = m.weights + m.activations + m.reserve;
    out = {(m.kv_room + fixed) / m.capacity, (m.kv_room + m.weights) / m.capacity, m.kv_room / (m.capacity - fixed)};
  }
  return out;
}

Document modelConfig(const DeploymentView& v) {
  const auto& m = v.shape;
  auto config = Document::map();
  config.set("hidden_size", m.hidden).set("num_hidden_layers", m.layers).set("num_attention_heads", m.heads);
  config.set("num_key_value_heads", m.kv_heads).set("head_dim", m.head_dim).set("vocab_size", m.vocab);
  config.set("intermediate_size", m.intermediate > 0 ? m.intermediate : m.moe_intermediate);
  config.set("max_position_embeddings", v.model.max_context)
      .set("tie_word_embeddings", m.tied)
      .set("torch_dtype", "bfloat16");
  if (m.experts > 0) {
    config.set("num_local_experts", m.experts).set("num_experts_per_tok", m.top_k);
    config.set("moe_intermediate_size", m.moe_intermediate);
    if (m.shared > 0) config.set("n_shared_experts", m.shared);
    if (m.dense_layers > 0) config.set("first_k_dense_replace", m.dense_layers);
  }
  if (m.mla) {
    config.set("q_lora_rank", m.q_rank > 0 ? Document(m.q_rank) : Document()).set("kv_lora_rank", m.kv_rank);
    config.set("qk_nope_head_dim", m.nope).set("qk_rope_head_dim", m.rope).set("v_head_dim", m.v_dim);
  }
  if (m.window > 0) config.set("sliding_window", m.window);
  return config;
}

}  // namespace afdc::emit
