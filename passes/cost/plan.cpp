#include "passes/cost/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace afdc {

using namespace ir;

namespace {

class Compiler {
 public:
  Compiler(Graph graph, const EngineConfig& engine) : engine_(engine) { plan_.graph = std::move(graph); }

  Plan run() {
    plan_.activation = plan_.graph.strings.intern("activation");
    for (uint32_t b = 0; b < plan_.graph.bodies.size(); ++b) {
      body_ = &plan_.graph.bodies[b];
      plan_.bodies.push_back(compileBody());
      plan_.storage.push_back(storage());
    }
    plan_.reshard = classOf("reshard");
    return std::move(plan_);
  }

 private:
  ExprPool& pool() { return plan_.graph.exprs; }
  std::string_view text(StringId id) const { return plan_.graph.strings[id]; }
  ExprId mul(ExprId a, ExprId b) { return pool().make(ExprOp::Mul, a, b); }
  ExprId add(ExprId a, ExprId b) { return a.valid() ? pool().make(ExprOp::Add, a, b) : b; }
  ExprId constant(double v) { return pool().constant(v); }

  /// Elements of a dimension on one device: each part over the smaller of its pieces and the degree.
  ExprId local(const TensorDim& dim) {
    ExprId sum;
    for (const auto& part : dim.parts) {
      ExprId size = part.size;
      if (dim.axis != Axis::None && part.units.valid())
        size = pool().make(ExprOp::Div, size, pool().make(ExprOp::Min, part.units, pool().degree(dim.axis)));
      sum = add(sum, size);
    }
    return sum;
  }

  /// Dimensions of an operator by name, each with the sharding that any operand gives it.
  std::map<uint32_t, TensorDim> merge(const Op& op) {
    std::map<uint32_t, TensorDim> dims;
    for (const auto& operand : op.operands)
      for (size_t i = 0; i < operand.dims.size(); ++i) {
        const auto& dim = body_->tensors[operand.tensor.index].dims[i];
        auto [known, fresh] = dims.try_emplace(operand.dims[i].index, dim);
        if (!fresh && known->second.axis == Axis::None && dim.axis != Axis::None) known->second = dim;
      }
    return dims;
  }

  ExprId elements(const Tensor& t, const std::vector<StringId>& names, const std::map<uint32_t, TensorDim>& merged,
                  size_t from = 0) {
    ExprId product = constant(1);
    for (size_t i = from; i < t.dims.size(); ++i) {
      auto found = i < names.size() ? merged.find(names[i].index) : merged.end();
      bool same = found != merged.end() && found->second.parts.size() == t.dims[i].parts.size();
      for (size_t k = 0; same && k < t.dims[i].parts.size(); ++k)
        same = found->second.parts[k].size == t.dims[i].parts[k].size;
      product = mul(product, local(same ? found->second : t.dims[i]));
    }
    return product;
  }

  double bytesPer(StringId cls) const {
    const auto* p = plan_.graph.precision(cls);
    return p ? p->bytesPerElement() : 2;
  }

  double attribute(const Op& op, std::string_view name, double fallback) {
    for (const auto& a : op.attributes)
      if (text(a.name) == name) return pool().evaluateOne(a.value, {});
    return fallback;
  }
  ExprId attributeExpr(const Op& op, std::string_view name) {
    for (const auto& a : op.attributes)
      if (text(a.name) == name) return a.value;
    return {};
  }
  const Operand* operand(const Op& op, std::string_view port) const {
    for (const auto& o : op.operands)
      if (text(o.port) == port) return &o;
    return nullptr;
  }
  const Tensor& tensor(const Operand& o) const { return body_->tensors[o.tensor.index]; }

  uint16_t classOf(std::string_view name) {
    auto found = std::find(plan_.classes.begin(), plan_.classes.end(), name);
    if (found == plan_.classes.end()) found = plan_.classes.insert(plan_.classes.end(), std::string(name));
    return static_cast<uint16_t>(found - plan_.classes.begin());
  }

  /// Rows of a product, padded to the kernel's tile.
  ExprId padded(ExprId rows) {
    if (engine_.runtime.tile <= 1) return rows;
    ExprId tile = constant(engine_.runtime.tile);
    return mul(pool().make(ExprOp::Ceil, pool().make(ExprOp::Div, rows, tile)), tile);
  }

  void setProduct(OpPlan& p, const Operand& weight) {
    const auto* precision = plan_.graph.precision(tensor(weight).cls);
    p.peak = engine_.device.peak(precision ? text(precision->compute) : "bf16");
    if (p.peak == 0) p.peak = engine_.device.bf16;
    bool grouped = p.cost == Cost::Grouped;
    p.format = tableFormat(precision);
    // MXFP4 weights meet MXFP8 activations: the tensor cores run at their 8-bit rate (CUTLASS, Blackwell SM100 GEMMs:
    // kind::mxf8f6f4 beside kind::mxf4).
    bool mixed = p.format == "w4a8_mxfp4_mxfp8";
    if (mixed) p.peak = std::min(p.peak, std::max(engine_.device.fp8, engine_.device.bf16));
    auto arithmetic = precision ? text(precision->compute) : std::string_view("bf16");
    p.kernels = arithmetic == "bf16" ? 1 : 2;
    p.curve = p.format == "fp8_block"                       ? (grouped ? Curved::ExpertsFp8Block : Curved::GemmFp8Block)
              : arithmetic == "fp8" || arithmetic == "int8" ? (grouped ? Curved::ExpertsFp8 : Curved::GemmFp8)
              : mixed && grouped                            ? Curved::ExpertsMxfp4
              : arithmetic == "fp4"                         ? (grouped ? Curved::ExpertsFp4 : Curved::GemmFp4)
              : !grouped                                    ? Curved::GemmBf16
              : precision && precision->bytesPerElement() < 1 ? Curved::ExpertsW4
                                                              : Curved::ExpertsBf16;
  }

  /// What kernel tables call the format of a product's weights.
  std::string_view tableFormat(const Precision* precision) const {
    if (!precision) return "bfloat16";
    auto name = text(precision->format), compute = text(precision->compute);
    if (compute == "fp8") return name.find("block") != std::string_view::npos ? "fp8_block" : "fp8";
    if (compute == "fp4") return name == "mxfp4" ? "w4a8_mxfp4_mxfp8" : "nvfp4";
    return name == "mxfp4" ? "w4a16_mxfp4" : "bfloat16";
  }

  BodyPlan compileBody() {
    BodyPlan out;
    std::map<uint32_t, int> routes;  // route tensor → index
    for (const auto& op : body_->ops) {
      auto name = text(op.intrinsic);
      OpPlan p;
      p.phase = op.phase;
      p.ffn = op.side == Side::Ffn;
      p.axis = op.axis;
      p.cls = classOf(breakdownClass(name));
      p.name = body_->tensors[op.result.index].name;
      p.peak = engine_.device.bf16;
      auto dims = merge(op);
      const auto& result = body_->tensors[op.result.index];
      ExprId resultBytes = mul(elements(result, op.resultDims, dims), constant(bytesPer(result.cls)));
      auto operandBytes = [&](const Operand& o) {
        return mul(elements(tensor(o), o.dims, dims), constant(bytesPer(tensor(o).cls)));
      };
      auto allBytes = [&] {
        ExprId sum = resultBytes;
        for (const auto& o : op.operands)
          if (tensor(o).kind == TensorKind::Activation || tensor(o).kind == TensorKind::Weight)
            sum = add(sum, operandBytes(o));
        return sum;
      };
      auto rowsOf = [&](const Operand& o) { return local(tensor(o).dims[0]); };

      if (name == "run_layers") {
        out.stackAt = out.ops.size();
        continue;
      }
      if (name == "gemm" || name == "gemm_transposed" || name == "head_gemm_in" || name == "head_gemm_out") {
        p.cost = Cost::Roofline;
        p.flops = mul(constant(2), mul(padded(rowsOf(*operand(op, "x"))),
                                       elements(tensor(*operand(op, "w")), operand(op, "w")->dims, dims)));
        p.bytes = allBytes();
        p.weights = operandBytes(*operand(op, "w"));
        setProduct(p, *operand(op, "w"));
        if (name == "gemm" || name == "gemm_transposed") {
          const auto& w = *operand(op, "w");
          auto side = [&](size_t i) {
            auto found = dims.find(w.dims[i].index);
            return local(found != dims.end() ? found->second : tensor(w).dims[i]);
          };
          bool transposed = name == "gemm_transposed";
          p.m = rowsOf(*operand(op, "x")), p.k = side(transposed ? 1 : 0), p.n = side(transposed ? 0 : 1);
        }
      } else if (name == "attention") {
        p.cost = Cost::Attention;
        // Latent attention has keys far wider than heads are elsewhere, or reads no cache at all.
        bool latent = attribute(op, "qk_dim", 0) >= 512 || (!operand(op, "cache") && operand(op, "k"));
        p.curve = latent ? Curved::LatentDecode : Curved::Decode;
        // Heads on this device: columns of q here over columns of q in all, of `heads`.
        const auto* q = operand(op, "q");
        ExprId width = constant(1);
        {
          const auto& dim = tensor(*q).dims[1];
          ExprId all;
          for (const auto& part : dim.parts) all = add(all, part.size);
          width = pool().make(ExprOp::Div, local(dim), all);
        }
        ExprId heads = mul(attributeExpr(op, "heads"), width);
        p.heads = heads;
        p.headDim = attribute(op, "v_dim", 0);
        p.latent = latent;
        p.perPair = mul(constant(2), mul(heads, add(attributeExpr(op, "qk_dim"), attributeExpr(op, "v_dim"))));
        p.bytes = add(operandBytes(*q), resultBytes);
        for (auto port : {"k", "v"})
          if (const auto* o = operand(op, port)) p.bytes = add(p.bytes, operandBytes(*o));
        if (const auto* cache = operand(op, "cache")) {
          p.perCached = mul(elements(tensor(*cache), {}, {}), constant(bytesPer(tensor(*cache).cls)));
          p.fp8Cache = bytesPer(tensor(*cache).cls) < 1.5;
          // Keys and values of `head_dim` each for every KV head.
          p.kvHeads = pool().make(ExprOp::Div, elements(tensor(*cache), {}, {}),
                                  add(attributeExpr(op, "qk_dim"), attributeExpr(op, "v_dim")));
          if (tensor(*cache).window) p.window = pool().evaluateOne(*tensor(*cache).window, {});
        }
        if (double limit = attribute(op, "limit", 0); limit > 0) p.limit = limit;
        if (double chunk = attribute(op, "chunk", 0); chunk > 0) p.chunk = chunk;
        p.bothWays = attribute(op, "both_ways", 0) > 0;
      } else if (name == "select") {
        // Scores of all pairs; the cached keys are read once per sequence.
        p.cost = Cost::Attention;
        p.curve = Curved::LatentDecode;
        p.perPair = mul(constant(2), mul(attributeExpr(op, "heads"), attributeExpr(op, "dim")));
        p.bytes = add(operandBytes(*operand(op, "q")), resultBytes);
        const auto& cache = tensor(*operand(op, "cache"));
        p.perCached = mul(elements(cache, {}, {}), constant(bytesPer(cache.cls)));
      } else if (name == "shared_head") {
        p.cost = Cost::Roofline;
        const auto* x = operand(op, "x");
        const auto* precision = plan_.graph.precision(plan_.graph.strings.intern("head"));
        ExprId share = pool().make(ExprOp::Div, attributeExpr(op, "width"), pool().degree(Axis::tp));
        ExprId weights = mul(local(tensor(*x).dims[1]), share);
        p.flops = mul(constant(2), mul(padded(rowsOf(*x)), weights));
        p.bytes = add(allBytes(), mul(weights, constant(precision ? precision->bytesPerElement() : 2)));
        if (precision) p.peak = std::max(p.peak, engine_.device.peak(text(precision->compute)));
        p.curve = Curved::GemmBf16;
      } else if (name == "route") {
        RoutePlan r{attribute(op, "experts", 1), attribute(op, "top_k", 1), attribute(op, "groups", 1),
                    attribute(op, "groups_per_token", 1), attribute(op, "skew", 0)};
        routes[op.result.index] = static_cast<int>(out.routes.size());
        out.routes.push_back(r);
        p.cost = Cost::Roofline;
        p.bytes = operandBytes(*operand(op, "scores"));
      } else if (name == "dispatch" || name == "combine") {
        const auto* x = operand(op, "x");
        p.cost = name == "dispatch" ? Cost::Dispatch : Cost::Combine;
        p.route = routes[operand(op, "r")->tensor.index];
        lastRoute_ = p.route;
        ExprId width = constant(1);
        for (size_t i = 1; i < tensor(*x).dims.size(); ++i)
          for (const auto& part : tensor(*x).dims[i].parts) width = mul(width, part.size);
        p.bytes = mul(width, constant(bytesPer(plan_.graph.strings.intern(name))));
      } else if (name == "grouped_gemm") {
        const auto *x = operand(op, "x"), *w = operand(op, "w");
        p.cost = Cost::Grouped;
        p.route = lastRoute_;
        ExprId perExpert = elements(tensor(*w), w->dims, dims, 1);
        p.expertBytes = mul(perExpert, constant(bytesPer(tensor(*w).cls)));
        p.flops = mul(constant(2), perExpert);
        auto whole = [&](size_t i) { return pool().evaluateOne(tensor(*w).dims[i].parts[0].size, {}); };
        p.expertSides[0] = whole(2), p.expertSides[1] = whole(1);
        ExprId in = mul(elements(tensor(*x), x->dims, dims, 1), constant(bytesPer(tensor(*x).cls)));
        ExprId outBytes = mul(elements(result, op.resultDims, dims, 1), constant(bytesPer(result.cls)));
        p.bytes = add(in, outBytes);
        setProduct(p, *w);
      } else if (name == "all_reduce" || name == "all_gather") {
        p.cost = name == "all_reduce" ? Cost::AllReduce : Cost::AllGather;
        // The gathered result is whole, whatever its operand is.
        p.bytes = mul(elements(result, {}, {}), constant(bytesPer(result.cls)));
      } else if (name == "embed") {
        p.cost = Cost::Roofline;
        // Of a sharded table each rank reads and writes only its own rows; the busiest is taken to have them all.
        p.bytes = mul(constant(2), resultBytes);
      } else if (name == "select_logits") {
        p.cost = Cost::Roofline;
        p.bytes = mul(constant(2), resultBytes);
      } else if (name == "append") {
        p.cost = Cost::Roofline;
        const auto& cache = tensor(*operand(op, "cache"));
        const auto* x = operand(op, "x");
        // Read the new entries, write them in the cache's format.
        p.bytes = add(operandBytes(*x), mul(elements(tensor(*x), x->dims, dims), constant(bytesPer(cache.cls))));
      } else if (name == "read") {
        p.cost = Cost::Roofline;
        const auto& cache = tensor(*operand(op, "cache"));
        p.bytes = add(mul(elements(result, op.resultDims, dims), constant(bytesPer(cache.cls))), resultBytes);
      } else if (name == "scan" || name == "conv") {
        p.cost = Cost::Roofline;
        const auto& state = tensor(*operand(op, "state"));
        ExprId stateBytes = mul(elements(state, {}, {}), constant(2 * bytesPer(state.cls)));
        p.bytes = add(allBytes(), mul(stateBytes, pool().symbol(Symbol::seqs)));
        ExprId rows = rowsOf(*operand(op, "x"));
        if (name == "scan") {
          p.flops = mul(rows, attributeExpr(op, "flops"));
          // `flops` counts the whole block; a device runs its share of the columns.
          const auto& dim = tensor(*operand(op, "x")).dims[1];
          ExprId all;
          for (const auto& part : dim.parts) all = add(all, part.size);
          p.flops = mul(p.flops, pool().make(ExprOp::Div, local(dims.at(operand(op, "x")->dims[1].index)), all));
        } else {
          p.flops = mul(constant(2), mul(rows, elements(tensor(*operand(op, "w")), operand(op, "w")->dims, dims)));
        }
      } else if (name == "norm" || name == "add" || name == "multiply" || name == "bias" || name == "activate" ||
                 name == "gated" || name == "rotary" || name == "gather_pair") {
        p.cost = Cost::Roofline;
        p.bytes = allBytes();
      }
      out.ops.push_back(p);
    }
    // Tables know experts by the sides of their last product, back to the hidden size.
    for (auto& p : out.ops)
      for (const auto& later : out.ops)
        if (p.cost == Cost::Grouped && later.cost == Cost::Grouped && later.route == p.route)
          std::copy(std::begin(later.expertSides), std::end(later.expertSides), std::begin(p.expertSides));
    return out;
  }

  /// Rows of the breakdown that people look for.
  static std::string_view breakdownClass(std::string_view intrinsic) {
    if (intrinsic == "gemm_transposed" || intrinsic == "shared_head") return "gemm";
    if (intrinsic == "select") return "index";
    if (intrinsic == "head_gemm_in" || intrinsic == "head_gemm_out") return "head_gemm";
    if (intrinsic == "norm" || intrinsic == "add" || intrinsic == "multiply" || intrinsic == "bias" ||
        intrinsic == "activate" || intrinsic == "gated" || intrinsic == "gather_pair" || intrinsic == "rotary" ||
        intrinsic == "select_logits" || intrinsic == "route" || intrinsic == "slice" || intrinsic == "join")
      return "elementwise";
    if (intrinsic == "append" || intrinsic == "read") return "cache_copy";
    return intrinsic;
  }

  std::vector<StoragePlan> storage() {
    std::vector<StoragePlan> out;
    for (const auto& t : body_->tensors) {
      if (t.kind == TensorKind::Activation || t.kind == TensorKind::Route) continue;
      StoragePlan s{t.kind, t.cls, t.name, mul(elements(t, {}, {}), constant(bytesPer(t.cls)))};
      if (t.window) s.window = pool().evaluateOne(*t.window, {});
      // Context parallelism splits every sequence's cache.
      if (t.kind == TensorKind::Cache) s.bytes = pool().make(ExprOp::Div, s.bytes, pool().degree(Axis::cp));
      for (const auto& op : body_->ops)
        for (const auto& o : op.operands)
          if (&body_->tensors[o.tensor.index] == &t && op.side == Side::Ffn) s.ffn = true;
      out.push_back(s);
    }
    return out;
  }

  const EngineConfig& engine_;
  Plan plan_;
  const Body* body_ = nullptr;
  int lastRoute_ = -1;
};

}  // namespace

Plan compile(Graph graph, const EngineConfig& engine) { return Compiler(std::move(graph), engine).run(); }

std::string Plans::key(const Graph& lowered, const EngineConfig& engine) {
  if (lowered.id == 0) return {};
  const auto& d = engine.device;
  std::string out = fmt::format("{} {} {}", lowered.id, engine.runtime.tile, d.bf16);
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
