#include "passes/deployment/view.h"

#include <algorithm>

#include "passes/deployment/fields.h"
#include "passes/deployment/records.h"

namespace afdc {

using namespace ir;

Count DeploymentView::devices() const {
  Count sum = 0;
  for (const auto& e : engines) sum += e.replicas * e.degrees.devices();
  return sum;
}

const EngineConfig* DeploymentView::find(Serves what, UnitKind kind) const {
  for (const auto& e : engines)
    if (e.serves == what && e.kind == kind) return &e;
  return nullptr;
}

namespace {

/// A bound on one metric; nullopt of every other promise.
std::optional<Promise> promiseOf(const Scenario& s, const Node& check) {
  static constexpr std::pair<ExprOp, const char*> kOps[] = {
      {ExprOp::Less, "<"}, {ExprOp::LessEq, "<="}, {ExprOp::Greater, ">"}, {ExprOp::GreaterEq, ">="}};
  const auto& top = s.exprs[check.check];
  auto op = std::find_if(std::begin(kOps), std::end(kOps), [&](const auto& o) { return o.first == top.op; });
  if (op == std::end(kOps) || s.exprs[ExprId{top.a}].op != ExprOp::Metric ||
      s.exprs[ExprId{top.b}].op != ExprOp::Constant)
    return std::nullopt;
  Promise out;
  out.metric = s.strings[StringId{s.exprs[ExprId{top.a}].a}];
  if (size_t open = out.metric.find('('); open != std::string::npos) {
    out.statistic = out.metric.substr(0, open);
    out.metric = out.metric.substr(open + 1, out.metric.size() - open - 2);
  }
  out.op = op->second;
  out.bound = s.exprs[ExprId{top.b}].value;
  out.text = s.strings[check.text];
  out.path = "slo";
  return out;
}

void readPromises(const Scenario& s, NodeId slo, DeploymentView& out) {
  if (!slo.valid()) return;
  for (auto child : s[slo].children) {
    const auto& check = s[child];
    if (check.kind != NodeKind::Check) continue;
    if (auto promise = promiseOf(s, check))
      out.promises.push_back(std::move(*promise));
    else
      out.otherPromises.emplace_back(s.strings[check.text]);
  }
}

bool readEngines(const Scenario& s, NodeId deployment, const DeploymentRecords& records, DeploymentView& out,
                 Diagnostics& diags) {
  for (auto engine : records.engines) {
    if (choiceOf<EngineKind>(s, engine) == EngineKind::AttentionFfn) {
      auto groups = readAfd(s, deployment, engine, diags);
      if (!groups) return false;
      out.attentionFfn = true;
      out.engines.push_back(std::move(groups->attention));
      out.engines.push_back(std::move(groups->ffn));
    } else {
      auto whole = readEngine(s, deployment, engine, diags);
      if (!whole) return false;
      out.engines.push_back(std::move(*whole));
    }
  }
  return true;
}

}  // namespace

std::optional<DeploymentView> readDeployment(const Scenario& s, Diagnostics& diags) {
  DeploymentView out;
  FieldReader fields(s, diags);
  ScenarioRecords scenario;
  DeploymentRecords deployment;
  fields.read(scenario, "Scenario", s.root);
  fields.read(deployment, "Deployment", scenario.deployment);
  if (fields.failed()) return std::nullopt;
  out.scenario = s.strings[s[s.root].name];
  out.disaggregated = choiceOf<DeploymentKind>(s, scenario.deployment) == DeploymentKind::Disaggregated;
  auto model = readModel(s, deployment.model, diags);
  auto shape = shapeOf(s, deployment.model, diags);
  auto load = readLoad(s, scenario.workload, diags);
  auto transfer = out.disaggregated ? readTransfer(s, scenario.deployment, diags) : TransferConfig{};
  if (!model || !shape || !load || !transfer || !readEngines(s, scenario.deployment, deployment, out, diags))
    return std::nullopt;
  out.model = std::move(*model);
  out.shape = shape->shape;
  out.shapeError = shape->error;
  out.load = std::move(*load);
  out.transfer = *transfer;
  ClusterRecords cluster;
  fields.read(cluster, "Cluster", deployment.cluster);
  for (auto record : cluster.tiers) {
    TierView tier;
    tier.name = s.strings[s[record].name];
    fields.read(tier, "Tier", record);
    out.tiers.push_back(std::move(tier));
  }
  if (fields.failed()) return std::nullopt;
  readPromises(s, scenario.slo, out);
  out.pipeline = scenario.pipeline.valid();
  return out;
}

}  // namespace afdc
