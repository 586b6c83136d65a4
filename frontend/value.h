// Values of the language while a module is evaluated. Objects are late bound: a record is a schema and a list of layers
// (the blocks that amend it); each field is evaluated at most once per final object.
#pragma once
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "frontend/modules.h"
#include "frontend/syntax/ast.h"
#include "ir/graph.h"
#include "ir/scenario.h"
#include "support/quantity.h"

namespace afdc {

class Object;
struct Schema;
struct Env;

/// A distribution of a quantity: its family, its parameters, its mean and quantiles where they have a closed form.
struct Distribution {
  std::string family;
  std::vector<std::pair<std::string, Quantity>> parameters;
  Quantity mean, p50, p90, p99;
};

enum class Stage : uint8_t { Static, Step, Result };

enum class ValueKind : uint8_t {
  Poison,  ///< already reported; whatever uses it stays silent
  Null,
  Bool,
  Number,
  Text,
  Symbol,
  List,
  Record,
  Dist,
  Schema,
  Function,
  Builtin,
  Intrinsic,
  ModuleRef,
  Symbolic,  ///< known later: an expression over step symbols or results
  Tensor,    ///< inside a graph
  Results,   ///< what evaluate(…) returns
  Metric     ///< a result that has statistics, before one is chosen: `ttft` in p99(ttft)
};

struct List;

struct Value {
  ValueKind kind = ValueKind::Poison;
  bool flag = false;
  Stage stage = Stage::Static;
  Quantity quantity;  ///< Number; Symbolic: its dimension
  std::string text;   ///< Text, Symbol, Builtin, Metric
  std::shared_ptr<const List> list;
  Object* object = nullptr;
  const Schema* schema = nullptr;  ///< Schema
  std::shared_ptr<const Distribution> dist;
  const ast::Decl* decl = nullptr;  ///< Function, Intrinsic; Symbol: its enum
  Module* module = nullptr;
  ir::ExprId expr;                                                           ///< Symbolic
  ir::TensorId tensor;                                                       ///< Tensor
  std::shared_ptr<const std::vector<std::pair<std::string, Value>>> fields;  ///< Results

  bool poison() const { return kind == ValueKind::Poison; }
  bool isNumber() const { return kind == ValueKind::Number; }
  static Value null() { return make(ValueKind::Null); }
  static Value boolean(bool b) {
    Value v = make(ValueKind::Bool);
    v.flag = b;
    return v;
  }
  static Value number(Quantity q) {
    Value v = make(ValueKind::Number);
    v.quantity = std::move(q);
    return v;
  }
  static Value number(Number n) { return number(Quantity{n, {}, ""}); }
  static Value string(std::string text) {
    Value v = make(ValueKind::Text);
    v.text = std::move(text);
    return v;
  }
  static Value items(std::vector<Value> values);
  static Value record(Object* object) {
    Value v = make(ValueKind::Record);
    v.object = object;
    return v;
  }
  static Value make(ValueKind kind) {
    Value v;
    v.kind = kind;
    return v;
  }
};

/// The items of a list. Values share them: `[a, a]` holds those of `a` once, so walks must not take them for two.
struct List : std::vector<Value> {
  explicit List(std::vector<Value> values);
  size_t written;               ///< items when it is written out, those of lists in it included; at most 2^62
  mutable bool forced = false;  ///< all records in it, at any depth, are checked
};

/// Longest list, and most items that one is written out with.
inline constexpr size_t kLongestList = 65'536;

inline List::List(std::vector<Value> values) : std::vector<Value>(std::move(values)), written(size()) {
  constexpr size_t kMost = size_t{1} << 62;
  for (const auto& item : *this)
    if (item.kind == ValueKind::List) written = std::min(kMost, written + item.list->written);
}

inline Value Value::items(std::vector<Value> values) {
  Value v = make(ValueKind::List);
  v.list = std::make_shared<const List>(std::move(values));
  return v;
}

enum class TypeKind : uint8_t { Any, Int, Number, Bool, Text, Enum, Record, List, Dist, Poison };

struct Type {
  TypeKind kind = TypeKind::Any;
  Dimension dimension;  ///< Number; Dist
  const ast::Decl* enumeration = nullptr;
  const Schema* schema = nullptr;
  std::shared_ptr<const Type> element;
  bool operator==(const Type& b) const {
    return kind == b.kind && dimension == b.dimension && enumeration == b.enumeration && schema == b.schema;
  }
};

struct SchemaField {
  const ast::SchemaItem* item = nullptr;
  const Schema* owner = nullptr;
  Type type;
};

struct Schema {
  std::string_view name;
  Module* module = nullptr;
  const ast::Decl* decl = nullptr;
  const Schema* base = nullptr;
  Env* env = nullptr;               ///< scope of its module
  std::vector<SchemaField> fields;  ///< own and inherited, base first; a redeclared name replaces
  std::unordered_map<std::string_view, size_t> index;
  bool needsGiven = false;
  const ast::Graph* graph = nullptr;  ///< the most derived one
  const Schema* graphOwner = nullptr;
  std::vector<const ast::Storage*> storages;
  const SchemaField* find(std::string_view name) const {
    auto found = index.find(name);
    return found == index.end() ? nullptr : &fields[found->second];
  }
  bool isA(const Schema* other) const {
    for (auto* s = this; s; s = s->base)
      if (s == other) return true;
    return false;
  }
  bool isA(std::string_view other) const {
    for (auto* s = this; s; s = s->base)
      if (s->name == other) return true;
    return false;
  }
};

/// A scope: one local name, or the fields of an object, or a module (the outermost).
struct Env {
  Env* parent = nullptr;
  Object* object = nullptr;
  Module* module = nullptr;
  std::string_view name;
  Value local;
  uint64_t axes = 0;  ///< of a search, that the local stands for
};

/// One amendment of an object: a block, or a single member reached through a path (`hbm.capacity = …`).
struct Layer {
  const ast::Block* block = nullptr;
  const ast::Member* single = nullptr;
  size_t skip = 0;  ///< components of the single member's path that lead here
  Env* env = nullptr;
  ir::OriginKind origin = ir::OriginKind::Declared;
};

class Object {
 public:
  const Schema* schema = nullptr;
  std::vector<Layer> layers;
  std::optional<std::vector<std::string_view>> ownNames;  ///< see Evaluator::ownNames
  std::vector<Env*> frames;                               ///< scope of each layer in this object; made on demand
  /// Scope of what each schema of the chain says: the object's fields, then the module that declares the schema.
  std::vector<std::pair<const Schema*, Env*>> schemaFrames;
  Object* parent = nullptr;
  std::string label;      ///< declared name, if any
  std::string blockKind;  ///< "engine" for a child block
  SourceRange declared;   ///< what a message about the whole object points at
  bool forced = false;
  size_t number = 0;        ///< in the order of making
  uint32_t generation = 0;  ///< of the mark under which it was made

  enum class State : uint8_t { Evaluating, Done };
  struct Slot {
    State state = State::Evaluating;
    Value value;
    uint64_t axes = 0;                  ///< of a search, that were read to compute it
    SourceRange range;                  ///< the expression in force
    std::vector<ir::OriginKind> kinds;  ///< origin in force first
    std::vector<SourceRange> ranges;
  };
  std::unordered_map<std::string_view, Slot> slots;
};

}  // namespace afdc
