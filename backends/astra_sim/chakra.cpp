#include "backends/astra_sim/chakra.h"

namespace afdc::emit::chakra {

namespace {

void varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}
void field(std::string& out, uint32_t number, uint64_t value) {
  varint(out, uint64_t{number} << 3);
  varint(out, value);
}
void field(std::string& out, uint32_t number, std::string_view bytes) {
  varint(out, (uint64_t{number} << 3) | 2);
  varint(out, bytes.size());
  out += bytes;
}
void packed(std::string& out, uint32_t number, const std::vector<uint64_t>& values) {
  if (values.empty()) return;
  std::string bytes;
  for (auto v : values) varint(bytes, v);
  field(out, number, bytes);
}

// GlobalMetadata
constexpr uint32_t kVersion = 1, kMetadataAttribute = 2;
// Node
constexpr uint32_t kId = 1, kName = 2, kType = 3, kControls = 4, kData = 5, kDuration = 7, kAttribute = 10;
// AttributeProto
constexpr uint32_t kAttributeName = 1, kBool = 27, kString = 29;

}  // namespace

Writer::Writer(std::string_view made) {
  std::string attribute, message;
  field(attribute, kAttributeName, "made_by");
  field(attribute, kString, made);
  field(message, kVersion, "0.0.4");
  field(message, kMetadataAttribute, attribute);
  varint(out_, message.size());
  out_ += message;
}

void Writer::node(const Node& n) {
  end();
  field(message_, kId, n.id);
  field(message_, kName, n.name);
  field(message_, kType, static_cast<uint64_t>(n.type));
  packed(message_, kControls, n.controls);
  packed(message_, kData, n.data);
  if (n.micros > 0) field(message_, kDuration, n.micros);
}

void Writer::attribute(std::string_view name, uint32_t number, std::string_view value, bool isVarint, uint64_t v) {
  std::string attribute;
  field(attribute, kAttributeName, name);
  if (isVarint)
    field(attribute, number, v);
  else
    field(attribute, number, value);
  field(message_, kAttribute, attribute);
}
void Writer::truth(std::string_view name, bool value) { attribute(name, kBool, "", true, value ? 1 : 0); }
void Writer::number(std::string_view name, uint64_t value, Kind kind) {
  attribute(name, static_cast<uint32_t>(kind), "", true, value);
}
void Writer::text(std::string_view name, std::string_view value) { attribute(name, kString, value, false, 0); }

void Writer::end() {
  if (message_.empty()) return;
  varint(out_, message_.size());
  out_ += message_;
  message_.clear();
}

std::string Writer::take() {
  end();
  return std::move(out_);
}

}  // namespace afdc::emit::chakra
