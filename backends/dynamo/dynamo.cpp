// NVIDIA Dynamo: a DynamoGraphDeployment (nvidia.com/v1beta1) with a frontend and a component for each kind of engine.
#include "backends/dynamo/dynamo.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/kubernetes/pods.h"
#include "backends/vllm/vllm.h"
#include "passes/deployment/fields.h"
#include "support/text.h"

namespace afdc::emit {

using namespace kubernetes;

namespace {

struct Framework {
  std::string_view name, module, image, model;  ///< the option that names the model
};
constexpr Framework kFrameworks[] = {
    {"vllm", "dynamo.vllm", "ai-dynamo/vllm-runtime:1.0.0", "--model"},
    {"sglang", "dynamo.sglang", "ai-dynamo/sglang-runtime:1.0.0", "--model-path"},
    {"trtllm", "dynamo.trtllm", "ai-dynamo/tensorrtllm-runtime:1.0.0", "--model-path"},
};

/// An engine's own options without the words that start it, its model and what Dynamo says itself.
std::vector<Argument> optionsOf(const Command& command) {
  std::vector<Argument> out;
  for (auto argument : command.arguments) {
    const auto& option = argument.option;
    bool own = option.empty() || option == "--model-path" || option.starts_with("--disaggregation-") ||
               option == "--kv-transfer-config";
    if (own) continue;
    // What TensorRT-LLM's own server calls its options file.
    if (option == "--extra_llm_api_options") argument.option = "--extra-engine-args";
    out.push_back(std::move(argument));
  }
  return out;
}

Document component(std::string name, const char* type, double replicas, Document container, double nodes) {
  auto c = Document::map().set("name", std::move(name)).set("type", type).set("replicas", replicas);
  c["podTemplate"]["spec"]["containers"].add(std::move(container));
  if (nodes > 1) c.set("multinode", Document::map().set("nodeCount", nodes));
  return c;
}

void write(const Input& in, Emission& out) {
  const auto& v = in.view;
  if (v.attentionFfn) out.refuse("a DynamoGraphDeployment takes no attention and FFN apart", "deployment");
  if (!possible(in, out)) return;
  const auto& launcher = launcherOf(in, out);
  const auto* framework = std::find_if(std::begin(kFrameworks), std::end(kFrameworks),
                                       [&](const Framework& f) { return f.name == launcher.program; });
  auto graph = Document::map().set("apiVersion", "nvidia.com/v1beta1").set("kind", "DynamoGraphDeployment");
  graph.set("metadata", metadata(in, nameOf(v.scenario)));
  graph["spec"].set("backendFramework", framework->name);
  auto& components = graph["spec"]["components"];
  auto front = Document::map().set("name", "main").set("image", framework->image);
  front.set("command", Document::list({"python3", "-m", "dynamo.frontend"}))
      .set("args", Document::list({"--http-port", "8000"}));
  components.add(component("frontend", "frontend", 1, std::move(front), 1));
  for (const auto& e : v.engines) {
    auto container = Document::map().set("name", "main").set("image", framework->image);
    Command command = launcher.command(in, e, out), started;
    started.word("python3").word("-m").word(std::string(framework->module));
    started.add(std::string(framework->model), v.checkpoint());
    for (auto& option : optionsOf(command)) started.put(std::move(option));
    if (e.serves != Serves::Both)
      started.add("--disaggregation-mode", e.serves == Serves::Prefill ? "prefill" : "decode");
    if (command.files.empty()) {
      container.set("command", Document::list({"python3", "-m", framework->module}));
      auto args = Document::list();
      for (size_t i = 3; i < started.arguments.size(); ++i)
        for (const auto& word : wordsOf(started.arguments[i])) args.add(inContainer(word.text));
      container.set("args", std::move(args));
    } else {
      container.set("command", Document::list({"sh", "-c"}));
      container.set("args", Document::list({inContainer(fmt::format("set -eu\n{}exec {}\n", filesInScript(command),
                                                                    shellLine(started, " \\\n  ")))}));
    }
    container["resources"]["limits"].set("nvidia.com/gpu", shortest(std::min(e.degrees.devices(), e.machine.gpus)));
    const char* type = e.serves == Serves::Both ? "worker" : e.serves == Serves::Prefill ? "prefill" : "decode";
    components.add(component(roleOf(e), type, e.replicas, std::move(container), e.nodes()));
    out.map("dynamo.yaml", fmt::format("{}.replicas", roleOf(e)), shortest(e.replicas),
            e.said(FieldId::Engine_replicas));
    out.map("dynamo.yaml", fmt::format("{}.multinode.nodeCount", roleOf(e)), shortest(e.nodes()), e.path + ".parallel");
  }
  out.lose("images are named without their registry: write yours in front", "deployment");
  out.file("dynamo.yaml") = yamlFile(in, {graph});
}

}  // namespace

const Target kDynamo = {"dynamo",    "NVIDIA Dynamo",    "DynamoGraphDeployment nvidia.com/v1beta1 (Dynamo 1.x)",
                        abilities(), kubernetes::kUnits, write};

}  // namespace afdc::emit
