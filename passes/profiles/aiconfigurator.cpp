#include "passes/profiles/aiconfigurator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace afdc::aic {

namespace {

/// Between nodes of H100 and H200 the fork has 25 GB/s a device (upstream corrected it to 50).
constexpr double kForkInterNode = 25e9;
/// Stride of the decode samples.
constexpr double kStride = 32;
/// Added to the slower end of an attention-FFN exchange beside the link's latency.
constexpr double kExchangeOverhead = 10e-6;

std::string_view tableName(std::string_view format) { return format == "float16" ? "bfloat16" : format; }
double bytesOf(std::string_view format) {
  if (format.starts_with("fp8") || format == "int8") return 1;
  if (format == "nvfp4" || format.ends_with("mxfp4")) return 0.5;
  return 2;
}
std::string number(double v) { return fmt::format("{}", v); }

}  // namespace

Queries::Queries(kernels::Library& library, std::string system, std::string engine, std::string version)
    : library_(library), system_(std::move(system)), engine_(std::move(engine)), version_(std::move(version)) {
  spec_ = library_.system(system_);
  if (spec_) nccl_version_ = spec_->nccl_version;
  // The version that the system names may not be among the tables: then the first that is.
  bool there = false;
  std::string first;
  for (const auto& e : library_.entries()) {
    if (e.system != system_ || e.engine != "nccl") continue;
    there = there || e.version == nccl_version_;
    if (first.empty()) first = e.version;
  }
  if (!there && !first.empty()) nccl_version_ = first;
}

const kernels::Grid* Queries::grid(std::string_view family, const std::string& categories) {
  const auto* table = family == "nccl_perf" ? library_.family(system_, "nccl", nccl_version_, family)
                                            : library_.family(system_, engine_, version_, family);
  return table ? table->find(categories) : nullptr;
}

std::optional<double> Queries::lookup(std::string_view family, const std::string& categories, std::vector<double> keys,
                                      double floor) {
  const auto* g = grid(family, categories);
  if (!g) return std::nullopt;
  auto value = g->linear(keys.data());
  if (!value) return std::nullopt;
  // The fork lifts what lies below the speed of light.
  return std::max(value->seconds, floor);
}

double Queries::peak(std::string_view format) const {
  if (!spec_) return 1;
  if (format.starts_with("fp8")) return spec_->fp8;
  if (format == "nvfp4") return spec_->fp4;
  if (format == "int8") return spec_->int8;
  return spec_->bf16;
}

std::optional<double> Queries::gemm(double m, double n, double k, std::string_view format) {
  if (!spec_) return std::nullopt;
  double floor =
      std::max(2 * m * n * k / peak(format), bytesOf(format) * (m * n + m * k + n * k) / spec_->memory_bandwidth);
  return lookup("gemm_perf", std::string(tableName(format)), {n, k, m}, floor);
}

std::optional<double> Queries::contextAttention(double b, double s, double prefix, double heads, double kvHeads,
                                                double d, std::string_view compute, std::string_view cache) {
  double full = s + prefix;
  auto value = lookup("context_attention_perf",
                      fmt::format("{}/{}/{}/{}", tableName(compute), tableName(cache),
                                  number(heads == kvHeads ? 0 : kvHeads), number(d)),
                      {heads, full, b}, 0);
  if (value) *value *= (full * full - prefix * prefix) / (full * full);
  return value;
}

std::optional<double> Queries::generationAttention(double b, double s, double heads, double kvHeads, double d,
                                                   std::string_view cache) {
  return lookup("generation_attention_perf",
                fmt::format("{}/{}/{}", tableName(cache), number(heads == kvHeads ? 0 : kvHeads), number(d)),
                {heads, b, s}, 0);
}

std::optional<double> Queries::contextMla(double b, double s, double prefix, double heads, std::string_view compute,
                                          std::string_view cache) {
  double full = s + prefix;
  auto value =
      lookup("context_mla_perf", fmt::format("{}/{}", tableName(compute), tableName(cache)), {heads, full, b}, 0);
  if (value) *value *= (full * full - prefix * prefix) / (full * full);
  return value;
}

std::optional<double> Queries::generationMla(double b, double s, double heads, std::string_view cache) {
  return lookup("generation_mla_perf", std::string(tableName(cache)), {heads, b, s}, 0);
}

std::optional<double> Queries::mlaProduct(bool before, double tokens, double heads, std::string_view format) {
  return lookup("mla_bmm_perf",
                fmt::format("{}/{}/{}", before ? "mla_gen_pre" : "mla_gen_post", tableName(format), number(heads)),
                {tokens}, 0);
}

std::optional<double> Queries::moe(double tokens, double h, double i, double topK, double experts, double tp, double ep,
                                   std::string_view format, std::string_view distribution) {
  return lookup("moe_perf",
                fmt::format("{}/{}/{}/{}/{}/{}/{}/{}", tableName(format), distribution, number(topK), number(experts),
                            number(h), number(i), number(tp), number(ep)),
                {tokens}, 0);
}

/// Tables end at one node: beyond it a ring's share grows, over the slower link.
double Queries::beyondNode(double ranks, double measured) const {
  if (ranks <= measured) return 1;
  double inter = spec_->inter_bandwidth < spec_->intra_bandwidth ? kForkInterNode : spec_->inter_bandwidth;
  return (ranks - 1) / ranks * measured / (measured - 1) * spec_->intra_bandwidth / inter;
}

std::optional<double> Queries::customAllReduce(double elements, double ranks) {
  if (ranks <= 1) return 0;
  if (!spec_) return std::nullopt;
  double measured = std::min(ranks, spec_->gpus_per_node);
  auto value = lookup("custom_allreduce_perf", number(measured), {elements}, 0);
  if (value) *value *= beyondNode(ranks, measured);
  return value;
}

std::optional<double> Queries::nccl(std::string_view operation, std::string_view type, double elements, double ranks) {
  if (ranks <= 1) return 0;
  if (!spec_) return std::nullopt;
  double measured = std::min(ranks, spec_->gpus_per_node);
  auto value = lookup("nccl_perf", fmt::format("{}/{}/{}", type, operation, number(measured)), {elements}, 0);
  if (value) *value *= beyondNode(ranks, measured);
  return value;
}

std::optional<double> Queries::memory(double bytes) {
  if (!spec_) return std::nullopt;
  return bytes / (spec_->memory_scale * spec_->memory_bandwidth) + spec_->memory_constant;
}

std::optional<double> Queries::afdTransfer(double sent, double received, double devices) {
  if (!spec_) return std::nullopt;
  double bandwidth = devices <= spec_->gpus_per_node ? spec_->intra_bandwidth : kForkInterNode;
  return std::max(sent, received) / bandwidth + spec_->p2p_latency + kExchangeOverhead;
}

std::optional<std::vector<Model::Op>> Model::operators(Phase phase, double x, double b, double s, double prefix) {
  bool context = phase == Phase::Context, complete = true;
  std::vector<Op> ops;
  auto add = [&](std::string_view name, double times, std::optional<double> seconds) -> Op& {
    complete = complete && seconds;
    ops.push_back({name, times * seconds.value_or(0)});
    return ops.back();
  };
  auto attention = [&](std::string_view name, double times, std::optional<double> seconds) -> Op& {
    auto& op = add(name, times, seconds);
    op.onAttention = true;
    return op;
  };
  double L = m_.layers, h = m_.hidden, tp = d_.tp, dp = d_.dp, heads = m_.heads / tp;
  attention("embedding", 1, q_.memory(x * h * 2));
  attention("add_norm_1", L, q_.memory(4 * x * h * 2));
  add("add_norm_2", L, q_.memory(4 * x * h * 2));
  if (m_.mla) {
    double latent = m_.kv_rank + m_.rope;
    attention("downscale_gemm", L, q_.gemm(x, m_.q_rank + latent, h, f_.gemm));
    attention("q_b_proj_gemm", L, q_.gemm(x, heads * m_.head_dim, m_.q_rank, f_.gemm));
    if (context) {
      attention("kv_b_proj_gemm", L, q_.gemm(x, heads * (m_.nope + m_.v_dim), m_.kv_rank, f_.gemm));
      attention("attention", L, q_.contextMla(b, s, prefix, heads, f_.attention, f_.cache)).isAttention = true;
      attention("proj_gemm", L, q_.gemm(x, h, heads * m_.v_dim, f_.gemm));
    } else {
      attention("bmm_pre", L, q_.mlaProduct(true, x, heads, "fp8"));
      attention("attention", L, q_.generationMla(b, s, heads, f_.cache)).isAttention = true;
      attention("bmm_post", L, q_.mlaProduct(false, x, heads, "fp8"));
      // As written there: the contraction is the hidden size, not the heads' width.
      attention("proj_gemm", L, q_.gemm(x, h, std::floor(h / tp), f_.gemm));
    }
  } else {
    double kv = std::max(1.0, std::ceil(m_.kv_heads / tp));
    attention("qkv_gemm", L, q_.gemm(x, (heads + 2 * kv) * m_.head_dim, h, f_.gemm));
    attention("attention", L,
              context ? q_.contextAttention(b, s, prefix, heads, kv, m_.head_dim, f_.attention, f_.cache)
                      : q_.generationAttention(b, s, heads, kv, m_.head_dim, f_.cache))
        .isAttention = true;
    attention("proj_gemm", L, q_.gemm(x, h, heads * m_.head_dim, f_.gemm));
  }
  if (m_.experts > 0) {
    if (m_.shared > 0) {
      double slice = std::floor(m_.shared_intermediate / tp);
      add("shared_gate_gemm", L, q_.gemm(x, slice, h, f_.gemm));
      add("shared_ffn1_gemm", L, q_.gemm(x, slice, h, f_.gemm));
      add("shared_act_gate", L, q_.memory(3 * x * slice * 2));
      add("shared_ffn2_gemm", L, q_.gemm(x, h, slice, f_.gemm));
    }
    if (m_.experts >= 128) attention("router_gemm", L, q_.gemm(x, m_.experts, h, "float16"));
    auto distribution = m_.skew > 0 ? fmt::format("power_law_{}", m_.skew) : std::string("balanced");
    add("moe", L, q_.moe(x * dp, h, m_.moe_intermediate, m_.top_k, m_.experts, d_.etp, d_.ep, f_.moe, distribution));
    if (afd_.enabled) {
      double senders = afd_.attention > 0 ? afd_.attention : tp * dp,
             receivers = afd_.ffn > 0 ? afd_.ffn : d_.etp * d_.ep;
      double elements = x * h * dp, width = std::max(1.0, std::min<double>(m_.top_k, receivers)),
             copies = (1 + width) / 2;
      auto& there =
          add("moe_pre_dispatch", L,
              q_.afdTransfer(elements / senders * copies * 2, elements * copies / receivers * 2, senders + receivers));
      there.exchange = there.toFfn = true;
      add("moe_post_dispatch", L, q_.afdTransfer(elements / receivers * 2, elements / senders * 2, senders + receivers))
          .exchange = true;
    } else if (dp > 1) {
      add("moe_pre_dispatch", L, q_.nccl("all_gather", "half", x * dp * h, tp * dp));
      add("moe_post_dispatch", L, q_.nccl("reduce_scatter", "half", x * dp * h, tp * dp));
    } else {
      add("moe_pre_dispatch", L, q_.customAllReduce(x * h, tp));
      add("moe_post_dispatch", L, q_.customAllReduce(x * h, tp));
    }
  } else {
    double slice = std::floor(m_.intermediate / tp);
    add("gate_ffn1_gemm", L, q_.gemm(x, 2 * slice, h, f_.gemm));
    add("act_gate", L, q_.memory(3 * x * slice * 2));
    add("ffn2_gemm", L, q_.gemm(x, h, slice, f_.gemm));
    attention("ar_1", L, q_.customAllReduce(x * h, tp));
    add("ar_2", L, q_.customAllReduce(x * h, tp));
  }
  // Mixtures of experts without latent attention have no LM head in the context phase.
  if (!context || m_.experts == 0 || m_.mla)
    add("logits_gemm", 1, q_.gemm(context ? b : x, std::floor(m_.vocab / tp), h, "float16"));
  if (!complete) return std::nullopt;
  return ops;
}

double Model::total(const std::vector<Op>& ops) const {
  double all = 0, attention = 0, ffn = 0, there = 0, back = 0;
  for (const auto& op : ops) {
    all += op.seconds;
    (op.exchange ? (op.toFfn ? there : back) : op.onAttention ? attention : ffn) += op.seconds;
  }
  if (!afd_.enabled) return all;
  double M = std::min(4.0, std::max(1.0, afd_.microbatches));
  return all / M + (M - 1) / M * std::max({attention, ffn, there, back});
}

std::optional<double> Model::step(Phase phase, double tokens, double batch, double length, double prefix) {
  auto ops = operators(phase, tokens, batch, length, prefix);
  if (!ops) return std::nullopt;
  return total(*ops);
}

Estimate Model::fixedBatch(const Request& r) {
  Estimate e;
  double fresh = r.input - r.prefix, drafted = static_cast<double>(r.acceptance.size());
  double accepted = 0, chain = 1;
  for (double a : r.acceptance) accepted += chain *= a;
  // Drafts cost a share of the layers; progress is one token and those accepted.
  double scale = (drafted + m_.layers) / m_.layers / (1 + accepted);
  auto context = step(Phase::Context, r.batch * fresh, r.batch, fresh, r.prefix);
  if (!context) return e;
  e.ttft = *context;
  double steps = r.output - 1, sum = 0, rows = r.batch * (drafted + 1);
  for (double i = 0; i < steps; i += kStride) {
    auto t = step(Phase::Generation, rows, rows, r.input + i + 1, 0);
    if (!t) return e;
    sum += std::min(kStride, steps - i) * scale * *t;
  }
  e.tpot = steps > 0 ? sum / steps : 0;
  e.complete = true;
  return e;
}

Estimate Model::aggregated(const Request& r, double budget) {
  Estimate e;
  double b = r.batch, isl = r.input, osl = r.output, prompts = std::ceil(budget / isl);
  double contextSteps = std::ceil(isl * b / budget), mixed = contextSteps, decodes, pure, counted;
  if (b <= 1) {
    mixed = 1, decodes = 0, pure = osl - 1, counted = 0;
  } else if (contextSteps >= osl) {
    pure = 0, decodes = std::max(1.0, std::floor(b / (contextSteps / osl))), counted = mixed;
  } else {
    decodes = b - prompts, pure = osl - mixed, counted = std::max(1.0, mixed - 3);
  }
  double x = budget + decodes, middle = isl + std::floor(osl / 2);
  auto all = operators(Phase::Context, x, 1, x, 0);
  auto prompt = operators(Phase::Context, isl * prompts, prompts, isl - r.prefix, r.prefix);
  auto generation = step(Phase::Generation, b, b, middle, 0);
  if (!all || !prompt || !generation) return e;
  double mix = 0;
  for (const auto& op : *all)
    if (!op.isAttention) mix += op.seconds;
  for (const auto& op : *prompt)
    if (op.isAttention) mix += op.seconds / std::ceil(isl / budget);
  if (decodes > 0) {
    auto ops = operators(Phase::Generation, decodes, decodes, middle, 0);
    if (!ops) return e;
    for (const auto& op : *ops)
      if (op.isAttention) mix += op.seconds;
  }
  e.ttft = mix * std::ceil(isl / budget) * std::min(2 + (contextSteps - 3) / 20, 4.0);
  e.tpot = (mix * counted + *generation * pure) / (counted + pure);
  e.complete = true;
  return e;
}

}  // namespace afdc::aic
