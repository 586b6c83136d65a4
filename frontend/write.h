// From checked objects back to text: a scenario as a file of its own that says all that is not a default.
#pragma once
#include <map>
#include <set>
#include <string>

#include "frontend/evaluator.h"

namespace afdc {

class Writer {
 public:
  explicit Writer(Evaluator& evaluator) : ev_(evaluator) {}

  /// A file with `scenario` under this name, with its deployment and promises. What comes from the standard library is
  /// imported, everything else is written out.
  std::string file(Object* scenario, const std::string& name);
  /// A value as an expression.
  std::string expression(const Value& value, size_t indent = 0);

 private:
  struct Origin {
    Module* module = nullptr;
    Object* object = nullptr;  ///< as it was declared
  };
  /// The standard library's declaration that an object is, or amends.
  Origin declaredAs(Object* object);
  std::string record(Object* object, size_t indent);
  std::string members(Object* object, Object* than, size_t indent);
  std::string child(Object* owner, std::string_view label, size_t indent);
  std::string promises(Object* slo, size_t indent);
  std::string quantity(const Quantity& q);
  void import(const Module* module, std::string_view name);

  Evaluator& ev_;
  std::map<std::string, std::set<std::string>> imports_;
};

}  // namespace afdc
