// Case files of GenZ: a list of evaluations (with `result`, or with `error` where GenZ refuses), an object of `chunked`
// and `spec_decode` lists, a list of operator tables (`rows`), or one of its golden CSVs.
#include "passes/profiles/genz.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <functional>

#include "fidelity/fidelity.h"
#include "support/csv.h"

namespace afdc {

namespace {

constexpr double kMiB = 1 << 20;

genz::Model modelOf(const Json& j) {
  genz::Model m;
  m.layers = j["num_decoder_layers"].number();
  m.hidden = j["hidden_size"].number();
  m.vocab = j["vocab_size"].number();
  m.intermediate = j["intermediate_size"].number();
  m.gates = j["num_ffi"].number(2);
  m.heads = j["num_attention_heads"].number(1);
  m.kv_heads = j["num_key_value_heads"].number(m.heads);
  m.head_dim = j["head_dim"].number(std::floor(m.hidden / std::max(1.0, m.heads)));
  m.experts = j["num_experts"].number(1);
  m.top_k = j["expert_top_k"].number(1);
  m.moe = j["is_moe"].flag() || m.experts > 1;
  m.deepseek_ffn = j["ffn_implementation"].text() == "deepseek";
  m.moe_intermediate = j["moe_intermediate_size"].number(m.intermediate);
  m.shared_experts = j["n_shared_experts"].number();
  m.shared_intermediate = j["shared_expert_intermediate_size"].number(m.intermediate);
  m.mamba = j["is_mamba"].flag();
  m.d_state = j["mamba_d_state"].number();
  m.d_conv = j["mamba_d_conv"].number();
  m.expand = j["mamba_expand"].number(1);
  m.dt_rank = j["mamba_dt_rank"].number();
  return m;
}

genz::System systemOf(const Json& j) {
  genz::System s;
  s.macs_per_s = j["macs_per_s"].number();
  s.offchip = j["offchip_bw_bytes_per_s"].number();
  s.onchip = j["onchip_bw_bytes_per_s"].number();
  s.capacity = j["offchip_capacity_bytes"].number();
  s.external = j["external_bw_bytes_per_s"].number();
  s.link = j["link_bw_bytes_per_s"].number();
  s.link_latency = j["link_latency_s"].number();
  s.compute_efficiency = j["compute_efficiency"].number(1);
  s.memory_efficiency = j["memory_efficiency"].number(1);
  s.network_efficiency = j["comm_efficiency"].number(1);
  s.compute_multiplier = j["compute_multiplier"].number(1);
  s.bytes = j["bytes_per_element"].number(2);
  return s;
}

genz::Parallel parallelOf(const Json& j) { return {j["tp"].number(1), j["pp"].number(1), j["ep"].number(1)}; }

void addChunk(genz::Request& r, const Json& prefills, const Json& decodes) {
  r.stage = genz::Request::Stage::Chunked;
  for (const auto& p : prefills.items)
    if (p.items.size() == 2) r.prefills.emplace_back(p.items[0].number(), p.items[1].number());
  for (const auto& d : decodes.items) {
    if (d.isNumber())
      r.decodes.push_back({.requests = 1, .context = d.number()});
    else if (d.items.size() == 2)
      r.decodes.push_back({.requests = d.items[0].number(), .context = d.items[1].number()});
    else if (d.items.size() == 4)
      r.decodes.push_back({.requests = 1,
                           .context = d.items[2].number(),
                           .prompt_heads = d.items[0].number(),
                           .suffix_heads = d.items[1].number(),
                           .suffix = d.items[3].number()});
  }
}

genz::Request requestOf(const Json& j) {
  genz::Request r;
  if (j["stage"].text() == "chunked") {
    addChunk(r, j["prefill"].isNull() ? j["prefill_kv_sizes"] : j["prefill"],
             j["decode"].isNull() ? j["decode_kv_sizes"] : j["decode"]);
    return r;
  }
  r.stage = j["stage"].text() == "decode" ? genz::Request::Stage::Decode : genz::Request::Stage::Prefill;
  r.batch = j["batch"].number(1);
  r.input = j["input_tokens"].number();
  r.output = j["output_tokens"].number();
  r.beams = j["beams"].number(1);
  r.offload = j["model_offload"].flag();
  return r;
}

/// What an evaluation says, under the names of the case files.
struct Field {
  const char* name;
  double genz::Result::*value;
  double unit;
};
constexpr std::array kResultFields = {
    Field{"latency_ms", &genz::Result::latency_s, 1e-3},
    Field{"throughput_req_per_s_or_tok_per_s", &genz::Result::throughput, 1},
    Field{"throughput", &genz::Result::throughput, 1},
    Field{"weights_MiB", &genz::Result::weights, kMiB},
    Field{"unused_weights_MiB", &genz::Result::unused_weights, kMiB},
    Field{"kv_cache_MiB", &genz::Result::kv, kMiB},
    Field{"mem_required_per_chip_MiB", &genz::Result::required, kMiB},
    Field{"total_data_MiB", &genz::Result::moved, kMiB},
    Field{"flops_M", &genz::Result::flops, 1e6},
    Field{"max_op_footprint_MiB", &genz::Result::largest, kMiB},
    Field{"attn_ms", &genz::Result::attention_s, 1e-3},
    Field{"linear_ms", &genz::Result::linear_s, 1e-3},
    Field{"comm_ms", &genz::Result::network_s, 1e-3},
};
constexpr std::array kBreakdownFields = {
    Field{"Embedding", &genz::Result::embedding_s, 1e-3},
    Field{"MHA", &genz::Result::mha_s, 1e-3},
    Field{"FFN", &genz::Result::ffn_s, 1e-3},
    Field{"Collective", &genz::Result::network_s, 1e-3},
    Field{"LA_layers", &genz::Result::attention_s, 1e-3},
    Field{"QKVO_layers", &genz::Result::qkvo_s, 1e-3},
    Field{"FFN_layers", &genz::Result::ffn_layers_s, 1e-3},
    Field{"AR_time", &genz::Result::all_reduce_s, 1e-3},
    Field{"A2A_time", &genz::Result::all_to_all_s, 1e-3},
    Field{"Send_Recv_time", &genz::Result::send_s, 1e-3},
    Field{"Mamba_time", &genz::Result::mamba_s, 1e-3},
};

template <class Fields>
void scoreFields(const Json& reference, const Fields& fields, const genz::Result& result, std::string_view prefix,
                 std::string_view group, Scoreboard& board) {
  for (const auto& f : fields)
    if (reference[f.name].isNumber())
      board.score(fmt::format("{}{}", prefix, f.name), group, result.*(f.value) / f.unit, reference[f.name].number());
}

/// One line of GenZ's operator table.
void scoreRow(const genz::Op& op, const genz::System& s, const std::function<double(std::string_view)>& reference,
              std::string_view group, Scoreboard& board) {
  auto t = genz::timeOf(op, s);
  double flops = 2 * op.macs, bytes = t.bytes;
  auto ratio = [](double a, double b) { return b > 0 ? a / b : 0.0; };
  const std::pair<std::string_view, double> columns[] = {
      {"C/M ratio", ratio(t.compute_s, t.memory_s)},
      {"Op Intensity", ratio(flops, bytes)},
      {"Latency (msec)", t.seconds * 1e3},
      {"Cycles", t.seconds * s.cycles_per_s},
      {"C Effcy", s.compute_efficiency},
      {"Num ops (MFLOP)", flops / 1e6},
      {"Input_a (MB)", op.a.elements * s.bytes / kMiB},
      {"Input_w (MB)", op.w.elements * s.bytes / kMiB},
      {"Output (MB)", op.o.elements * s.bytes / kMiB},
      {"Total Data (MB)", bytes / kMiB},
      {"Throughput (Tflops)", ratio(flops, t.seconds) / 1e12},
      {"Compute time (msec)", t.compute_s * 1e3},
      {"Memory time (msec)", t.memory_s * 1e3},
      {"Communication time (msec)", t.network_s * 1e3},
      {"Compute cycle", t.compute_s * s.cycles_per_s},
      {"Memory cycle", t.memory_s * s.cycles_per_s},
      {"Communication cycle", t.network_s * s.cycles_per_s},
  };
  for (const auto& [name, value] : columns) {
    double expected = reference(name);
    if (std::isfinite(expected)) board.score(name, group, value, expected);
  }
}

void scoreEvaluation(const Json& c, Scoreboard& board) {
  auto model = modelOf(c["model"]);
  auto result = genz::evaluate(model, systemOf(c["system"]), parallelOf(c), requestOf(c));
  auto stage = c["stage"].text();
  if (c["error"].isText()) {
    // Right when refused: an accepted one counts as an error of 100 %.
    board.score("rejected", stage, result.error.empty() ? 0 : 1, 1);
    return;
  }
  if (!result.error.empty()) {
    board.score("accepted", stage, 0, 1);
    board.note(fmt::format("refused, but GenZ evaluates it: {}", result.error));
    return;
  }
  const Json& reference = c["result"].isObject() ? c["result"] : c;
  scoreFields(reference, kResultFields, result, "", stage, board);
  if (reference["is_offload"].kind == Json::Kind::Bool)
    board.score("is_offload", stage, result.offloaded, reference["is_offload"].number());
  scoreFields(c["breakdown_ms"], kBreakdownFields, result, "breakdown.", stage, board);
}

void scoreSpeculation(const Json& c, Scoreboard& board) {
  auto r = requestOf(c);
  genz::Speculation spec{c["num_parallel_tokens"].number(4), c["acceptance"].number(0.7)};
  auto result = genz::evaluateSpeculation(modelOf(c["target"]), modelOf(c["draft"]), systemOf(c["system"]),
                                          parallelOf(c), r, spec);
  if (c["error"].isText()) {
    board.score("rejected", "spec_decode", result.error.empty() ? 0 : 1, 1);
    return;
  }
  board.score("latency_ms", "spec_decode", result.latency_s * 1e3, c["latency_ms"].number());
  if (c["throughput_tok_s"].isNumber())
    board.score("throughput", "spec_decode", result.throughput, c["throughput_tok_s"].number());
  if (c["tokens_per_round"].isNumber())
    board.score("tokens_per_round", "spec_decode", result.tokens_per_round, c["tokens_per_round"].number());
}

/// GenZ's tables list the layers of each pipeline stage, with a message after all but the last.
std::vector<genz::Op> byStage(const std::vector<genz::Op>& ops, double layers, double pp) {
  std::vector<genz::Op> before, layer, message, after, out;
  for (const auto& op : ops) {
    bool inLayer = !op.inEmbedding && op.repeat == layers;
    auto& part = inLayer ? layer : !op.inEmbedding ? message : layer.empty() ? before : after;
    part.push_back(op);
  }
  auto append = [&](const std::vector<genz::Op>& part) { out.insert(out.end(), part.begin(), part.end()); };
  append(before);
  for (double stage = 0; stage < pp; ++stage) {
    append(layer);
    if (stage + 1 < pp) append(message);
  }
  append(after);
  return out;
}

void scoreTable(const Json& c, Scoreboard& board) {
  auto model = modelOf(c["model"]);
  auto system = systemOf(c["system"]);
  auto parallel = parallelOf(c);
  auto ops = byStage(genz::operators(model, system, parallel, requestOf(c)), model.layers, parallel.pp);
  size_t at = 0;
  std::vector<const Json*> rows;
  for (const auto& row : c["rows"].items) {
    auto type = row["Op Type"].text();
    if (type != "Repeat" && type != "EndRepeat") rows.push_back(&row);
  }
  if (rows.size() != ops.size()) {
    board.skip(std::string(c["model"]["query_name"].text()),
               fmt::format("its table has {} operators where the profile has {}", rows.size(), ops.size()));
    return;
  }
  for (const auto* row : rows)
    scoreRow(
        ops[at++], system, [&](std::string_view name) { return (*row)[name].number(std::nan("")); }, "operators",
        board);
  scoreEvaluation(c, board);
}

/// GenZ's four golden CSVs name neither model nor system inside: the setups of its test-suite (tests/test_models.py).
struct Golden {
  std::string_view stem;
  genz::Model model;
  double tflops, gigabytes;
  bool decode;
};

std::string scoreGolden(const FidelityInput& input, Scoreboard& board) {
  const genz::Model llama{
      .layers = 1, .hidden = 4096, .vocab = 32000, .intermediate = 11008, .heads = 32, .kv_heads = 32, .head_dim = 128};
  const genz::Model mixtral{.layers = 1,
                            .hidden = 4096,
                            .vocab = 32000,
                            .intermediate = 14336,
                            .heads = 32,
                            .kv_heads = 8,
                            .head_dim = 128,
                            .moe = true,
                            .experts = 8,
                            .top_k = 2};
  const Golden goldens[] = {{"llama2_7b_prefill", llama, 300, 1200, false},
                            {"llama2_7b_decode", llama, 300, 1200, true},
                            {"mixtral_8x7b_prefill", mixtral, 2000, 4900, false},
                            {"mixtral_8x7b_decode", mixtral, 2000, 4900, true}};
  auto name = std::filesystem::path(input.path).filename().string();
  for (const auto& g : goldens) {
    if (!name.starts_with(g.stem)) continue;
    genz::System s{.macs_per_s = g.tflops * 1e12 / 2,
                   .offchip = g.gigabytes * (1u << 30),
                   .onchip = 18000.0 * (1u << 30),
                   .capacity = 1e300,
                   .link = 1,
                   .compute_efficiency = 0.8,
                   .memory_efficiency = 0.8,
                   .cycles_per_s = 940e6};
    genz::Request r{
        .stage = g.decode ? genz::Request::Stage::Decode : genz::Request::Stage::Prefill, .input = 1024, .output = 32};
    auto ops = genz::operators(g.model, s, {}, r);
    auto rows = parseCsv(input.text);
    std::vector<const genz::Op*> layer;  // the golden tables hold one layer, without embedding and classifier
    for (const auto& op : ops)
      if (!op.inEmbedding) layer.push_back(&op);
    if (rows.rows.size() != layer.size())
      return fmt::format("{} operators where the profile has {}", rows.rows.size(), layer.size());
    for (size_t i = 0; i < layer.size(); ++i) {
      board.begin();
      scoreRow(
          *layer[i], s, [&](std::string_view column) { return rows.number(i, column); }, g.stem, board);
    }
    return "";
  }
  return "a CSV whose name is none of GenZ's golden files";
}

}  // namespace

std::string scoreGenz(const FidelityInput& input, Scoreboard& board) {
  if (input.root.isNull()) return scoreGolden(input, board);
  auto one = [&](const Json& c) {
    board.begin();
    if (c["stage"].text() == "spec_decode")
      scoreSpeculation(c, board);
    else if (c["rows"].isArray())
      scoreTable(c, board);
    else if (!c["model"].isObject() || !c["system"].isObject())
      board.skip(std::string(c["model"].text("?")), "its inputs are not in the file");
    else
      scoreEvaluation(c, board);
  };
  if (input.root.isObject()) {
    for (const auto& list : input.root.items)
      for (const auto& c : list.items) one(c);
  } else {
    for (const auto& c : input.root.items) one(c);
  }
  return board.cases() == 0 ? "no cases in it" : "";
}

}  // namespace afdc
