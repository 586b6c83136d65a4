#include "passes/cost/assembly.h"

#include <algorithm>
#include <tuple>

#include "ir/places.h"
#include "passes/deployment/diagnostics.h"
#include "passes/deployment/fields.h"
#include "passes/deployment/records.h"
#include "passes/lowering/lowering.h"

namespace afdc {

using namespace ir;

namespace {

/// Adds the part that drafts, if the engine speculates. Drafts run on the devices that hold the cache, with their
/// degrees.
bool addDrafts(Assembly& out, const Scenario& s, NodeId model, Diagnostics& diags) {
  const SpeculationConfig speculation = out.parts[0].config.speculation;
  if (speculation.drafts == Drafts::None) return true;
  NodeId drafts = speculation.mtp() ? placeOf(s, model, FieldId::Model_mtp) : speculation.model;
  if (!drafts.valid()) {
    diags
        .report<diag::not_evaluable>(rangeOf(s, speculation.node, diags), out.name,
                                     fmt::format("the model `{}` declares no MTP module", s.show(model)))
        .help("give the model an `mtp`, or draft by a smaller model: `DraftModel { model = … }`");
    return false;
  }
  EnginePart part{.name = out.name + ".drafts", .config = out.parts[0].config, .model = drafts, .drafts = true};
  if (out.attentionFfn) {
    part.config.degrees.ep = part.config.degrees.ranks();
    part.config.degrees.edp = 1;
  }
  out.parts.push_back(std::move(part));
  return true;
}

}  // namespace

std::optional<Assembly> assemble(const Scenario& s, NodeId deployment, NodeId engine, Diagnostics& diags) {
  NodeId model = placeOf(s, deployment, FieldId::Deployment_model);
  Assembly out;
  out.name = s.strings[s[engine].name];
  if (choiceOf<EngineKind>(s, engine) == EngineKind::AttentionFfn) {
    out.attentionFfn = readAfd(s, deployment, engine, diags);
    if (!out.attentionFfn) return std::nullopt;
    const auto& [attention, ffn] = std::tie(out.attentionFfn->attention, out.attentionFfn->ffn);
    out.parts.push_back(
        {.name = attention.name, .config = attention, .model = model, .part = StepModel::Part::Attention});
    out.parts.push_back({.name = ffn.name, .config = ffn, .model = model, .part = StepModel::Part::Ffn});
  } else {
    auto config = readEngine(s, deployment, engine, diags);
    if (!config) return std::nullopt;
    out.parts.push_back({.name = out.name, .config = std::move(*config), .model = model});
  }
  if (!addDrafts(out, s, model, diags)) return std::nullopt;
  return out;
}

bool lower(Assembly& assembly, const Scenario& s, std::vector<std::string>& fallbacks, Diagnostics& diags) {
  for (auto& part : assembly.parts) {
    std::vector<std::string> ofDrafts;  // said of the model itself already
    part.graph = lower(s, part.model, part.config.arithmetic(), part.drafts ? ofDrafts : fallbacks, diags);
    if (!part.graph) return false;
  }
  return true;
}

bool shard(Assembly& assembly, Diagnostics& diags) {
  return std::all_of(assembly.parts.begin(), assembly.parts.end(),
                     [&](EnginePart& part) { return part.plan || shard(*part.graph, diags); });
}

bool insertCollectives(Assembly& assembly, Diagnostics& diags) {
  for (auto& part : assembly.parts) {
    if (part.plan) continue;
    insertCollectives(*part.graph);
    if (auto problem = verify(*part.graph); !problem.empty()) {
      diags.report<diag::internal_error>({}, problem);
      return false;
    }
  }
  return true;
}

std::optional<Role> place(Assembly assembly, const Scenario& s, Diagnostics& diags) {
  auto& parts = assembly.parts;
  for (auto& part : parts)
    if (!part.plan) part.plan = std::make_shared<const Plan>(compile(std::move(*part.graph), part.config));
  if (assembly.attentionFfn && !checkCut(parts[0].plan->graph, s, diags)) return std::nullopt;
  auto model = [](const EnginePart& part) { return StepModel(part.plan, part.config, part.part); };
  Role role = assembly.attentionFfn
                  ? Role(assembly.name, AttentionFfnModel(model(parts[0]), model(parts[1]), *assembly.attentionFfn))
                  : Role(assembly.name, model(parts[0]));
  if (!checkDivision(role.holder(), s, diags)) return std::nullopt;
  if (role.attentionFfn() && !checkDivision(role.attentionFfn()->ffn(), s, diags)) return std::nullopt;
  if (parts.back().drafts) role.speculate(model(parts.back()), parts[0].config.speculation);
  return role;
}

std::optional<Role> buildRole(const Scenario& s, NodeId deployment, NodeId engine, std::vector<std::string>& fallbacks,
                              Diagnostics& diags, Plans* plans) {
  auto assembly = assemble(s, deployment, engine, diags);
  if (!assembly || !lower(*assembly, s, fallbacks, diags)) return std::nullopt;
  std::vector<std::string> keys;  // parallel to the parts; empty: not to be kept
  for (auto& part : assembly->parts) {
    keys.push_back(plans ? Plans::key(*part.graph, part.config) : "");
    if (!keys.back().empty()) part.plan = plans->find(keys.back());
  }
  if (!shard(*assembly, diags) || !insertCollectives(*assembly, diags)) return std::nullopt;
  for (size_t i = 0; i < keys.size(); ++i) {
    auto& part = assembly->parts[i];
    if (part.plan) continue;
    part.plan = std::make_shared<const Plan>(compile(std::move(*part.graph), part.config));
    if (!keys[i].empty()) plans->put(keys[i], part.plan);
  }
  return place(std::move(*assembly), s, diags);
}

}  // namespace afdc
