#include <map>

#include "ir/places.h"
#include "passes/lowering/diagnostics.h"
#include "passes/lowering/lowering.h"

namespace afdc {

using namespace ir;

namespace {

class Propagation {
 public:
  Propagation(Graph& graph, Diagnostics& diags) : g_(graph), diags_(diags) {}

  bool run() {
    bool ok = true;
    for (auto& body : g_.bodies)
      for (auto& op : body.ops) ok = visit(body, op) && ok;
    return ok;
  }

 private:
  /// One dimension as the operands of an operator have it: the first that shards it decides.
  struct Merged {
    TensorDim dim;
    TensorId from;
  };
  using Dimensions = std::map<uint32_t, Merged>;  // by name

  bool visit(Body& body, Op& op) {
    auto dims = merge(body, op);
    if (!dims || !weightsAreCut(body, op, *dims)) return false;
    auto& result = body.tensors[op.result.index];
    cutResult(op, *dims, result);
    result.partial = partialOf(body, op, *dims);
    return summedOnce(op, result);
  }

  /// The operator's dimensions; nullopt after reporting two operands that shard one of them differently.
  std::optional<Dimensions> merge(const Body& body, const Op& op) {
    Dimensions merged;
    for (const auto& operand : op.operands) {
      const auto& tensor = body.tensors[operand.tensor.index];
      for (size_t i = 0; i < operand.dims.size(); ++i) {
        Merged here{tensor.dims[i], operand.tensor};
        auto [known, fresh] = merged.try_emplace(operand.dims[i].index, here);
        if (fresh || here.dim.axis == Axis::None) continue;
        Axis before = known->second.dim.axis;
        if (before != Axis::None && before != here.dim.axis) {
          clash(body, op, operand.dims[i], known->second, here);
          return std::nullopt;
        }
        // An operand that every rank holds whole is cut for free.
        if (before == Axis::None) known->second = here;
      }
    }
    return merged;
  }

  /// A weight that every rank holds whole cannot be multiplied with a part of an activation: its `shard` is missing.
  bool weightsAreCut(const Body& body, const Op& op, const Dimensions& dims) {
    for (auto name : op.contracted) {
      auto found = dims.find(name.index);
      if (found == dims.end() || found->second.dim.axis == Axis::None) continue;
      for (const auto& operand : op.operands) {
        const auto& tensor = body.tensors[operand.tensor.index];
        for (size_t i = 0; i < operand.dims.size(); ++i)
          if (operand.dims[i] == name && tensor.kind == TensorKind::Weight && tensor.dims[i].axis == Axis::None)
            return clash(body, op, name, found->second, {tensor.dims[i], operand.tensor});
      }
    }
    return true;
  }

  static void cutResult(const Op& op, const Dimensions& dims, Tensor& result) {
    for (size_t i = 0; i < op.resultDims.size(); ++i) {
      auto found = dims.find(op.resultDims[i].index);
      if (found == dims.end() || found->second.dim.axis == Axis::None) continue;
      auto& dim = result.dims[i];
      const auto& source = found->second.dim;
      dim.axis = source.axis;
      dim.replicate = source.replicate;
      for (size_t k = 0; k < dim.parts.size(); ++k) {
        // A result of another size keeps the pieces; a slice keeps those of the part that it takes.
        size_t from = dim.parts.size() == source.parts.size() ? k : 0;
        if (dim.parts.size() == 1)
          for (size_t j = 0; j < source.parts.size(); ++j)
            if (source.parts[j].size == dim.parts[0].size) from = j;
        dim.parts[k].units = source.parts[from].units;
      }
    }
  }

  /// The axis over whose ranks the result is still to be summed.
  static Axis partialOf(const Body& body, const Op& op, const Dimensions& dims) {
    Axis partial = Axis::None;
    for (auto name : op.contracted)
      if (auto found = dims.find(name.index); found != dims.end() && found->second.dim.axis != Axis::None)
        partial = found->second.dim.axis;
    switch (factsOf(op.kind).sums) {
      case OperatorSums::Whole: return partial;
      // Where experts lie inside a tensor-parallel group, no copies travel: each rank has the sum over its own experts.
      case OperatorSums::OverExperts: return Axis::ep;
      case OperatorSums::Kept: return commonPartial(body, op).value_or(partial);
    }
    return partial;
  }

  /// The axis over which all operands are partial sums; nullopt where one of them is whole.
  static std::optional<Axis> commonPartial(const Body& body, const Op& op) {
    Axis common = Axis::None;
    for (const auto& operand : op.operands) {
      Axis axis = body.tensors[operand.tensor.index].partial;
      if (axis == Axis::None) return std::nullopt;
      // Sums over the experts and over the FFN's ranks are over the same devices (semantics §3).
      if (common != Axis::ftp) common = axis;
    }
    return common;
  }

  bool summedOnce(const Op& op, const Tensor& result) {
    for (const auto& dim : result.dims)
      if (dim.axis != Axis::None && dim.axis == result.partial) {
        diags_.report<diag::sharding_clash>(place(op.place), nameOf(op.kind),
                                            fmt::format("both its sum and a dimension of its result are spread over {}",
                                                        kAxisNames[static_cast<size_t>(dim.axis)]));
        return false;
      }
    return true;
  }

  /// Reports and is false.
  bool clash(const Body& body, const Op& op, StringId dim, const Merged& a, const Merged& b) {
    auto describe = [&](const Merged& m) {
      const auto& t = body.tensors[m.from.index];
      return m.dim.axis == Axis::None ? fmt::format("`{}` is not sharded", g_.strings[t.name])
                                      : fmt::format("`{}` is sharded by {}", g_.strings[t.name],
                                                    kAxisNames[static_cast<size_t>(m.dim.axis)]);
    };
    diags_
        .report<diag::sharding_clash>(place(op.place), nameOf(op.kind),
                                      fmt::format("{} and {} along `{}`", describe(a), describe(b), g_.strings[dim]))
        .label(place(body.tensors[a.from.index].place), describe(a))
        .label(place(body.tensors[b.from.index].place), describe(b));
    return false;
  }

  SourceRange place(const Place& p) const { return rangeOf(p, g_.strings, diags_); }

  Graph& g_;
  Diagnostics& diags_;
};

}  // namespace

bool shard(Graph& graph, Diagnostics& diags) { return Propagation(graph, diags).run(); }

}  // namespace afdc
