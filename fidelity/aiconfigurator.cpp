// Case files of aiconfigurator: `op_queries` (one kernel each) and `cases` (static batches, chunked prefill,
// disaggregated, attention-FFN). Tables come from --kernels.
#include "passes/profiles/aiconfigurator.h"

#include <fmt/format.h>

#include "fidelity/fidelity.h"
#include "fidelity/library.h"

namespace afdc {

namespace {

std::optional<double> answer(const Json& q, aic::Queries& queries) {
  const auto& a = q["args"];
  auto n = [&](std::string_view name) { return a[name].number(); };
  auto t = [&](std::string_view name) { return a[name].text(); };
  auto kind = q["query"].text();
  if (kind == "query_gemm") return queries.gemm(n("m"), n("n"), n("k"), t("quant_mode"));
  if (kind == "query_mem_op") return queries.memory(n("mem_bytes"));
  if (kind == "query_context_attention")
    return queries.contextAttention(n("b"), n("s"), n("prefix"), n("n"), n("n_kv"), n("head_size"),
                                    t("fmha_quant_mode"), t("kvcache_quant_mode"));
  if (kind == "query_generation_attention")
    return queries.generationAttention(n("b"), n("s"), n("n"), n("n_kv"), n("head_size"), t("kvcache_quant_mode"));
  if (kind == "query_context_mla")
    return queries.contextMla(n("b"), n("s"), n("prefix"), n("num_heads"), t("fmha_quant_mode"),
                              t("kvcache_quant_mode"));
  if (kind == "query_generation_mla")
    return queries.generationMla(n("b"), n("s"), n("num_heads"), t("kvcache_quant_mode"));
  if (kind == "query_mla_bmm")
    return queries.mlaProduct(a["if_pre"].flag(), n("num_tokens"), n("num_heads"), t("quant_mode"));
  if (kind == "query_moe")
    return queries.moe(n("num_tokens"), n("hidden_size"), n("inter_size"), n("topk"), n("num_experts"),
                       n("moe_tp_size"), n("moe_ep_size"), t("quant_mode"), t("workload_distribution"));
  if (kind == "query_custom_allreduce") return queries.customAllReduce(n("size"), n("tp_size"));
  if (kind == "query_nccl") return queries.nccl(t("operation"), t("dtype"), n("message_size"), n("num_gpus"));
  if (kind == "query_afd_p2p") return queries.afdTransfer(n("sender_bytes"), n("receiver_bytes"), n("num_gpus"));
  return std::nullopt;
}

aic::Degrees degreesOf(const Json& p) {
  return {p["tp"].number(1), p["pp"].number(1), p["dp"].number(1), p["etp"].number(1), p["ep"].number(1)};
}

aic::Formats formatsOf(const Json& q) {
  auto pick = [&](std::string_view longName, std::string_view shortName, std::string_view otherwise) {
    return std::string(q[longName].text(q[shortName].text(otherwise)));
  };
  return {pick("gemm_quant_mode", "gemm", "fp8"), pick("moe_quant_mode", "moe", "fp8"),
          pick("kvcache_quant_mode", "kv", "fp8"), pick("fmha_quant_mode", "fmha", "fp8"),
          pick("comm_quant_mode", "comm", "half")};
}

struct Extra {
  aic::AfdOption afd;
  std::vector<double> acceptance;
};
Extra extraOf(const Json& mc) {
  Extra e;
  e.afd = {mc["enable_afd"].flag(), mc["num_attn_gpus"].number(), mc["num_ffn_gpus"].number(),
           mc["afd_num_microbatches"].number(1)};
  double drafted = mc["nextn"].number();
  for (size_t i = 0; i < mc["nextn_accept_rates"].items.size() && static_cast<double>(i) < drafted; ++i)
    e.acceptance.push_back(mc["nextn_accept_rates"].items[i].number());
  return e;
}

aic::Request requestOf(const Json& r, double batch, const Extra& extra) {
  return {batch, r["isl"].number(), r["osl"].number(), r["prefix"].number(), extra.acceptance};
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void scoreCase(const Json& c, kernels::Library& tables, NameIndex& names, Scoreboard& board) {
  const auto& in = c["input"];
  auto id = std::string(c["id"].text("?"));
  auto kind = in["kind"].text(), code = in["code"].text();
  const auto& summary = c["output"]["summary"];
  if (!summary.isObject()) {
    auto why = c["error"].text();
    return board.skip(id, why.empty() ? fmt::format("its output has no TTFT and TPOT (`{}`)", kind)
                                      : "aiconfigurator itself refuses it");
  }
  if (kind != "static" && kind != "agg" && kind != "disagg")
    return board.skip(id, fmt::format("sessions of kind `{}` are not part of the profile", kind));
  bool upstream = code.starts_with("upstream"), simulated = code.find("ASTRA") != std::string_view::npos;
  auto declared = names.model(in["model"].text());
  const auto* resolved = declared ? names.resolved(*declared) : nullptr;
  if (!resolved) return board.skip(id, fmt::format("model `{}` is not in the standard library", in["model"].text()));
  SourceManager sources;
  Diagnostics diags(sources);
  auto told = shapeOf(*resolved, resolved->root, diags);
  if (!told) return board.skip(id, diags.text(false));
  const auto& shape = told->shape;
  if (!told->error.empty()) return board.skip(id, told->error);
  if (upstream && shape.mla)
    return board.skip(id, "tables missing: upstream's measured latent-attention blocks (mla module)");
  tables.forgetMissing();
  aic::Queries queries(tables, std::string(in["system"].text()), std::string(in["backend"].text()),
                       std::string(in["backend_version"].text()));
  auto formats = formatsOf(in["quant"]);
  aic::Estimate e;
  const auto &run = in["runtime"], &extra = in["extra"];
  if (kind == "disagg") {
    auto p = extraOf(extra["pmc"]), d = extraOf(extra["dmc"]);
    aic::Model prefill(shape, queries, formats, degreesOf(in["prefill"]["parallel"]), p.afd);
    aic::Model decode(shape, queries, formats, degreesOf(in["decode"]["parallel"]), d.afd);
    auto first = prefill.fixedBatch(requestOf(run, in["prefill"]["batch"].number(1), p));
    auto rest = decode.fixedBatch(requestOf(run, in["decode"]["batch"].number(1), d));
    e = {first.complete && rest.complete, first.ttft, rest.tpot};
  } else {
    auto mc = extraOf(extra["mc"]);
    aic::Model model(shape, queries, formats, degreesOf(in["parallel"]), mc.afd);
    auto request = requestOf(run, run["batch_size"].number(1), mc);
    e = kind == "agg" ? model.aggregated(request, extra["ctx_tokens"].number(8192)) : model.fixedBatch(request);
  }
  if (!e.complete) {
    auto missing = tables.missing();
    return board.skip(id, missing.empty() ? "its shapes are not in the tables" : "tables missing: " + joined(missing));
  }
  std::string where = simulated ? "network simulator" : upstream ? "newer version" : "analytic";
  std::string suffix = simulated ? " (network simulator)" : "";
  auto group = fmt::format("{} {}", where, kind);
  if (summary["ttft"].isNumber()) board.score("ttft" + suffix, group, e.ttft * 1e3, summary["ttft"].number());
  if (summary["tpot"].isNumber() && run["osl"].number() > 1)
    board.score("tpot" + suffix, group, e.tpot * 1e3, summary["tpot"].number());
}

}  // namespace

std::string scoreAiconfigurator(const FidelityInput& input, Scoreboard& board) {
  if (!input.root["cases"].isArray() && !input.root["op_queries"].isArray())
    return "it has neither `cases` nor `op_queries`";
  kernels::Library tables(input.kernels.empty() ? "." : input.kernels);
  if (input.kernels.empty()) board.note("no kernel tables: give their directory with --kernels DIR");
  NameIndex names(input.stdlib);
  for (const auto& q : input.root["op_queries"].items) {
    board.begin();
    tables.forgetMissing();
    aic::Queries queries(tables, std::string(q["system"].text()), std::string(q["backend"].text()),
                         std::string(q["version"].text()));
    auto value = answer(q, queries);
    auto kind = q["query"].text("?");
    if (!value) {
      auto missing = tables.missing();
      board.skip(fmt::format("{} on {}", kind, q["system"].text()),
                 missing.empty() ? "its shape is not in the tables" : "tables missing: " + joined(missing));
      continue;
    }
    board.score("operator", kind, *value * 1e3, q["latency_ms"].number());
  }
  for (const auto& c : input.root["cases"].items) {
    board.begin();
    scoreCase(c, tables, names, board);
  }
  return "";
}

}  // namespace afdc
