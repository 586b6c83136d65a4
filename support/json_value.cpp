#include "support/json_value.h"

#include <llvm/Support/JSON.h>

#include <algorithm>

namespace afdc {

namespace {

Json convert(const llvm::json::Value& v) {
  Json out;
  switch (v.kind()) {
    case llvm::json::Value::Null: break;
    case llvm::json::Value::Boolean:
      out.kind = Json::Kind::Bool;
      out.truth = *v.getAsBoolean();
      break;
    case llvm::json::Value::Number:
      out.kind = Json::Kind::Number;
      out.value = *v.getAsNumber();
      break;
    case llvm::json::Value::String:
      out.kind = Json::Kind::Text;
      out.string = v.getAsString()->str();
      break;
    case llvm::json::Value::Array:
      out.kind = Json::Kind::Array;
      out.items.reserve(v.getAsArray()->size());
      for (const auto& item : *v.getAsArray()) out.items.push_back(convert(item));
      break;
    case llvm::json::Value::Object: {
      out.kind = Json::Kind::Object;
      std::vector<std::pair<std::string, const llvm::json::Value*>> members;
      for (const auto& [name, value] : *v.getAsObject()) members.emplace_back(name.str(), &value);
      std::sort(members.begin(), members.end());
      for (const auto& [name, value] : members) {
        out.names.push_back(name);
        out.items.push_back(convert(*value));
      }
      break;
    }
  }
  return out;
}

/// LLVM's parser recurses: what is nested deeper than any real document is refused before it runs.
bool tooDeep(std::string_view text) {
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > 500) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

const Json& Json::operator[](std::string_view name) const {
  static const Json none;
  if (kind != Kind::Object) return none;
  auto at = std::lower_bound(names.begin(), names.end(), name);
  return at != names.end() && *at == name ? items[static_cast<size_t>(at - names.begin())] : none;
}

double Json::number(double otherwise) const {
  if (kind == Kind::Number) return value;
  if (kind == Kind::Bool) return truth ? 1 : 0;
  return otherwise;
}

JsonDocument parseJson(std::string_view text) {
  if (tooDeep(text)) return {{}, "is nested too deeply"};
  auto parsed = llvm::json::parse(llvm::StringRef(text.data(), text.size()));
  if (!parsed) return {{}, "is not JSON: " + llvm::toString(parsed.takeError())};
  return {convert(*parsed), ""};
}

}  // namespace afdc
