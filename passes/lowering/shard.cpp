#include <map>

#include "ir/places.h"
#include "passes/lowering/diagnostics.h"
#include "passes/lowering/lowering.h"

namespace afdc {

using namespace ir;

namespace {

/// Operators that pass partial sums on: sums of partial sums are partial sums.
bool keepsPartial(std::string_view intrinsic) {
  return intrinsic == "add" || intrinsic == "join" || intrinsic == "slice";
}

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
  struct Merged {
    TensorDim dim;
    TensorId from;
  };

  bool visit(Body& body, Op& op) {
    auto intrinsic = g_.strings[op.intrinsic];
    std::map<uint32_t, Merged> merged;  // by dimension name
    for (const auto& operand : op.operands) {
      const auto& tensor = body.tensors[operand.tensor.index];
      for (size_t i = 0; i < operand.dims.size(); ++i) {
        const auto& dim = tensor.dims[i];
        auto [known, fresh] = merged.try_emplace(operand.dims[i].index, Merged{dim, operand.tensor});
        if (fresh || dim.axis == Axis::None) continue;
        if (known->second.dim.axis == Axis::None) {
          // A replicated operand is cut for free; a replicated *weight* against a sharded activation is a missing
          // `shard`.
          known->second = {dim, operand.tensor};
          continue;
        }
        if (known->second.dim.axis != dim.axis)
          return clash(body, op, operand.dims[i], known->second, {dim, operand.tensor});
      }
    }
    for (auto name : op.contracted)
      if (auto found = merged.find(name.index); found != merged.end() && found->second.dim.axis != Axis::None)
        for (const auto& operand : op.operands) {
          const auto& tensor = body.tensors[operand.tensor.index];
          for (size_t i = 0; i < operand.dims.size(); ++i)
            if (operand.dims[i] == name && tensor.kind == TensorKind::Weight && tensor.dims[i].axis == Axis::None)
              return clash(body, op, name, found->second, {tensor.dims[i], operand.tensor});
        }
    auto& result = body.tensors[op.result.index];
    for (size_t i = 0; i < op.resultDims.size(); ++i) {
      auto found = merged.find(op.resultDims[i].index);
      if (found == merged.end() || found->second.dim.axis == Axis::None) continue;
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
    result.partial = Axis::None;
    for (auto name : op.contracted)
      if (auto found = merged.find(name.index); found != merged.end() && found->second.dim.axis != Axis::None)
        result.partial = found->second.dim.axis;
    if (intrinsic == "combine") {
      // Where experts lie inside a tensor-parallel group, no copies travel: each rank has the sum over its own experts.
      result.partial = Axis::ep;
    } else if (keepsPartial(intrinsic)) {
      Axis common = Axis::None;
      bool all = true;
      for (const auto& operand : op.operands) {
        Axis axis = body.tensors[operand.tensor.index].partial;
        all = all && axis != Axis::None;
        // Sums over the experts and over the FFN's ranks are over the same devices (semantics §3).
        if (axis != Axis::None && common != Axis::ftp) common = axis;
      }
      if (all) result.partial = common;
    }
    for (const auto& dim : result.dims)
      if (dim.axis != Axis::None && dim.axis == result.partial) {
        diags_.report<diag::sharding_clash>(place(op.place), intrinsic,
                                            fmt::format("both its sum and a dimension of its result are spread over {}",
                                                        kAxisNames[static_cast<size_t>(dim.axis)]));
        return false;
      }
    return true;
  }

  bool clash(const Body& body, const Op& op, StringId dim, const Merged& a, const Merged& b) {
    auto describe = [&](const Merged& m) {
      const auto& t = body.tensors[m.from.index];
      return m.dim.axis == Axis::None ? fmt::format("`{}` is not sharded", g_.strings[t.name])
                                      : fmt::format("`{}` is sharded by {}", g_.strings[t.name],
                                                    kAxisNames[static_cast<size_t>(m.dim.axis)]);
    };
    diags_
        .report<diag::sharding_clash>(place(op.place), g_.strings[op.intrinsic],
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
