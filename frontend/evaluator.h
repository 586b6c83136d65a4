// Names, types, units and values: from syntax trees to objects, and from objects to the Scenario IR.
//
// Every expression has a stage (static, model, step, result) that this class infers while it evaluates: static ones
// become values, the others expressions of the IR. A mistake gives one message and a poison value that silences what
// depends on it.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>

#include "frontend/host.h"
#include "frontend/modules.h"
#include "frontend/value.h"

namespace afdc {

class GraphBuilder;
class Search;
struct Builtin;
struct BuiltinFunctions;

class Evaluator {
 public:
  Evaluator(Diagnostics& diags, ModuleLoader& loader, Host* host);
  ~Evaluator();

  /// Evaluates and checks every declaration of a module, test blocks excepted.
  void check(Module& module);
  /// The top-level blocks of a kind, in source order.
  std::vector<Object*> blocks(Module& module, std::string_view kind);
  /// A top-level block by name; null when there is none (not reported).
  Object* block(Module& module, std::string_view name);
  /// A top-level `let` as the root of a tree of its own; nullopt where there is none, or no value.
  std::optional<ir::Scenario> lowerLet(Module& module, std::string_view name);
  /// The members of a field that is a list of texts, or its one text; of records, the names that they were declared
  /// under; empty otherwise.
  std::vector<std::string> texts(Object* object, std::string_view field);
  /// A field that is a member of an enum; empty otherwise.
  std::string symbol(Object* object, std::string_view field);
  /// A field of an object that is itself a record; null otherwise.
  Object* recordField(Object* object, std::string_view name);
  /// Applies `path = expression` from the command line on top of `object` (a fresh object is returned).
  /// The value may name whatever the library declares, or a checkpoint of one of its models.
  Object* amended(Object* object, const std::string& assignment, Module& module);

  struct TestOutcome {
    std::string name;
    bool passed = false;
  };
  std::vector<TestOutcome> runTests(Module& module);

  /// A checked object (a scenario, deployment or model) as IR. Reports what is missing.
  ir::Scenario lowerToScenario(Object* object);
  /// The operator graph of an object whose schema has a `graph` and a `stack`.
  std::optional<ir::Graph> elaborate(Object* model);

  Diagnostics& diags() { return *diags_; }

  /// A point in time. `release` destroys the objects and scopes that were made after it. Those that an object from
  /// before the mark refers to by then (a field computed late, say) are kept.
  struct Mark {
    size_t objects, envs;
    uint32_t generation;
  };
  Mark mark();
  void release(const Mark& mark);

 private:
  friend class BuiltinCall;
  friend class FieldComputation;
  friend class OperatorCall;
  friend struct BuiltinFunctions;
  friend class Search;
  friend class GraphBuilder;
  friend class ScenarioBuilder;
  friend class Writer;

  // names and types (names.cpp)
  Value lookup(std::string_view name, Env* env, SourceRange at, bool& found);
  std::optional<Value> moduleLookup(Module& module, std::string_view name);
  Value declValue(Module& module, const ast::Decl& decl);
  Value blockValue(Module& module, const ast::Decl& decl);
  const Schema* schemaOf(Module& module, const ast::Decl& decl);
  const Schema* schemaByPath(ast::Path path, Module& module, bool report = true);
  /// Does it have axes? `explore` and its spaces.
  static bool searches(const Schema* schema) { return schema->isA("Explore") || schema->isA("Space"); }
  const Schema* kindSchema(std::string_view kind, Module& module);
  Value pathValue(ast::Path path, Env* env, size_t count);
  Type resolveType(const ast::TypeExpr* type, Module& module);
  std::optional<Dimension> dimensionNamed(std::string_view name) const;
  std::string describe(const Type& type) const;
  std::string describe(const Value& value) const;
  /// The value as the type needs it; `declared` is where the type was said, shown beside a mismatch.
  Value conform(Value value, const Type& type, SourceRange at, std::string_view what, SourceRange declared = {});
  void unknownName(std::string_view name, Env* env, SourceRange at);
  /// Names in the body of a function that nobody may call: each must mean something.
  void checkNames(const ast::Expr* e, Module& module, Env* env);
  Env* named(Env* parent, std::string_view name);
  void visibleNames(Env* env, std::vector<std::string>& out);

  // objects (objects.cpp)
  Object* newObject(const Schema* schema, Object* parent, SourceRange declared);
  Object* derive(Object* base, Object* parent, Layer layer, bool inherit);
  Env* frame(Object* object, size_t layer);
  Env* schemaFrame(Object* object, const Schema* owner);
  bool hasMember(Object* object, std::string_view name);
  const std::vector<std::string_view>& ownNames(Object* object);
  Value get(Object* object, std::string_view name, SourceRange at);
  Value compute(Object* object, std::string_view name, Object::Slot& slot, SourceRange at);
  void noteMissing(Object* object, const SchemaField& field, SourceRange at);
  Value given(Object* object, const SchemaField& field);
  Value measure(Object* object, std::string_view name, std::span<const ast::Arg> args, Env* env, SourceRange at);
  Value adopt(Value value, Object* owner);
  bool constrain(Object* object, const SchemaField& field, const Value& value, SourceRange at);
  void force(Object* object);
  void forceFields(Object* object);
  void reportMissing();
  void forceValue(const Value& value);
  void checkLayers(Object* object);
  size_t lastToSay(Object* object, std::string_view name);
  void checkAmendedCount(Object* object);
  /// `object` is what the condition is about, where a schema states it.
  void checkRequire(const ast::Expr* condition, std::string_view message, Env* env, SourceRange context,
                    Object* object = nullptr);
  /// Where the author of a file has written a value that the condition speaks of; invalid where nobody has.
  SourceRange writtenPlace(const ast::Expr* condition, Object* object);
  bool isAuthors(SourceRange range) const { return range.valid() && !loader_.isStandard(range.file); }
  /// What an axis or `find` names, as the base has it: its value, and its field where a schema declares it.
  struct AxisTarget {
    Value value;
    const SchemaField* field = nullptr;
  };
  AxisTarget axisTarget(Object* object, const ast::Member& m, ast::Path path);
  void checkAxis(Object* object, const ast::Member& m, ast::Path path, const Value& values);
  void checkAxesDiffer(Object* object);
  std::string withLibraryName(const std::string& assignment, Module& module);
  /// "deployment" of a scenario, for `main`: how a member further inside is reached. Empty where it is not found.
  std::string pathTo(Object* object, std::string_view member, int depth = 3);
  void explainParts(const ast::Expr* e, Env* env, Diagnostic& d, int depth = 0);
  const Schema* childSchema(const Schema* schema, std::string_view kind);
  std::vector<std::string_view> childLabels(Object* object);
  std::vector<std::string> fieldNames(Object* object);

  // expressions (expressions.cpp)
  Value eval(const ast::Expr* e, Env* env, const Type* expected = nullptr, Object* owner = nullptr);
  Value evalUnbounded(const ast::Expr* e, Env* env, const Type* expected, Object* owner);
  Value evalName(const ast::Expr* e, Env* env, const Type* expected);
  Value evalMember(const ast::Expr* e, Env* env);
  Value evalBinary(const ast::Expr* e, Env* env);
  bool reportPublishedName(const ast::Expr* e, size_t before);
  Value evalUnary(const ast::Expr* e, Env* env);
  Value evalCall(const ast::Expr* e, Env* env, Object* owner);
  Value evalAmend(const ast::Expr* e, Env* env, const Type* expected, Object* owner);
  Value evalList(const ast::Expr* e, Env* env, const Type* expected, Object* owner);
  Value evalComprehension(const ast::Expr* e, Env* env, const Type* expected, Object* owner);
  Value evalIf(const ast::Expr* e, Env* env, const Type* expected, Object* owner);
  Value evalRange(const ast::Expr* e, Env* env);
  Value arithmetic(const ast::Expr* e, const Value& a, const Value& b);
  Value compare(const ast::Expr* e, const Value& a, const Value& b);
  Value symbolic(const ast::Expr* e, const Value& a, const Value& b);
  Value literal(const ast::Expr* e);
  bool representable(const Number& n, bool nonzero, SourceRange at);
  Value callFunction(const ast::Decl& fn, Module& module, const ast::Expr* call, Env* env, Object* owner);
  Value callBuiltin(const Builtin& builtin, const ast::Expr* call, Env* env);
  Value asSymbolic(const Value& value, SourceRange at);
  Value metricValue(std::string_view statistic, std::string_view metric, Dimension dimension);
  bool spend(size_t amount, SourceRange at);
  void operandError(const ast::Expr* e, const Value& a, const Value& b);

  // test blocks (check.cpp)
  bool runTest(const ast::Decl& decl, Module& module);
  Value evaluateInTest(const ast::Expr* call, Env* env);
  Value diagnosticsInTest(const ast::Expr* call, Env* env);

  Env* newEnv(Env env) { return &envs_.emplace_back(std::move(env)); }
  /// The module whose names every module sees; loaded when first asked for.
  Module* prelude();
  Env* moduleEnv(Module& module);
  Module& moduleOf(Env* env) const;
  ir::Place place(SourceRange range, ir::Strings& strings) const;

  Diagnostics* diags_;
  ModuleLoader& loader_;
  Host* host_;
  Module* prelude_ = nullptr;
  std::deque<Object> objects_;
  std::deque<Env> envs_;
  uint32_t generations_ = 0;  ///< given out
  uint32_t generation_ = 0;   ///< of objects made now: 0, or the innermost mark's
  /// So many objects and scopes, from the first, are never destroyed: older objects may refer to them.
  size_t pinnedObjects_ = 0, pinnedEnvs_ = 0;
  void pin() {
    pinnedObjects_ = objects_.size();
    pinnedEnvs_ = envs_.size();
  }
  /// Since the innermost mark, an object from before it or a declaration has got a value, which may refer to new ones.
  bool outlives_ = false;
  void touch(const Object* object) { outlives_ = outlives_ || object->generation != generation_; }
  std::deque<Schema> schemas_;
  struct DeclSlot {
    bool done = false;
    Value value;
  };
  std::unordered_map<const ast::Decl*, DeclSlot> declValues_;
  std::unordered_map<const ast::Decl*, const Schema*> schemaByDecl_;
  std::unordered_map<Module*, Env*> moduleEnvs_;
  std::set<const ast::Decl*> activeFunctions_;
  /// Where among the messages an unknown name of a module was reported.
  std::map<std::tuple<Diagnostics*, Module*, std::string>, size_t> unknownNames_;
  std::deque<std::unique_ptr<ast::Module>> commandLine_;
  std::deque<ast::Member> commandLineMembers_;
  std::set<uint32_t> commandLineFiles_;

  struct Missing {
    Object* object;
    SourceRange at;
    std::vector<const SchemaField*> fields;
  };
  std::vector<Missing> missing_;
  std::set<std::pair<uint32_t, uint32_t>> fieldsUnknownIn_;  ///< places of objects: file and offset

  /// What names mean where an expression stands, beside its scope.
  struct Context {
    GraphBuilder* graph = nullptr;                   ///< inside a graph: operators and step symbols are known
    bool results = false;                            ///< inside expect, minimize, maximize: result names are known
    bool testing = false;                            ///< inside a test block: evaluate() and diagnostics() are known
    std::pair<Object*, std::string_view> computing;  ///< the field whose value is being evaluated
    ir::ExprPool* pool = nullptr;                    ///< where symbolic expressions go
    ir::Strings* strings = nullptr;
  };
  Context context_;
  /// Gives the context back as it was, at the end of a scope.
  class ContextGuard {
   public:
    explicit ContextGuard(Context& context) : context_(context), before_(context) {}
    ContextGuard(const ContextGuard&) = delete;
    ~ContextGuard() { context_ = before_; }

   private:
    Context& context_;
    Context before_;
  };
  [[nodiscard]] ContextGuard keepContext() { return ContextGuard(context_); }

  ir::ExprPool scratchPool_;  ///< for checks of result expressions that are not kept
  ir::Strings scratchStrings_;
  /// Axes of a search whose values have been looked at since somebody began to watch; while an object is forced, also
  /// those that led to it.
  uint64_t read_ = 0;
  Search* searching_ = nullptr;  ///< whose points are being made
  uint64_t graphs_ = 0;          ///< elaborated
  struct Watch {
    std::set<uint64_t> decided;      ///< axes that each check of an object has looked at
    std::optional<uint64_t> failed;  ///< axes that the first check that failed has looked at
  };
  Watch* watch_ = nullptr;  ///< set while a point of a search is made
  int depth_ = 0;
  size_t steps_ = 0;
  bool exhausted_ = false;
};

}  // namespace afdc
