#include "passes/evaluation/sensitivity.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "support/tasks.h"

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
  auto results = runPasses(s, "", diags, {}, Identity::None).results;
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

/// What a worker varies one field of at a time, and what it gives unvaried.
struct Trial {
  Scenario scenario;
  Results::Metrics base;
};

/// How the metrics answer to a field; nothing where they do not.
std::optional<Sensitivity> answerTo(const Field& field, Trial& trial) {
  auto more = metricsWith(trial.scenario, field.node, 1 + kStep);
  if (!more || same(*more, trial.base)) return std::nullopt;  // most fields do not matter
  auto less = metricsWith(trial.scenario, field.node, 1 - kStep);
  if (!less) return std::nullopt;
  Sensitivity one;
  one.field = field.path;
  one.value = trial.scenario.show(field.node);
  one.tpot = elasticity(less->tpot_mean_s, more->tpot_mean_s);
  one.ttft = elasticity(less->ttft_mean_s, more->ttft_mean_s);
  one.throughput = elasticity(less->output_tokens_per_s, more->output_tokens_per_s);
  if (!(one.strongest() > 1e-3)) return std::nullopt;
  return one;
}

}  // namespace

std::vector<Sensitivity> sensitivities(const Scenario& scenario) {
  auto base = metricsOf(scenario);
  if (!base) return {};
  std::vector<Field> fields;
  std::set<uint32_t> seen;
  collect(scenario, scenario.root, "", seen, fields);
  std::vector<std::optional<Sensitivity>> found(fields.size());
  Tasks tasks;
  std::vector<std::optional<Trial>> trials(tasks.workers());
  tasks.forEach(fields.size(), [&](size_t i, size_t worker) {
    auto& trial = trials[worker];
    if (!trial) trial = Trial{scenario, *base};
    found[i] = answerTo(fields[i], *trial);
  });
  std::vector<Sensitivity> out;
  for (auto& one : found)
    if (one) out.push_back(std::move(*one));
  std::stable_sort(out.begin(), out.end(),
                   [](const Sensitivity& a, const Sensitivity& b) { return a.strongest() > b.strongest(); });
  return out;
}

}  // namespace afdc
