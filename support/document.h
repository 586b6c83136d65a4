// A document that an emission writes: built member by member, written as JSON or as YAML. It stands before `JsonTree`
// because two dozen source files build one, and this header compiles in no time.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/count.h"
#include "support/json.h"

namespace afdc {

class Document {
 public:
  Document() = default;  ///< null
  Document(bool truth) : kind_(Kind::Bool), truth_(truth) {}
  Document(double number) : kind_(Kind::Number), number_(number) {}
  Document(int number) : Document(static_cast<double>(number)) {}
  Document(Count number) : Document(static_cast<double>(number)) {}
  Document(std::string text) : kind_(Kind::Text), text_(std::move(text)) {}
  Document(std::string_view text) : Document(std::string(text)) {}
  Document(const char* text) : Document(std::string(text)) {}

  static Document list(std::vector<Document> items = {});
  static Document map();

  /// A member of a map; sets it where it is already there. A null document becomes a map.
  Document& set(std::string_view name, Document value);
  /// The member, made (null) where there is none.
  Document& operator[](std::string_view name);
  /// One more item of a list. A null document becomes a list.
  Document& add(Document value);

  /// Two spaces of indentation. Numbers have the shortest text that reads back as them.
  std::string json() const;
  /// Block style (YAML 1.2). Texts that a reader could take for something else are quoted.
  std::string yaml() const;
  /// On one line, as command-line options take it.
  std::string jsonLine() const;

 private:
  enum class Kind : uint8_t { Null, Bool, Number, Text, List, Map };
  JsonTree tree() const;
  void writeYaml(std::string& out, size_t indent) const;
  bool branch() const { return (kind_ == Kind::List || kind_ == Kind::Map) && !items_.empty(); }

  Kind kind_ = Kind::Null;
  bool truth_ = false;
  double number_ = 0;
  std::string text_;
  std::vector<std::string> names_;  ///< of a map, parallel to `items_`
  std::vector<Document> items_;
};

}  // namespace afdc
