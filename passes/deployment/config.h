// The one view of a Scenario's deployment: engines, devices and loads as plain values, each read once by the table of
// fields (fields.def), with the place that it was read from. Defaults are the library's: what a member is declared with
// here is its value where an optional field is absent, and otherwise never seen.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/places.h"
#include "ir/scenario.h"
#include "passes/deployment/kernel_curves.h"
#include "passes/kernels/pack.h"
#include "passes/lowering/lowering.h"
#include "support/count.h"
#include "support/diagnostics.h"

namespace afdc {

class Places;  // of the fields of a view (passes/deployment/fields.h)
enum class FieldId : uint16_t;

/// How the devices of a tier are joined, as far as other tools ask: all else counts as a switch.
enum class Joined : uint8_t { Switch, Ring, FullMesh };

struct Device {
  std::string name;
  std::string chip;                             ///< where other products carry it too
  std::vector<std::string> names;               ///< under which other tools know it
  std::shared_ptr<const kernels::Pack> tables;  ///< measured kernels; may be null
  std::optional<KernelCurves> kernels;          ///< the curves of those that the engine's runtime uses
  double measured_start = 1, measured_host = 1, measured_compute = 1, measured_memory = 1, measured_experts = 1;
  double capacity = 0, bandwidth = 0;                   ///< B, B/s
  double bf16 = 0, fp8 = 0, fp4 = 0, int8 = 0;          ///< FLOP/s; 0: the device has none
  double tdp = 0;                                       ///< W; 0: not said
  double scale_up_bandwidth = 0, scale_up_latency = 0;  ///< B/s of its links into the scale-up domain, s
  Joined scale_up_joined = Joined::Switch;
  double peak(std::string_view arithmetic) const;
};

struct ModelConfig {
  ir::NodeId node;
  std::string name;
  std::vector<std::string> checkpoints;  ///< names that it is published under; the first is the one to load
  double max_context = 0;                ///< tokens of prompt and answer
  ir::NodeId mtp;                        ///< its module of multi-token prediction; invalid: it has none
  ir::NodeId precision;
  struct Kept {
    std::string_view cls;
    std::string format;
    ir::NodeId place;
  };
  std::vector<Kept> kept;  ///< the checkpoint's formats of the classes that most bytes are of
  /// Of one class; "" where there is none.
  const std::string& formatOf(std::string_view cls) const;
};

/// A node of a pool: what its devices share.
struct NodeConfig {
  ir::NodeId gpu;                              ///< what fills it
  Count gpus = 1, nics = 0;                    ///< devices; cards
  double nic_bandwidth = 0, nic_latency = 0;   ///< B/s of one card; s
  ir::NodeId host;                             ///< invalid: the node does not declare its memory
  double host_memory = 0, host_bandwidth = 0;  ///< B, B/s
  double host_link = 0;                        ///< B/s between the host's memory and one device
};

/// Nodes of one kind in a cluster.
struct PoolConfig {
  std::string name;
  ir::NodeId record, node, gpu;
  Count devices = 0;  ///< of all its nodes
};

struct PoolPrice {
  Count nodes = 0, devices = 0;
  std::optional<double> price;  ///< of a node, money/s
  ir::NodeId place;             ///< of the price; invalid without one
};

/// `domain` devices reach each other at `bandwidth` per device and direction.
struct Tier {
  std::string name;
  Count domain = 0;
  double bandwidth = 0, latency = 0;
};

/// Degrees of one engine (semantics §3): pp · D devices, D = dp·cp·tp = fdp·ftp = edp·ep·etp.
struct Degrees {
  Count tp = 1, pp = 1, dp = 1, cp = 1, ftp = 1, fdp = 1, ep = 1, etp = 1, edp = 1;
  Count ranks() const { return dp * cp * tp; }
  Count devices() const { return pp * ranks(); }
  Count of(ir::Axis axis) const;
  /// As the expressions of graphs ask for them: all real numbers.
  std::array<double, ir::kAxisNames.size()> byAxis() const { return {1, tp, cp, dp, pp, ftp, fdp, ep, etp, edp}; }
};

enum class Scheduler : uint8_t { Mixed, PrefillFirst };
enum class FirstToken : uint8_t { Prefill, Decode };

/// What an engine adds to its hardware. As it is declared here, it adds nothing: the roofline (`runtime ideal`).
struct RuntimeModel {
  std::string name;
  std::vector<std::string> names;  ///< what measurements and other tools call the engine
  double eta_compute = 1, eta_memory = 1, eta_network = 1, half_bytes = 0, start = 0;
  double sharpness = 0;  ///< 0: infinite, the larger of compute and memory
  Count tile = 1;
  std::string kernels;               ///< the device's library that runs; empty: one efficiency for all kernels
  double graph_gap = 0, launch = 0;  ///< s a kernel: after each; to launch one in a step that is not recorded
  Count recorded = Count::most();    ///< largest batch of a rank whose step is recorded in a graph
  bool recordsPrompts = false;       ///< steps with prompts too, of up to as many tokens
  double host_fixed = 0, host_per_seq = 0, host_per_token = 0;
  bool host_async = false;
  double front_fixed = 0, front_serial = 0, front_per_token = 0;
  /// s that a prompt takes to the scheduler beside the front end's serial work; in the mean, or `share` of its fixed
  /// part.
  double wayIn(double tokens, double share = 1) const { return share * front_fixed + front_per_token * tokens; }
  FirstToken first_token = FirstToken::Prefill;  ///< prefill and decode apart: who answers first
  bool firstTokenByDecode() const { return first_token == FirstToken::Decode; }
  Scheduler scheduler = Scheduler::Mixed;
  bool prefill_first() const { return scheduler == Scheduler::PrefillFirst; }
  bool mixes() const { return scheduler == Scheduler::Mixed; }  ///< chunks of prompts share steps with decodes
  enum class MemoryRule : uint8_t { OfCapacity, OfFree, Static } memory_rule = MemoryRule::OfCapacity;
  enum class KvPolicy : uint8_t { OnDemand, Estimated, NoEvict } kv_policy = KvPolicy::OnDemand;
  bool no_evict() const { return kv_policy == KvPolicy::NoEvict; }
  /// `Estimated`: what a scheduler keeps room for of the tokens that requests may still write. A share at first, the
  /// least one, of the first, and the decode steps in which it gets there; and after blocks were taken back, tokens of
  /// each request beside those that it has written.
  double estimate_first = 1, estimate_least = 1;
  Count estimate_within = 1, estimate_margin = 0;
  double sampler = 0;   ///< B for each sequence and entry of the vocabulary
  bool windows = true;  ///< do caches keep just what lies in a layer's window?
  double reserve = 0, phase_lock = 0;
  Count prefill_from = 2, poll_steps = 1, sparse_heads = 0;
  enum class AllToAll : uint8_t { ByPhase, Normal, LowLatency } all_to_all = AllToAll::ByPhase;
};

/// Shares of weights and caches that lie in the host's memory.
struct OffloadConfig {
  double weights = 0, kv = 0;
  bool overlap = true;
  double capacity = 0, bandwidth = 0;  ///< B and B/s of the host, for one device
  bool any() const { return weights > 0 || kv > 0; }
};

/// The records of an engine that hold its fields; of a group of an attention-FFN engine, the group's where it has some.
struct UnitRecords {
  ir::NodeId parallel, kv_cache, quant;
  std::string pool;  ///< its name; "": the cluster's first
  ir::NodeId runtime, offload;
};

enum class Batching : uint8_t { Chunked, WholePrompts };

/// Who drafts: nobody, the checkpoint's own module, or another model. Others cannot be evaluated.
enum class Drafts : uint8_t { None, Mtp, OtherModel, Unknown };

struct SpeculationConfig {
  Count depth = 0;                       ///< tokens drafted ahead
  double acceptance = 0;                 ///< chance that one is kept
  std::vector<std::string> checkpoints;  ///< names of the other model
  Drafts drafts = Drafts::None;
  bool mtp() const { return drafts == Drafts::Mtp; }
  /// The other model's, to load; "" where it names none.
  std::string checkpoint() const { return checkpoints.empty() ? "" : checkpoints[0]; }
  ir::NodeId node;
  ir::NodeId model;  ///< of `OtherModel`; else invalid
  /// Tokens that a step yields per sequence: 1 + Σ a^i (semantics §6).
  double progress() const;
};

/// What of requests an engine does.
enum class Serves : uint8_t { Both, Prefill, Decode };

/// A whole engine, or one group of an attention-FFN engine.
enum class UnitKind : uint8_t { Whole, Attention, Ffn };

struct EngineConfig {
  std::string name;  ///< "main", "main.attention"
  std::string unit;  ///< its own part of the name: "main", "attention"
  UnitKind kind = UnitKind::Whole;
  ir::NodeId node;    ///< the engine, or the group
  std::string path;   ///< of the engine or group: "deployment.main.attention"
  std::string owner;  ///< of the engine: "deployment.main"
  UnitRecords records;
  std::shared_ptr<const Places> places;   ///< of every field
  ir::NodeId at(FieldId field) const;     ///< invalid where the scenario does not say it
  std::string said(FieldId field) const;  ///< "deployment.main.parallel.tp"
  std::vector<StoredFormat> formats;      ///< of classes that are kept otherwise than in the checkpoint
  const StoredFormat* formatOf(std::string_view cls) const;
  std::string asked;  ///< arithmetic that products are asked to use; "": that of their formats
  ir::NodeId askedAt;
  Count replicas = 1;
  Degrees degrees;
  Device device;
  RuntimeModel runtime;
  std::vector<Tier> tiers;  ///< as the cluster declares them, innermost first; ask the network for times
  std::optional<CollectiveCurve> collectives;  ///< as measured inside the scale-up domain with the runtime's library
  /// Per data-parallel rank. Tokens are real numbers here and everywhere: lengths are means, and budgets and blocks are
  /// divided among them.
  double max_tokens = 0;
  Count max_seqs = 0;
  Batching batching = Batching::Chunked;
  bool wholePrompts() const { return batching == Batching::WholePrompts; }  ///< never cut into chunks
  Count redundantExperts = 0;
  OffloadConfig offload;
  bool prefixCache = false;
  double kv_block = 0, kv_fraction = 0;
  Count poolDevices = 0;
  std::string pool;
  NodeConfig machine;                                                        ///< a node of the pool
  Count nodes() const { return covering(degrees.devices(), machine.gpus); }  ///< that one replica lies on
  Serves serves = Serves::Both;
  SpeculationConfig speculation;
  Count microbatches = 1;  ///< of an attention-FFN engine
  /// Where the degree of an axis is said; invalid of a degree that follows from others.
  ir::NodeId degreeAt(ir::Axis axis) const;
  /// What lowering asks.
  Arithmetic arithmetic() const;
  /// Seconds of the host for a step of so many sequences and new tokens, over all data-parallel ranks.
  double hostTime(double seqs, double tokens) const {
    double each = runtime.host_per_seq * seqs + runtime.host_per_token * tokens;
    return device.measured_host * (runtime.host_fixed + each / degrees.dp);
  }
};

/// What carries data between two groups of devices: their nodes' NICs, or the scale-up domain.
enum class Medium : uint8_t { Nics, ScaleUp };

/// An engine whose attention and FFN lie on groups of their own (semantics §6).
struct AfdConfig {
  EngineConfig attention, ffn;
  Count microbatches = 1;
  Medium via = Medium::Nics;
  bool stepBarrier = true;     ///< does a step end before the next begins, or do microbatches run on?
  bool blockingSends = false;  ///< is a sender busy until its message has left?
  bool halfDuplex = false;     ///< do both directions share the link?
};

/// How KV cache goes from prefill to decode.
struct TransferConfig {
  enum class Overlap : uint8_t { None, Layerwise } overlap = Overlap::None;
  bool layerwise() const { return overlap == Overlap::Layerwise; }
  Medium via = Medium::Nics;
  bool scaleUp() const { return via == Medium::ScaleUp; }
  double control = 0;  ///< s before data flow
};

/// A distribution of lengths, in tokens.
struct TokenSpread {
  std::string family = "constant";  ///< "constant", "lognormal", "exponential", "uniform"
  double mean = 1, p50 = 1, p90 = 1, p99 = 1;
};

struct LoadConfig {
  enum class Arrivals : uint8_t { Closed, Poisson, Batch, Trace, Other } arrivals = Arrivals::Closed;
  double amount = 1;                            ///< concurrency, rate (req/s) or batch size
  std::string trace;                            ///< the file of recorded arrivals
  TokenSpread prompt, answer;                   ///< lengths of both
  double input = 1, output = 1, outputMax = 1;  ///< mean tokens; p99 of the output
  double shared = 0;                            ///< prompt tokens that other requests share
  double carryOver = 0;         ///< share of the prompt that the conversation's last turn left in the cache
  double zipf = 0;              ///< popularity of the shared prefixes
  Count prefixes = 1;           ///< how many there are: all share one
  double turns = 0, think = 0;  ///< means of a conversation's turns and of the pause between, s; 0: single requests
  ir::NodeId node, prefix;      ///< the workload, and its record of reuse
  std::shared_ptr<const Places> places;
  ir::NodeId at(FieldId field) const;  ///< invalid where the scenario does not say it
};

/// The pools of a cluster, in order. nullopt after an error, as of all that read.
std::optional<std::vector<PoolConfig>> readPools(const ir::Scenario& s, ir::NodeId cluster, Diagnostics& diags);

std::optional<ModelConfig> readModel(const ir::Scenario& s, ir::NodeId model, Diagnostics& diags);

/// Reads and checks one engine. Reports degrees that do not multiply, pools that are too small.
std::optional<EngineConfig> readEngine(const ir::Scenario& s, ir::NodeId deployment, ir::NodeId engine,
                                       Diagnostics& diags);
/// Both groups of an attention-FFN engine.
std::optional<AfdConfig> readAfd(const ir::Scenario& s, ir::NodeId deployment, ir::NodeId engine, Diagnostics& diags);
/// Of all pools of a deployment's cluster.
std::optional<std::vector<PoolPrice>> readPrices(const ir::Scenario& s, ir::NodeId deployment, Diagnostics& diags);
/// The last transfer that a disaggregated deployment declares. One that declares none sends whole caches over the NICs.
std::optional<TransferConfig> readTransfer(const ir::Scenario& s, ir::NodeId deployment, Diagnostics& diags);
std::optional<LoadConfig> readLoad(const ir::Scenario& s, ir::NodeId workload, Diagnostics& diags);

/// Answers of a data set: of the requests, shares[i] have no more than tokens[i].
struct AnswerLengths {
  std::vector<double> shares, tokens;
  double mean = 1, shortest = 1;  ///< tokens; clients leave out what is shorter
};
std::optional<AnswerLengths> readAnswers(const ir::Scenario& s, ir::NodeId dataSet, Diagnostics& diags);

}  // namespace afdc
