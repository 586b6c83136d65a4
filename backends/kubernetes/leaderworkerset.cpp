// LeaderWorkerSet: one a kind of engine, a group of pods a replica, a pod a node. DisaggregatedSet: all kinds as roles
// of one object (sigs.k8s.io/lws 060ab4d).
#include <fmt/format.h>

#include "backends/kubernetes/kubernetes.h"
#include "backends/kubernetes/pods.h"
#include "passes/deployment/fields.h"
#include "support/text.h"

namespace afdc::emit {

using namespace kubernetes;

namespace {

/// What both kinds have for an engine: replicas, and the pods of one.
Document groupOf(const Input& in, const Engine& e, const Launcher& launcher, Emission& out, const std::string& file) {
  auto pod = Document::map();
  pod.set("metadata", Document::map().set("labels", labelsOf(in, e)));
  pod.set("spec", podSpec(in, e, launcher, out));
  auto spec = Document::map().set("replicas", e.replicas);
  spec["leaderWorkerTemplate"].set("size", e.nodes()).set("workerTemplate", pod);
  out.map(file, fmt::format("{}.replicas", roleOf(e)), shortest(e.replicas), e.said(FieldId::Engine_replicas));
  out.map(file, fmt::format("{}.leaderWorkerTemplate.size", roleOf(e)), shortest(e.nodes()), e.path + ".parallel");
  return spec;
}

void writeSets(const Input& in, Emission& out) {
  if (!possible(in, out)) return;
  const auto& launcher = launcherOf(in, out);
  std::vector<Document> documents;
  for (const auto& e : in.view.engines) {
    auto set = Document::map().set("apiVersion", "leaderworkerset.x-k8s.io/v1").set("kind", "LeaderWorkerSet");
    set.set("metadata", metadata(in, fmt::format("{}-{}", nameOf(in.view.scenario), roleOf(e))));
    set.set("spec", groupOf(in, e, launcher, out, "leaderworkerset.yaml"));
    documents.push_back(std::move(set));
    if (e.kind != UnitKind::Ffn) documents.push_back(service(in, e));
  }
  out.file("leaderworkerset.yaml") = yamlFile(in, documents);
}

void writeDisaggregated(const Input& in, Emission& out) {
  if (in.view.engines.size() < 2)
    out.refuse("one kind of engine: a DisaggregatedSet has at least two roles; emit a leaderworkerset", "deployment");
  if (!possible(in, out)) return;
  const auto& launcher = launcherOf(in, out);
  auto set = Document::map().set("apiVersion", "disaggregatedset.x-k8s.io/v1").set("kind", "DisaggregatedSet");
  set.set("metadata", metadata(in, nameOf(in.view.scenario)));
  auto& roles = set["spec"]["roles"];
  std::vector<Document> documents;
  for (const auto& e : in.view.engines)
    roles.add(
        Document::map().set("name", roleOf(e)).set("spec", groupOf(in, e, launcher, out, "disaggregatedset.yaml")));
  documents.push_back(std::move(set));
  for (const auto& e : in.view.engines)
    if (e.kind != UnitKind::Ffn) documents.push_back(service(in, e));
  out.file("disaggregatedset.yaml") = yamlFile(in, documents);
}

}  // namespace

const Target kLeaderWorkerSet = {"leaderworkerset", "LeaderWorkerSet",  "leaderworkerset.x-k8s.io/v1 (lws 060ab4d)",
                                 abilities(),       kubernetes::kUnits, writeSets};
const Target kDisaggregatedSet = {"disaggregatedset", "DisaggregatedSet", "disaggregatedset.x-k8s.io/v1 (lws 060ab4d)",
                                  abilities(),        kubernetes::kUnits, writeDisaggregated};

}  // namespace afdc::emit
