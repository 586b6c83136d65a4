#include "fidelity/library.h"
#include "passes/deployment/fields.h"
#include "support/text.h"

#include <algorithm>
#include <cctype>

namespace afdc {

std::vector<int> versionNumbers(std::string_view text) {
  constexpr int kReleased = 1'000'000;
  std::vector<int> out;
  auto number = [&] {
    int n = 0;
    for (; !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])); text.remove_prefix(1))
      n = std::min(n * 10 + (text[0] - '0'), kReleased - 1);
    return n;
  };
  while (out.size() < 3 && !text.empty() && std::isdigit(static_cast<unsigned char>(text[0]))) {
    out.push_back(number());
    if (!text.empty() && text[0] == '.') text.remove_prefix(1);
  }
  if (out.empty()) return out;
  out.resize(3, 0);
  bool candidate = text.starts_with("rc");
  if (candidate) text.remove_prefix(2);
  out.push_back(candidate ? number() : kReleased);
  return out;
}

void NameIndex::indexDefaults(Session& session, Module& runtimes, const std::string& dotted) {
  for (auto* object : session.evaluator.blocks(runtimes, "defaults"))
    for (const auto& runtime : session.evaluator.texts(object, rowOf(FieldId::Defaults_of).path))
      defaults_.emplace(runtime, Declared{dotted, object->label});
}

void NameIndex::index() {
  if (std::exchange(indexed_, true)) return;
  Session session(stdlib_);
  for (const auto& dotted : session.loader.standardModules()) {
    bool models = dotted.starts_with("std.models."), hardware = dotted.starts_with("std.hw.");
    bool runtimes = dotted == "std.runtimes";
    if (!models && !hardware && !runtimes) continue;
    Module* module = session.loader.loadStandard(dotted);
    if (!module) continue;
    auto record = [&](std::string_view kind, std::string_view field, std::map<std::string, Declared>& into) {
      for (auto* object : session.evaluator.blocks(*module, kind)) {
        for (const auto& name : session.evaluator.texts(object, field))
          into.emplace(lowerCase(name), Declared{dotted, object->label});
      }
    };
    if (models) record("model", rowOf(FieldId::Model_checkpoints).path, models_);
    if (runtimes) {
      for (auto* object : session.evaluator.blocks(*module, "runtime")) {
        auto since = session.evaluator.texts(object, rowOf(FieldId::Runtime_since).path);
        for (const auto& name : session.evaluator.texts(object, rowOf(FieldId::Runtime_names).path)) {
          Declared declared{dotted, object->label};
          anyVersion_.emplace(lowerCase(name), declared);
          runtimes_[lowerCase(name)].emplace(versionNumbers(since.empty() ? "" : since[0]), declared);
        }
      }
      indexDefaults(session, *module, dotted);
    }
    if (!hardware) continue;
    record("gpu", rowOf(FieldId::Gpu_names).path, devices_);
    for (auto* node : session.evaluator.blocks(*module, "node"))
      if (auto* gpu = session.evaluator.recordField(node, rowOf(FieldId::Node_gpu).path))
        nodes_.emplace(gpu->label, Declared{dotted, node->label});
  }
}

std::optional<Declared> NameIndex::model(std::string_view checkpoint) {
  index();
  if (auto found = models_.find(lowerCase(checkpoint)); found != models_.end()) return found->second;
  // Without the publisher's name, and without what quantisers append.
  auto bare = [](std::string name) {
    name = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
    for (std::string_view tail : {"-fp8", "-nvfp4", "-fp4", "-bf16", "-awq", "-gptq-int4", "-w8a8"})
      if (name.ends_with(tail)) name.resize(name.size() - tail.size());
    return name;
  };
  std::string wanted = bare(lowerCase(checkpoint));
  for (const auto& [name, declared] : models_)
    if (bare(name) == wanted) return declared;
  Session session(stdlib_);
  const auto* meant = session.loader.library().meant(checkpoint, "model");
  return meant ? std::optional(Declared{meant->module, meant->name}) : std::nullopt;
}

std::optional<Declared> NameIndex::device(std::string_view name) {
  index();
  auto found = devices_.find(lowerCase(name));
  return found == devices_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Declared> NameIndex::nodeOf(const Declared& device) {
  index();
  auto found = nodes_.find(device.name);
  return found == nodes_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Declared> NameIndex::runtime(std::string_view engine, std::string_view version) {
  index();
  auto found = runtimes_.find(lowerCase(engine));
  if (found == runtimes_.end()) return std::nullopt;
  const auto& versions = found->second;
  auto wanted = versionNumbers(version);
  if (wanted.empty()) return anyVersion_.at(lowerCase(engine));
  auto after = versions.upper_bound(wanted);
  return after == versions.begin() ? versions.begin()->second : std::prev(after)->second;
}

std::optional<Declared> NameIndex::defaultsOf(const Declared& runtime) {
  index();
  auto found = defaults_.find(runtime.name);
  return found == defaults_.end() ? std::nullopt : std::optional(found->second);
}

const ir::Scenario* NameIndex::resolved(const Declared& model) {
  auto [known, fresh] = resolved_.try_emplace(model.module + "." + model.name);
  if (fresh) {
    Session session(stdlib_);
    if (Module* module = session.loader.loadStandard(model.module))
      if (auto* object = session.evaluator.block(*module, model.name)) {
        auto scenario = session.evaluator.lowerToScenario(object);
        if (session.diags.errors() == 0) known->second = std::move(scenario);
      }
  }
  return known->second ? &*known->second : nullptr;
}

}  // namespace afdc
