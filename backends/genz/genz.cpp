// GenZ (abhibambhaniya/GenZ-LLM-Analyzer 091bdd0): a platform and a model as dictionaries, and a driver that calls its
// Python functions. Its gigabytes are 2^30 bytes, of memory and of bandwidth.
#include "backends/genz/genz.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "passes/deployment/fields.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

enum { Flops, Memory, Bandwidth, Link, Latency };
constexpr Unit kUnits[] = {
    {"Flops", "TFLOP/s", 1e12},
    {"Memory_size", "GB, GB = 2^30 B", 1073741824.0},
    {"Memory_BW", "GB/s, GB = 2^30 B", 1073741824.0},
    {"ICN", "GB/s, GB = 2^30 B", 1073741824.0},
    {"ICN_LL", "us", 1e-6},
};

constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode, How::Lossy, "prefill and decode are calls of their own; nothing joins their rates"},
    {Construct::AttentionFfn, How::Refused, "it runs whole layers"},
    {Construct::TensorParallel},
    {Construct::PipelineParallel},
    {Construct::DataParallel, How::Lossy, "one data-parallel rank with its share of the batch"},
    {Construct::ExpertParallel, How::Lossy, "it cuts attention by tp * ep as well"},
    {Construct::Replicas, How::Lossy, "one replica"},
    {Construct::MixedHardware},
    {Construct::Moe, How::Lossy, "shared experts and leading dense layers count in its chunked calls only"},
    {Construct::LatentAttention, How::Refused, "it has no latent attention"},
    {Construct::WindowedAttention, How::Lossy, "windows are ignored"},
    {Construct::StateSpace},
    {Construct::ReducedWeights, How::Lossy, "one number of bits holds for weights, activations, cache and links"},
    {Construct::ReducedKv, How::Lossy, "one number of bits holds for weights, activations, cache and links"},
    {Construct::ClosedLoop, How::Lossy, "one step with the sequences that run on average"},
    {Construct::OpenLoop, How::Lossy, "one step with the sequences that run on average"},
    {Construct::StaticBatch},
    {Construct::Spread, How::Lossy, "all requests have the mean lengths"},
    {Construct::PrefixReuse, How::Lossy, "prompts are computed whole"},
    {Construct::Turns, How::Lossy, "single requests of the mean lengths"},
    {Construct::Pipeline, How::Lossy, "only the deployment is modelled"},
    {Construct::Promises, How::Lossy, "it knows no promises"},
};

Document modelOf(const DeploymentView& v) {
  const auto& m = v.shape;
  auto d = Document::map().set("model", v.checkpoint().empty() ? v.model.name : v.checkpoint());
  d.set("vocab_size", m.vocab).set("max_model_len", v.model.max_context).set("num_decoder_layers", m.layers);
  d.set("hidden_size", m.hidden).set("intermediate_size", m.intermediate > 0 ? m.intermediate : m.moe_intermediate);
  d.set("num_ffi", 2)
      .set("num_attention_heads", m.heads)
      .set("num_key_value_heads", m.kv_heads)
      .set("head_dim", m.head_dim);
  if (m.experts > 0) {
    d.set("moe_layer_freq", 1).set("num_experts", m.experts).set("expert_top_k", m.top_k);
    d.set("moe_intermediate_size", m.moe_intermediate).set("n_shared_experts", m.shared);
    d.set("shared_expert_intermediate_size", m.shared_intermediate).set("first_k_dense_replace", m.dense_layers);
  }
  if (m.mamba)
    d.set("is_mamba", true)
        .set("mamba_d_state", m.d_state)
        .set("mamba_d_conv", m.d_conv)
        .set("mamba_expand", m.expand)
        .set("mamba_dt_rank", m.dt_rank);
  return d;
}

/// One number of bits for everything: that of the weights which most bytes are.
std::string_view bitsOf(const Formats& formats, bool experts) {
  const auto& format = experts ? formats.expert : formats.linear;
  if (format.find("fp4") != std::string::npos) return "fp4";
  if (format.starts_with("int4")) return "int4";
  if (format.starts_with("fp8")) return "fp8";
  if (format.starts_with("int8")) return "int8";
  return "bf16";
}

void write(const Input& in, Emission& out) {
  const auto& v = in.view;
  auto file = Document::map().set("made_by", in.stamp()).set("model", modelOf(v));
  auto& calls = file["calls"];
  double running = in.results.metrics.running_slots.value_or(1);
  for (const auto& e : v.engines) {
    double link = e.degrees.tp * e.degrees.pp > e.machine.gpus
                      ? e.machine.nics * e.machine.nic_bandwidth / e.machine.gpus
                      : e.device.scale_up_bandwidth;
    auto system = Document::map();
    system.set("Flops", kUnits[Flops].write(e.device.bf16)).set("Memory_size", kUnits[Memory].write(e.device.capacity));
    system.set("Memory_BW", kUnits[Bandwidth].write(e.device.bandwidth)).set("ICN", kUnits[Link].write(link));
    system.set("ICN_LL", kUnits[Latency].write(e.device.scale_up_latency)).set("real_values", true);
    std::string gpu = e.said(FieldId::Pool_gpu);
    out.map("genz.json", e.unit + ".system.Memory_BW", shortest(kUnits[Bandwidth].write(e.device.bandwidth)),
            gpu + ".hbm.bandwidth");
    out.map("genz.json", e.unit + ".system.Memory_size", shortest(kUnits[Memory].write(e.device.capacity)),
            gpu + ".hbm.capacity");
    auto call = [&](const char* stage, double batch) {
      auto c = Document::map().set("stage", stage).set("engine", e.unit).set("system", system);
      c.set("batch_size", std::max(1.0, std::round(batch))).set("input_tokens", std::round(v.load.input));
      if (stage == std::string("decode")) c.set("output_tokens", std::round(v.load.output / 2));
      c.set("bits", bitsOf(formatsOf(v, e), v.shape.experts > 0))
          .set("tensor_parallel", e.degrees.tp)
          .set("expert_parallel", std::max(1.0, e.degrees.ep / e.degrees.dp));
      c.set("pipeline_parallel", e.degrees.pp);
      calls.add(std::move(c));
    };
    if (e.serves != Serves::Decode) call("prefill", 1);
    if (e.serves != Serves::Prefill) call("decode", running / (e.replicas * e.degrees.dp));
  }
  out.file("genz.json") = file.json();
  out.file("run_genz.py", true) = fmt::format(
      R"(#!/usr/bin/env python3
# {}
# Runs GenZ on genz.json: pip install genz-llm.
import json
import pathlib

from GenZ import decode_moddeling, prefill_moddeling
from GenZ.Models.default_models import ModelConfig

scenario = json.loads((pathlib.Path(__file__).parent / "genz.json").read_text())
model = ModelConfig(**scenario["model"])
for call in scenario["calls"]:
    common = dict(model=model, batch_size=call["batch_size"], input_tokens=call["input_tokens"],
                  system_name=call["system"], bits=call["bits"], tensor_parallel=call["tensor_parallel"],
                  expert_parallel=call["expert_parallel"], pipeline_parallel=call["pipeline_parallel"])
    if call["stage"] == "prefill":
        result = prefill_moddeling(**common)
    else:
        result = decode_moddeling(**common, output_tokens=call["output_tokens"], Bb=1)
    print(call["engine"], call["stage"], f"{{result['Latency']:.3f}} ms")
)",
      in.stamp());
}

}  // namespace

const Target kGenz = {"genz", "GenZ", "genz-llm 0.0.16 (091bdd0, 2026-07)", kAbilities, kUnits, write};

}  // namespace afdc::emit
