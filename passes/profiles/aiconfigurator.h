// The arithmetic of NVIDIA's aiconfigurator (Apache-2.0) as its attention-FFN fork has it
// (HanjiangWu313/aiconfigurator, commit af2bf01, base 1b41ea1), with its quirks: every layer costs the same, MoE layers
// included; decode is sampled every 32 tokens; norms and activations are bytes over 0.8 of bandwidth plus 3 µs; a
// chunked-prefill step has one sequence of all tokens; TTFT is multiplied by 2 to 4; the AFD step is sum/M +
// (M-1)/M·max over four sums that are measured at the full batch; nodes are 25 GB/s apart. Nothing else in the compiler
// uses these formulas.
#pragma once
#include <string>
#include <vector>

#include "passes/deployment/shape.h"
#include "passes/kernels/tables.h"

namespace afdc::aic {

/// Kernel times by the names of aiconfigurator's queries: seconds. Missing tables are collected by the library.
class Queries {
 public:
  Queries(kernels::Library& library, std::string system, std::string engine, std::string version);

  std::optional<double> gemm(double m, double n, double k, std::string_view format);
  std::optional<double> contextAttention(double batch, double length, double prefix, double heads, double kvHeads,
                                         double headDim, std::string_view compute, std::string_view cache);
  std::optional<double> generationAttention(double batch, double length, double heads, double kvHeads, double headDim,
                                            std::string_view cache);
  std::optional<double> contextMla(double batch, double length, double prefix, double heads, std::string_view compute,
                                   std::string_view cache);
  std::optional<double> generationMla(double batch, double length, double heads, std::string_view cache);
  std::optional<double> mlaProduct(bool before, double tokens, double heads, std::string_view format);
  std::optional<double> moe(double tokens, double hidden, double intermediate, double topK, double experts, double tp,
                            double ep, std::string_view format, std::string_view distribution);
  std::optional<double> customAllReduce(double elements, double ranks);
  std::optional<double> nccl(std::string_view operation, std::string_view type, double elements, double ranks);
  std::optional<double> memory(double bytes);
  /// Many to many between attention and FFN devices: the slower end, plus two latencies.
  std::optional<double> afdTransfer(double sent, double received, double devices);

 private:
  const kernels::Grid* grid(std::string_view family, const std::string& categories);
  std::optional<double> lookup(std::string_view family, const std::string& categories, std::vector<double> keys,
                               double floor);
  double peak(std::string_view format) const;
  double beyondNode(double ranks, double measured) const;

  kernels::Library& library_;
  std::string system_, engine_, version_;
  const kernels::SystemSpec* spec_;
  std::string nccl_version_;
};

struct Formats {
  std::string gemm = "fp8", moe = "fp8", cache = "fp8", attention = "fp8", comm = "half";
};
struct Degrees {
  double tp = 1, pp = 1, dp = 1, etp = 1, ep = 1;
};
/// Attention and FFN on devices of their own.
struct AfdOption {
  bool enabled = false;
  double attention = 0, ffn = 0, microbatches = 1;  ///< devices; 0: tp·dp and etp·ep
};
struct Request {
  double batch = 1, input = 1, output = 1, prefix = 0;  ///< batch per attention rank
  std::vector<double> acceptance;                       ///< of drafted tokens; empty: no speculation
};

struct Estimate {
  bool complete = false;  ///< false: a table was missing
  double ttft = 0, tpot = 0;
};

class Model {
 public:
  Model(ModelShape shape, Queries& queries, Formats formats, Degrees degrees, AfdOption afd)
      : m_(shape), q_(queries), f_(std::move(formats)), d_(degrees), afd_(afd) {}
  Estimate fixedBatch(const Request& request);
  /// Chunked prefill with a budget of `tokens` prompt tokens a step.
  Estimate aggregated(const Request& request, double tokens);

 private:
  enum class Phase { Context, Generation };
  struct Op {
    std::string_view name;
    double seconds;
    bool onAttention = false, exchange = false, toFfn = false, isAttention = false;
  };
  /// Operators of a step, over all layers. `tokens` of one attention rank; `batch` sequences of `length`.
  std::optional<std::vector<Op>> operators(Phase phase, double tokens, double batch, double length, double prefix);
  std::optional<double> step(Phase phase, double tokens, double batch, double length, double prefix);
  double total(const std::vector<Op>& ops) const;

  ModelShape m_;
  Queries& q_;
  Formats f_;
  Degrees d_;
  AfdOption afd_;
};

}  // namespace afdc::aic
