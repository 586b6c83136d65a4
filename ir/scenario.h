// Scenario: what the author said, resolved. A tree of typed values, each with its provenance; graphs of its models
// beside it. Nothing in it refers to the syntax tree.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ir/graph.h"
#include "support/data_files.h"
#include "support/quantity.h"

namespace afdc::ir {

enum class NodeKind : uint8_t { Null, Bool, Number, Text, Symbol, List, Record, Dist, Graph, Check };
inline constexpr std::array<std::string_view, 10> kNodeKindNames = {"null", "bool",   "number", "text",  "symbol",
                                                                    "list", "record", "dist",   "graph", "check"};

/// Why a value is what it is. The first origin of a node is the one in force; the others it overrode, latest first.
enum class OriginKind : uint8_t { Default, Base, Declared, Set, Given, Derived };
inline constexpr std::array<std::string_view, 6> kOriginKindNames = {"default", "base",  "declared",
                                                                     "set",     "given", "derived"};

struct Origin {
  OriginKind kind = OriginKind::Declared;
  Place place;
  StringId value;  ///< the value at that point, as text
  bool operator==(const Origin&) const = default;
};

struct Node {
  NodeKind kind = NodeKind::Null;
  StringId name;       ///< field or label
  StringId schema;     ///< Record: its schema; Dist: its family
  StringId blockKind;  ///< Record in a `blocks` field: the kind word ("engine")
  StringId label;      ///< Record: the name it was declared under ("H200_SXM"); may be empty
  StringId text;       ///< Text, Symbol; Check: as written
  StringId message;    ///< Check: the `else` text
  bool flag = false;
  Number value;
  Dimension dimension;
  StringId unit;
  uint32_t index = 0;  ///< Graph: into Scenario::graphs
  ExprId check;        ///< Check
  uint64_t axes = 0;   ///< a bit for each axis of a search that it depends on; not part of the text form
  std::vector<NodeId> children;
  std::vector<Origin> origins;
};

struct SchemaLink {
  StringId name, base;
};

class Scenario {
 public:
  Strings strings;
  ExprPool exprs;
  std::vector<Node> nodes;
  std::vector<SchemaLink> schemas;
  std::vector<Graph> graphs;
  NodeId root;
  /// What its fields name outside of it, as the session opened it; no part of the text form.
  std::shared_ptr<DataFiles> files = std::make_shared<DataFiles>();

  NodeId add(Node node) {
    nodes.push_back(std::move(node));
    return {static_cast<uint32_t>(nodes.size() - 1)};
  }
  const Node& operator[](NodeId id) const;
  /// Is the record of `schema`, or of one derived from it?
  bool isA(NodeId id, std::string_view schema) const;
  /// A field by dotted path; invalid when absent or null.
  NodeId find(NodeId from, std::string_view path) const;
  std::vector<NodeId> blocks(NodeId from, std::string_view kind) const;
  /// In base units; nullopt when absent. A distribution gives its mean.
  std::optional<double> number(NodeId from, std::string_view path) const;
  std::string_view text(NodeId from, std::string_view path) const;
  bool flag(NodeId from, std::string_view path) const;
  /// As the author would read it.
  std::string show(NodeId id) const;
};

/// Collects the axes of all nodes that this thread looks at while it lives.
class Reads {
 public:
  Reads() : outer_(std::exchange(innermost, this)) {}
  ~Reads() {
    innermost = outer_;
    if (outer_) outer_->axes |= axes;
  }
  Reads(const Reads&) = delete;
  Reads& operator=(const Reads&) = delete;

  uint64_t axes = 0;
  static void note(const Node& node) {
    if (innermost) innermost->axes |= node.axes;
  }

 private:
  static inline thread_local Reads* innermost = nullptr;
  Reads* outer_;
};

inline const Node& Scenario::operator[](NodeId id) const {
  Reads::note(nodes[id.index]);
  return nodes[id.index];
}

/// A point of a search, made a scenario.
struct Resolved {
  Scenario* scenario = nullptr;   ///< good until the next one is made; null where the language refuses the point
  std::string reason;             ///< why it does
  uint64_t failed = 0;            ///< axes that decide that it does: all points that agree on them are refused alike
  std::vector<uint64_t> decided;  ///< axes that each check has looked at
};

std::string print(const Scenario& scenario);
/// Throws ReadError.
Scenario parseScenario(std::string_view text);
/// Of all that the root leads to: ids in range, records with schemas, nothing inside itself. Returns the first
/// violation or "".
std::string verify(const Scenario& scenario);

}  // namespace afdc::ir
