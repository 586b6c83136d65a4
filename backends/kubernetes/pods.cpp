#include "backends/kubernetes/pods.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "backends/vllm/vllm.h"
#include "passes/deployment/fields.h"
#include "support/hash.h"
#include "support/text.h"

namespace afdc::emit::kubernetes {

namespace {

constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode},
    {Construct::AttentionFfn},
    {Construct::TensorParallel},
    {Construct::PipelineParallel},
    {Construct::DataParallel},
    {Construct::ExpertParallel},
    {Construct::ContextParallel, How::Refused, "no engine that is started here has a stable option for it"},
    {Construct::Replicas},
    {Construct::MixedHardware, How::Lossy, "node selectors are yours to add: the scenario does not name nodes"},
    {Construct::Moe},
    {Construct::LatentAttention},
    {Construct::WindowedAttention},
    {Construct::StateSpace},
    {Construct::OtherMixer},
    {Construct::ReducedWeights},
    {Construct::ReducedKv},
    {Construct::MtpDrafts},
    {Construct::DraftModel},
    {Construct::Offload, How::Lossy, "offloading options are not set"},
    {Construct::PrefixReuse},
    {Construct::ClosedLoop},
    {Construct::OpenLoop},
    {Construct::StaticBatch},
    {Construct::RecordedTrace},
    {Construct::Spread},
    {Construct::Turns},
    {Construct::Pipeline, How::Lossy, "only the deployment is started"},
    {Construct::Promises},
};

void noteName(const std::string& text, const std::string& name, const std::string& path, Emission& out) {
  if (name.size() != text.size())
    out.lose(fmt::format("`{}` is called `{}` there: names are lower case, digits and dashes", text, name), path);
}

}  // namespace

std::span<const Ability> abilities() { return kAbilities; }

std::string nameOf(std::string_view text, size_t longest) {
  constexpr size_t kHash = 8;
  bool whole = true;  // nothing of the text is lost
  std::string out;
  for (char c : text) {
    bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    out += letter ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : '-';
    whole = whole && (letter || c == '-' || c == '_');
  }
  whole = whole && out.size() <= longest && !out.empty() && std::isalpha(static_cast<unsigned char>(out[0])) &&
          out.back() != '-';
  if (whole) return out;
  out.erase(0, out.find_first_not_of('-'));
  if (out.empty() || !std::isalpha(static_cast<unsigned char>(out[0]))) out = "s-" + out;
  out = out.substr(0, longest - kHash - 1);
  out.erase(out.find_last_not_of('-') + 1);
  return fmt::format("{}-{}", out, sha256(text).substr(0, kHash));
}

std::string inContainer(std::string_view text) {
  // What could be the name of a variable: of all else Kubernetes leaves `$(…)` as it is.
  auto isReference = [](std::string_view rest) {
    size_t end = rest.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.", 1);
    return rest.starts_with('(') && end != std::string_view::npos && end > 1 && rest[end] == ')';
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    auto rest = text.substr(i + 1);
    bool replaced = text[i] == '$' && (rest.starts_with('$') || isReference(rest));
    out += replaced ? "$$" : std::string(1, text[i]);
  }
  return out;
}

const Launcher& launcherOf(const Input& in, Emission& out) {
  const auto* launcher = launcherFor(programOf(in.view.engines[0]));
  if (!launcher) launcher = &kVllmLauncher;
  noteProgram(in, *launcher, out);
  return *launcher;
}

std::string roleOf(const Engine& e) {
  constexpr size_t kLongest = 20;  // behind the scenario's name, in one of 63 letters
  return nameOf(e.unit, kLongest);
}

Document labelsOf(const Input& in, const Engine& e) {
  return Document::map()
      .set("app.kubernetes.io/name", nameOf(in.view.scenario))
      .set("app.kubernetes.io/component", roleOf(e))
      .set("app.kubernetes.io/managed-by", "afdc");
}

Document metadata(const Input& in, std::string name) {
  auto out = Document::map().set("name", std::move(name));
  out.set("labels", Document::map()
                        .set("app.kubernetes.io/name", nameOf(in.view.scenario))
                        .set("app.kubernetes.io/managed-by", "afdc"));
  out.set("annotations", Document::map().set("afdc/made-by", in.stamp()));
  return out;
}

bool possible(const Input& in, Emission& out) {
  namesCheckpoint(in, "an engine", out);
  noteName(in.view.scenario, nameOf(in.view.scenario), "", out);
  for (const auto& e : in.view.engines) {
    noteName(e.unit, roleOf(e), e.path, out);
    for (const auto& other : in.view.engines)
      if (&other < &e && roleOf(other) == roleOf(e))
        out.refuse(fmt::format("`{}` and `{}` would both be `{}`", other.unit, e.unit, roleOf(e)), e.path);
  }
  for (const auto& e : in.view.engines) {
    if (e.kind == UnitKind::Attention && programOf(e) != "" && programOf(e) != "vllm")
      out.refuse("attention and FFN apart are started by vLLM's plugin only", e.said(FieldId::Engine_runtime));
    if (e.kind == UnitKind::Attention && e.replicas > 1)
      out.refuse(fmt::format("{} replicas of `{}`: pods of one attention-FFN engine would not find each other",
                             shortest(e.replicas), e.owner),
                 e.said(FieldId::Engine_replicas));
  }
  if (in.view.attentionFfn) checkAfdPlugin(in, out);
  return out.refusals.empty();
}

Document podSpec(const Input& in, const Engine& e, const Launcher& launcher, Emission& out) {
  std::vector<Process> parts;
  auto all = placementOf(in.view);
  for (const auto& p : all)
    if (p.engine == &e && p.replica == 0) parts.push_back(p);
  Command base = launcher.command(in, e, out);
  std::string script = "set -eu\n";
  bool several = parts.size() > 1;
  // Addresses that commands name: a pod's own, the leader's of its group, and where attention begins.
  for (auto& p : parts) p.port = 8000;
  script += filesInScript(base);
  script += "leader=\"${LWS_LEADER_ADDRESS:-$POD_IP}\"\n";
  if (several) script += "case \"${LWS_WORKER_INDEX:-0}\" in\n";
  for (const auto& p : parts) {
    Command command = base;
    launcher.place(in, p, command);
    std::string pad = several ? "  " : "";
    if (several) script += fmt::format("{})\n", p.part);
    std::vector<int> named;
    for (const auto& other : all)
      if (command.mentions(other.node) && std::find(named.begin(), named.end(), other.node) == named.end())
        named.push_back(other.node);
    for (int node : named) {
      bool own = node == p.node, leader = node == p.firstNode;
      script += fmt::format("{}export NODE_{}=\"{}\"\n", pad, node,
                            leader && !own                   ? std::string("$leader")
                            : own && e.kind != UnitKind::Ffn ? std::string("$POD_IP")
                                                             : fmt::format("{}-attention", nameOf(in.view.scenario)));
    }
    // Environment of the command, then the command itself in place of the shell.
    for (const auto& [name, value] : command.environment)
      script += fmt::format("{}export {}={}\n", pad, name, inShell(value));
    command.environment.clear();
    script += fmt::format("{}exec {}\n", pad, shellLine(command, " \\\n    "));
    if (several) script += "  ;;\n";
  }
  if (several) script += "esac\n";
  auto container = Document::map();
  container.set("name", "main").set("image", launcher.image);
  container.set("command", Document::list({"sh", "-c"})).set("args", Document::list({inContainer(script)}));
  container["env"].add(
      Document::map()
          .set("name", "POD_IP")
          .set("valueFrom", Document::map().set("fieldRef", Document::map().set("fieldPath", "status.podIP"))));
  if (e.kind != UnitKind::Ffn) container["ports"].add(Document::map().set("containerPort", 8000).set("name", "http"));
  container["resources"]["limits"].set("nvidia.com/gpu", std::to_string(parts.empty() ? 1 : parts[0].devices));
  container["volumeMounts"].add(Document::map().set("name", "dshm").set("mountPath", "/dev/shm"));
  auto spec = Document::map();
  spec["containers"].add(container);
  spec["volumes"].add(Document::map().set("name", "dshm").set("emptyDir", Document::map().set("medium", "Memory")));
  return spec;
}

Document service(const Input& in, const Engine& e) {
  auto out = Document::map().set("apiVersion", "v1").set("kind", "Service");
  out.set("metadata", metadata(in, fmt::format("{}-{}", nameOf(in.view.scenario), roleOf(e))));
  auto selector = labelsOf(in, e);
  selector.set("leaderworkerset.sigs.k8s.io/worker-index", "0");
  auto spec = Document::map().set("selector", selector);
  spec["ports"].add(Document::map().set("name", "http").set("port", 8000).set("targetPort", 8000));
  return out.set("spec", spec);
}

std::string yamlFile(const Input& in, const std::vector<Document>& documents) {
  std::string out = fmt::format("# {}\n", in.stamp());
  for (size_t i = 0; i < documents.size(); ++i) out += (i ? "---\n" : "") + documents[i].yaml();
  return out;
}

}  // namespace afdc::emit::kubernetes
