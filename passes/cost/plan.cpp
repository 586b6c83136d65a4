#include "passes/cost/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "passes/cost/operator_costs.h"
#include "support/text.h"

namespace afdc {

using namespace ir;

namespace {

class Compiler {
 public:
  Compiler(Graph graph, const EngineConfig& engine) : engine_(engine) { plan_.graph = std::move(graph); }

  Plan run() {
    plan_.activation = plan_.graph.strings.intern("activation");
    for (const auto& body : plan_.graph.bodies) {
      plan_.bodies.push_back(operatorsOf(body));
      plan_.storage.push_back(storageOf(body));
    }
    plan_.reshard = classOf("reshard");
    plan_.width = layerWidth();
    return std::move(plan_);
  }

 private:
  uint16_t classOf(std::string_view name) {
    auto found = std::find(plan_.classes.begin(), plan_.classes.end(), name);
    if (found == plan_.classes.end()) found = plan_.classes.insert(plan_.classes.end(), std::string(name));
    return static_cast<uint16_t>(found - plan_.classes.begin());
  }

  BodyPlan operatorsOf(const Body& body) {
    BodyPlan out;
    BodyRoutes routes{out.routes, {}};
    for (const auto& op : body.ops) {
      uint16_t cls = classOf(factsOf(op.kind).row);
      if (op.kind == OperatorKind::RunLayers) {
        out.stackAt = out.ops.size();
        continue;
      }
      OperatorWriter writer(plan_.graph, body, op, engine_, routes);
      writeCost(op.kind, writer);
      writer.plan.cls = cls;
      writer.plan.number = operators_++;
      out.ops.push_back(writer.plan);
    }
    takeSidesOfLast(out);
    return out;
  }

  /// Tables know experts by the sides of their last product, back to the hidden size.
  static void takeSidesOfLast(BodyPlan& body) {
    for (auto& p : body.ops)
      for (const auto& later : body.ops)
        if (p.cost == Cost::Grouped && later.cost == Cost::Grouped && later.route == p.route)
          std::copy(std::begin(later.expertSides), std::end(later.expertSides), std::begin(p.expertSides));
  }

  std::vector<StoragePlan> storageOf(const Body& body) {
    auto& pool = plan_.graph.exprs;
    std::vector<StoragePlan> out;
    for (const auto& t : body.tensors) {
      if (t.kind == TensorKind::Activation || t.kind == TensorKind::Route) continue;
      const auto* precision = plan_.graph.precision(t.cls);
      ExprId bytes =
          pool.make(ExprOp::Mul, storedElements(pool, t), pool.constant(precision ? precision->bytesPerElement() : 2));
      StoragePlan s{t.kind, t.cls, t.name, bytes};
      if (t.window) s.window = pool.evaluateOne(*t.window, {});
      // Context parallelism splits every sequence's cache.
      if (t.kind == TensorKind::Cache) s.bytes = pool.make(ExprOp::Div, s.bytes, pool.degree(Axis::cp));
      for (const auto& op : body.ops)
        for (const auto& o : op.operands)
          if (&body.tensors[o.tensor.index] == &t && op.side == Side::Ffn) s.ffn = true;
      out.push_back(s);
    }
    return out;
  }

  double layerWidth() const {
    const auto& main = plan_.graph.bodies[plan_.graph.main.index];
    for (const auto& op : main.ops)
      if (op.kind == OperatorKind::RunLayers)
        return plan_.graph.exprs.evaluateOne(main.tensors[op.result.index].dims[1].parts[0].size, {});
    return 0;
  }

  const EngineConfig& engine_;
  Plan plan_;
  uint32_t operators_ = 0;
};

}  // namespace

double Plan::activationBytes() const {
  const auto* precision = graph.precision(activation);
  return precision ? precision->bytesPerElement() : 2;
}

Plan compile(Graph graph, const EngineConfig& engine) { return Compiler(std::move(graph), engine).run(); }

std::vector<std::vector<int>> layersByStage(const Graph& g, Count pp) {
  Count layers = g.layerCount(), base = quotient(layers, pp), extra = layers - base * pp, longer = extra * (base + 1);
  std::vector<std::vector<int>> out(static_cast<size_t>(pp), std::vector<int>(g.bodies.size(), 0));
  Count at = 0;
  for (const auto& equal : g.stack)
    for (uint32_t i = 0; i < equal.count; ++i, ++at) {
      Count stage = at < longer ? quotient(at, base + 1) : extra + quotient(at - longer, base);
      out[static_cast<size_t>(stage)][equal.body.index] += 1;
    }
  return out;
}

std::string Plans::key(const Graph& lowered, const EngineConfig& engine) {
  if (lowered.id == 0) return {};
  const auto& d = engine.device;
  std::string out = fmt::format("{} {} {}", lowered.id, shortest(engine.runtime.tile), d.bf16);
  for (std::string_view arithmetic : {"fp8", "fp4", "int8"}) out += fmt::format(" {}", d.peak(arithmetic));
  for (const auto& p : lowered.precisions)
    out += fmt::format(" {}:{}/{}/{}:{}:{}", p.cls.index, p.bits, p.scaleBits, p.block, lowered.strings[p.compute],
                       lowered.strings[p.format]);
  return out;
}

std::shared_ptr<const Plan> Plans::find(const std::string& key) const {
  auto found = plans_.find(key);
  return found == plans_.end() ? nullptr : found->second;
}

}  // namespace afdc
