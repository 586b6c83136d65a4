// A streaming JSON writer: LLVM's, behind a narrow door (its header does not compile as C++20 with clang 14).
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace afdc {

class JsonWriter {
 public:
  /// Appends to `out` as it goes, indented by two.
  explicit JsonWriter(std::string& out);
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  template <class Body>
  void object(Body&& body) {
    objectBegin();
    body();
    objectEnd();
  }
  template <class Body>
  void array(Body&& body) {
    arrayBegin();
    body();
    arrayEnd();
  }
  template <class Body>
  void attributeObject(std::string_view key, Body&& body) {
    attributeBegin(key);
    object(body);
    attributeEnd();
  }
  template <class Body>
  void attributeArray(std::string_view key, Body&& body) {
    attributeBegin(key);
    array(body);
    attributeEnd();
  }
  template <class T>
  void attribute(std::string_view key, const T& v) {
    attributeBegin(key);
    value(v);
    attributeEnd();
  }
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  /// Non-finite numbers have no JSON form and become null.
  void value(double number);
  void value(int number) { value(static_cast<double>(number)); }
  void value(uint32_t number) { value(static_cast<double>(number)); }
  void value(bool truth);
  void value(std::nullptr_t);
  void value(const std::optional<double>& number) { number ? value(*number) : value(nullptr); }

 private:
  void objectBegin();
  void objectEnd();
  void arrayBegin();
  void arrayEnd();
  void attributeBegin(std::string_view key);
  void attributeEnd();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace afdc
