#include "passes/cost/role.h"

#include <algorithm>

#include "passes/deployment/diagnostics.h"
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
  auto step = [&](const BatchState& s) {
    return attentionFfn_ ? attentionFfn_->time(s, withBreakdown) : whole_->time(s, withBreakdown);
  };
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
  Count pp = engine().degrees.pp;
  return pp > 1 ? std::max(t.seconds, pp * t.slowestStage) : t.seconds;
}

Count Role::devices() const {
  Count devices = engine().degrees.devices();
  if (attentionFfn_) devices += attentionFfn_->config().ffn.degrees.devices();
  return engine().replicas * devices;
}

std::vector<PoolUse> Role::poolUses() const {
  auto use = [](const EngineConfig& e) { return PoolUse{e.pool, e.degrees.devices(), e.poolDevices}; };
  std::vector<PoolUse> out = {use(engine())};
  if (attentionFfn_) out.push_back(use(attentionFfn_->config().ffn));
  return out;
}

const PoolUse* overdrawn(std::span<const PoolUse> uses) {
  for (const auto& use : uses) {
    Count taken = 0;
    for (const auto& other : uses)
      if (other.pool == use.pool) taken += other.devices;
    if (taken > use.there) return &use;
  }
  return nullptr;
}

std::string Role::hardware() const {
  Count replicas = engine().replicas;
  auto text = fmt::format("{} x {}", shortest(replicas * engine().degrees.devices()), engine().device.name);
  if (!attentionFfn_) return text;
  const auto& f = attentionFfn_->config().ffn;
  return fmt::format("{} attention + {} x {} FFN", text, shortest(replicas * f.degrees.devices()), f.device.name);
}

std::vector<const Device*> Role::deviceKinds() const {
  std::vector<const Device*> out = {&engine().device};
  if (attentionFfn_) out.push_back(&attentionFfn_->config().ffn.device);
  return out;
}

Role Role::with(const std::function<void(EngineConfig&)>& change) const {
  auto changed = [&](const StepModel& m) {
    EngineConfig e = m.engine();
    change(e);
    return StepModel(m.sharedPlan(), e, m.part());
  };
  Role out = *this;
  if (whole_) out.whole_ = changed(*whole_);
  if (attentionFfn_) {
    AfdConfig c = attentionFfn_->config();
    change(c.attention);
    change(c.ffn);
    out.attentionFfn_ = AttentionFfnModel(changed(attentionFfn_->attention()), changed(attentionFfn_->ffn()), c);
  }
  if (draft_) out.draft_ = changed(*draft_);
  return out;
}

Role Role::ideal() const {
  return with([](EngineConfig& e) { e.runtime = RuntimeModel{}; });
}

Role Role::withExchange(Count microbatches, double bandwidthFactor) const {
  Role out = *this;
  out.attentionFfn_ = attentionFfn_->with(microbatches, bandwidthFactor);
  return out;
}

bool fitRole(Role& role, const Scenario& s, Diagnostics& diags) {
  auto holder = planMemory(role.holder(), s, diags);
  if (!holder) return false;
  holder->fullest.role = role.engine().name;
  role.memory = {holder->fullest};
  role.kvBudget = holder->kvBudget;
  if (!role.attentionFfn()) return true;
  auto ffn = planMemory(role.attentionFfn()->ffn(), s, diags);
  if (!ffn) return false;
  ffn->fullest.role = role.attentionFfn()->config().ffn.name;
  role.memory.push_back(ffn->fullest);
  return true;
}

}  // namespace afdc
