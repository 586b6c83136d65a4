#include "passes/cost/memory.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "passes/cost/diagnostics.h"
#include "support/text.h"

namespace afdc {

using namespace ir;

namespace {

std::string bytesText(double b) { return humanize(b, Dimension::of(Base::Bytes)); }

/// Does this side of a layer lie on the devices of the model's part?
bool runsHere(const StepModel& m, bool ffn) {
  return m.part() == StepModel::Part::Whole || ffn == (m.part() == StepModel::Part::Ffn);
}

std::vector<double> evaluated(const StepModel& m, double tokens, double seqs) {
  ExprPool::Inputs in;
  in.degrees = m.engine().degrees.byAxis();
  in.symbols = {tokens, seqs, seqs, tokens, tokens};
  std::vector<double> values;
  m.plan().graph.exprs.evaluate(in, values);
  return values;
}

/// Largest sum of activations that are alive together in one body, for the given expression values.
double activationPeak(const StepModel& m, size_t b, const std::vector<double>& values) {
  const auto& plan = m.plan();
  const auto degrees = m.engine().degrees.byAxis();
  const auto& g = plan.graph;
  const auto& body = g.bodies[b];
  auto bytes = [&](TensorId id) {
    const auto& t = body.tensors[id.index];
    if (t.kind != TensorKind::Activation) return 0.0;
    double n = 1;
    for (const auto& dim : t.dims) {
      double size = 0;
      for (const auto& part : dim.parts)
        size +=
            values[part.size.index] / (dim.axis != Axis::None && part.units.valid()
                                           ? std::min(values[part.units.index], degrees[static_cast<size_t>(dim.axis)])
                                           : 1);
      n *= size;
    }
    const auto* p = g.precision(t.cls);
    return n * (p ? p->bytesPerElement() : 2);
  };
  std::vector<size_t> lastUse(body.tensors.size(), 0);
  for (size_t i = 0; i < body.ops.size(); ++i)
    for (const auto& o : body.ops[i].operands) lastUse[o.tensor.index] = i;
  double live = 0, peak = 0;
  for (auto p : body.params) live += bytes(p);
  std::vector<bool> alias(body.tensors.size(), false);  // slices and joins are views
  for (size_t i = 0; i < body.ops.size(); ++i) {
    if (!runsHere(m, body.ops[i].side == Side::Ffn)) continue;
    bool view = factsOf(body.ops[i].kind).result == OperatorResult::View;
    alias[body.ops[i].result.index] = view;
    if (!view) live += bytes(body.ops[i].result);
    peak = std::max(peak, live);
    std::set<uint32_t> freed;
    for (const auto& o : body.ops[i].operands)
      if (lastUse[o.tensor.index] == i && !alias[o.tensor.index] && freed.insert(o.tensor.index).second)
        live -= bytes(o.tensor);
  }
  return peak;
}

/// What sampling needs beside the logits that the model returns: nothing where they are not, on devices of the FFN; and
/// of an encoder, which keeps no tokens, nobody samples.
double samplerBytes(const StepModel& m, const std::vector<double>& values) {
  if (m.part() == StepModel::Part::Ffn) return 0;
  const auto& g = m.plan().graph;
  const auto& main = g.bodies[g.main.index];
  auto keeps = [](const auto& storage) {
    return std::any_of(storage.begin(), storage.end(), [](const StoragePlan& st) {
      return st.kind == TensorKind::Cache || st.kind == TensorKind::State;
    });
  };
  if (std::none_of(m.plan().storage.begin(), m.plan().storage.end(), keeps)) return 0;
  double entries = 1;
  for (const auto& dim : main.tensors[main.returned.index].dims) {
    double size = 0;
    for (const auto& part : dim.parts) size += values[part.size.index];
    entries *= size;
  }
  return entries * m.engine().runtime.sampler;
}

}  // namespace

double sequenceBytes(const StepModel& m, double tokens) {
  const auto& plan = m.plan();
  double block = m.engine().kv_block;
  auto values = evaluated(m, 1, 1);
  auto blocks = [&](double t) { return std::ceil(t / block) * block; };
  double worst = 0;
  for (const auto& stage : layersByStage(plan.graph, m.engine().degrees.pp)) {
    double sum = 0;
    for (size_t b = 0; b < plan.storage.size(); ++b)
      for (const auto& st : plan.storage[b]) {
        if (st.kind == TensorKind::Cache)
          sum += stage[b] * values[st.bytes.index] *
                 blocks(m.engine().runtime.windows ? std::min(tokens, st.window) : tokens);
        if (st.kind == TensorKind::State) sum += stage[b] * values[st.bytes.index];
      }
    worst = std::max(worst, sum);
  }
  return worst;
}

double uniqueBytes(const StepModel& m, double tokens) {
  const auto& plan = m.plan();
  ExprPool::Inputs in;
  in.degrees.fill(1);
  in.symbols.fill(1);
  std::vector<double> values;
  plan.graph.exprs.evaluate(in, values);
  double sum = 0;
  for (const auto& run : plan.graph.stack)
    for (const auto& st : plan.storage[run.body.index]) {
      if (st.kind == TensorKind::Cache) sum += run.count * values[st.bytes.index] * std::min(tokens, st.window);
      if (st.kind == TensorKind::State) sum += run.count * values[st.bytes.index];
    }
  return sum;
}

namespace {

/// Pipeline stages on which a weight of the model's own lies: the embedding on the first stage, the head on the last; a
/// tied table on both.
struct OwnWeightStages {
  bool first = false, last = false;
};
OwnWeightStages stagesOf(const Body& main, const StoragePlan& weight) {
  size_t stackAt = 0;
  while (stackAt < main.ops.size() && main.ops[stackAt].kind != OperatorKind::RunLayers) ++stackAt;
  OwnWeightStages out;
  for (size_t i = 0; i < main.ops.size(); ++i)
    for (const auto& o : main.ops[i].operands)
      if (main.tensors[o.tensor.index].name == weight.name) (i < stackAt ? out.first : out.last) = true;
  if (!out.first && !out.last) out.first = true;
  return out;
}

/// Bytes of weights on a device of the fullest pipeline stage, by class.
void countWeights(const StepModel& m, const std::vector<double>& values, RoleMemory& fullest) {
  const auto& plan = m.plan();
  const auto& e = m.engine();
  const auto& g = plan.graph;
  double most = -1;
  auto stages = layersByStage(g, e.degrees.pp);
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    std::map<std::string, double> byClass;
    double weights = 0;
    auto count = [&](size_t b, const StoragePlan& st, double times) {
      if (st.kind != TensorKind::Weight || !runsHere(m, st.ffn)) return;
      double bytes = times * values[st.bytes.index];
      // Copies of redundant experts lie beside the others, spread over the ranks.
      if (e.redundantExperts > 0 && !plan.bodies[b].routes.empty() && g.strings[st.cls] == "expert")
        bytes *= 1 + e.redundantExperts / plan.bodies[b].routes[0].experts;
      weights += bytes;
      byClass[std::string(g.strings[st.cls])] += bytes;
    };
    for (size_t b = 0; b < plan.bodies.size(); ++b)
      for (const auto& st : plan.storage[b]) count(b, st, stages[stage][b]);
    for (const auto& st : plan.storage[g.main.index]) {
      auto own = stagesOf(g.bodies[g.main.index], st);
      if ((own.first && stage == 0) || (own.last && stage + 1 == stages.size())) count(g.main.index, st, 1);
    }
    if (weights <= most) continue;
    most = weights;
    fullest.weights = weights;
    fullest.weights_by_class.assign(byClass.begin(), byClass.end());
  }
}

/// What the runtime's rule leaves for caches. A share of capacity: f·C - weights - activations - other; of what is
/// free: f·(C - weights - activations - other); static: f·C - weights, with activations and the rest in what is left.
/// Sets what the rule lets all of them use.
double budget(const EngineConfig& e, RoleMemory& f) {
  double fixed = f.weights + f.activations + f.reserve;
  double free = f.capacity - fixed, share = e.kv_fraction * f.capacity;
  f.available = e.runtime.memory_rule == RuntimeModel::MemoryRule::OfCapacity ? share : f.capacity;
  switch (e.runtime.memory_rule) {
    case RuntimeModel::MemoryRule::OfCapacity: return share - fixed;
    case RuntimeModel::MemoryRule::OfFree: return e.kv_fraction * free;
    case RuntimeModel::MemoryRule::Static: break;
  }
  return std::min(share - f.weights, free);
}

void reportNoRoom(const StepModel& m, const RoleMemory& f, const Scenario& s, Diagnostics& diags) {
  const auto& g = m.plan().graph;
  const auto& e = m.engine();
  double fixed = f.weights + f.activations + f.reserve;
  auto& d = diags.report<diag::does_not_fit>(rangeOf(s, e.node, diags), std::string(g.strings[g.name]),
                                             bytesText(fixed), e.device.name, bytesText(f.available));
  std::string table;
  auto line = [&](std::string_view what, double bytes) {
    table += fmt::format("{}{:<22}{:>10}", table.empty() ? "" : "\n", what, bytesText(bytes));
  };
  for (const auto& [cls, bytes] : f.weights_by_class)
    if (bytes > 0.001 * f.weights) line(fmt::format("weights, {}", cls), bytes);
  line("activations", f.activations);
  if (f.reserve > 0) line("reserve", f.reserve);
  line("sum", fixed);
  line(fmt::format("{}% of capacity", significant(100 * f.available / f.capacity, 4)), f.available);
  d.note(table);
  d.help(
      fmt::format("more devices per replica (tp, pp, ep), or fewer bits per weight; at least {} devices of this kind "
                  "are needed for the weights alone",
                  std::ceil(f.weights * e.degrees.devices() / std::max(1.0, f.available))));
}

}  // namespace

std::optional<MemoryPlan> planMemory(const StepModel& m, const Scenario& s, Diagnostics& diags) {
  const auto& plan = m.plan();
  const auto& e = m.engine();
  auto values = evaluated(m, e.max_tokens, std::min<double>(e.max_seqs, e.max_tokens));
  MemoryPlan out;
  auto& f = out.fullest;
  countWeights(m, values, f);
  // What lies in the host's memory does not lie here.
  double offloaded = e.offload.weights * f.weights;
  f.weights -= offloaded;
  for (auto& [cls, bytes] : f.weights_by_class) bytes *= 1 - e.offload.weights;
  f.activations = samplerBytes(m, values);
  for (size_t b = 0; b < plan.bodies.size(); ++b) f.activations = std::max(f.activations, activationPeak(m, b, values));
  f.role = e.name;
  f.reserve = e.runtime.reserve;
  f.capacity = e.device.capacity;
  out.kvBudget = budget(e, f);
  f.unused = std::max(0.0, f.capacity - f.weights - f.activations - f.reserve - out.kvBudget);
  out.weightBytes = f.weights;
  if (e.offload.any() && offloaded > e.offload.capacity) {
    diags.report<diag::does_not_fit>(rangeOf(s, e.node, diags), std::string(plan.graph.strings[plan.graph.name]),
                                     bytesText(offloaded), "the host", bytesText(e.offload.capacity));
    return std::nullopt;
  }
  if (out.kvBudget > 0 && e.offload.kv > 0)
    out.kvBudget = std::min(out.kvBudget / (1 - e.offload.kv), (e.offload.capacity - offloaded) / e.offload.kv);
  if (out.kvBudget > 0) return out;
  reportNoRoom(m, f, s, diags);
  return std::nullopt;
}

namespace {

/// Holds the degrees of an engine against the dimensions that they split.
class Division {
 public:
  Division(const StepModel& m, const Scenario& s, Diagnostics& diags)
      : m_(m), g_(m.plan().graph), s_(s), diags_(diags) {}

  /// One degree, one message: stops at the first tensor that does not divide.
  bool run() {
    const auto& d = m_.engine().degrees;
    if (d.pp > g_.layerCount()) {
      diags_.report<diag::too_many_stages>(at(Axis::pp), shortest(d.pp), g_.layerCount(), g_.strings[g_.name]);
      return false;
    }
    values_ = evaluated(m_, 1, 1);
    warnOfNoExperts();
    // Layers first: `tp` is about heads before it is about the vocabulary.
    for (uint32_t b = 0; b < g_.bodies.size(); ++b)
      if (BodyId{b} != g_.main && !divides(g_.bodies[b])) return false;
    return divides(g_.bodies[g_.main.index]);
  }

 private:
  /// A part of a stored dimension and the degree that splits it.
  struct Split {
    const Tensor& tensor;
    Axis axis;
    double degree, units;
    std::string_view degreeName() const { return kAxisNames[static_cast<size_t>(axis)]; }
  };

  /// `ep` splits experts, and a dense model has none.
  void warnOfNoExperts() {
    auto degree = m_.engine().degrees.ep;
    bool splits = std::any_of(g_.bodies.begin(), g_.bodies.end(), [](const Body& body) {
      return std::any_of(body.tensors.begin(), body.tensors.end(), [](const Tensor& t) {
        return std::any_of(t.dims.begin(), t.dims.end(), [](const TensorDim& dim) { return dim.axis == Axis::ep; });
      });
    });
    if (degree > 1 && !splits && at(Axis::ep).valid())
      diags_.report<diag::no_experts>(at(Axis::ep), shortest(degree), g_.strings[g_.name]);
  }

  bool divides(const Body& body) {
    return std::all_of(body.tensors.begin(), body.tensors.end(), [&](const Tensor& t) { return divides(t); });
  }

  bool divides(const Tensor& t) {
    if (t.kind == TensorKind::Activation || t.kind == TensorKind::Route) return true;
    bool ok = true;
    for (const auto& dim : t.dims) {
      if (dim.axis == Axis::None) continue;
      double degree = m_.engine().degrees.of(dim.axis);
      for (const auto& part : dim.parts) {
        Split split{t, dim.axis, degree, values_[part.units.index]};
        if (degree <= 1 || std::fmod(split.units, degree) == 0) continue;
        if (dim.replicate && isWholeMultiple(split)) {
          warnOfCopies(split);
        } else if (ok) {
          report(split);
          ok = false;
        }
      }
    }
    return ok;
  }

  static bool isWholeMultiple(const Split& s) { return s.degree > s.units && std::fmod(s.degree, s.units) == 0; }

  void warnOfCopies(const Split& split) {
    bool first = warned_.insert(fmt::format("{} {} {}", split.degreeName(), split.degree, split.units)).second;
    if (!first || split.tensor.kind != TensorKind::Cache) return;
    diags_
        .report<diag::replicated>(at(split.axis), split.degreeName(), shortest(split.degree), shortest(split.units),
                                  "parts", fmt::format("`{}`", g_.strings[split.tensor.name]),
                                  shortest(split.degree / split.units))
        .label(rangeOf(split.tensor.place, g_.strings, diags_), "declared here");
  }

  void report(const Split& split) {
    auto parts = fmt::format("the {} parts of", shortest(split.units));
    std::string degree = shortest(split.degree);
    auto name = g_.strings[split.tensor.name];
    auto& d = isWholeMultiple(split)
                  ? diags_.report<diag::degree_too_large>(at(split.axis), split.degreeName(), degree, parts, name)
                  : diags_.report<diag::does_not_divide>(at(split.axis), split.degreeName(), degree, parts, name);
    d.label(rangeOf(split.tensor.place, g_.strings, diags_),
            fmt::format("split into {} parts here", shortest(split.units)));
    auto fits = degreesThatFit(split.axis);
    if (!fits.empty() && fits.size() <= 16)
      d.help(fmt::format("{} may be {}", split.degreeName(), joinWords(fits, "or")));
  }

  /// The degrees of an axis at which every weight and cache divides, and for which the pool has devices.
  std::vector<std::string> degreesThatFit(Axis axis) const {
    std::vector<const TensorDim*> dims;
    double most = 0;
    for (const auto& body : g_.bodies)
      for (const auto& t : body.tensors)
        for (const auto& dim : t.dims)
          if (dim.axis == axis && t.kind != TensorKind::Activation && t.kind != TensorKind::Route) {
            dims.push_back(&dim);
            for (const auto& part : dim.parts) most = std::max(most, values_[part.units.index]);
          }
    auto fits = [&](double degree) {
      return std::all_of(dims.begin(), dims.end(), [&](const TensorDim* dim) {
        return std::all_of(dim->parts.begin(), dim->parts.end(), [&](const auto& part) {
          double units = values_[part.units.index];
          bool copied = dim->replicate && degree > units && std::fmod(degree, units) == 0;
          return std::fmod(units, degree) == 0 || copied;
        });
      });
    };
    std::vector<std::string> out;
    for (int n = 1; n <= std::min(most, 1024.0); ++n)
      if (fits(n) && meshFits(axis, n)) out.push_back(shortest(n));
    return out;
  }

  /// Do the other degrees of the engine allow it?
  bool meshFits(Axis axis, Count degree) const {
    const auto& e = m_.engine();
    Degrees d = e.degrees;
    if (axis == Axis::tp) {
      // What has not been said follows it.
      if (d.etp == d.tp) d.etp = degree;
      if (d.ftp == d.tp) d.ftp = degree;
      d.tp = degree;
    }
    if (axis == Axis::ep) d.ep = degree;
    if (axis == Axis::etp) d.etp = degree;
    if (axis == Axis::ftp) d.ftp = degree;
    auto ranks = static_cast<double>(d.ranks());
    return std::fmod(ranks, static_cast<double>(d.ep * d.etp)) == 0 &&
           std::fmod(ranks, static_cast<double>(d.ftp)) == 0 && e.replicas * d.devices() <= e.poolDevices;
  }

  SourceRange at(Axis degree) const { return rangeOf(s_, m_.engine().degreeAt(degree), diags_); }

  const StepModel& m_;
  const Graph& g_;
  const Scenario& s_;
  Diagnostics& diags_;
  std::vector<double> values_;
  std::set<std::string> warned_;  ///< splits of which it has been said that they are copied
};

}  // namespace

bool checkDivision(const StepModel& m, const Scenario& s, Diagnostics& diags) { return Division(m, s, diags).run(); }

}  // namespace afdc
