// KServe's LLMInferenceService (serving.kserve.io/v1alpha2, kserve aaac4e2): it starts vLLM itself from a model and
// degrees; what it has no field for goes into VLLM_ADDITIONAL_ARGS. And the InferencePool of the gateway API inference
// extension (inference.networking.k8s.io/v1, 84436a9), for pods that something else starts.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "backends/kubernetes/kubernetes.h"
#include "backends/kubernetes/pods.h"
#include "backends/vllm/vllm.h"
#include "passes/deployment/fields.h"
#include "support/text.h"

namespace afdc::emit {

using namespace kubernetes;

namespace {

/// Options of `vllm serve` that the service has fields for, or sets itself.
const std::set<std::string> kOwnOptions = {"--tensor-parallel-size", "--pipeline-parallel-size", "--data-parallel-size",
                                           "--enable-expert-parallel"};
constexpr const char* kFile = "llminferenceservice.yaml";

Document parallelismOf(const Engine& e, Emission& out) {
  auto p = Document::map().set("tensor", e.degrees.tp);
  if (e.degrees.pp > 1) p.set("pipeline", e.degrees.pp);
  if (e.degrees.dp > 1)
    p.set("data", e.degrees.dp)
        .set("dataLocal", std::min<double>(e.degrees.dp, e.machine.gpus / (e.degrees.tp * e.degrees.pp)));
  if (e.degrees.ep > 1) p.set("expert", true);
  for (auto [key, field, value] : {std::tuple{"tensor", FieldId::Parallel_tp, e.degrees.tp},
                                   {"pipeline", FieldId::Parallel_pp, e.degrees.pp},
                                   {"data", FieldId::Parallel_dp, e.degrees.dp}})
    out.map(kFile, fmt::format("{}.parallelism.{}", e.unit, key), shortest(value), e.said(field));
  return p;
}

Document template_(const Input& in, const Engine& e, Emission& out) {
  Command command = kVllmLauncher.command(in, e, out);
  Command rest;
  for (const auto& argument : command.arguments)
    if (!argument.option.empty() && !kOwnOptions.count(argument.option)) rest.put(argument);
  auto container = Document::map().set("name", "main");
  container["env"].add(Document::map().set("name", "VLLM_ADDITIONAL_ARGS").set("value", inContainer(shellLine(rest))));
  container["resources"]["limits"].set("nvidia.com/gpu", shortest(std::min(e.degrees.devices(), e.machine.gpus)));
  auto spec = Document::map();
  spec["containers"].add(container);
  return spec;
}

void engineInto(Document& at, const Input& in, const Engine& e, Emission& out) {
  at.set("replicas", e.replicas).set("parallelism", parallelismOf(e, out)).set("template", template_(in, e, out));
  if (e.nodes() > 1) at.set("worker", template_(in, e, out));
  out.map(kFile, fmt::format("{}.replicas", e.unit), shortest(e.replicas), e.said(FieldId::Engine_replicas));
}

void writeService(const Input& in, Emission& out) {
  const auto& v = in.view;
  if (v.attentionFfn)
    out.refuse("an LLMInferenceService has prefill and decode, but no attention and FFN apart", "deployment");
  if (!possible(in, out)) return;
  noteProgram(in, kVllmLauncher, out);
  auto service = Document::map().set("apiVersion", "serving.kserve.io/v1alpha2").set("kind", "LLMInferenceService");
  service.set("metadata", metadata(in, nameOf(v.scenario)));
  auto& spec = service["spec"];
  spec.set("model", Document::map().set("uri", "hf://" + v.checkpoint()).set("name", v.checkpoint()));
  engineInto(spec, in, v.disaggregated ? *v.find(Serves::Decode) : v.engines[0], out);
  if (v.disaggregated) engineInto(spec["prefill"], in, *v.find(Serves::Prefill), out);
  spec.set(
      "router",
      Document::map().set("gateway", Document::map()).set("route", Document::map()).set("scheduler", Document::map()));
  out.file(kFile) = yamlFile(in, {service});
}

void writePool(const Input& in, Emission& out) {
  if (!possible(in, out)) return;
  // Requests go to the pods that answer: decode's where prefill lies apart.
  const auto& v = in.view;
  const auto* e = &v.engines.back();
  for (const auto& candidate : v.engines)
    if (candidate.serves != Serves::Prefill && candidate.kind != UnitKind::Ffn) e = &candidate;
  auto pool = Document::map().set("apiVersion", "inference.networking.k8s.io/v1").set("kind", "InferencePool");
  pool.set("metadata", metadata(in, nameOf(v.scenario)));
  auto& spec = pool["spec"];
  auto labels = labelsOf(in, *e);
  labels.set("leaderworkerset.sigs.k8s.io/worker-index", "0");
  spec["selector"].set("matchLabels", labels);
  spec["targetPorts"].add(Document::map().set("number", 8000));
  spec.set("endpointPickerRef", Document::map()
                                    .set("name", nameOf(v.scenario) + "-epp")
                                    .set("port", Document::map().set("number", 9002))
                                    .set("failureMode", "FailOpen"));
  out.file("inferencepool.yaml") = yamlFile(in, {pool});
  out.map("inferencepool.yaml", "selector.matchLabels", roleOf(*e), e->path);
}

}  // namespace

const Target kKserve = {
    "kserve",    "KServe",           "LLMInferenceService serving.kserve.io/v1alpha2 (kserve aaac4e2)",
    abilities(), kubernetes::kUnits, writeService};
const Target kInferencePool = {"inferencepool", "InferencePool",    "inference.networking.k8s.io/v1 (84436a9)",
                               abilities(),     kubernetes::kUnits, writePool};

}  // namespace afdc::emit
