#include "passes/profiles/genz.h"

#include <algorithm>
#include <cmath>

#include "support/text.h"

namespace afdc::genz {

namespace {

constexpr double kCollectiveStart = 5e-6;  ///< GenZ adds it to every collective but the message pass

double share(double whole, double parts) { return std::max(std::ceil(whole / parts), 1.0); }

/// Builds the operators of one pass. B rows of a batch, N new tokens of each; tensors follow GenZ's einsum shapes.
class Builder {
 public:
  Builder(const Model& m, const System& s, const Parallel& p)
      : m_(m), s_(s), p_(p), all_(p.tp * p.ep), heads_(share(m.heads, all_)), kvHeads_(share(m.kv_heads, all_)) {}

  std::vector<Op> take() { return std::move(ops_); }

  void embedding(double batch, double tokens) {
    repeat_ = 1;
    gemm(Bucket::Embedding, batch, m_.hidden, tokens, std::floor(m_.vocab / all_)).inEmbedding = true;
    if (all_ > 1) allReduce(batch * tokens * m_.hidden, all_).inEmbedding = true;
  }
  void classifier(double batch, double tokens) {
    repeat_ = 1;
    gemm(Bucket::Embedding, batch, std::floor(m_.vocab / all_), tokens, m_.hidden).inEmbedding = true;
    if (all_ > 1) allGather(batch * tokens * m_.vocab, all_).inEmbedding = true;
  }
  /// Between pipeline stages. GenZ charges its messages nowhere else.
  void messages(double batch, double tokens) {
    repeat_ = p_.pp - 1;
    if (repeat_ <= 0) return;
    double bytes = batch * tokens * m_.hidden * s_.bytes;
    auto& op = add({.type = "Sync", .bucket = Bucket::Network});
    op.network_bytes = bytes;
    op.network_s = (s_.link_latency + bytes / s_.link) / s_.network_efficiency;
    op.inEmbedding = false;
  }

  void prefillLayer(double batch, double tokens) {
    repeat_ = m_.layers;
    qkv(batch, tokens, false);
    causal({batch, heads_, kvHeads_, tokens, tokens});
    output(batch, tokens, false);
    ffn(batch, tokens);
  }

  void decodeLayer(double batch, double beams, double prompt, double generated) {
    repeat_ = m_.layers;
    qkv(batch, 1, true);
    // The prompt, whose cache beams share, and what each beam has generated.
    Span shared{batch / beams, heads_, kvHeads_, 1, prompt}, own{batch, heads_, kvHeads_, 1, generated};
    logit(shared, true);
    logit(own, true);
    attend(shared, true);
    attend(own, true);
    output(batch, 1, true);
    decodeFfn(batch);
  }

  void mambaLayer(double batch, double tokens, bool decode) {
    repeat_ = m_.layers;
    // Half to even, as Python rounds.
    double inner = std::nearbyint(m_.hidden / all_), projected = inner * m_.expand, wide = m_.hidden * m_.expand;
    double state = m_.d_state, b = batch, n = tokens;
    gemm(Bucket::Mamba, b, 2 * projected, n, inner);
    einsum("CONV1D", b * projected * n * m_.d_conv, {b * n * projected}, {projected * m_.d_conv}, {b * n * projected})
        .cache = projected * m_.d_conv;
    gemm(Bucket::Mamba, b, m_.dt_rank + 2 * state, n, projected);
    gemm(Bucket::Mamba, b, projected, n, m_.dt_rank);
    double scan = b * wide * n * state;
    einsum("EINSUM", scan, {b * wide * n}, {wide * state, true}, {scan, true});
    einsum("EINSUM", scan, {b * wide * n}, {b * n * state}, {scan, true});
    einsum("EINSUM", scan, {scan}, {b * n * wide}, {scan});
    // The recurrence holds the state of each sequence; every operand stays on the chip.
    einsum("EINSUM", scan, {scan, true}, {scan, true}, {scan, true}).cache = b * wide * state;
    einsum("EINSUM", scan, {scan, true}, {b * n * state, true}, {b * n * wide, true});
    for (int i = 0; i < 2; ++i)  // the skip connection and the gate
      einsum("EINSUM", b * n * wide, {b * n * wide, true}, {b * n * wide, true}, {b * n * wide, true});
    gemm(Bucket::Mamba, b, inner, n, projected);
    if (all_ > 1) allReduce(b * n * inner, all_).inAttentionBlock = true;
    if (decode)
      decodeFfn(batch);
    else
      ffn(batch, tokens);
  }

  void chunkLayer(const Request& r, double rows) {
    repeat_ = m_.layers;
    qkv(1, rows, true);
    for (const auto& [past, fresh] : r.prefills) causal({1, heads_, kvHeads_, fresh, past + fresh});
    for (const auto& d : r.decodes) {
      if (d.prompt_heads > 0) {
        decodes({1, d.prompt_heads * heads_, kvHeads_, 1, d.context});
        decodes({1, d.suffix_heads * heads_, kvHeads_, 1, d.suffix});
      } else {
        decodes({1, d.requests * heads_, d.requests * kvHeads_, 1, d.context});
      }
    }
    output(1, rows, true);
    if (m_.moe && m_.deepseek_ffn)
      deepseekFfn(rows);
    else
      ffn(1, rows);
  }

 private:
  /// Rows of queries that meet `keys` cached tokens.
  struct Span {
    double batch, heads, kvHeads, rows, keys;
    double macs(double d) const { return batch * heads * rows * keys * d; }
    double queries(double d) const { return batch * heads * rows * d; }
    double scores() const { return batch * heads * rows * keys; }
    double cached(double d) const { return batch * kvHeads * keys * d; }
  };

  Op& add(Op op) {
    op.repeat = repeat_;
    ops_.push_back(op);
    return ops_.back();
  }

  /// GEMM(M, N, K): A = B·N·K, W = M·K (shared by the batch), O = B·N·M.
  Op& gemm(Bucket bucket, double b, double m, double n, double k, bool onchip = false) {
    Op op{.type = "GEMM", .bucket = bucket, .macs = b * m * n * k};
    op.a = {b * n * k, onchip};
    op.w = {m * k, false};
    op.o = {b * n * m, onchip};
    op.weights = true;
    return add(op);
  }
  Op& einsum(std::string_view type, double macs, Tensor a, Tensor w, Tensor o) {
    Op op{.type = type, .bucket = Bucket::Mamba, .macs = macs};
    op.a = a, op.w = w, op.o = o;
    return add(op);
  }
  /// Scores stay on the chip; queries and results do in decoding.
  void logit(const Span& s, bool decode) {
    Op op{.type = "Logit", .bucket = Bucket::Attention, .inAttentionBlock = true, .macs = s.macs(m_.head_dim)};
    op.a = {s.queries(m_.head_dim), decode}, op.w = {s.cached(m_.head_dim)}, op.o = {s.scores(), true};
    op.cache = op.w.elements;
    add(op);
  }
  void attend(const Span& s, bool decode) {
    Op op{.type = "Attend", .bucket = Bucket::Attention, .inAttentionBlock = true, .macs = s.macs(m_.head_dim)};
    op.a = {s.scores(), true}, op.w = {s.cached(m_.head_dim)}, op.o = {s.queries(m_.head_dim), decode};
    op.cache = op.w.elements;
    add(op);
  }
  void causal(const Span& s) {
    logit(s, false);
    attend(s, false);
  }
  void decodes(const Span& s) {
    logit(s, true);
    attend(s, true);
  }
  Op& collective(double elements, double ranks, double rounds) {
    double bytes = elements * s_.bytes;
    Op op{.type = "Sync", .bucket = Bucket::Network};
    op.network_bytes = bytes;
    if (bytes > 0 && ranks > 1)
      op.network_s = (kCollectiveStart + rounds * (ranks - 1) * s_.link_latency +
                      rounds * (ranks - 1) * bytes / (ranks * s_.link)) /
                     s_.network_efficiency;
    return add(op);
  }
  Op& allReduce(double elements, double ranks) { return collective(elements, ranks, 2); }
  Op& allGather(double elements, double ranks) { return collective(elements, ranks, 1); }
  void allToAll(double elements) {
    if (p_.ep > 1) collective(elements, p_.ep, 1).allToAll = true;
  }

  void qkv(double b, double n, bool onchip) {
    gemm(Bucket::Qkvo, b, heads_ * m_.head_dim + 2 * kvHeads_ * m_.head_dim, n, m_.hidden, onchip).inAttentionBlock =
        true;
  }
  void output(double b, double n, bool onchip) {
    gemm(Bucket::Qkvo, b, m_.hidden, n, heads_ * m_.head_dim, onchip).inAttentionBlock = true;
    if (all_ > 1) allReduce(b * n * m_.hidden, all_).inAttentionBlock = true;
  }

  void twoGemms(double b, double wide, double n, double down, bool onchip) {
    gemm(Bucket::Ffn, b, wide, n, m_.hidden, onchip);
    gemm(Bucket::Ffn, b, m_.hidden, n, down, onchip);
  }
  void gate(double b, double n, double reduced) {
    gemm(Bucket::Ffn, b, m_.experts, n, std::floor(m_.hidden / p_.tp));
    if (p_.tp > 1) allReduce(reduced, p_.tp);
  }

  void ffn(double b, double n) {
    double slice = share(m_.intermediate, p_.tp);
    if (!m_.moe) {
      twoGemms(b, slice * m_.gates, n, slice, false);
    } else {
      double perChip = std::floor(m_.experts / p_.ep), perExpert = std::floor(n * m_.top_k / m_.experts);
      gate(b, n, b * n * m_.experts);
      allToAll(b * n * m_.top_k * m_.hidden);
      twoGemms(b, perChip * slice * m_.gates, perExpert, perChip * slice, false);
      allToAll(b * n * m_.top_k * m_.hidden);
    }
    if (p_.tp > 1) allReduce(b * n * m_.hidden, p_.tp);
  }

  void decodeFfn(double b) {
    double slice = share(m_.intermediate, p_.tp);
    if (!m_.moe) {
      twoGemms(b, slice * m_.gates, 1, slice, true);
    } else {
      double active = std::max(1.0, std::ceil(m_.top_k / p_.ep)), idle = std::ceil(m_.experts / p_.ep) - active;
      gate(b, 1, b * m_.hidden);
      allToAll(b * m_.top_k * m_.hidden);
      twoGemms(b, active * slice * m_.gates, 1, active * slice, true);
      if (idle > 0) twoGemms(b, idle * slice * m_.gates, 0, idle * slice, true);
      allToAll(b * m_.top_k * m_.hidden);
    }
    if (p_.tp > 1) allReduce(b * m_.hidden, p_.tp);
  }

  void deepseekFfn(double rows) {
    double slice = share(m_.moe_intermediate, p_.tp), shared = share(m_.shared_intermediate, p_.tp);
    double reached = std::min(m_.top_k * rows, m_.experts), active = std::max(1.0, std::ceil(reached / p_.ep));
    double perExpert = std::floor(rows * m_.top_k / reached), idle = std::ceil(m_.experts / p_.ep) - active;
    gate(1, rows, rows * m_.experts);
    allToAll(rows * m_.top_k * m_.hidden);
    twoGemms(1, active * slice * m_.gates, perExpert, active * slice, false);
    if (idle > 0) twoGemms(1, idle * slice * m_.gates, 0, idle * slice, false);
    if (m_.shared_experts > 0)
      twoGemms(1, shared * m_.gates * m_.shared_experts, rows, shared * m_.shared_experts, false);
    allToAll(rows * m_.top_k * m_.hidden);
    if (p_.tp > 1) allReduce(rows * m_.hidden, p_.tp);
  }

  const Model& m_;
  const System& s_;
  const Parallel& p_;
  double all_, heads_, kvHeads_, repeat_ = 1;
  std::vector<Op> ops_;
};

double microBatch(const Request& r, double pp) { return pp > 1 ? std::max(std::floor(r.batch / pp), 1.0) : r.batch; }

struct Footprint {
  double weights = 0, unused = 0, kv = 0;
};

Footprint footprint(const std::vector<Op>& ops, const System& s) {
  Footprint f;
  for (const auto& op : ops) {
    double bytes = op.w.elements * s.bytes * op.repeat;
    if (op.weights) f.weights += bytes;
    if (op.weights && op.macs == 0) f.unused += bytes;
    f.kv += op.cache * s.bytes * op.repeat;
  }
  return f;
}

std::string gibibytes(double bytes) { return significant(bytes / (1 << 30), 4) + " GiB"; }

}  // namespace

std::vector<Op> operators(const Model& model, const System& system, const Parallel& p, const Request& r) {
  Builder build(model, system, p);
  if (r.stage == Request::Stage::Chunked) {
    double fresh = 0, decodes = 0;
    for (const auto& prefill : r.prefills) fresh += prefill.second;
    for (const auto& d : r.decodes) decodes += d.prompt_heads > 0 ? d.suffix_heads : d.requests;
    double rows = fresh + decodes;
    build.embedding(1, fresh);
    build.chunkLayer(r, rows);
    build.messages(1, rows);
    build.classifier(1, rows);
    return build.take();
  }
  double batch = microBatch(r, p.pp);
  if (r.stage == Request::Stage::Prefill) {
    build.embedding(batch, r.input);
    if (model.mamba)
      build.mambaLayer(batch, r.input, false);
    else
      build.prefillLayer(batch, r.input);
    build.messages(batch, r.input);
    build.classifier(batch, r.input);
    return build.take();
  }
  double rows = batch * r.beams;
  if (model.mamba)
    build.mambaLayer(rows, 1, true);
  else
    build.decodeLayer(rows, r.beams, r.input, r.output);
  build.messages(rows, 1);
  build.classifier(rows, 1);
  return build.take();
}

OpTime timeOf(const Op& op, const System& s) {
  OpTime t;
  t.bytes = (op.a.elements + op.w.elements + op.o.elements) * s.bytes;
  t.network_s = op.network_s;
  if (op.macs > 0) {
    t.compute_s = op.macs * s.compute_multiplier / s.macs_per_s / s.compute_efficiency;
    for (const auto& tensor : {op.a, op.w, op.o})
      t.memory_s += tensor.elements * s.bytes / (tensor.onchip ? s.onchip : s.offchip);
    t.memory_s /= s.memory_efficiency;
  }
  t.seconds = std::max({t.compute_s, t.memory_s, t.network_s});
  return t;
}

Result evaluate(const Model& model, const System& given, const Parallel& p, const Request& r) {
  Result out;
  if (p.ep > 1 && std::fmod(model.experts, p.ep) != 0) {
    out.error = "the number of experts must be divisible by ep";
    return out;
  }
  System s = given;
  auto ops = operators(model, s, p, r);
  auto held = footprint(ops, s);
  out.weights = held.weights, out.unused_weights = held.unused, out.kv = held.kv;
  out.required = (held.weights + held.kv) / p.pp;
  if (out.required > s.capacity) {
    if (!r.offload) {
      out.error = "weights " + gibibytes(out.weights) + " and KV cache " + gibibytes(out.kv) + " do not fit in " +
                  gibibytes(s.capacity);
      return out;
    }
    // Device memory and host memory stream at the same time, each its part of the footprint.
    double here = std::min(out.required, s.capacity), there = out.required - here;
    s.offchip = out.required / std::max(here / s.offchip, there / s.external);
    out.offloaded = true;
  }
  for (const auto& op : ops) {
    auto t = timeOf(op, s);
    double seconds = t.seconds * op.repeat;
    out.latency_s += seconds;
    out.moved += t.bytes * op.repeat;
    out.flops += 2 * op.macs * op.repeat;
    out.largest = std::max(out.largest, t.bytes);
    bool sync = op.bucket == Bucket::Network, message = sync && op.repeat != model.layers && !op.inEmbedding;
    if (op.type == "GEMM") out.linear_s += seconds;
    if (op.bucket == Bucket::Attention) out.attention_s += seconds;
    if (sync) out.network_s += seconds;
    if (op.inEmbedding) out.embedding_s += seconds;
    if (op.inAttentionBlock) out.mha_s += seconds;
    if (op.bucket == Bucket::Qkvo) out.qkvo_s += seconds;
    if (op.bucket == Bucket::Ffn) out.ffn_layers_s += seconds;
    if (op.bucket == Bucket::Mamba) out.mamba_s += seconds;
    if (op.bucket == Bucket::Ffn || (sync && !op.inEmbedding && !op.inAttentionBlock && !message)) out.ffn_s += seconds;
    if (message) out.send_s += seconds;
    if (sync && op.allToAll) out.all_to_all_s += seconds;
    if (sync && !op.allToAll && !message) out.all_reduce_s += seconds;
  }
  double served = r.batch;
  if (r.stage == Request::Stage::Chunked) {
    served = static_cast<double>(r.decodes.size());
    for (const auto& prefill : r.prefills) served += prefill.second;
  }
  out.throughput = served / out.latency_s;
  return out;
}

SpeculationResult evaluateSpeculation(const Model& target, const Model& draft, const System& system, const Parallel& p,
                                      const Request& r, const Speculation& spec) {
  SpeculationResult out;
  double batch = microBatch(r, p.pp), context = r.input + r.output, n = spec.tokens, a = spec.acceptance;
  // The target verifies n tokens of each request in one pass that GenZ builds as a chunk.
  Request verify{.stage = Request::Stage::Chunked};
  for (double i = 0; i < batch; ++i) verify.prefills.emplace_back(context, n);
  Request propose{.stage = Request::Stage::Decode, .batch = r.batch, .input = r.input, .output = r.output};
  System roomy = system;  // what must fit is both models together
  roomy.capacity = 1e300;
  auto t = evaluate(target, roomy, p, verify), d = evaluate(draft, roomy, p, propose);
  if (!t.error.empty() || !d.error.empty()) {
    out.error = t.error.empty() ? d.error : t.error;
    return out;
  }
  if (t.weights + t.kv + d.weights + d.kv > system.capacity * p.pp) {
    out.error = "both models and their caches do not fit in " + gibibytes(system.capacity * p.pp);
    return out;
  }
  out.latency_s = t.latency_s + n * d.latency_s;
  double expected = 1 + n * std::pow(a, n);
  for (double k = 1; k < n; ++k) expected += k * std::pow(a, k) * (1 - a);
  out.tokens_per_round = std::min(expected, n);
  double microbatches = std::ceil(r.batch / batch);
  double round = out.latency_s + (p.pp > 1 ? (microbatches - 1) * out.latency_s / p.pp : 0);
  out.throughput = r.batch * out.tokens_per_round / round;
  return out;
}

}  // namespace afdc::genz
