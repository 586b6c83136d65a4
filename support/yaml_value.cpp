#include <llvm/ADT/SmallString.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/YAMLParser.h>

#include <algorithm>
#include <cstdlib>

#include "support/json_value.h"

namespace afdc {

namespace {

Json scalar(const std::string& text, bool plain) {
  Json out;
  char* end = nullptr;
  double number = std::strtod(text.c_str(), &end);
  if (plain && !text.empty() && *end == '\0') {
    out.kind = Json::Kind::Number;
    out.value = number;
  } else if (plain && (text == "true" || text == "false")) {
    out.kind = Json::Kind::Bool;
    out.truth = text == "true";
  } else if (!plain || (!text.empty() && text != "null" && text != "~")) {
    out.kind = Json::Kind::Text;
    out.string = text;
  }
  return out;
}

Json convert(llvm::yaml::Node* node, int depth) {
  Json out;
  if (!node || depth > 100) return out;
  llvm::SmallString<64> storage;
  if (auto* s = llvm::dyn_cast<llvm::yaml::ScalarNode>(node)) {
    auto raw = s->getRawValue();
    bool plain = raw.empty() || (raw.front() != '"' && raw.front() != '\'');
    return scalar(s->getValue(storage).str(), plain);
  }
  if (auto* s = llvm::dyn_cast<llvm::yaml::BlockScalarNode>(node)) return scalar(s->getValue().str(), false);
  if (auto* list = llvm::dyn_cast<llvm::yaml::SequenceNode>(node)) {
    out.kind = Json::Kind::Array;
    for (auto& item : *list) out.items.push_back(convert(&item, depth + 1));
    return out;
  }
  if (auto* map = llvm::dyn_cast<llvm::yaml::MappingNode>(node)) {
    out.kind = Json::Kind::Object;
    std::vector<std::pair<std::string, Json>> members;
    for (auto& pair : *map) {
      auto* key = llvm::dyn_cast_or_null<llvm::yaml::ScalarNode>(pair.getKey());
      std::string name = key ? key->getValue(storage).str() : "";
      members.emplace_back(std::move(name), convert(pair.getValue(), depth + 1));
    }
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [name, value] : members) {
      out.names.push_back(std::move(name));
      out.items.push_back(std::move(value));
    }
  }
  return out;
}

}  // namespace

JsonDocument parseYaml(std::string_view text) {
  llvm::SourceMgr sources;
  std::string error;
  sources.setDiagHandler(
      [](const llvm::SMDiagnostic& d, void* to) {
        auto& out = *static_cast<std::string*>(to);
        if (out.empty()) out = "is not YAML: line " + std::to_string(d.getLineNo()) + ": " + d.getMessage().str();
      },
      &error);
  llvm::yaml::Stream stream(llvm::StringRef(text.data(), text.size()), sources);
  auto document = stream.begin();
  if (document == stream.end()) return {{}, "is empty"};
  Json root = convert(document->getRoot(), 0);
  if (stream.failed() && error.empty()) error = "is not YAML";
  return {std::move(root), error};
}

}  // namespace afdc
