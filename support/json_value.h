// A JSON document that was read: LLVM's parser, behind a narrow door (its header does not compile as C++20 with
// clang 14). Members are sorted by name, so that whatever walks them is deterministic.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace afdc {

class Json {
 public:
  enum class Kind : uint8_t { Null, Bool, Number, Text, Array, Object };
  Kind kind = Kind::Null;
  bool truth = false;
  double value = 0;
  std::string string;
  std::vector<Json> items;         ///< of an array; of an object, the values
  std::vector<std::string> names;  ///< of an object, parallel to `items`

  bool isNull() const { return kind == Kind::Null; }
  bool isNumber() const { return kind == Kind::Number; }
  bool isText() const { return kind == Kind::Text; }
  bool isArray() const { return kind == Kind::Array; }
  bool isObject() const { return kind == Kind::Object; }

  /// The member, or null where there is none (or this is no object).
  const Json& operator[](std::string_view name) const;
  bool has(std::string_view name) const { return !(*this)[name].isNull(); }
  /// The number (truth counts as 0 or 1), or `otherwise`.
  double number(double otherwise = 0) const;
  bool flag(bool otherwise = false) const { return kind == Kind::Bool ? truth : otherwise; }
  std::string_view text(std::string_view otherwise = "") const {
    return isText() ? std::string_view(string) : otherwise;
  }
};

struct JsonDocument {
  Json root;
  std::string error;  ///< empty on success; otherwise what and where
};
JsonDocument parseJson(std::string_view text);
/// The first document of a YAML stream, as the same kind of tree.
JsonDocument parseYaml(std::string_view text);

}  // namespace afdc
