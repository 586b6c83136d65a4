#include "passes/cost/role.h"

#include <algorithm>

#include "passes/deployment/diagnostics.h"
#include "passes/lowering/lowering.h"
#include "support/text.h"

namespace afdc {

using namespace ir;

BatchState Role::verified(const BatchState& state, BatchState* drafts) const {
  BatchState out = state;
  for (auto& g : out)
    if (g.fresh == 1) {
      if (drafts) drafts->push_back(g);
      g.fresh += speculation_.depth;
      g.logits = g.fresh;
      g.verify = true;
    }
  return out;
}

uint64_t& Role::stepsTimed() {
  thread_local uint64_t count = 0;
  return count;
}

StepTime Role::time(const BatchState& state, bool withBreakdown) const {
  ++stepsTimed();
  auto step = [&](const BatchState& s) { return afd_ ? afd_->time(s, withBreakdown) : whole_->time(s, withBreakdown); };
  if (!draft_) return step(state);
  BatchState drafting;
  auto t = step(verified(state, &drafting));
  if (drafting.empty()) return t;
  auto d = draft_->time(drafting, withBreakdown);
  double drafts = speculation_.depth * d.seconds;
  t.seconds += drafts;
  t.slowestStage += drafts;
  if (withBreakdown) {
    t.breakdown.seconds = t.seconds;
    BreakdownRow row{"drafts", drafts, 0, 0, 0, 0, 0};
    for (const auto& r : d.breakdown.rows) {
      row.compute_s += speculation_.depth * r.compute_s;
      row.memory_s += speculation_.depth * r.memory_s;
      row.network_s += speculation_.depth * r.network_s;
      row.flops += speculation_.depth * r.flops;
      row.bytes += speculation_.depth * r.bytes;
    }
    auto& rows = t.breakdown.rows;
    rows.insert(std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.seconds < row.seconds; }), row);
  }
  return t;
}

double Role::pacedTime(const BatchState& state) const {
  auto t = time(state);
  double pp = engine().degrees.pp;
  return pp > 1 ? std::max(t.seconds, pp * t.slowestStage) : t.seconds;
}

double Role::devices() const {
  double devices = engine().degrees.devices();
  if (afd_) devices += afd_->config().ffn.degrees.devices();
  return engine().replicas * devices;
}

std::vector<PoolUse> Role::poolUses() const {
  auto use = [](const EngineConfig& e) { return PoolUse{e.pool, e.degrees.devices(), e.poolDevices}; };
  std::vector<PoolUse> out = {use(engine())};
  if (afd_) out.push_back(use(afd_->config().ffn));
  return out;
}

const PoolUse* overdrawn(std::span<const PoolUse> uses) {
  for (const auto& use : uses) {
    double taken = 0;
    for (const auto& other : uses) taken += other.pool == use.pool ? other.devices : 0;
    if (taken > use.there) return &use;
  }
  return nullptr;
}

std::string Role::hardware() const {
  double replicas = engine().replicas;
  auto text = fmt::format("{} x {}", shortest(replicas * engine().degrees.devices()), engine().device.name);
  if (!afd_) return text;
  const auto& f = afd_->config().ffn;
  return fmt::format("{} attention + {} x {} FFN", text, shortest(replicas * f.degrees.devices()), f.device.name);
}

Role Role::with(const std::function<void(EngineConfig&)>& change) const {
  auto changed = [&](const StepModel& m) {
    EngineConfig e = m.engine();
    change(e);
    return StepModel(m.sharedPlan(), e, m.part());
  };
  Role out = *this;
  if (whole_) out.whole_ = changed(*whole_);
  if (afd_) {
    AfdConfig c = afd_->config();
    change(c.attention);
    change(c.ffn);
    out.afd_ = AfdModel(changed(afd_->attention()), changed(afd_->ffn()), c);
  }
  if (draft_) out.draft_ = changed(*draft_);
  return out;
}

Role Role::ideal() const {
  return with([](EngineConfig& e) { e.runtime = RuntimeModel{}; });
}

Role Role::withAfd(double microbatches, double bandwidthFactor) const {
  Role out = *this;
  out.afd_ = afd_->with(microbatches, bandwidthFactor);
  return out;
}

namespace {

std::shared_ptr<const Plan> compiled(const Scenario& s, NodeId model, const EngineConfig& engine,
                                     std::vector<std::string>& fallbacks, Diagnostics& diags, Plans* plans) {
  auto graph = lower(s, model, engine.arithmetic(), fallbacks, diags);
  if (!graph) return nullptr;
  std::string key = plans ? Plans::key(*graph, engine) : "";
  if (!key.empty())
    if (auto known = plans->find(key)) return known;
  if (!shard(*graph, diags)) return nullptr;
  insertCollectives(*graph);
  if (auto problem = verify(*graph); !problem.empty()) {
    diags.report<diag::internal_error>({}, problem);
    return nullptr;
  }
  auto plan = std::make_shared<const Plan>(compile(std::move(*graph), engine));
  if (!key.empty()) plans->put(key, plan);
  return plan;
}

std::optional<Role> buildEngine(const Scenario& s, NodeId deployment, NodeId engine, NodeId model,
                                std::vector<std::string>& fallbacks, Diagnostics& diags, Plans* plans) {
  std::string name(s.strings[s[engine].name]);
  if (!s.isA(engine, "AttentionFfn")) {
    auto config = readEngine(s, deployment, engine, diags);
    if (!config) return std::nullopt;
    auto plan = compiled(s, model, *config, fallbacks, diags, plans);
    if (!plan) return std::nullopt;
    Role role(name, StepModel(std::move(plan), *config));
    return checkDivision(role.holder(), s, diags) ? std::optional(std::move(role)) : std::nullopt;
  }
  auto afd = readAfd(s, deployment, engine, diags);
  if (!afd) return std::nullopt;
  auto attention = compiled(s, model, afd->attention, fallbacks, diags, plans);
  auto ffn = compiled(s, model, afd->ffn, fallbacks, diags, plans);
  if (!attention || !ffn || !checkCut(attention->graph, s, diags)) return std::nullopt;
  StepModel a(std::move(attention), afd->attention, StepModel::Part::Attention);
  StepModel f(std::move(ffn), afd->ffn, StepModel::Part::Ffn);
  if (!checkDivision(a, s, diags) || !checkDivision(f, s, diags)) return std::nullopt;
  return Role(name, AfdModel(std::move(a), std::move(f), *afd));
}

}  // namespace

std::optional<Role> buildRole(const Scenario& s, NodeId deployment, NodeId engine, std::vector<std::string>& fallbacks,
                              Diagnostics& diags, Plans* plans) {
  NodeId model = s.find(deployment, "model");
  auto role = buildEngine(s, deployment, engine, model, fallbacks, diags, plans);
  if (!role) return std::nullopt;
  auto speculation = readSpeculation(s, engine);
  if (!speculation) return role;
  NodeId drafts = speculation->mtp ? s.find(model, "mtp") : speculation->model;
  if (!drafts.valid()) {
    diags
        .report<diag::not_evaluable>(rangeOf(s, speculation->node, diags), std::string(s.strings[s[engine].name]),
                                     fmt::format("the model `{}` declares no MTP module", s.show(model)))
        .help("give the model an `mtp`, or draft by a smaller model: `DraftModel { model = … }`");
    return std::nullopt;
  }
  // Drafts run on the devices that hold the cache, with their degrees.
  EngineConfig config = role->engine();
  if (role->afd()) config.degrees.ep = config.degrees.ranks(), config.degrees.edp = 1;
  std::vector<std::string> ignored;
  auto plan = compiled(s, drafts, config, ignored, diags, plans);
  if (!plan) return std::nullopt;
  role->speculate(StepModel(std::move(plan), config), *speculation);
  return role;
}

bool fitRole(Role& role, const Scenario& s, Diagnostics& diags) {
  auto holder = planMemory(role.holder(), s, diags);
  if (!holder) return false;
  holder->fullest.role = role.engine().name;
  role.memory = {holder->fullest};
  role.kvBudget = holder->kvBudget;
  if (!role.afd()) return true;
  auto ffn = planMemory(role.afd()->ffn(), s, diags);
  if (!ffn) return false;
  ffn->fullest.role = role.afd()->config().ffn.name;
  role.memory.push_back(ffn->fullest);
  return true;
}

}  // namespace afdc
