#include "passes/kernels/operator_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace afdc::kernels {

namespace {

/// A format's word in the tables, and what tables of dense products take a weight's element to be stored in.
struct FormatWord {
  std::string_view word;
  double bytes;
};
constexpr FormatWord wordOf(Format format) {
  switch (format) {
    case Format::Bf16: return {"bfloat16", 2};
    case Format::Fp8: return {"fp8", 1};
    case Format::Fp8Block: return {"fp8_block", 1};
    case Format::Fp4: return {"nvfp4", 0.5625};  // a scale of eight bits for each sixteen elements
    case Format::Mxfp4: return {"w4a8_mxfp4_mxfp8", 1};
    case Format::Mxfp4Wide: return {"w4a16_mxfp4", 1};
  }
  return {};
}

std::string number(double v) { return fmt::format("{}", v); }

std::optional<Answer> ask(const Grid* grid, const double* keys) {
  if (!grid) return std::nullopt;
  auto found = grid->linear(keys);
  if (!found) return std::nullopt;
  How how = found->how == Grid::Value::How::Exact     ? How::Measured
            : found->how == Grid::Value::How::Between ? How::Between
                                                      : How::Extrapolated;
  return Answer{std::max(found->seconds, 0.0), how};
}

}  // namespace

std::optional<ProductTable> ProductTable::find(const Pack& pack, const Weight& weight, double peak, double bandwidth) {
  auto format = wordOf(weight.format);
  const auto* grid = pack.find("gemm_perf", format.word);
  if (!grid) return std::nullopt;
  auto curve = GemmCurve::make(*grid, weight.n, weight.k, [&](double m, double n, double k) {
    return std::max(2 * m * n * k / peak, (format.bytes * n * k + 2 * m * (n + k)) / bandwidth);
  });
  if (!curve) return std::nullopt;
  return ProductTable(std::move(*curve));
}

std::optional<AttentionTables> AttentionTables::find(const Pack& pack, const Heads& heads) {
  std::string cache = heads.fp8Cache ? "fp8" : "bfloat16";
  const Grid *prompts = nullptr, *decodes = nullptr;
  if (heads.latent) {
    prompts = pack.find("context_mla_perf", "bfloat16/" + cache);
    decodes = pack.find("generation_mla_perf", cache);
  } else {
    // Where every head has keys and values of its own, the tables say 0.
    std::string group = number(heads.kv == heads.query ? 0 : heads.kv), dim = number(heads.dim);
    prompts = pack.find("context_attention_perf", fmt::format("bfloat16/{}/{}/{}", cache, group, dim));
    decodes = pack.find("generation_attention_perf", fmt::format("{}/{}/{}", cache, group, dim));
  }
  if (!prompts && !decodes) return std::nullopt;
  return AttentionTables(prompts, decodes, heads.query);
}

std::optional<Answer> AttentionTables::prompts(double count, double fresh, double past) const {
  double length = fresh + past;
  double keys[] = {heads_, length, count};
  auto answer = ask(prompts_, keys);
  // A prompt behind a cached prefix: the share of the pairs of the whole.
  if (answer && past > 0) answer->seconds *= (length * length - past * past) / (length * length);
  return answer;
}

std::optional<Answer> AttentionTables::decodes(double count, double fresh, double past) const {
  double keys[] = {heads_, count * fresh, past + 1};
  return ask(decodes_, keys);
}

std::optional<ExpertTable> ExpertTable::find(const Pack& pack, const Experts& e) {
  auto distribution = e.skew > 0 ? fmt::format("power_law_{}", e.skew) : std::string("balanced");
  const auto* grid = pack.find(
      "moe_perf", fmt::format("{}/{}/{}/{}/{}/{}/{}/{}", wordOf(e.format).word, distribution, number(e.topK),
                              number(e.count), number(e.hidden), number(e.intermediate), number(e.etp), number(e.ep)));
  if (!grid) return std::nullopt;
  return ExpertTable(grid);
}

std::optional<Answer> ExpertTable::at(double tokens) const {
  auto answer = ask(grid_, &tokens);
  if (answer) answer->seconds /= 2;
  return answer;
}

std::optional<AllReduceTable> AllReduceTable::find(const Pack& pack, Count ranks) {
  const auto* grid = pack.find("custom_allreduce_perf", number(ranks));
  if (!grid) return std::nullopt;
  return AllReduceTable(grid);
}

std::optional<Answer> AllReduceTable::at(double bytes) const {
  double elements = bytes / 2;  // tables count elements of 16 bits
  return ask(grid_, &elements);
}

}  // namespace afdc::kernels
