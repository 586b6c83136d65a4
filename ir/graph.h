// OperatorGraph: the operators of a model's forward step, with symbolic sizes. Equal layers are one body with a place
// in the stack's order. Sharding is part of a dimension; collectives are operators once the pass that inserts them has
// run.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ir/expr.h"
#include "ir/operators.h"

namespace afdc::ir {

enum class TensorKind : uint8_t { Activation, Weight, Cache, State, Route };
inline constexpr std::array<std::string_view, 5> kTensorKindNames = {"activation", "weight", "cache", "state", "route"};

/// Part of a dimension that is split on its own: `size` elements in `units` equal pieces (0 pieces: not splittable).
struct DimPart {
  ExprId size, units;
  bool operator==(const DimPart&) const = default;
};

struct TensorDim {
  std::vector<DimPart> parts;
  Axis axis = Axis::None;  ///< mesh axis over which the pieces are spread
  bool replicate = false;  ///< fewer pieces than ranks: hold a piece on several ranks instead of failing
  bool operator==(const TensorDim&) const = default;
};

/// Where in the source something was declared; for messages and reports.
struct Place {
  StringId file;
  uint32_t line = 0, column = 0;
  bool operator==(const Place&) const = default;
};

struct Tensor {
  TensorKind kind = TensorKind::Activation;
  StringId name;  ///< unique in its body
  StringId cls;   ///< class of precision
  std::vector<TensorDim> dims;
  std::optional<ExprId> window;  ///< Cache: at most this many tokens are kept
  Axis partial = Axis::None;     ///< Activation: partial sums over this axis, to be reduced
  Place place;
  bool operator==(const Tensor&) const = default;
};

enum class Phase : uint8_t { All, Prefill, Decode };
inline constexpr std::array<std::string_view, 3> kPhaseNames = {"all", "prefill", "decode"};
enum class Side : uint8_t { Mixer, Ffn };
inline constexpr std::array<std::string_view, 2> kSideNames = {"attention", "ffn"};

/// An operand and what the operator calls its dimensions: a name in an operand and in the result is one dimension, a
/// name in operands only is a contraction.
struct Operand {
  StringId port;
  TensorId tensor;
  std::vector<StringId> dims;
  bool operator==(const Operand&) const = default;
};

struct Attribute {
  StringId name;
  ExprId value;
  bool operator==(const Attribute&) const = default;
};

struct Op {
  OperatorKind kind{};
  StringId table;  ///< key in a kernel table; may be empty
  std::vector<Operand> operands;
  std::vector<Attribute> attributes;
  TensorId result;
  std::vector<StringId> resultDims;
  std::vector<StringId> contracted;  ///< dimensions that are summed over
  Phase phase = Phase::All;
  Side side = Side::Mixer;
  Axis axis = Axis::None;  ///< collectives: the mesh axis they run over
  Place place;
  bool operator==(const Op&) const = default;
};

struct Body {
  StringId name;
  std::vector<Tensor> tensors;
  std::vector<Op> ops;
  std::vector<TensorId> params;
  TensorId returned;
  bool operator==(const Body&) const = default;
};

/// Equal layers one after another.
struct EqualLayers {
  BodyId body;
  uint32_t count = 1;
  bool operator==(const EqualLayers&) const = default;
};

/// How elements of a class are stored and multiplied. Bytes per element = (bits + scaleBits / block) / 8.
struct Precision {
  StringId cls, format;
  double bits = 16, scaleBits = 0, block = 1;
  StringId compute;  ///< arithmetic of products with this operand: "bf16", "fp8", …; empty before precision is bound
  double bytesPerElement() const { return (bits + scaleBits / block) / 8; }
  bool operator==(const Precision&) const = default;
};

struct Graph {
  uint64_t id = 0;  ///< graphs of one evaluator with equal ids are the same; 0: not told. No part of the text form
  Strings strings;
  ExprPool exprs;
  StringId name;
  std::vector<Precision> precisions;
  std::vector<Body> bodies;
  BodyId main;  ///< holds the operator `run_layers`, which stands for the stack
  std::vector<EqualLayers> stack;

  const Precision* precision(StringId cls) const;
  uint32_t layerCount() const;
};

std::string print(const Graph& graph);
/// Throws ReadError.
Graph parseGraph(std::string_view text);

/// The graph of one of several engines, or of a part of one: "decode.attention".
struct EngineGraph {
  std::string engine;
  Graph graph;
};
/// One after the other, each behind a line with its engine; a single one as `print` has it.
std::string print(const std::vector<EngineGraph>& graphs);
/// Throws ReadError.
std::vector<EngineGraph> parseGraphs(std::string_view text);

/// What must hold of every graph: ids in range, operands defined before use, one definition per tensor, returned
/// tensors exist, the stack names bodies. Returns the first violation or "".
std::string verify(const Graph& graph);

}  // namespace afdc::ir
