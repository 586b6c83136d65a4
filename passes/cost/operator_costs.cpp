#include "passes/cost/operator_costs.h"

#include <algorithm>

namespace afdc {

using namespace ir;

namespace {

ExprId sum(ExprPool& pool, ExprId a, ExprId b) { return a.valid() ? pool.make(ExprOp::Add, a, b) : b; }

ExprId localSize(ExprPool& pool, const TensorDim& dim) {
  ExprId all;
  for (const auto& part : dim.parts) {
    ExprId size = part.size;
    if (dim.axis != Axis::None && part.units.valid())
      size = pool.make(ExprOp::Div, size, pool.make(ExprOp::Min, part.units, pool.degree(dim.axis)));
    all = sum(pool, all, size);
  }
  return all;
}

}  // namespace

ExprId storedElements(ExprPool& pool, const Tensor& tensor) {
  ExprId product = pool.constant(1);
  for (const auto& dim : tensor.dims) product = pool.make(ExprOp::Mul, product, localSize(pool, dim));
  return product;
}

OperatorWriter::OperatorWriter(Graph& graph, const Body& body, const Op& op, const EngineConfig& e, BodyRoutes& r)
    : engine(e), routes(r), graph_(graph), body_(body), op_(op) {
  for (const auto& operand : op.operands)
    for (size_t i = 0; i < operand.dims.size(); ++i) {
      const auto& dim = body.tensors[operand.tensor.index].dims[i];
      auto [known, fresh] = dims_.try_emplace(operand.dims[i].index, dim);
      if (!fresh && known->second.axis == Axis::None && dim.axis != Axis::None) known->second = dim;
    }
  plan.phase = op.phase;
  plan.ffn = op.side == Side::Ffn;
  plan.axis = op.axis;
  plan.name = result().name;
  plan.peak = e.device.bf16;
}

double OperatorWriter::attribute(std::string_view name, double otherwise) const {
  auto value = attribute(name);
  return value.valid() ? pool().evaluateOne(value, {}) : otherwise;
}

ExprId OperatorWriter::attribute(std::string_view name) const {
  for (const auto& a : op_.attributes)
    if (text(a.name) == name) return a.value;
  return {};
}

const Operand* OperatorWriter::find(std::string_view port) const {
  for (const auto& o : op_.operands)
    if (text(o.port) == port) return &o;
  return nullptr;
}

ExprId OperatorWriter::local(const TensorDim& dim) const { return localSize(pool(), dim); }

ExprId OperatorWriter::side(std::string_view port, size_t dim) const {
  auto found = dims_.find(operand(port).dims[dim].index);
  return local(found != dims_.end() ? found->second : tensor(port).dims[dim]);
}

ExprId OperatorWriter::share(const TensorDim& dim, ExprId here) const {
  ExprId all;
  for (const auto& part : dim.parts) all = add(all, part.size);
  return div(here, all);
}

ExprId OperatorWriter::elements(const Tensor& t, const std::vector<StringId>& names, size_t from) const {
  ExprId product = constant(1);
  for (size_t i = from; i < t.dims.size(); ++i) {
    auto found = i < names.size() ? dims_.find(names[i].index) : dims_.end();
    bool same = found != dims_.end() && found->second.parts.size() == t.dims[i].parts.size();
    for (size_t k = 0; same && k < t.dims[i].parts.size(); ++k)
      same = found->second.parts[k].size == t.dims[i].parts[k].size;
    product = mul(product, local(same ? found->second : t.dims[i]));
  }
  return product;
}

ExprId OperatorWriter::elements(std::string_view port, size_t from) const {
  return elements(tensor(port), operand(port).dims, from);
}
ExprId OperatorWriter::resultElements(size_t from) const { return elements(result(), op_.resultDims, from); }

double OperatorWriter::bytesPer(StringId cls) const {
  const auto* p = precision(cls);
  return p ? p->bytesPerElement() : 2;
}

ExprId OperatorWriter::operandBytes(const Operand& o) const {
  const auto& t = body_.tensors[o.tensor.index];
  return mul(elements(t, o.dims, 0), constant(bytesPer(t.cls)));
}

ExprId OperatorWriter::bytes(std::string_view port) const { return operandBytes(operand(port)); }
ExprId OperatorWriter::resultBytes() const { return mul(resultElements(), constant(bytesPer(result().cls))); }

ExprId OperatorWriter::allBytes() const {
  ExprId sum = resultBytes();
  for (const auto& o : op_.operands) {
    auto kind = body_.tensors[o.tensor.index].kind;
    if (kind == TensorKind::Activation || kind == TensorKind::Weight) sum = add(sum, operandBytes(o));
  }
  return sum;
}

ExprId OperatorWriter::padded(ExprId rows) const {
  if (engine.runtime.tile <= 1) return rows;
  ExprId tile = constant(engine.runtime.tile);
  return mul(pool().make(ExprOp::Ceil, div(rows, tile)), tile);
}

namespace {

kernels::Format formatOf(std::string_view stored, std::string_view arithmetic) {
  using kernels::Format;
  bool mxfp4 = stored == "mxfp4";
  if (arithmetic == "fp8") return stored.find("block") != std::string_view::npos ? Format::Fp8Block : Format::Fp8;
  if (arithmetic == "fp4") return mxfp4 ? Format::Mxfp4 : Format::Fp4;
  return mxfp4 ? Format::Mxfp4Wide : Format::Bf16;
}

Curved productCurve(kernels::Format format, std::string_view arithmetic) {
  if (format == kernels::Format::Fp8Block) return Curved::GemmFp8Block;
  if (arithmetic == "fp8" || arithmetic == "int8") return Curved::GemmFp8;
  return arithmetic == "fp4" ? Curved::GemmFp4 : Curved::GemmBf16;
}

/// `bytes`: of one element of a weight.
Curved expertCurve(kernels::Format format, std::string_view arithmetic, double bytes) {
  if (format == kernels::Format::Fp8Block) return Curved::ExpertsFp8Block;
  if (arithmetic == "fp8" || arithmetic == "int8") return Curved::ExpertsFp8;
  if (format == kernels::Format::Mxfp4) return Curved::ExpertsMxfp4;
  if (arithmetic == "fp4") return Curved::ExpertsFp4;
  return bytes < 1 ? Curved::ExpertsW4 : Curved::ExpertsBf16;
}

}  // namespace

void OperatorWriter::multiplyBy(std::string_view w) {
  const auto* p = precision(tensor(w).cls);
  std::string_view stored = p ? text(p->format) : "bfloat16", arithmetic = p ? text(p->compute) : "bf16";
  plan.peak = engine.device.peak(arithmetic);
  if (plan.peak == 0) plan.peak = engine.device.bf16;
  plan.format = formatOf(stored, arithmetic);
  // MXFP4 weights meet MXFP8 activations: the tensor cores run at their 8-bit rate (CUTLASS, Blackwell SM100 GEMMs:
  // kind::mxf8f6f4 beside kind::mxf4).
  if (plan.format == kernels::Format::Mxfp4)
    plan.peak = std::min(plan.peak, std::max(engine.device.fp8, engine.device.bf16));
  // Activations are quantised by a kernel of their own before a product of fewer than 16 bits.
  plan.kernels = arithmetic == "bf16" ? 1 : 2;
  plan.curve = plan.cost == Cost::Grouped ? expertCurve(plan.format, arithmetic, p ? p->bytesPerElement() : 2)
                                          : productCurve(plan.format, arithmetic);
}

namespace {

/// One multiplication and one addition.
constexpr double kMultiplyAdd = 2;

/// No work: columns under another name, joined phases, the place of the stack.
void nothing(OperatorWriter&) {}

/// Reads its operands and writes its result once.
void onePass(OperatorWriter& o) {
  o.plan.cost = Cost::Kernel;
  o.plan.bytes = o.allBytes();
}

/// Rows taken from a table or a matrix: read and written. Of a sharded table each rank has only its own rows; the
/// busiest is taken to have them all.
void copiedRows(OperatorWriter& o) {
  o.plan.cost = Cost::Kernel;
  o.plan.bytes = o.mul(o.constant(2), o.resultBytes());
}

/// A multiply-add for each row and element of the weight, which is read once.
void productOfRows(OperatorWriter& o) {
  o.plan.cost = Cost::Kernel;
  o.plan.flops = o.mul(o.constant(kMultiplyAdd), o.mul(o.padded(o.rows("x")), o.elements("w")));
  o.plan.bytes = o.allBytes();
  o.plan.weights = o.bytes("w");
  o.multiplyBy("w");
}

/// [m, k] by [k, n].
void product(OperatorWriter& o) {
  productOfRows(o);
  o.plan.m = o.rows("x");
  o.plan.k = o.side("w", 0);
  o.plan.n = o.side("w", 1);
}

/// [m, k] by the transpose of [n, k].
void transposedProduct(OperatorWriter& o) {
  productOfRows(o);
  o.plan.m = o.rows("x");
  o.plan.k = o.side("w", 1);
  o.plan.n = o.side("w", 0);
}

/// A product for each head, with its own columns of the weight. Measured tables do not have them.
void headProduct(OperatorWriter& o) { productOfRows(o); }

/// Drafts use the LM head of the main model, `width` columns wide, spread over tp: read here, not stored again.
void sharedHead(OperatorWriter& o) {
  o.plan.cost = Cost::Kernel;
  const auto* precision = o.precision("head");
  ExprId columns = o.div(o.attribute("width"), o.pool().degree(Axis::tp));
  ExprId weights = o.mul(o.local(o.tensor("x").dims[1]), columns);
  o.plan.flops = o.mul(o.constant(kMultiplyAdd), o.mul(o.padded(o.rows("x")), weights));
  o.plan.bytes = o.add(o.allBytes(), o.mul(weights, o.constant(o.bytesPer("head"))));
  if (precision) o.plan.peak = std::max(o.plan.peak, o.engine.device.peak(o.text(precision->compute)));
  o.plan.curve = Curved::GemmBf16;
}

/// What attention reads of its cache: all of it, in the format of the cache.
void readCache(OperatorWriter& o) {
  const auto& cache = o.tensor("cache");
  o.plan.perCached = o.mul(o.stored(cache), o.constant(o.bytesPer(cache.cls)));
}

/// Scores and weighted sums: for each pair of a new token and one that it sees, each head multiplies and adds qk_dim
/// times for the score and v_dim times for the sum (FlashAttention, Dao et al., arXiv:2205.14135).
void attention(OperatorWriter& o) {
  auto& p = o.plan;
  p.cost = Cost::Attention;
  p.latent = o.attribute("latent", 0) > 0;
  p.curve = p.latent ? Curved::LatentDecode : Curved::Decode;
  p.headDim = o.attribute("v_dim", 0);
  // A device has the heads whose columns of q it has.
  const auto& columns = o.tensor("q").dims[1];
  p.heads = o.mul(o.attribute("heads"), o.share(columns, o.local(columns)));
  ExprId dims = o.add(o.attribute("qk_dim"), o.attribute("v_dim"));
  p.perPair = o.mul(o.constant(kMultiplyAdd), o.mul(p.heads, dims));
  p.bytes = o.add(o.bytes("q"), o.resultBytes());
  for (auto port : {"k", "v"})
    if (o.has(port)) p.bytes = o.add(p.bytes, o.bytes(port));
  if (o.has("cache")) {
    readCache(o);
    const auto& cache = o.tensor("cache");
    p.fp8Cache = o.bytesPer(cache.cls) < 1.5;
    // Keys and values of one KV head have qk_dim and v_dim elements.
    p.kvHeads = o.div(o.stored(cache), dims);
    if (cache.window) p.window = o.pool().evaluateOne(*cache.window, {});
  }
  if (double limit = o.attribute("limit", 0); limit > 0) p.limit = limit;
  if (double chunk = o.attribute("chunk", 0); chunk > 0) p.chunk = chunk;
  p.bothWays = o.attribute("both_ways", 0) > 0;
}

/// Scores of all pairs by few heads, without sums; the cached keys are read once per sequence (DeepSeek Sparse
/// Attention, report of DeepSeek-V3.2-Exp, 2025). Its kernels are taken to come as near the roofline as attention on
/// latents.
void select(OperatorWriter& o) {
  auto& p = o.plan;
  p.cost = Cost::Attention;
  p.curve = Curved::LatentDecode;
  p.perPair = o.mul(o.constant(kMultiplyAdd), o.mul(o.attribute("heads"), o.attribute("dim")));
  p.bytes = o.add(o.bytes("q"), o.resultBytes());
  readCache(o);
}

/// Reads the new entries and writes them in the cache's format.
void append(OperatorWriter& o) {
  o.plan.cost = Cost::Kernel;
  double stored = o.bytesPer(o.tensor("cache").cls);
  o.plan.bytes = o.add(o.bytes("x"), o.mul(o.elements("x"), o.constant(stored)));
}

/// Reads entries in the cache's format and writes them as a matrix.
void read(OperatorWriter& o) {
  o.plan.cost = Cost::Kernel;
  double stored = o.bytesPer(o.tensor("cache").cls);
  o.plan.bytes = o.add(o.mul(o.resultElements(), o.constant(stored)), o.resultBytes());
}

/// Reads the scores; the choice itself is small.
void route(OperatorWriter& o) {
  auto count = [&](std::string_view name) { return Count::floor(o.attribute(name, 1)); };
  RoutePlan r{count("experts"), count("top_k"), count("groups"), count("groups_per_token"), o.attribute("skew", 0)};
  o.routes.byTensor[o.resultIndex()] = static_cast<int>(o.routes.plans.size());
  o.routes.plans.push_back(r);
  o.plan.cost = Cost::Kernel;
  o.plan.bytes = o.bytes("scores");
}

/// Bytes of one copy of a token, whole, in the format of its class of precision.
void exchange(OperatorWriter& o, std::string_view cls) {
  o.plan.route = o.routes.byTensor[o.operand("r").tensor.index];
  o.routes.last = o.plan.route;
  ExprId width = o.constant(1);
  const auto& x = o.tensor("x");
  for (size_t i = 1; i < x.dims.size(); ++i)
    for (const auto& part : x.dims[i].parts) width = o.mul(width, part.size);
  o.plan.bytes = o.mul(width, o.constant(o.bytesPer(cls)));
}

void toExperts(OperatorWriter& o) {
  o.plan.cost = Cost::Dispatch;
  exchange(o, "dispatch");
}

void fromExperts(OperatorWriter& o) {
  o.plan.cost = Cost::Combine;
  exchange(o, "combine");
}

/// A multiply-add for each row and element of its expert's weight; the weights of each expert that has a row are read.
void groupedProduct(OperatorWriter& o) {
  auto& p = o.plan;
  p.cost = Cost::Grouped;
  // Rows that nothing dispatched are all of one expert.
  if (o.routes.last < 0) {
    o.routes.last = static_cast<int>(o.routes.plans.size());
    o.routes.plans.emplace_back();
  }
  p.route = o.routes.last;
  const auto& w = o.tensor("w");
  ExprId perExpert = o.elements("w", 1);
  p.expertBytes = o.mul(perExpert, o.constant(o.bytesPer(w.cls)));
  p.flops = o.mul(o.constant(kMultiplyAdd), perExpert);
  auto whole = [&](size_t dim) { return o.pool().evaluateOne(w.dims[dim].parts[0].size, {}); };
  p.expertSides[0] = whole(2);
  p.expertSides[1] = whole(1);
  ExprId in = o.mul(o.elements("x", 1), o.constant(o.bytesPer(o.tensor("x").cls)));
  ExprId out = o.mul(o.resultElements(1), o.constant(o.bytesPer(o.result().cls)));
  p.bytes = o.add(in, out);
  o.multiplyBy("w");
}

/// Reads and writes what each sequence keeps, once a step.
void keepState(OperatorWriter& o) {
  o.plan.cost = Cost::Kernel;
  const auto& state = o.tensor("state");
  ExprId perSequence = o.mul(o.stored(state), o.constant(2 * o.bytesPer(state.cls)));
  o.plan.bytes = o.add(o.allBytes(), o.mul(perSequence, o.pool().symbol(Symbol::seqs)));
}

/// A recurrence. `flops` counts the whole block for one token; a device runs its share of the columns.
void scan(OperatorWriter& o) {
  keepState(o);
  ExprId all = o.mul(o.rows("x"), o.attribute("flops"));
  o.plan.flops = o.mul(all, o.share(o.tensor("x").dims[1], o.side("x", 1)));
}

/// A multiply-add for each token and tap of each channel.
void convolution(OperatorWriter& o) {
  keepState(o);
  o.plan.flops = o.mul(o.constant(kMultiplyAdd), o.mul(o.rows("x"), o.elements("w")));
}

/// The result is whole on every rank, whatever the operand is.
void allReduce(OperatorWriter& o) {
  o.plan.cost = Cost::AllReduce;
  o.plan.bytes = o.mul(o.stored(o.result()), o.constant(o.bytesPer(o.result().cls)));
}
void allGather(OperatorWriter& o) {
  o.plan.cost = Cost::AllGather;
  o.plan.bytes = o.mul(o.stored(o.result()), o.constant(o.bytesPer(o.result().cls)));
}

using CostFunction = void (*)(OperatorWriter&);
constexpr CostFunction kCosts[] = {
#define OPERATOR(kind, name, row, cost, result, sums) cost,
#include "ir/operators.def"
#undef OPERATOR
};

}  // namespace

void writeCost(OperatorKind kind, OperatorWriter& writer) { kCosts[static_cast<size_t>(kind)](writer); }

}  // namespace afdc
