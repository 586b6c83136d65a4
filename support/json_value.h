// A JSON or YAML document that was read. Reading is forgiving where documents differ: a member that is not there is
// null, and any value can be asked for a number or a text. Members are sorted by name, so that whatever walks them does
// so in one order, however the document has them.
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

  static Json ofBool(bool truth);
  static Json ofNumber(double value);
  static Json ofText(std::string text);
  static Json emptyArray() { return ofKind(Kind::Array); }
  static Json emptyObject() { return ofKind(Kind::Object); }
  /// Brings the members of an object, as they were read, into order. A name that two of them have, or null.
  const std::string* sortMembers();

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

 private:
  static Json ofKind(Kind kind);
};

/// The levels of lists and objects that a document may have.
inline constexpr size_t kMostLevels = 500;

struct JsonDocument {
  Json root;
  std::string error;  ///< empty on success; otherwise what and where
};

/// Refused besides what is no JSON: more than 500 levels, a member named twice, a number beyond a double's range.
JsonDocument parseJson(std::string_view text);

struct YamlDocuments {
  std::vector<Json> roots;
  std::string error;  ///< as above; then there are no roots
};

/// All documents of a YAML stream, read by the core schema of YAML 1.2: `yes` and `1:30` are texts. Aliases have become
/// what they stand for, members of `<<` (YAML 1.1, which Kubernetes' tools read) those of the mapping that has it.
/// Refused besides what is no YAML: more than 500 levels, a member named twice, and aliases that stand for more than
/// 16 MB in all.
YamlDocuments parseYamlDocuments(std::string_view text);
/// The only document of a stream.
JsonDocument parseYaml(std::string_view text);

}  // namespace afdc
