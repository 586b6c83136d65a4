#include "passes/profiles/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "passes/deployment/diagnostics.h"
#include "passes/deployment/fields.h"
#include "passes/deployment/view.h"
#include "passes/network/model.h"
#include "passes/profiles/aiconfigurator.h"
#include "passes/profiles/genz.h"
#include "support/text.h"

namespace afdc {

using namespace ir;

namespace {

constexpr double kBinary = 1.073741824;  ///< 2^30 / 1e9: what GenZ makes of a gigabyte

/// What both tools are told of a scenario.
struct Inputs {
  ModelShape shape;
  std::vector<EngineConfig> engines;  ///< one, or prefill and decode
  LoadConfig load;
  NodeId deployment;
  std::string linear, expert, kv;  ///< formats by name
  double perReplica(const EngineConfig& e) const { return std::max(1.0, load.amount / e.replicas); }
};

std::optional<Inputs> inputsOf(std::string_view profile, const Scenario& s, Diagnostics& diags) {
  Inputs in;
  auto refuse = [&](SourceRange at, std::string why) {
    diags.report<diag::not_evaluable>(at, std::string(s.strings[s[s.root].name]),
                                      fmt::format("profile `{}`: {}", profile, why));
    return std::nullopt;
  };
  auto view = readDeployment(s, diags);
  if (!view) return std::nullopt;
  in.deployment = placeOf(s, s.root, FieldId::Scenario_deployment);
  if (!view->shapeError.empty()) return refuse(rangeOf(s, view->model.node, diags), view->shapeError);
  in.shape = view->shape;
  for (const auto& e : view->engines)
    if (e.kind != UnitKind::Whole)
      return refuse(rangeOf(s, e.node, diags), "attention and FFN apart are not mapped to it");
  in.engines = view->engines;
  in.load = view->load;
  if (in.load.arrivals != LoadConfig::Arrivals::Closed && in.load.arrivals != LoadConfig::Arrivals::Batch)
    return refuse(rangeOf(s, in.load.node, diags), "it knows batches, not arrivals; give a concurrency");
  auto format = [&](std::string_view cls) {
    const auto* own = in.engines[0].formatOf(cls);
    return own ? own->shown : view->model.formatOf(cls);
  };
  in.linear = format("linear"), in.expert = format("expert"), in.kv = format("kv");
  return in;
}

std::optional<ProfileAnswer> asGenz(const Scenario& s, const Inputs& in, Diagnostics& diags) {
  ProfileAnswer out{.profile = "genz"};
  const auto& shape = in.shape;
  genz::Model m;
  m.layers = shape.layers, m.hidden = shape.hidden, m.vocab = shape.vocab;
  m.heads = std::max(Count(1), shape.heads), m.kv_heads = std::max(Count(1), shape.kv_heads);
  m.head_dim = shape.head_dim;
  if (shape.mla) {
    // GenZ has no latent attention: its entry for DeepSeek-V3 stands in with two heads of 56.
    m.kv_heads = 2, m.head_dim = 56;
    out.reasons.emplace_back("no latent attention: the cache is taken as 2 heads of 56, queries and keys alike");
  }
  m.moe = shape.experts > 0;
  m.experts = std::max(Count(1), shape.experts), m.top_k = std::max(Count(1), shape.top_k);
  // Its default FFN takes one width for all: the experts', where there are any.
  m.intermediate = m.moe ? shape.moe_intermediate : shape.intermediate;
  m.mamba = shape.mamba;
  m.d_state = shape.d_state, m.d_conv = shape.d_conv, m.expand = shape.expand, m.dt_rank = shape.dt_rank;
  auto systemOf = [&](const EngineConfig& e) {
    genz::System sys;
    sys.macs_per_s = e.device.bf16 / 2;
    sys.offchip = e.device.bandwidth * kBinary;
    sys.onchip = 18000e9 * kBinary;
    sys.external = 128e9 * kBinary;
    sys.capacity = e.device.capacity / 1e9 * (1u << 30);
    auto scaleUp = Network(e).ports(1, true);
    sys.link = scaleUp.bandwidth * kBinary;
    sys.link_latency = scaleUp.latency;
    bool narrow = in.linear.starts_with("fp8") || in.linear == "int8";
    bool four = in.linear == "int4" || in.linear.find("fp4") != std::string::npos;
    sys.bytes = four ? 0.5 : narrow ? 1 : 2;
    sys.compute_multiplier = four ? 0.25 : narrow ? 0.5 : 1;
    return sys;
  };
  const auto &pe = in.engines.front(), &de = in.engines.back();
  auto parallel = [](const EngineConfig& e) {
    return genz::Parallel{e.degrees.tp, e.degrees.pp, e.degrees.ep > e.degrees.tp ? Count(1) : e.degrees.ep};
  };
  bool apart = in.engines.size() > 1;
  double batch = in.perReplica(de) / de.degrees.dp;
  genz::Request prefill{
      .batch = apart ? 1 : std::max(1.0, std::round(batch)), .input = in.load.input, .output = in.load.output};
  genz::Request decode{.stage = genz::Request::Stage::Decode,
                       .batch = std::max(1.0, std::round(batch)),
                       .input = in.load.input,
                       .output = in.load.output};
  auto first = genz::evaluate(m, systemOf(pe), parallel(pe), prefill);
  auto next = genz::evaluate(m, systemOf(de), parallel(de), decode);
  for (const auto* r : {&first, &next})
    if (!r->error.empty()) {
      diags.report<diag::not_evaluable>(rangeOf(s, in.deployment, diags), std::string(s.strings[s[s.root].name]),
                                        fmt::format("profile `genz` refuses it: {}", r->error));
      return std::nullopt;
    }
  out.ttft = first.latency_s, out.tpot = next.latency_s;
  out.e2e = out.ttft + out.tpot * in.load.output;
  out.output_tokens_per_s = next.throughput * de.degrees.dp * de.replicas;
  out.weights = next.weights / de.degrees.pp, out.kv = next.kv / de.degrees.pp;
  out.reasons.emplace_back("bandwidths in GB/s are read as 2^30 bytes: 7.4 % faster memory and links");
  out.reasons.emplace_back("every collective costs 5 us more; rings only; the network is one flat link");
  out.reasons.emplace_back("embedding is a matrix product and every prompt token gets logits: more prefill time");
  out.reasons.emplace_back("no causal mask: prompt attention counts twice the pairs");
  out.reasons.emplace_back(
      "the whole batch prefills at once, then decodes: no chunks, no queue; TPOT is that of the last token");
  out.reasons.emplace_back("one precision for weights, activations, KV cache and traffic");
  out.reasons.emplace_back("norms, activations, rotary embeddings and kernel launches cost nothing; so do engines");
  if (m.moe)
    out.reasons.emplace_back(
        "a decode step reads top_k experts a device, whatever the batch; shared experts and dense first layers are "
        "ignored");
  if (in.engines[0].degrees.dp > 1)
    out.reasons.emplace_back("attention data parallelism is taken as independent replicas");
  return out;
}

std::optional<ProfileAnswer> asAiconfigurator(const Scenario& s, const Inputs& in, const std::string& kernels,
                                              Diagnostics& diags) {
  ProfileAnswer out{.profile = "aiconfigurator"};
  auto refuse = [&](std::string why) {
    diags.report<diag::not_evaluable>(rangeOf(s, in.deployment, diags), std::string(s.strings[s[s.root].name]),
                                      "profile `aiconfigurator`: " + why);
    return std::nullopt;
  };
  if (kernels.empty()) return refuse("its kernel tables are needed: --kernels DIR");
  kernels::Library library(kernels);
  // The system is one of the device's names, the engine the first whose tables are there.
  std::string system, engine, version;
  const auto& names = in.engines[0].device.names;
  for (const auto& entry : library.entries())
    if (entry.family == "gemm_perf" && std::find(names.begin(), names.end(), entry.system) != names.end())
      system = entry.system, engine = entry.engine, version = entry.version;
  if (system.empty()) return refuse(fmt::format("{} holds no tables for {}", kernels, in.engines[0].device.name));
  aic::Queries queries(library, system, engine, version);
  auto formatName = [](const std::string& f) {
    if (f.starts_with("fp8_block")) return std::string("fp8_block");
    if (f.starts_with("fp8")) return std::string("fp8");
    if (f == "nvfp4") return std::string("nvfp4");
    if (f == "mxfp4") return std::string("w4a16_mxfp4");
    return std::string("float16");
  };
  aic::Formats formats{formatName(in.linear), formatName(in.expert), in.kv.starts_with("fp8") ? "fp8" : "float16",
                       "float16", "half"};
  auto model = [&](const EngineConfig& e) {
    const auto& d = e.degrees;
    return aic::Model(in.shape, queries, formats, {d.tp, d.pp, d.dp, d.etp, d.ep}, {});
  };
  const auto &pe = in.engines.front(), &de = in.engines.back();
  double batch = std::max(1.0, std::round(in.perReplica(de) / de.degrees.dp));
  aic::Estimate e;
  double rate = 0;
  if (in.engines.size() > 1) {
    auto first = model(pe).fixedBatch({1, in.load.input, in.load.output, 0, {}});
    auto rest = model(de).fixedBatch({batch, in.load.input, in.load.output, 0, {}});
    e = {first.complete && rest.complete, first.ttft, rest.tpot};
    double perDecode = batch * de.degrees.dp / (rest.tpot * (in.load.output - 1) + first.ttft);
    rate = std::min(pe.replicas * pe.degrees.dp / first.ttft * 0.9, de.replicas * perDecode * 0.92);
  } else {
    e = model(de).aggregated({batch, in.load.input, in.load.output, 0, {}}, de.max_tokens);
    rate = de.replicas * batch * de.degrees.dp / (e.ttft + e.tpot * (in.load.output - 1));
  }
  if (!e.complete) {
    auto missing = library.missing();
    return refuse(missing.empty() ? "the model's shapes are not in its tables"
                                  : "tables missing: " + joinWords(missing));
  }
  out.ttft = e.ttft, out.tpot = e.tpot;
  out.e2e = e.ttft + e.tpot * (in.load.output - 1);
  out.output_tokens_per_s = rate * in.load.output;
  out.reasons.push_back(fmt::format(
      "kernel times are measured ({} {} on {}); ours come from the runtime's efficiencies", engine, version, system));
  out.reasons.emplace_back(
      "TTFT of a chunked-prefill step is multiplied by 2 to 4 for queueing; rates by 0.9 and 0.92");
  out.reasons.emplace_back(
      "a mixed step is one sequence of all its tokens; decode lengths are sampled every 32 tokens");
  out.reasons.emplace_back(
      "norms and activations cost bytes over 0.8 of bandwidth plus 3 us; the engine's host time is not counted");
  if (in.shape.experts > 0) {
    out.reasons.emplace_back("all layers are costed as mixtures of experts, the dense first ones too");
    if (de.degrees.dp > 1)
      out.reasons.emplace_back("tokens reach experts by all-gather and reduce-scatter of all of them");
  }
  out.reasons.emplace_back("beyond a node, collectives are the node's times scaled by (n-1)/n and 25 GB/s");
  return out;
}

}  // namespace

const std::vector<std::string_view>& profileNames() {
  static const std::vector<std::string_view> names = {"genz", "aiconfigurator"};
  return names;
}

std::optional<ProfileAnswer> answerAs(std::string_view profile, const Scenario& s, const std::string& kernels,
                                      Diagnostics& diags) {
  auto in = inputsOf(profile, s, diags);
  if (!in) return std::nullopt;
  return profile == "genz" ? asGenz(s, *in, diags) : asAiconfigurator(s, *in, kernels, diags);
}

}  // namespace afdc
