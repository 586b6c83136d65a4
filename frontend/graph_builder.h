// From the `graph` of a block to the operators of the IR: static conditions are decided, blocks in fields are inlined,
// sizes become expressions over step symbols.
#pragma once
#include "frontend/evaluator.h"

namespace afdc {

class GraphBuilder {
 public:
  GraphBuilder(Evaluator& evaluator, ir::Graph& graph) : ev_(evaluator), graph_(graph) {}

  /// The model's own graph and every layer of its stack; false after a reported mistake.
  bool build(Object* model);

  /// `tokens`, `seqs`, … as a value; nullopt for any other name.
  std::optional<Value> symbol(std::string_view name);
  /// An operator: checks ports, dimensions and shapes, appends it, gives its result.
  Value apply(const ast::Decl& intrinsic, Module& module, const ast::Expr* call, Env* env);
  /// The graph of the block held in a field, inlined under the field's name.
  Value inlineBlock(Object* block, std::string_view field, const ast::Expr* call, Env* env);

 private:
  friend class OperatorCall;

  /// A dimension as the first operand has it.
  struct Bound {
    ir::TensorDim dim;
    SourceRange at;
  };
  bool buildBody(Object* object, std::string_view name, ir::BodyId& out);
  Value runGraph(Object* object, const std::vector<Value>& arguments, SourceRange at);
  /// Runs statements; the scope grows with each name. Returns the value of `return`, or poison without one.
  bool statements(const ast::GraphBody& body, Object* object, Env*& env, Value& returned);
  Value declare(const ast::Storage& storage, Env* env);
  std::optional<std::vector<ir::TensorDim>> shape(std::span<ast::Dim> dims, Env* env);
  std::optional<ir::ExprId> size(const ast::Expr* e, Env* env);
  ir::ExprId total(const ir::TensorDim& dim);
  bool sameSize(const ir::TensorDim& a, const ir::TensorDim& b);
  std::string showShape(const ir::Tensor& tensor);
  std::string showDim(const ir::TensorDim& dim);
  ir::StringId uniqueName(std::string_view name);
  ir::Body& body() { return graph_.bodies[current_.index]; }
  ir::Tensor& tensor(ir::TensorId id) { return body().tensors[id.index]; }
  ir::TensorId addTensor(ir::Tensor tensor);
  Value tensorValue(ir::TensorId id);

  /// A thing that the author of a file gave a name in a graph, and whether anything comes of it in some layer.
  struct Named {
    SourceRange at;
    std::string_view word, name;
    bool used = false;
  };
  void keepTrack(std::string_view word, const ast::Name& name, ir::TensorId tensor);
  void noteUses();
  void reportUnused();
  bool checkClass(const ast::Storage& storage);
  bool checkWhole(const ast::Storage& storage, const ir::Tensor& tensor);

  Evaluator& ev_;
  ir::Graph& graph_;
  std::vector<Named> named_;
  std::map<std::pair<uint32_t, uint32_t>, size_t> namedAt_;  ///< by file and offset: places in `named_`
  std::vector<std::pair<ir::TensorId, size_t>> namedHere_;   ///< in this body: tensors and their places in `named_`
  ir::BodyId current_;
  std::string prefix_;
  ir::Phase phase_ = ir::Phase::All;
  ir::Side side_ = ir::Side::Mixer;
  int inlined_ = 0;
};

/// A format record as the precision of a class not yet named.
ir::Precision precisionOf(Object* format, ir::Strings& strings);

}  // namespace afdc
