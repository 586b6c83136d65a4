// The arithmetic of GenZ-LLM-Analyzer (MIT, github.com/abhibambhaniya/GenZ-LLM-Analyzer, commit 091bdd0), reproduced
// with its quirks so that a user of it can move over and see why numbers differ: binary GB/s, a dense GEMM for the
// embedding, logits for every prompt token, no causal mask, top-k experts a chip whatever the batch, 5 µs in every
// collective, nothing but weights and KV in memory. Nothing else in the compiler uses these formulas.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace afdc::genz {

struct Model {
  double layers = 0, hidden = 0, vocab = 0, intermediate = 0;
  double gates = 2;  ///< matrices of the first FFN stage: 2 when gated
  double heads = 1, kv_heads = 1, head_dim = 0;
  bool moe = false, deepseek_ffn = false, mamba = false;
  double experts = 1, top_k = 1, moe_intermediate = 0, shared_experts = 0, shared_intermediate = 0;
  double d_state = 0, d_conv = 0, expand = 1, dt_rank = 0;
};

/// Rates in SI units, as GenZ ends up with after its binary prefixes.
struct System {
  double macs_per_s = 0, offchip = 0, onchip = 0, capacity = 0, external = 0;
  double link = 0, link_latency = 0;
  double compute_efficiency = 1, memory_efficiency = 1, network_efficiency = 1;
  double compute_multiplier = 1, bytes = 2;
  double cycles_per_s = 1e9;
};

struct Parallel {
  double tp = 1, pp = 1, ep = 1;
};

/// One decode entry of a chunk: `requests` with `beams` = 0, or one request whose `beams` share its prompt's cache.
struct DecodeEntry {
  double requests = 1, context = 0;
  double prompt_heads = 0, suffix_heads = 0, suffix = 0;  ///< beam form: (prompt_heads, suffix_heads, context, suffix)
  bool scaled_kv = false;                                 ///< the (n, context) form multiplies KV heads too
};

struct Request {
  enum class Stage { Prefill, Decode, Chunked } stage = Stage::Prefill;
  double batch = 1, input = 0, output = 0, beams = 1;
  bool offload = false;
  std::vector<std::pair<double, double>> prefills = {};  ///< chunked: (past, new)
  std::vector<DecodeEntry> decodes = {};
};

/// Elements of one tensor, and where it lives.
struct Tensor {
  double elements = 0;
  bool onchip = false;
};

enum class Bucket : unsigned char { Embedding, Qkvo, Attention, Ffn, Mamba, Network };

struct Op {
  std::string_view type;  ///< GenZ's name of it
  Bucket bucket = Bucket::Ffn;
  bool inAttentionBlock = false, inEmbedding = false;
  double macs = 0;
  Tensor a = {}, w = {}, o = {};
  double network_bytes = 0, network_s = 0;
  double repeat = 1;
  bool weights = false;  ///< w counts as weights
  double cache = 0;      ///< elements of KV or state
  bool allToAll = false;
};

struct OpTime {
  double compute_s = 0, memory_s = 0, network_s = 0, seconds = 0, bytes = 0;
};

struct Result {
  std::string error;  ///< why GenZ refuses the case
  double latency_s = 0, throughput = 0;
  bool offloaded = false;
  double weights = 0, unused_weights = 0, kv = 0, required = 0, moved = 0, flops = 0, largest = 0;  ///< bytes, FLOPs
  double attention_s = 0, linear_s = 0, network_s = 0;
  // GenZ's breakdown: its parts overlap (a block holds its collectives).
  double embedding_s = 0, mha_s = 0, ffn_s = 0, qkvo_s = 0, ffn_layers_s = 0, all_reduce_s = 0, all_to_all_s = 0,
         send_s = 0, mamba_s = 0;
};

/// The operators of one pass over the model, in GenZ's order.
std::vector<Op> operators(const Model& model, const System& system, const Parallel& p, const Request& request);
OpTime timeOf(const Op& op, const System& system);
Result evaluate(const Model& model, const System& system, const Parallel& p, const Request& request);

/// Speculative decoding: `tokens` proposed a round, each accepted with probability `acceptance`.
struct Speculation {
  double tokens = 4, acceptance = 0.7;
};
struct SpeculationResult {
  std::string error;
  double latency_s = 0, throughput = 0, tokens_per_round = 0;
};
SpeculationResult evaluateSpeculation(const Model& target, const Model& draft, const System& system, const Parallel& p,
                                      const Request& request, const Speculation& speculation);

}  // namespace afdc::genz
