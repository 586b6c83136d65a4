// Chakra execution traces (mlcommons/chakra, schema 0.0.4): records of a varint length and a protobuf message, first
// the metadata, then nodes. Field numbers are those of et_def.proto.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace afdc::emit::chakra {

enum class NodeType : uint8_t { Compute = 4, Send = 5, Receive = 6, Collective = 7 };
enum class Collective : uint8_t { AllReduce = 0, AllGather = 2, AllToAll = 6 };

struct Node {
  uint64_t id = 0;
  std::string name;
  NodeType type = NodeType::Compute;
  std::vector<uint64_t> controls, data;  ///< nodes that it waits for
  uint64_t micros = 0;                   ///< of a node of the host
};

/// One file of a rank.
class Writer {
 public:
  /// `made` names who made it (an attribute of the metadata).
  explicit Writer(std::string_view made);
  /// Begins a node; attributes follow until the next one or `take`.
  void node(const Node& node);
  void truth(std::string_view name, bool value);
  /// Each attribute in the kind of integer that Chakra's own feeders read it as: older ones take no other.
  enum class Kind : uint8_t { Int32 = 7, Int64 = 9, Uint64 = 13 };
  void number(std::string_view name, uint64_t value, Kind kind = Kind::Int64);
  void text(std::string_view name, std::string_view value);
  std::string take();

 private:
  /// Moves the message that is being written to the file, behind its length.
  void end();
  std::string out_, message_;
};

}  // namespace afdc::emit::chakra
