// Passes over the OperatorGraph. Each takes a graph for which its "before" holds and returns one for which "after"
// holds.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/scenario.h"
#include "support/count.h"
#include "support/diagnostics.h"

namespace afdc {

/// A format that a class of tensors is kept in.
struct StoredFormat {
  std::string cls, name;  ///< "linear", "fp8"; "format" of one that has no name
  std::string shown;      ///< as the author would read it
  Count bits = 0, scale_bits = 0, block = 0;
  std::string compute;  ///< arithmetic of products with such operands
};

/// What of an engine decides how operators are stored and computed.
struct Arithmetic {
  std::vector<StoredFormat> formats;  ///< those that differ from the checkpoint's
  std::string asked;                  ///< arithmetic that products are asked to use; "": that of their formats
  ir::NodeId askedAt;
  std::string device;                 ///< its name, for messages
  std::vector<std::string_view> has;  ///< kinds of arithmetic that the device has, of `kArithmetics`
  bool can(std::string_view arithmetic) const;
};
inline constexpr std::array<std::string_view, 4> kArithmetics = {"bf16", "fp8", "fp4", "int8"};

/// lower: the model's graph as one engine runs it.
///   before: the scenario is verified; the model has a graph.
///   after:  every class of precision has a format (the engine's where it sets one, else the checkpoint's) and an
///           arithmetic that the device has.
///     class expert mxfp4 bits 4 scale 8 block 32 compute fp4   →   … compute bf16      (on H200: weight-only)
/// An arithmetic that the engine asks for and the device lacks is an error. Formats that fall back are added to
/// `fallbacks`.
std::optional<ir::Graph> lower(const ir::Scenario& s, ir::NodeId model, const Arithmetic& engine,
                               std::vector<std::string>& fallbacks, Diagnostics& diags);

/// shard: propagates the sharding of weights and caches through the operators.
///   before: only weights, caches and states carry an axis.
///   after:  every activation does, with its units; sums over a sharded contraction are marked `partial AXIS`.
///     op "y" = gemm(x, w) -> [tokens, 4096]   →   … -> [tokens, 4096] partial tp
/// Two declarations that cannot both hold are an error that shows both.
bool shard(ir::Graph& graph, Diagnostics& diags);

/// collectives: inserts what sharding makes necessary; degrees stay symbols, a collective over one rank costs nothing.
///   before: shard.
///   after:  no operator but a collective reads a partial sum, except a sum of partial sums; results are whole.
///     op "r" = add(x, y)   →   op "y.sum" = all_reduce(y) over tp;  op "r" = add(x, y.sum)
void insertCollectives(ir::Graph& graph);

}  // namespace afdc
