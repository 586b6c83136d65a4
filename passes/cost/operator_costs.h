// What each operator's work is, written down once for a plan: one small function an operator (the `cost` column of
// ir/operators.def), each with the source of its formula.
#pragma once
#include <map>
#include <string_view>

#include "passes/cost/plan.h"

namespace afdc {

/// Elements of a stored tensor on one device, as it is sharded itself.
ir::ExprId storedElements(ir::ExprPool& pool, const ir::Tensor& tensor);

/// The routes of a body, found by the tensor that carries them.
struct BodyRoutes {
  std::vector<RoutePlan>& plans;
  std::map<uint32_t, int> byTensor;
  int last = -1;  ///< the one that tokens were last dispatched by
};

/// An operator on its way into a plan: its operands and sizes as one device holds them.
class OperatorWriter {
 public:
  OperatorWriter(ir::Graph& graph, const ir::Body& body, const ir::Op& op, const EngineConfig& engine,
                 BodyRoutes& routes);

  OpPlan plan;
  const EngineConfig& engine;
  BodyRoutes& routes;

  // Expressions.
  ir::ExprId constant(double v) const { return pool().constant(v); }
  ir::ExprId mul(ir::ExprId a, ir::ExprId b) const { return pool().make(ir::ExprOp::Mul, a, b); }
  ir::ExprId div(ir::ExprId a, ir::ExprId b) const { return pool().make(ir::ExprOp::Div, a, b); }
  ir::ExprId add(ir::ExprId a, ir::ExprId b) const { return a.valid() ? pool().make(ir::ExprOp::Add, a, b) : b; }
  ir::ExprPool& pool() const { return graph_.exprs; }

  // Attributes. A missing one is `otherwise`, or no expression.
  double attribute(std::string_view name, double otherwise) const;
  ir::ExprId attribute(std::string_view name) const;

  // Operands.
  bool has(std::string_view port) const { return find(port) != nullptr; }
  const ir::Operand& operand(std::string_view port) const { return *find(port); }
  const ir::Tensor& tensor(std::string_view port) const { return body_.tensors[operand(port).tensor.index]; }
  const ir::Tensor& result() const { return body_.tensors[op_.result.index]; }
  uint32_t resultIndex() const { return op_.result.index; }
  ir::Axis axis() const { return op_.axis; }

  // Sizes on one device.
  /// Elements of one dimension as the tensor itself is sharded: each part over the smaller of its pieces and the
  /// degree.
  ir::ExprId local(const ir::TensorDim& dim) const;
  /// The same of an operand's dimension, with the sharding that any operand gives it.
  ir::ExprId side(std::string_view port, size_t dim) const;
  ir::ExprId rows(std::string_view port) const { return local(tensor(port).dims[0]); }
  /// Elements of an operand, of the result, or of a stored tensor; those of the dimensions from `from` on.
  ir::ExprId elements(std::string_view port, size_t from = 0) const;
  ir::ExprId resultElements(size_t from = 0) const;
  ir::ExprId stored(const ir::Tensor& tensor) const { return storedElements(pool(), tensor); }
  /// The share of a dimension's columns that one device has.
  ir::ExprId share(const ir::TensorDim& dim, ir::ExprId here) const;

  // Bytes.
  double bytesPer(ir::StringId cls) const;
  double bytesPer(std::string_view cls) const { return bytesPer(graph_.strings.intern(cls)); }
  ir::ExprId bytes(std::string_view port) const;
  ir::ExprId resultBytes() const;
  /// Of the result and of every activation and weight that is read.
  ir::ExprId allBytes() const;

  // Products.
  /// Rows as the kernel computes them, in whole tiles.
  ir::ExprId padded(ir::ExprId rows) const;
  /// Sets arithmetic, format and curve of a product with the weight at `w`.
  void multiplyBy(std::string_view w);
  const ir::Precision* precision(ir::StringId cls) const { return graph_.precision(cls); }
  const ir::Precision* precision(std::string_view cls) const { return precision(graph_.strings.intern(cls)); }
  std::string_view text(ir::StringId id) const { return graph_.strings[id]; }

 private:
  const ir::Operand* find(std::string_view port) const;
  ir::ExprId elements(const ir::Tensor& t, const std::vector<ir::StringId>& names, size_t from) const;
  ir::ExprId operandBytes(const ir::Operand& operand) const;

  ir::Graph& graph_;
  const ir::Body& body_;
  const ir::Op& op_;
  std::map<uint32_t, ir::TensorDim> dims_;  ///< by name, each with the sharding that any operand gives it
};

/// Writes the work of the operator into `writer.plan`.
void writeCost(ir::OperatorKind kind, OperatorWriter& writer);

}  // namespace afdc
