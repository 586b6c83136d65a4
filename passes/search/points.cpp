#include "passes/search/points.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "passes/cost/assembly.h"
#include "passes/deployment/diagnostics.h"
#include "passes/deployment/fields.h"
#include "passes/evaluation/passes.h"
#include "passes/steady/diagnostics.h"

namespace afdc {

using namespace ir;

namespace {

std::string rule(const CatalogueEntry& entry) { return fmt::format("{} {}", entry.id, entry.explanation); }

const std::string kPools = rule(diag::pool_too_small), kContext = rule(diag::above_context),
                  kStep = rule(diag::prompt_too_long), kCache = rule(diag::request_does_not_fit),
                  kRate = rule(diag::above_capacity);

bool covers(uint64_t mask, uint64_t part) { return (part & ~mask) == 0; }

/// Fills a part where it is missing, with the axes that making it looks at.
template <class T, class Make>
void fill(ByAxes<T>& parts, std::span<const uint32_t> ids, Make&& make) {
  if (parts.find(ids)) return;
  Reads reads;
  T made = make();
  parts.put(ids, reads.axes, std::move(made));
}

/// The number of a load among those that are alike in what a side sees of them.
size_t numberOf(const LoadConfig& load, bool amount, std::vector<LoadConfig>& known) {
  auto same = [&](const LoadConfig& k) {
    return k.input == load.input && k.output == load.output && k.outputMax == load.outputMax &&
           k.shared == load.shared && k.carryOver == load.carryOver && k.zipf == load.zipf &&
           k.prefixes == load.prefixes && (!amount || k.amount == load.amount);
  };
  auto found = std::find_if(known.begin(), known.end(), same);
  if (found == known.end()) found = known.insert(known.end(), load);
  return static_cast<size_t>(found - known.begin());
}

RolePart makeRole(const Scenario& s, const Subject& subject, NodeId engine, Plans& plans) {
  RolePart out;
  SourceManager sources;
  Diagnostics diags(sources);
  std::vector<std::string> fallbacks;
  auto role = buildRole(s, subject.deployment, engine, fallbacks, diags, &plans);
  auto model = role ? readModel(s, subject.model, diags) : std::nullopt;
  if (model && fitRole(*role, s, diags)) {
    out.role = std::move(role);
    out.uses = out.role->poolUses();
    out.maxContext = model->max_context;
  } else {
    out.reason = ruleBroken(diags);
  }
  return out;
}

LoadPart makeLoad(const Scenario& s, const Subject& subject) {
  LoadPart out;
  SourceManager sources;
  Diagnostics diags(sources);
  auto load = readLoad(s, subject.workload, diags);
  if (!load) {
    out.reason = ruleBroken(diags);
    return out;
  }
  out.load = std::move(*load);
  bool batch = out.load.arrivals == LoadConfig::Arrivals::Batch;
  if (out.load.arrivals == LoadConfig::Arrivals::Trace || (batch && subject.disaggregated))
    out.reason = rule(diag::not_evaluable);
  return out;
}

}  // namespace

std::string ruleBroken(const Diagnostics& diags) {
  const auto* error = diags.firstError();
  return error ? rule(*error->entry) : "it has no results";
}

Judge::Judge(const Scenario& s) : checks(s) {
  auto promise = [&](const Node& node) {
    Promise p;
    p.condition = s.strings[node.text];
    p.text = fmt::format("expect {}", p.condition);
    p.holds = node.check;
    const auto& top = s.exprs[node.check];
    bool less = top.op == ExprOp::Less || top.op == ExprOp::LessEq,
         greater = top.op == ExprOp::Greater || top.op == ExprOp::GreaterEq;
    if (less || greater) {
      p.low = {less ? top.a : top.b}, p.high = {less ? top.b : top.a};
      p.bound = {top.b};
    }
    return p;
  };
  if (NodeId own = placeOf(s, s.root, FieldId::Scenario_slo); own.valid())
    for (auto child : s[own].children)
      if (s[child].kind == NodeKind::Check) slo.push_back(promise(s[child]));
  for (auto child : s[s.root].children) {
    if (s.nodes[child.index].kind != NodeKind::Check) continue;
    const auto& node = s[child];
    auto name = s.strings[node.name];
    if (name != "expect")
      goals.push_back({std::string(s.strings[node.text]), node.check, name == "maximize"});
    else if (s.strings[node.text] != kSloSatisfied)  // says again what the promises have said
      expects.push_back(promise(node));
  }
}

PointModel::Job PointModel::prepare(std::span<const uint32_t> ids) {
  Job job;
  while (true) {
    for (auto& r : refusals_)
      if (const auto* reason = r.reasons.find(ids)) {
        job.refused = reason, job.decided = r.mask;
        return job;
      }
    const auto* kind = kinds_.find(ids);
    bool known = kind && std::all_of(seen_.begin(), seen_.end(), [&](Seen& s) { return s.points.find(ids); });
    if (known && !kind->reason.empty()) {
      job.refused = &kind->reason, job.decided = kinds_.mask();
      return job;
    }
    size_t roles = known && kind->disaggregated ? 2 : 1;
    job.judge = known ? judges_.find(ids) : nullptr;
    known = known && job.judge;
    for (size_t i = 0; i < roles && known; ++i) {
      job.roles[i] = roles_[i].find(ids);
      const auto* replicas = replicas_[i].find(ids);
      known = job.roles[i] && replicas;
      if (known) job.replicas[i] = *replicas;
    }
    if (known) job.load = loads_.find(ids), job.prices = prices_.find(ids), job.transfer = transfers_.find(ids);
    if (known && job.load && job.prices && job.transfer) break;
    job = Job{};
    learn(ids);
  }
  auto refuse = [&](const std::string& why, uint64_t decided) {
    job.refused = &why, job.decided = decided;
    return job;
  };
  size_t roles = job.roles[1] ? 2 : 1;
  for (size_t i = 0; i < roles; ++i)
    if (!job.roles[i]->role) return refuse(job.roles[i]->reason, kinds_.mask() | roles_[i].mask());
  if (!job.load->reason.empty()) return refuse(job.load->reason, kinds_.mask() | loads_.mask());
  // Engines that share pools may not take more than there is.
  for (size_t i = 0; i < roles; ++i)
    for (const auto& use : job.roles[i]->uses) {
      Count taken = 0;
      uint64_t decided = kinds_.mask();
      for (size_t k = 0; k < roles; ++k)
        for (const auto& other : job.roles[k]->uses)
          if (other.pool == use.pool) {
            taken += job.replicas[k] * other.devices;
            decided |= roles_[k].mask() | replicas_[k].mask();
          }
      if (taken > use.there) return refuse(kPools, decided);
    }
  bool pair = roles == 2;
  for (size_t i = 0; i < roles; ++i) {
    size_t load = pair && i == 1 ? job.load->lengths : job.load->prefixes;
    std::tuple key(job.roles[i], i == 1, load, pair ? job.transfer : nullptr);
    if (!lastSide_[i] || lastKey_[i] != key) {
      lastKey_[i] = key;
      lastSide_[i] = side(*job.roles[i], pair && i == 1, *job.load, pair ? job.transfer : nullptr);
    }
    job.sides[i] = lastSide_[i];
    uint64_t decided = kinds_.mask() | roles_[i].mask() | loads_.mask() | transfers_.mask();
    if (job.sides[i]->fit == Fit::AboveContext) return refuse(kContext, decided);
    if (job.sides[i]->fit == Fit::AboveStep) return refuse(kStep, decided);
    if (job.sides[i]->fit == Fit::AboveCache) return refuse(kCache, decided);
  }
  return job;
}

/// Resolves a point and makes the parts of it that are not known, or notes why the language refuses it.
void PointModel::learn(std::span<const uint32_t> ids) {
  ++counts_.resolved;
  auto resolved = resolve_(ids);
  if (!resolved.scenario) {
    auto same = std::find_if(refusals_.begin(), refusals_.end(), [&](auto& r) { return r.mask == resolved.failed; });
    if (same == refusals_.end()) {
      refusals_.push_back({resolved.failed, {}});
      same = refusals_.end() - 1;
    }
    same->reasons.put(ids, resolved.failed, resolved.reason);
    return;
  }
  auto& s = *resolved.scenario;
  SourceManager sources;
  Diagnostics diags(sources);
  std::optional<Subject> subject;
  {
    Reads reads;
    subject = subjectOf(s, diags);
    Kind kind;
    if (!subject)
      kind.reason = ruleBroken(diags);
    else
      kind.disaggregated = subject->disaggregated;
    if (!kinds_.find(ids)) kinds_.put(ids, reads.axes, kind);
  }
  if (subject) {
    fill(judges_, ids, [&] { return Judge(s); });
    for (size_t i = 0; i < subject->engines.size(); ++i) {
      NodeId engine = subject->engines[i];
      // Without the field there is no role either, and that is what the point is refused for.
      fill(replicas_[i], ids, [&] { return countOf(s, engine, FieldId::Engine_replicas); });
      // How many replicas there are is a number of the pairing: a role is built as one of them.
      NodeId replicas = placeOf(s, engine, FieldId::Engine_replicas);
      Node asked = replicas.valid() ? s.nodes[replicas.index] : Node{};
      if (replicas.valid()) s.nodes[replicas.index].value = Number::integer(1), s.nodes[replicas.index].axes = 0;
      fill(roles_[i], ids, [&] {
        ++counts_.roles;
        return makeRole(s, *subject, engine, plans_);
      });
      if (replicas.valid()) s.nodes[replicas.index] = std::move(asked);
    }
    fill(loads_, ids, [&] {
      auto part = makeLoad(s, *subject);
      bool prefix = part.load.shared > 0 || part.load.carryOver > 0;
      part.lengths = numberOf(part.load, false, lengths_);
      part.prefixes = numberOf(part.load, prefix, prefixes_);
      return part;
    });
    // What cannot be read at one point is a fault of the library, and so of all points of its kind.
    auto orRefuse = [&](auto made) {
      if (!made) kinds_.find(ids)->reason = ruleBroken(diags);
      return made ? *made : typename decltype(made)::value_type{};
    };
    fill(prices_, ids, [&] { return orRefuse(pricesOf(s, subject->deployment, diags)); });
    fill(transfers_, ids, [&] {
      return subject->disaggregated ? orRefuse(readTransfer(s, subject->deployment, diags)) : TransferConfig{};
    });
  }
  remember(ids, resolved.decided);
}

/// The language's checks have passed here: so they do wherever the axes that they look at are the same. Axes of a part
/// need no note of their own, as the part itself is one.
void PointModel::remember(std::span<const uint32_t> ids, const std::vector<uint64_t>& decided) {
  auto covered = [&](uint64_t mask) {
    for (const auto& r : roles_)
      if (covers(r.mask(), mask)) return true;
    for (const auto& r : replicas_)
      if (covers(r.mask(), mask)) return true;
    return covers(kinds_.mask(), mask) || covers(loads_.mask(), mask) || covers(transfers_.mask(), mask) ||
           covers(prices_.mask(), mask) || covers(judges_.mask(), mask) ||
           std::any_of(seen_.begin(), seen_.end(), [&](const Seen& s) { return covers(s.mask, mask); });
  };
  for (uint64_t mask : decided)
    if (!covered(mask)) {
      std::erase_if(seen_, [&](const Seen& s) { return covers(mask, s.mask); });
      seen_.push_back({mask, {}});
    }
  for (auto& s : seen_)
    if (!s.points.find(ids)) s.points.put(ids, s.mask, 1);
}

const SidePart* PointModel::side(const RolePart& role, bool decode, const LoadPart& load,
                                 const TransferConfig* transfer) {
  std::tuple key(&role, decode, decode ? load.lengths : load.prefixes, transfer);
  if (auto found = sides_.find(key); found != sides_.end()) return &found->second;
  ++counts_.sides;
  auto& side = sides_[key];
  side.fit = fitOf(*role.role, load.load, role.maxContext, !decode || !transfer);
  if (side.fit != Fit::Yes) return &side;
  side.slotsOfRank = std::min(role.role->engine().max_seqs, sequencesThatFit(*role.role, load.load));
  if (transfer && decode) side.token.emplace(tokenSide(*role.role, *transfer, load.load));
  if (transfer && !decode) side.prompt = promptSide(*role.role, *transfer, load.load);
  return &side;
}

PointFigures figuresOf(const PointModel::Job& job) {
  PointFigures out;
  auto refuse = [&](const std::string& why) {
    out.refused = &why;
    return out;
  };
  bool pair = job.roles[1] != nullptr;
  for (size_t i = 0; i < (pair ? 2 : 1); ++i) out.devices += job.replicas[i] * job.roles[i]->role->devices();
  const auto& load = job.load->load;
  const auto& first = *job.roles[0]->role;
  const auto& e = first.engine();
  double sequences = 0;  // held per rank of the first role
  if (pair) {
    auto paired =
        pairUp(*job.sides[0]->prompt, job.replicas[0], *job.sides[1]->token, job.replicas[1], *job.transfer, load);
    if (paired.above) return refuse(kRate);
    out.metrics = metricsOf(ratesOf(paired, job.replicas[1] * job.roles[1]->role->engine().degrees.pp), load);
    sequences = std::max(1.0, paired.x * paired.tau / (job.replicas[0] * e.degrees.dp));
  } else {
    auto solo = serveSolo(first, job.replicas[0], job.sides[0]->slotsOfRank, load);
    if (solo.refused == Solo::Refused::Batch) return refuse(kCache);
    if (solo.refused == Solo::Refused::Rate) return refuse(kRate);
    out.metrics = metricsOf(ratesOf(solo, job.replicas[0] * e.degrees.pp, load), load);
    double perRank = solo.running / e.degrees.dp;
    sequences = (load.arrivals == LoadConfig::Arrivals::Batch ? std::ceil(perRank) : perRank) * e.degrees.pp;
  }
  addPrices(out.metrics, *job.prices);
  if (job.judge->checks.asksMemory()) {
    auto memory = first.memory[0];
    memory.kv = (1 - e.offload.kv) *
                std::min(first.kvBudget, sequences * sequenceBytes(first.holder(), load.input + load.output / 2));
    out.memoryUsed = memory.used();
  }
  return out;
}

}  // namespace afdc
