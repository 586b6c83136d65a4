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
    auto name = g.strings[body.ops[i].intrinsic];
    bool view = name == "slice" || name == "join" || name == "append" || name == "rotary" || name == "run_layers";
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

std::optional<MemoryPlan> planMemory(const StepModel& m, const Scenario& s, Diagnostics& diags) {
  const auto& plan = m.plan();
  const auto& e = m.engine();
  const auto& g = plan.graph;
  auto values = evaluated(m, e.max_tokens, std::min(e.max_seqs, e.max_tokens));
  MemoryPlan out;
  double worst = -1;
  auto stages = layersByStage(g, e.degrees.pp);
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    std::map<std::string, double> byClass;
    double weights = 0;
    auto count = [&](size_t b, double times, auto&& which) {
      for (const auto& st : plan.storage[b]) {
        if (st.kind != TensorKind::Weight || !runsHere(m, st.ffn) || !which(st)) continue;
        double bytes = times * values[st.bytes.index];
        // Copies of redundant experts lie beside the others, spread over the ranks.
        if (e.redundantExperts > 0 && !plan.bodies[b].routes.empty() && g.strings[st.cls] == "expert")
          bytes *= 1 + e.redundantExperts / plan.bodies[b].routes[0].experts;
        weights += bytes;
        byClass[std::string(g.strings[st.cls])] += bytes;
      }
    };
    for (size_t b = 0; b < plan.bodies.size(); ++b) count(b, stages[stage][b], [](const StoragePlan&) { return true; });
    // The model's own weights: the embedding on the first stage, the head on the last; a tied table on both.
    size_t mainBody = g.main.index;
    const auto& main = g.bodies[mainBody];
    size_t stackAt = 0;
    while (stackAt < main.ops.size() && g.strings[main.ops[stackAt].intrinsic] != "run_layers") ++stackAt;
    count(mainBody, 1, [&](const StoragePlan& st) {
      bool first = false, last = false;
      for (size_t i = 0; i < main.ops.size(); ++i)
        for (const auto& o : main.ops[i].operands)
          if (main.tensors[o.tensor.index].name == st.name) (i < stackAt ? first : last) = true;
      return (first && stage == 0) || (last && stage + 1 == stages.size()) || (!first && !last && stage == 0);
    });
    if (weights <= worst) continue;
    worst = weights;
    out.fullest.weights = weights;
    out.fullest.weights_by_class.assign(byClass.begin(), byClass.end());
  }
  // What lies in the host's memory does not lie here.
  double offloaded = e.offload.weights * out.fullest.weights;
  out.fullest.weights -= offloaded;
  for (auto& [cls, bytes] : out.fullest.weights_by_class) bytes *= 1 - e.offload.weights;
  double activations = samplerBytes(m, values);
  for (size_t b = 0; b < plan.bodies.size(); ++b) activations = std::max(activations, activationPeak(m, b, values));
  auto& f = out.fullest;
  f.role = e.name;
  f.activations = activations;
  f.reserve = e.runtime.reserve;
  f.capacity = e.device.capacity;
  double fixed = f.weights + f.activations + f.reserve;
  // vLLM: u·C - weights - activations - other; TensorRT-LLM: f·(C - weights - activations - other); SGLang: f·C -
  // weights, with activations and the rest in what is left.
  double free = f.capacity - fixed, share = e.kv_fraction * f.capacity;
  switch (e.runtime.memory_rule) {
    case RuntimeModel::MemoryRule::OfCapacity: out.kvBudget = share - fixed; break;
    case RuntimeModel::MemoryRule::OfFree: out.kvBudget = e.kv_fraction * free; break;
    case RuntimeModel::MemoryRule::Static: out.kvBudget = std::min(share - f.weights, free); break;
  }
  f.available = e.runtime.memory_rule == RuntimeModel::MemoryRule::OfCapacity ? share : f.capacity;
  out.weightBytes = f.weights;
  if (e.offload.any() && offloaded > e.offload.capacity) {
    diags.report<diag::does_not_fit>(rangeOf(s, e.node, diags), std::string(g.strings[g.name]), bytesText(offloaded),
                                     "the host", bytesText(e.offload.capacity));
    return std::nullopt;
  }
  if (out.kvBudget > 0 && e.offload.kv > 0)
    out.kvBudget = std::min(out.kvBudget / (1 - e.offload.kv), (e.offload.capacity - offloaded) / e.offload.kv);
  if (out.kvBudget <= 0) {
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
    return std::nullopt;
  }
  return out;
}

bool checkDivision(const StepModel& m, const Scenario& s, Diagnostics& diags) {
  const auto& g = m.plan().graph;
  const auto degrees = m.engine().degrees.byAxis();
  bool ok = true;
  std::set<std::string> seen;
  if (m.engine().degrees.pp > g.layerCount()) {
    diags.report<diag::too_many_stages>(rangeOf(s, m.engine().degreeAt(Axis::pp), diags),
                                        shortest(m.engine().degrees.pp), g.layerCount(), g.strings[g.name]);
    return false;
  }
  std::vector<double> values = evaluated(m, 1, 1);
  // Layers first: `tp` is about heads before it is about the vocabulary. One degree, one message.
  std::vector<const Body*> order;
  for (const auto& body : g.bodies)
    if (&body != &g.bodies[g.main.index]) order.push_back(&body);
  order.push_back(&g.bodies[g.main.index]);
  for (const auto* body : order)
    for (const auto& t : body->tensors) {
      if (!ok) return false;
      if (t.kind == TensorKind::Activation || t.kind == TensorKind::Route) continue;
      for (const auto& dim : t.dims) {
        if (dim.axis == Axis::None) continue;
        std::string axis(kAxisNames[static_cast<size_t>(dim.axis)]);
        double degree = degrees[static_cast<size_t>(dim.axis)];
        for (const auto& part : dim.parts) {
          double units = values[part.units.index];
          std::string key = fmt::format("{} {} {}", axis, degree, units);
          if (degree <= 1 || std::fmod(units, degree) == 0) continue;
          std::string_view name = g.strings[t.name];
          SourceRange at = rangeOf(s, m.engine().degreeAt(dim.axis), diags);
          if (degree > units && dim.replicate && std::fmod(degree, units) == 0) {
            if (seen.insert(key).second && t.kind == TensorKind::Cache)
              diags
                  .report<diag::replicated>(at, axis, shortest(degree), shortest(units), "heads",
                                            fmt::format("`{}`", name), shortest(degree / units))
                  .label(rangeOf(t.place, g.strings, diags), "declared here");
            continue;
          }
          if (!ok) continue;
          ok = false;
          std::vector<std::string> divisors;
          for (double d = 1; d <= std::min(units, 1024.0); ++d)
            if (std::fmod(units, d) == 0) divisors.push_back(shortest(d));
          auto& d = degree > units && std::fmod(degree, units) == 0
                        ? diags.report<diag::degree_too_large>(at, axis, shortest(degree),
                                                               fmt::format("the {} parts of", shortest(units)), name)
                        : diags.report<diag::does_not_divide>(at, axis, shortest(degree),
                                                              fmt::format("the {} parts of", shortest(units)), name);
          d.label(rangeOf(t.place, g.strings, diags), fmt::format("split into {} parts here", shortest(units)));
          if (divisors.size() <= 16) d.help(fmt::format("{} may be {}", axis, joinWords(divisors, "or")));
        }
      }
    }
  return ok;
}

}  // namespace afdc
