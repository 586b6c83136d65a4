// The part of a Scenario that costs depend on, as plain numbers: read once, so that nothing below looks up fields by
// name.
#pragma once
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/places.h"
#include "ir/scenario.h"
#include "passes/deployment/kernel_curves.h"
#include "passes/kernels/pack.h"
#include "passes/lowering/lowering.h"
#include "support/diagnostics.h"

namespace afdc {

struct Device {
  std::string name;
  std::string chip;                             ///< where other products carry it too
  std::vector<std::string> names;               ///< under which other tools know it
  std::shared_ptr<const kernels::Pack> tables;  ///< measured kernels; may be null
  std::optional<KernelCurves> kernels;          ///< the curves of those that the engine's runtime uses
  double measured_start = 1, measured_host = 1, measured_compute = 1, measured_memory = 1, measured_experts = 1;
  double capacity = 0, bandwidth = 0;           ///< B, B/s
  double bf16 = 0, fp8 = 0, fp4 = 0, int8 = 0;  ///< FLOP/s; 0: the device has none
  double tdp = 0;
  double peak(std::string_view arithmetic) const;
};

/// `domain` devices reach each other at `bandwidth` per device and direction.
struct Tier {
  std::string name;
  double domain = 0, bandwidth = 0, latency = 0;
  double sum_bandwidth = 0, sum_start = 0;  ///< where its switch adds up: likewise, and s until it starts
};

/// Degrees of one engine (semantics §3): pp · D devices, D = dp·cp·tp = fdp·ftp = edp·ep·etp.
struct Degrees {
  double tp = 1, pp = 1, dp = 1, cp = 1, ftp = 1, fdp = 1, ep = 1, etp = 1, edp = 1;
  double ranks() const { return dp * cp * tp; }
  double devices() const { return pp * ranks(); }
  std::array<double, ir::kAxisNames.size()> byAxis() const { return {1, tp, cp, dp, pp, ftp, fdp, ep, etp, edp}; }
};

struct RuntimeModel {
  std::string name;
  double eta_compute = 1, eta_memory = 1, eta_network = 1, half_bytes = 0, start = 0;
  double sharpness = 0;  ///< 0: infinite
  double tile = 1;
  bool kernels = false;              ///< the device's curves, instead of one efficiency for all
  double graph_gap = 0, launch = 0;  ///< s a kernel: after each; to launch one in a step that is not recorded
  double recorded = INFINITY;        ///< largest batch of a rank whose step is recorded in a graph
  bool recordsPrompts = false;       ///< steps with prompts too, of up to as many tokens
  double host_fixed = 0, host_per_seq = 0, host_per_token = 0;
  bool host_async = false;
  double front_fixed = 0, front_serial = 0, front_per_token = 0;
  /// s that a prompt takes to the scheduler beside the front end's serial work; in the mean, or `share` of its fixed
  /// part.
  double wayIn(double tokens, double share = 1) const { return share * front_fixed + front_per_token * tokens; }
  bool firstTokenByDecode = false;  ///< prefill and decode apart: who answers first
  bool prefill_first = false;
  enum class MemoryRule { OfCapacity, OfFree, Static } memory_rule = MemoryRule::OfCapacity;
  enum class KvPolicy { OnDemand, Estimated, NoEvict } kv_policy = KvPolicy::OnDemand;
  bool no_evict() const { return kv_policy == KvPolicy::NoEvict; }
  double sampler = 0;   ///< B for each sequence and entry of the vocabulary
  bool windows = true;  ///< do caches keep just what lies in a layer's window?
  double reserve = 0, prefill_from = 2, phase_lock = 0, poll_steps = 1, sparse_heads = 0;
  enum class AllToAll { ByPhase, Normal, LowLatency } all_to_all = AllToAll::ByPhase;
};

/// Shares of weights and caches that lie in the host's memory.
struct OffloadConfig {
  double weights = 0, kv = 0;
  bool overlap = true;
  double capacity = 0, bandwidth = 0;  ///< B and B/s of the host, for one device
  bool any() const { return weights > 0 || kv > 0; }
};

struct EngineConfig {
  std::string name;
  ir::NodeId node;
  std::vector<ir::NodeId> quants;  ///< formats that differ from the checkpoint's; the first that has a class wins
  double replicas = 1;
  Degrees degrees;
  Device device;
  RuntimeModel runtime;
  std::vector<Tier> tiers;                   ///< innermost first
  double max_tokens = 8192, max_seqs = 256;  ///< per data-parallel rank
  bool wholePrompts = false;                 ///< never cut into chunks
  double redundantExperts = 0;
  OffloadConfig offload;
  bool prefixCache = false;
  double kv_block = 16, kv_fraction = 0.9;
  double poolDevices = 0;
  std::string pool;
  /// What lowering asks.
  Arithmetic arithmetic() const;
  /// Seconds of the host for a step of so many sequences and new tokens, over all data-parallel ranks.
  double hostTime(double seqs, double tokens) const {
    double each = runtime.host_per_seq * seqs + runtime.host_per_token * tokens;
    return device.measured_host * (runtime.host_fixed + each / degrees.dp);
  }
};

/// An engine whose attention and FFN lie on groups of their own (semantics §6).
struct AfdConfig {
  EngineConfig attention, ffn;
  double microbatches = 1;
  std::vector<Tier> link;      ///< the tier that joins the groups, as a port of each side sees it: attention, ffn
  bool stepBarrier = true;     ///< does a step end before the next begins, or do microbatches run on?
  bool blockingSends = false;  ///< is a sender busy until its message has left?
  bool halfDuplex = false;     ///< do both directions share the link?
};

struct SpeculationConfig {
  double depth = 0, acceptance = 0;
  bool mtp = false;  ///< drafts by the checkpoint's own module; else by `model`
  ir::NodeId model, node;
  /// Tokens that a step yields per sequence: 1 + Σ a^i (semantics §6).
  double progress() const;
};

/// How KV cache goes from prefill to decode.
struct TransferConfig {
  bool layerwise = false;
  bool scaleUp = false;  ///< over the scale-up domain instead of the NICs
  double control = 0;    ///< s before data flow
};

struct LoadConfig {
  enum class Arrivals { Closed, Poisson, Batch, Trace } arrivals = Arrivals::Closed;
  double amount = 1;                            ///< concurrency, rate (req/s) or batch size
  double input = 1, output = 1, outputMax = 1;  ///< mean tokens; p99 of the output
  double shared = 0;                            ///< prompt tokens that other requests share
  double carryOver = 0;           ///< share of the prompt that the conversation's last turn left in the cache
  double zipf = 0, prefixes = 1;  ///< popularity of the shared prefixes, and how many there are
};

/// Both groups of an attention-FFN engine.
std::optional<AfdConfig> readAfd(const ir::Scenario& s, ir::NodeId deployment, ir::NodeId engine, Diagnostics& diags);
std::optional<SpeculationConfig> readSpeculation(const ir::Scenario& s, ir::NodeId engine);
TransferConfig readTransfer(const ir::Scenario& s, ir::NodeId deployment);

/// Reads and checks one engine. Reports degrees that do not multiply, pools that are too small. nullopt after an error.
std::optional<EngineConfig> readEngine(const ir::Scenario& s, ir::NodeId deployment, ir::NodeId engine,
                                       Diagnostics& diags);
LoadConfig readLoad(const ir::Scenario& s, ir::NodeId workload);

}  // namespace afdc
