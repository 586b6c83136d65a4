#include "passes/cost/assembly.h"

#include <algorithm>
#include <tuple>

#include "ir/places.h"
#include "passes/deployment/diagnostics.h"
#include "passes/lowering/lowering.h"

namespace afdc {

using namespace ir;

namespace {

/// Adds the unit that drafts, if the engine speculates. Drafts run on the devices that hold the cache, with their
/// degrees.
bool addDrafts(Assembly& out, const Scenario& s, NodeId engine, NodeId model, Diagnostics& diags) {
  out.speculation = readSpeculation(s, engine);
  if (!out.speculation) return true;
  NodeId drafts = out.speculation->mtp ? s.find(model, "mtp") : out.speculation->model;
  if (!drafts.valid()) {
    diags
        .report<diag::not_evaluable>(rangeOf(s, out.speculation->node, diags), out.name,
                                     fmt::format("the model `{}` declares no MTP module", s.show(model)))
        .help("give the model an `mtp`, or draft by a smaller model: `DraftModel { model = … }`");
    return false;
  }
  Unit unit{.name = out.name + ".drafts", .config = out.units[0].config, .model = drafts, .drafts = true};
  if (out.attentionFfn) {
    unit.config.degrees.ep = unit.config.degrees.ranks();
    unit.config.degrees.edp = 1;
  }
  out.units.push_back(std::move(unit));
  return true;
}

}  // namespace

std::optional<Assembly> assemble(const Scenario& s, NodeId deployment, NodeId engine, Diagnostics& diags) {
  NodeId model = s.find(deployment, "model");
  Assembly out;
  out.name = s.strings[s[engine].name];
  if (s.isA(engine, "AttentionFfn")) {
    out.attentionFfn = readAfd(s, deployment, engine, diags);
    if (!out.attentionFfn) return std::nullopt;
    const auto& [attention, ffn] = std::tie(out.attentionFfn->attention, out.attentionFfn->ffn);
    out.units.push_back(
        {.name = attention.name, .config = attention, .model = model, .part = StepModel::Part::Attention});
    out.units.push_back({.name = ffn.name, .config = ffn, .model = model, .part = StepModel::Part::Ffn});
  } else {
    auto config = readEngine(s, deployment, engine, diags);
    if (!config) return std::nullopt;
    out.units.push_back({.name = out.name, .config = std::move(*config), .model = model});
  }
  if (!addDrafts(out, s, engine, model, diags)) return std::nullopt;
  return out;
}

bool lower(Assembly& assembly, const Scenario& s, std::vector<std::string>& fallbacks, Diagnostics& diags) {
  for (auto& unit : assembly.units) {
    std::vector<std::string> ofDrafts;  // said of the model itself already
    unit.graph = lower(s, unit.model, unit.config.arithmetic(), unit.drafts ? ofDrafts : fallbacks, diags);
    if (!unit.graph) return false;
  }
  return true;
}

bool shard(Assembly& assembly, Diagnostics& diags) {
  return std::all_of(assembly.units.begin(), assembly.units.end(),
                     [&](Unit& unit) { return unit.plan || shard(*unit.graph, diags); });
}

bool insertCollectives(Assembly& assembly, Diagnostics& diags) {
  for (auto& unit : assembly.units) {
    if (unit.plan) continue;
    insertCollectives(*unit.graph);
    if (auto problem = verify(*unit.graph); !problem.empty()) {
      diags.report<diag::internal_error>({}, problem);
      return false;
    }
  }
  return true;
}

std::optional<Role> place(Assembly assembly, const Scenario& s, Diagnostics& diags) {
  auto& units = assembly.units;
  for (auto& unit : units)
    if (!unit.plan) unit.plan = std::make_shared<const Plan>(compile(std::move(*unit.graph), unit.config));
  if (assembly.attentionFfn && !checkCut(units[0].plan->graph, s, diags)) return std::nullopt;
  auto model = [](const Unit& unit) { return StepModel(unit.plan, unit.config, unit.part); };
  Role role = assembly.attentionFfn
                  ? Role(assembly.name, AfdModel(model(units[0]), model(units[1]), *assembly.attentionFfn))
                  : Role(assembly.name, model(units[0]));
  if (!checkDivision(role.holder(), s, diags)) return std::nullopt;
  if (role.afd() && !checkDivision(role.afd()->ffn(), s, diags)) return std::nullopt;
  if (units.back().drafts) role.speculate(model(units.back()), *assembly.speculation);
  return role;
}

std::optional<Role> buildRole(const Scenario& s, NodeId deployment, NodeId engine, std::vector<std::string>& fallbacks,
                              Diagnostics& diags, Plans* plans) {
  auto assembly = assemble(s, deployment, engine, diags);
  if (!assembly || !lower(*assembly, s, fallbacks, diags)) return std::nullopt;
  std::vector<std::string> keys;  // parallel to the units; empty: not to be kept
  for (auto& unit : assembly->units) {
    keys.push_back(plans ? Plans::key(*unit.graph, unit.config) : "");
    if (!keys.back().empty()) unit.plan = plans->find(keys.back());
  }
  if (!shard(*assembly, diags) || !insertCollectives(*assembly, diags)) return std::nullopt;
  for (size_t i = 0; i < keys.size(); ++i) {
    auto& unit = assembly->units[i];
    if (unit.plan) continue;
    unit.plan = std::make_shared<const Plan>(compile(std::move(*unit.graph), unit.config));
    if (!keys[i].empty()) plans->put(keys[i], unit.plan);
  }
  return place(std::move(*assembly), s, diags);
}

}  // namespace afdc
