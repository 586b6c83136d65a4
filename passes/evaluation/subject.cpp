#include "passes/evaluation/subject.h"

#include "ir/places.h"
#include "passes/deployment/diagnostics.h"
#include "passes/deployment/fields.h"
#include "passes/deployment/records.h"

namespace afdc {

using namespace ir;

std::optional<Subject> subjectOf(const Scenario& s, Diagnostics& diags) {
  Subject out;
  FieldReader fields(s, diags);
  if (choiceOf<RootKind>(s, s.root) == RootKind::Scenario) {
    ScenarioRecords records;
    fields.read(records, "Scenario", s.root);
    out.scenario = s.root;
    out.workload = records.workload;
    out.slo = records.slo;
    out.pipeline = records.pipeline;
    out.deployment = records.deployment;
  } else {
    out.deployment = s.root;
  }
  std::string name(s.strings[s[s.root].name]);
  DeploymentRecords records;
  fields.read(records, "Deployment", out.deployment);
  if (fields.failed()) return std::nullopt;
  out.model = records.model;
  out.cluster = records.cluster;
  out.engines = records.engines;
  auto kind = choiceOf<DeploymentKind>(s, out.deployment);
  SourceRange at = rangeOf(s, out.deployment, diags);
  if (kind == DeploymentKind::Disaggregated) {
    out.disaggregated = true;
    NodeId prefill, decode;
    for (auto engine : out.engines) {
      auto role = s.strings[s[engine].name];
      if (role == "prefill") prefill = engine;
      if (role == "decode") decode = engine;
    }
    if (!prefill.valid() || !decode.valid() || out.engines.size() != 2) {
      diags.report<diag::not_evaluable>(
          at, name,
          fmt::format("a disaggregated deployment has `engine prefill` and `engine decode`, this one has {} engines",
                      out.engines.size()));
      return std::nullopt;
    }
    out.engines = {prefill, decode};
    return out;
  }
  if (kind != DeploymentKind::Aggregated) {
    diags.report<diag::not_evaluable>(
        at, name,
        fmt::format("`Aggregated` and `Disaggregated` deployments are evaluated, not `{}`",
                    s.strings[s[out.deployment].schema]));
    return std::nullopt;
  }
  if (out.engines.size() != 1) {
    diags.report<diag::not_evaluable>(
        at, name, fmt::format("an aggregated deployment has one engine, this one has {}", out.engines.size()));
    return std::nullopt;
  }
  return out;
}

}  // namespace afdc
