// The whole of an evaluated scenario's deployment, for those who describe it to other tools: its model, its engines,
// what joins them, load and promises.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "passes/deployment/config.h"
#include "passes/deployment/shape.h"

namespace afdc {

struct Promise {
  std::string metric, statistic;  ///< "ttft", "p99"
  std::string op;                 ///< "<", "<=", ">", ">="
  double bound = 0;
  std::string text, path;
};

/// A tier that the cluster declares.
struct TierView {
  std::string name;
  Joined joined = Joined::Switch;
};

struct DeploymentView {
  std::string scenario;  ///< its name
  ModelConfig model;
  ModelShape shape;
  std::string shapeError;  ///< what other tools' tables cannot say of the model; "" where they can
  bool disaggregated = false, attentionFfn = false;
  TransferConfig transfer;
  std::vector<EngineConfig> engines;  ///< of an attention-FFN engine both groups, one after the other
  std::vector<TierView> tiers;
  LoadConfig load;
  std::vector<Promise> promises;
  std::vector<std::string> otherPromises;  ///< that are no bound on one metric
  bool pipeline = false;                   ///< are there stages of a request around the deployment?

  Count devices() const;
  /// "" where the model names none.
  std::string checkpoint() const { return model.checkpoints.empty() ? "" : model.checkpoints[0]; }
  const EngineConfig* find(Serves what, UnitKind kind = UnitKind::Whole) const;
};

/// Of the root of a resolved scenario. nullopt after an error.
std::optional<DeploymentView> readDeployment(const ir::Scenario& scenario, Diagnostics& diags);

}  // namespace afdc
