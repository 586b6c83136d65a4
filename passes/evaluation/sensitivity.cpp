#include "passes/evaluation/sensitivity.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <thread>

namespace afdc {

using namespace ir;

namespace {

constexpr double kStep = 0.05;

struct Field {
  std::string path;
  NodeId node;
};

/// Numbers with a unit, and ratios, below a node; each once, under the first path that leads to it.
void collect(const Scenario& s, NodeId at, const std::string& path, std::set<uint32_t>& seen,
             std::vector<Field>& fields) {
  if (!seen.insert(at.index).second) return;
  const auto& n = s[at];
  if (n.kind == NodeKind::Number) {
    bool count = n.dimension.none() && n.value.isInteger();
    if (!count && n.value.toDouble() != 0) fields.push_back({path, at});
    return;
  }
  if (n.kind != NodeKind::Record && n.kind != NodeKind::Dist) return;
  for (auto child : n.children) {
    std::string name(s.strings[s[child].name]);
    // What a distribution is made of moves together: its mean stands for it.
    if (n.kind == NodeKind::Dist && name != "mean") continue;
    collect(s, child, n.kind == NodeKind::Dist ? path : path.empty() ? name : path + "." + name, seen, fields);
  }
}

std::optional<Results::Metrics> metricsOf(const Scenario& s) {
  SourceManager sources;
  Diagnostics diags(sources);
  auto results = runPasses(s, "", diags).results;
  return results ? std::optional(results->metrics) : std::nullopt;
}

std::optional<Results::Metrics> metricsWith(Scenario& s, NodeId node, double factor) {
  Number before = s.nodes[node.index].value;
  s.nodes[node.index].value = Number::inexact(before.toDouble() * factor);
  auto out = metricsOf(s);
  s.nodes[node.index].value = before;
  return out;
}

bool same(const Results::Metrics& a, const Results::Metrics& b) {
  return a.tpot_mean_s == b.tpot_mean_s && a.ttft_mean_s == b.ttft_mean_s &&
         a.output_tokens_per_s == b.output_tokens_per_s;
}

double elasticity(const std::optional<double>& less, const std::optional<double>& more) {
  if (!less || !more || *less <= 0 || *more <= 0) return 0;
  return std::log(*more / *less) / std::log((1 + kStep) / (1 - kStep));
}

}  // namespace

std::vector<Sensitivity> sensitivities(const Scenario& scenario) {
  std::vector<Field> fields;
  std::set<uint32_t> seen;
  collect(scenario, scenario.root, "", seen, fields);
  std::vector<std::optional<Sensitivity>> found(fields.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    Scenario s = scenario;
    auto base = metricsOf(s);
    for (size_t i; base && (i = next++) < fields.size();) {
      auto more = metricsWith(s, fields[i].node, 1 + kStep);
      if (!more || same(*more, *base)) continue;  // most fields do not matter
      auto less = metricsWith(s, fields[i].node, 1 - kStep);
      if (!less) continue;
      Sensitivity one;
      one.field = fields[i].path;
      one.value = s.show(fields[i].node);
      one.tpot = elasticity(less->tpot_mean_s, more->tpot_mean_s);
      one.ttft = elasticity(less->ttft_mean_s, more->ttft_mean_s);
      one.throughput = elasticity(less->output_tokens_per_s, more->output_tokens_per_s);
      if (one.strongest() > 1e-3) found[i] = std::move(one);
    }
  };
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) others.emplace_back(work);
    work();
  }
  std::vector<Sensitivity> out;
  for (auto& one : found)
    if (one) out.push_back(std::move(*one));
  std::stable_sort(out.begin(), out.end(),
                   [](const Sensitivity& a, const Sensitivity& b) { return a.strongest() > b.strongest(); });
  return out;
}

}  // namespace afdc
