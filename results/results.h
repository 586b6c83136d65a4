// afd_results: what evaluating a scenario yields. Passes fill it, backends show it; docs/results.md documents the JSON.
#pragma once
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/count.h"
#include "support/json.h"

namespace afdc {

/// Of the JSON. Version 2: of a deployment with several roles, `breakdown_s` names the role of each step.
inline constexpr int kResultsVersion = 2;

/// One kind of operator's share of a step or of a request.
struct BreakdownRow {
  std::string cls;  ///< "gemm", "attention", "all_reduce", "host", …
  double seconds = 0;
  double compute_s = 0, memory_s = 0, network_s = 0;  ///< by the resource that bounds each operator
  double flops = 0, bytes = 0;
};

/// Seconds of a step by the resource that bounds each operator, and what none of them explains: the host's.
struct ByResource {
  double compute = 0, memory = 0, network = 0, other = 0;
};

struct Breakdown {
  std::string step;  ///< "decode", "mixed", "prefill"
  std::string role;  ///< of a deployment with several
  double seconds = 0;
  std::vector<BreakdownRow> rows;
  bool overlapping = false;   ///< rows are busy times of resources that work at the same time
  ByResource resources = {};  ///< sums over the rows
};

/// Bytes on the fullest device of a role.
struct RoleMemory {
  std::string role;
  double weights = 0, kv = 0, activations = 0, reserve = 0;
  double capacity = 0,
         available = 0;  ///< what the device reports; what the runtime's rule lets weights, activations and KV use
  double kv_room = 0;    ///< bytes of the device that caches may take
  double unused = 0;     ///< what the runtime's rule leaves to nobody
  /// Tokens whose cache fits, of requests with so many tokens each: layers with a window or a state keep the same of a
  /// long request as of a shorter one.
  double kv_capacity_tokens = 0, kv_capacity_at_tokens = 0;
  std::vector<std::pair<std::string, double>> weights_by_class;
  double used() const { return weights + kv + activations + reserve; }
};

/// One kind of engine of a deployment.
struct RoleResult {
  std::string name, hardware;
  Count devices = 0;
  double step_s = 0;           ///< of its typical step
  std::optional<double> busy;  ///< share of time that it works
  std::string bottleneck;
};

/// Attention and FFN apart: seconds of one microbatch in one layer (the mean over layers), beside what a token's time
/// leaves for each of three stages that overlap (TPOT / 3L).
struct AfdResult {
  std::string role, bottleneck;
  Count microbatches = 1, layers = 1;
  double attention_s = 0, to_ffn_s = 0, ffn_s = 0, to_attention_s = 0, budget_s = 0;
  struct Sensitivity {
    std::string what;
    double tpot_s = 0;
  };
  std::vector<Sensitivity> sensitivities;
};

/// Where the times of one kind of operator come from, as shares of its time in the typical step: "roofline" (every
/// efficiency one), "fitted" curves, "measured" tables, "between" measured points, "extrapolated" beyond them.
struct SourceShare {
  std::string role, cls, source;
  double share = 0;
};

enum class Verdict { Pass, Fail, Unknown };

struct SloResult {
  std::string expect, message;
  Verdict verdict = Verdict::Unknown;
  std::optional<double> margin;  ///< (bound - value) / bound for `<`, (value - bound) / bound for `>`: positive is good
  std::optional<double> value, bound;
  std::string unit;
  std::string place;
};

struct Assumption {
  std::string what, from;
};

/// How figures answer to a field: percent of change for one percent more of it.
struct Sensitivity {
  std::string field, value;
  double throughput = 0, tpot = 0, ttft = 0;
  double strongest() const { return std::max({std::fabs(throughput), std::fabs(tpot), std::fabs(ttft)}); }
};

struct Results {
  std::string scenario, model, deployment, workload, hardware, mode;
  std::string compiler_version, stdlib_hash, scenario_hash, profile = "default";
  Count devices = 0, devices_paid = 0;

  /// Nullopt: this evaluator cannot say.
  struct Metrics {
#define METRIC(member, name, column, divisor) std::optional<double> member;
#include "results/metrics.def"
#undef METRIC
  } metrics;

  std::vector<RoleResult> roles;
  std::vector<AfdResult> afd;
  std::optional<double> transfer_s;  ///< one request's cache from prefill to decode
  std::vector<SourceShare> sources;
  std::vector<RoleMemory> memory;
  std::vector<Breakdown> breakdowns;
  std::string bottleneck;
  std::vector<SloResult> slo;
  std::vector<Assumption> assumptions;
  std::vector<Sensitivity> sensitivities;  ///< where asked for
};

void to_json(JsonTree& tree, const Results& results);
/// A number like any other.
void to_json(JsonTree& tree, Count n);
/// The versioned JSON of one or more results.
std::string toJson(const std::vector<Results>& results);
/// What that JSON says. Of a breakdown's rows it has class and seconds only, of memory not what caches may take. Throws
/// std::runtime_error where the text is no such JSON.
std::vector<Results> readResults(std::string_view json);

}  // namespace afdc
