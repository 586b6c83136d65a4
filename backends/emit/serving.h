// What a scenario deploys, as other tools ask for it: engines with their degrees and limits, devices, the load and the
// promises. A view of the IR: every value keeps the path under which the scenario has it, so that an output can say
// where its numbers come from. Units are base units (bytes, seconds, FLOP/s).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "passes/deployment/shape.h"
#include "results/results.h"
#include "support/document.h"

namespace afdc::emit {

enum class Role : uint8_t { Both, Prefill, Decode };
enum class Side : uint8_t { Whole, Attention, Ffn };

struct Device {
  std::string name;                ///< as the file calls it
  std::vector<std::string> names;  ///< as other tools do
  double memory = 0, bandwidth = 0, bf16 = 0, fp8 = 0, fp4 = 0;
  double scaleUp = 0, scaleUpLatency = 0;  ///< B/s per direction, s
  double perNode = 1;                      ///< devices of one node
  double nics = 0, nicBandwidth = 0, nicLatency = 0;
  double hostMemory = 0, hostBandwidth = 0;  ///< of the node; 0: not said
  double tdp = 0;
  /// The first of these that the device is called; "" where it is called none of them.
  std::string_view called(std::initializer_list<std::string_view> known) const;
};

/// One kind of engine, or one group of an attention-FFN engine.
struct Engine {
  ir::NodeId node;    ///< the engine
  std::string path;   ///< of the engine or group
  std::string owner;  ///< path of the engine
  std::string name;   ///< "main", "prefill", "decode"; of a group "attention", "ffn"
  Role role = Role::Both;
  Side side = Side::Whole;
  double replicas = 1, tp = 1, pp = 1, dp = 1, cp = 1, ep = 1, etp = 1, ftp = 1;
  double devices() const { return pp * dp * cp * tp; }  ///< of one replica
  double nodes() const;                                 ///< that one replica lies on
  double maxTokens = 0, maxSeqs = 0;                    ///< of a step, per data-parallel rank
  bool wholePrompts = false;                            ///< never cut into chunks
  double memoryFraction = 0.9, block = 16;
  bool prefixCache = false;
  std::string program;  ///< "vllm", "sglang", "trtllm", or "" for a runtime that is no known engine
  std::string runtime;  ///< as the file calls it
  bool mixedScheduler = true;
  Device device;
  std::string pool;
  double drafts = 0, acceptance = 0;  ///< tokens drafted ahead; 0: none
  bool mtp = false;                   ///< drafted by the checkpoint's own module
  std::string draftCheckpoint;
  double offloadWeights = 0, offloadKv = 0;
  double microbatches = 1;                                        ///< of an attention-FFN engine
  std::string linear, expert, kv, activation, dispatch, combine;  ///< names of formats
  bool ownLinear = true, ownExpert = true, ownKv = true;          ///< as the checkpoint has it
  /// The shares of device memory that different engines ask for, all of them for the same room for cache: of the
  /// capacity with weights and activations (vLLM), of the capacity with weights (SGLang), of what is left
  /// (TensorRT-LLM).
  struct Shares {
    double utilization = 0.9, withWeights = 0.9, ofFree = 0.9;
  };
  Shares shares(const Results& results) const;
  std::string at(std::string_view field) const { return path + "." + std::string(field); }
};

struct Load {
  enum class Arrivals : uint8_t { Closed, Poisson, Batch, Trace } arrivals = Arrivals::Closed;
  double amount = 1;  ///< requests at once, per second, or in the batch
  std::string trace;
  struct Lengths {
    std::string family;  ///< "constant", "lognormal", "exponential", "uniform"
    double mean = 1, p50 = 1, p90 = 1, p99 = 1;
    /// Length below which a share u of requests lies, whole and at least 1.
    double quantile(double u) const;
  } input, output;
  double shared = 0, prefixes = 0, zipf = 0, carryOver = 0;
  double turns = 0, think = 0;  ///< means; 0: single requests
};

struct Promise {
  std::string metric, statistic;  ///< "ttft", "p99"
  std::string op;                 ///< "<", "<=", ">", ">="
  double bound = 0;
  std::string text, path;
};

struct Serving {
  std::string scenario;                       ///< its name
  std::string model, checkpoint, modelError;  ///< name; as hubs know it; what `shape` cannot say
  double maxContext = 0;
  ModelShape shape;
  bool disaggregated = false, attentionFfn = false;
  bool layerwise = false, transferScaleUp = false;
  std::vector<Engine> engines;
  Load load;
  std::vector<Promise> promises;
  std::vector<std::string> otherPromises;  ///< that are no bound on one metric
  bool pipeline = false;
  double devices() const;
  const Engine* find(Role role, Side side = Side::Whole) const;
};

/// `scenario` is the root of a resolved and evaluated scenario.
Serving readServing(const ir::Scenario& scenario);
/// The keys of a Hugging Face config.json that simulators read, from the model's shape.
Document modelConfig(const Serving& serving);

}  // namespace afdc::emit
