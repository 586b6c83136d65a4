#include "backends/astra_sim/chakra.h"

#include <protozero/buffer_string.hpp>
#include <protozero/pbf_builder.hpp>
#include <protozero/varint.hpp>

namespace afdc::emit::chakra {

namespace {

// Field numbers of et_def.proto, by message.
enum class Metadata : protozero::pbf_tag_type { Version = 1, Attribute = 2 };
enum class NodeField : protozero::pbf_tag_type {
  Id = 1,
  Name = 2,
  Type = 3,
  Controls = 4,
  Data = 5,
  Duration = 7,
  Attribute = 10
};
enum class AttributeField : protozero::pbf_tag_type { Name = 1, Bool = 27, String = 29 };

using NodeMessage = protozero::pbf_builder<NodeField>;
using AttributeMessage = protozero::pbf_builder<AttributeField>;

protozero::data_view view(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Writer::Writer(std::string_view made) {
  protozero::pbf_builder<Metadata> metadata(message_);
  metadata.add_string(Metadata::Version, "0.0.4");
  {
    AttributeMessage attribute(metadata, Metadata::Attribute);
    attribute.add_string(AttributeField::Name, "made_by");
    attribute.add_string(AttributeField::String, view(made));
  }
  end();
}

void Writer::node(const Node& n) {
  end();
  NodeMessage node(message_);
  node.add_uint64(NodeField::Id, n.id);
  node.add_string(NodeField::Name, n.name);
  node.add_enum(NodeField::Type, static_cast<int32_t>(n.type));
  node.add_packed_uint64(NodeField::Controls, n.controls.begin(), n.controls.end());
  node.add_packed_uint64(NodeField::Data, n.data.begin(), n.data.end());
  if (n.micros > 0) node.add_uint64(NodeField::Duration, n.micros);
}

void Writer::truth(std::string_view name, bool value) {
  NodeMessage node(message_);
  AttributeMessage attribute(node, NodeField::Attribute);
  attribute.add_string(AttributeField::Name, view(name));
  attribute.add_bool(AttributeField::Bool, value);
}

void Writer::number(std::string_view name, uint64_t value, Kind kind) {
  NodeMessage node(message_);
  AttributeMessage attribute(node, NodeField::Attribute);
  attribute.add_string(AttributeField::Name, view(name));
  attribute.add_uint64(static_cast<AttributeField>(kind), value);  // all kinds are varints
}

void Writer::text(std::string_view name, std::string_view value) {
  NodeMessage node(message_);
  AttributeMessage attribute(node, NodeField::Attribute);
  attribute.add_string(AttributeField::Name, view(name));
  attribute.add_string(AttributeField::String, view(value));
}

void Writer::end() {
  if (message_.empty()) return;
  protozero::add_varint_to_buffer(&out_, message_.size());
  out_ += message_;
  message_.clear();
}

std::string Writer::take() {
  end();
  return std::move(out_);
}

}  // namespace afdc::emit::chakra
