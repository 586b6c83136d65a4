// The functions that every file may call without declaring them, as one table: the evaluator calls what it says,
// messages and docs/language.md show it.
#pragma once
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "frontend/value.h"

namespace afdc {

class Evaluator;
class BuiltinCall;

struct Builtin {
  std::string_view name;
  std::string_view usage;    ///< `min(a, b, …)`
  std::string_view summary;  ///< what it gives
  Value (*run)(BuiltinCall& call);
  bool takesExpressions = false;  ///< looks at its arguments itself, before they have values
};

std::span<const Builtin> builtins();
/// Null when there is none of this name.
const Builtin* findBuiltin(std::string_view name);

/// One call: its arguments, and how to complain about them.
class BuiltinCall {
 public:
  BuiltinCall(Evaluator& evaluator, const Builtin& builtin, const ast::Expr* call, Env* env)
      : ev(evaluator), builtin(builtin), expression(call), env(env) {}

  /// Gives the arguments their values; false when one of them was a mistake.
  bool evaluateArguments();

  std::string name() const { return std::string(builtin.name); }
  size_t count() const { return args.size(); }
  bool number(size_t i) const { return i < args.size() && args[i].kind == ValueKind::Number; }
  std::optional<int64_t> integer(size_t i) const;
  /// The parameter called `key`, or the one at `position` where none has a name; null when it is not there.
  const Value* parameter(std::string_view key, size_t position = SIZE_MAX) const;

  /// Reports and gives poison.
  Value complain(const std::string& why) const;
  Value misused() const { return misused(builtin.usage); }
  Value misused(std::string_view usage) const;
  Value differentDimensions(const Quantity& a, const Quantity& b, std::string_view verb) const;

  Evaluator& ev;
  const Builtin& builtin;
  const ast::Expr* expression;
  Env* env;
  std::vector<Value> args;
  std::vector<std::pair<std::string_view, Value>> named;
};

}  // namespace afdc
