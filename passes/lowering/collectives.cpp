#include <map>

#include "passes/lowering/lowering.h"

namespace afdc {

using namespace ir;

namespace {

class Insertion {
 public:
  Insertion(Graph& graph, Body& body) : g_(graph), body_(body) {}

  void run(bool isMain) {
    std::vector<Op> before = std::move(body_.ops);
    body_.ops.clear();
    for (auto& op : before) {
      for (auto& operand : op.operands) {
        const auto& tensor = body_.tensors[operand.tensor.index];
        bool passes = body_.tensors[op.result.index].partial != Axis::None && op.contracted.empty();
        if (tensor.partial == Axis::None || passes) continue;
        operand.tensor = whole(operand.tensor, op);
      }
      body_.ops.push_back(std::move(op));
    }
    if (body_.tensors[body_.returned.index].partial != Axis::None)
      body_.returned = whole(body_.returned, body_.ops.back());
    if (!isMain) return;
    // What leaves the model (logits) is gathered.
    const Tensor returned = body_.tensors[body_.returned.index];
    for (const auto& dim : returned.dims)
      if (dim.axis != Axis::None) {
        Tensor full = returned;
        for (auto& d : full.dims) {
          d.axis = Axis::None;
          d.replicate = false;
          for (auto& part : d.parts) part.units = {};
        }
        body_.returned = append(OperatorKind::AllGather, ".full", body_.returned, full, dim.axis, body_.ops.back());
        break;
      }
  }

 private:
  /// The reduced form of a partial sum; made once, right before its first reader.
  TensorId whole(TensorId partial, const Op& reader) {
    if (auto known = whole_.find(partial.index); known != whole_.end()) return known->second;
    Tensor sum = body_.tensors[partial.index];
    Axis axis = sum.partial;
    sum.partial = Axis::None;
    return whole_[partial.index] = append(OperatorKind::AllReduce, ".sum", partial, sum, axis, reader);
  }

  TensorId append(OperatorKind kind, std::string_view suffix, TensorId from, Tensor result, Axis axis, const Op& near) {
    result.name = g_.strings.intern(std::string(g_.strings[result.name]) + std::string(suffix));
    Op op;
    op.kind = kind;
    op.axis = axis;
    op.phase = near.phase;
    op.side = near.side;
    op.place = body_.tensors[from.index].place;
    for (const auto& made : body_.ops)
      if (made.result == from) {
        op.phase = made.phase;
        op.side = made.side;
      }
    for (size_t i = 0; i < result.dims.size(); ++i) op.resultDims.push_back(g_.strings.intern("d" + std::to_string(i)));
    op.operands.push_back({g_.strings.intern("x"), from, op.resultDims});
    body_.tensors.push_back(std::move(result));
    op.result = {static_cast<uint32_t>(body_.tensors.size() - 1)};
    body_.ops.push_back(op);
    return op.result;
  }

  Graph& g_;
  Body& body_;
  std::map<uint32_t, TensorId> whole_;
};

}  // namespace

void insertCollectives(Graph& graph) {
  for (uint32_t b = 0; b < graph.bodies.size(); ++b) Insertion(graph, graph.bodies[b]).run(BodyId{b} == graph.main);
}

}  // namespace afdc
