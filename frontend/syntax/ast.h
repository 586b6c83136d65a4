// The abstract syntax tree of one module. Nodes live in the module's arena and refer to the source text by views, so a
// Module keeps its SourceFile's index and dies after everything that points into it.
#pragma once
#include <llvm/Support/Allocator.h>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "support/source.h"

namespace afdc::ast {

struct Name {
  std::string_view text;
  SourceRange range;
};

struct Expr;
struct Block;
using Path = std::span<Name>;

enum class Op : uint8_t {
  None,
  Add,
  Sub,
  Mul,
  Div,
  Mod,
  Pow,
  Less,
  LessEq,
  Greater,
  GreaterEq,
  Equal,
  NotEqual,
  In,
  And,
  Or,
  Not,
  Negate,
  Range,
  RangeInclusive
};
std::string_view spelling(Op op);

struct Arg {
  Name name;  ///< empty text when positional
  Expr* value = nullptr;
};

enum class ExprKind : uint8_t {
  Bad,
  Number,
  Quantity,
  Text,
  Bool,
  Null,
  Name,
  Paren,
  List,
  Comprehension,
  Member,
  Call,
  Index,
  Amend,
  Record,
  Unary,
  Binary,
  If
};

struct Expr {
  ExprKind kind = ExprKind::Bad;
  Op op = Op::None;
  bool flag = false;  ///< Bool: the value
  SourceRange range;
  SourceRange opRange;    ///< Binary, Unary: the operator
  std::string_view text;  ///< Number, Quantity: as written; Text: between the quotes
  Name name;              ///< Name, Member, Comprehension variable
  Expr *a = nullptr, *b = nullptr, *c = nullptr;
  std::span<Expr*> list;   ///< List
  std::span<Arg> args;     ///< Call
  Block* block = nullptr;  ///< Amend, Record
};

struct TypeExpr {
  enum Kind : uint8_t { Named, List, One, Product } kind = Named;
  SourceRange range;
  Path path;                     ///< Named
  TypeExpr* inner = nullptr;     ///< List element, or the parameter of Named: `Dist(Token)`
  std::span<TypeExpr*> factors;  ///< Product
  std::span<bool> divides;       ///< Product: is factor i in the denominator?
};

enum class MemberKind : uint8_t { Assign, Amend, Child, Let, Require, Expect, Vary, Find, Objective };

struct Member {
  MemberKind kind = MemberKind::Assign;
  SourceRange range;
  Path path;                 ///< Assign, Amend, Vary, Find
  Name kindName, label;      ///< Child; Let uses label, Find `minimum` or `maximum`
  Path extends;              ///< Child
  TypeExpr* type = nullptr;  ///< Let
  Expr* value = nullptr;   ///< Assign, Child with `=`, Let, Require, Expect, Vary, Objective; Find: its range, or null
  Block* block = nullptr;  ///< Amend, Child
  std::string_view message;  ///< Require, Expect: the `else` text
  bool maximize = false;
};

struct Block {
  SourceRange range;
  std::span<Member> members;
};

/// A dimension: one part, or several joined by `++`.
using Dim = std::span<Expr*>;

struct Shard {
  int dim = 0;
  Name axis;
  Dim units;  ///< `in …`; empty: the dimension itself
  bool replicate = false;
  SourceRange range;
};

enum class StorageKind : uint8_t { Weight, Cache, State };

struct Storage {
  StorageKind kind = StorageKind::Weight;
  Name name;
  SourceRange range;
  std::span<Dim> shape;
  Name per, cls;
  std::span<Shard> shards;
  Expr* window = nullptr;
};

enum class StmtKind : uint8_t { Storage, Op, Let, Only, If, Return };

struct Stmt;
struct GraphBody {
  SourceRange range;
  std::span<Stmt> stmts;
};

struct Stmt {
  StmtKind kind = StmtKind::Op;
  SourceRange range;
  Storage* storage = nullptr;
  Name name;              ///< Op, Let; Only: the phase
  Name side;              ///< Op
  Expr* value = nullptr;  ///< Op, Let, Return; If: the condition
  GraphBody *then = nullptr, *otherwise = nullptr;
};

struct GraphParam {
  Name name;
  std::span<Dim> shape;
};

struct Graph {
  SourceRange range;
  std::span<GraphParam> params;
  GraphBody* body = nullptr;
};

enum class ItemKind : uint8_t { Field, Blocks, Given, Measure, Let, Require, Storage, Graph };

struct SchemaItem {
  ItemKind kind = ItemKind::Field;
  SourceRange range;
  std::string_view doc;  ///< `///` lines above it, raw
  Name name;
  bool optional = false;
  TypeExpr* type = nullptr;
  Path path;  ///< Blocks: the schema of the children
  Expr *where = nullptr, *plausible = nullptr, *value = nullptr;
  std::string_view message;
  Storage* storage = nullptr;
  Graph* graph = nullptr;
};

struct Param {
  Name name;
  TypeExpr* type = nullptr;
  Expr* value = nullptr;
};

struct PortDim {
  Name role, dim;
};

struct Port {
  Name name;
  bool optional = false;
  bool tensor = false;
  std::span<PortDim> dims;
  TypeExpr* type = nullptr;
  Expr* value = nullptr;
};

struct ResultDim {
  Name name;
  Expr* size = nullptr;
};

enum class DeclKind : uint8_t { Let, Fn, Enum, Kind, Intrinsic, Schema, Block };

/// What a declaration says beside its name.
struct DeclBody {
  TypeExpr* type = nullptr;     ///< Let, Fn
  Expr* value = nullptr;        ///< Let, Fn
  std::span<Param> params;      ///< Fn
  std::span<Name> members;      ///< Enum
  Path path;                    ///< Kind: its schema; Schema: what it extends
  std::span<SchemaItem> items;  ///< Schema
  Member* block = nullptr;      ///< Block
  std::span<Port> ports;        ///< Intrinsic
  std::span<ResultDim> result;  ///< Intrinsic
  Name resultKind;              ///< Intrinsic: `Route`, or empty for an activation
  std::string_view table;       ///< Intrinsic
};

struct Decl;
/// Parses the bodies of a file's declarations when they are asked for.
class BodyParser {
 public:
  virtual ~BodyParser() = default;
  virtual const DeclBody* parse(const Decl& decl) = 0;
};

struct Decl {
  DeclKind kind = DeclKind::Let;
  SourceRange range;
  Name kindName;         ///< Block: `model`
  Name name;             ///< Block: the label
  std::string_view doc;  ///< `///` lines above it, raw

  /// Most declarations of the standard library are never asked for this.
  const DeclBody& body() const {
    if (!parsed) parsed = parser->parse(*this);
    return *parsed;
  }
  bool isBlock(std::string_view blockKind) const { return kind == DeclKind::Block && kindName.text == blockKind; }

  // For the parser alone:
  mutable const DeclBody* parsed = nullptr;
  BodyParser* parser = nullptr;
  size_t firstToken = 0, endToken = 0;
};

struct Import {
  SourceRange range;
  bool file = false;  ///< "./x.afd" instead of std.x
  std::string_view target;
  SourceRange targetRange;
  Name alias;
  std::span<Name> names;
  bool hasList = false;
};

struct Module {
  uint32_t file = 0;
  bool hasEdition = false;
  std::vector<Import> imports;
  std::vector<Decl> decls;
  std::unique_ptr<BodyParser> bodies;  ///< of declarations that are parsed late
  llvm::BumpPtrAllocator arena;

  template <class T>
  T* make() {
    return new (arena.Allocate<T>()) T();
  }
  template <class T>
  std::span<T> copy(const std::vector<T>& items) {
    if (items.empty()) return {};
    T* to = arena.Allocate<T>(items.size());
    std::uninitialized_copy(items.begin(), items.end(), to);
    return {to, items.size()};
  }
};

}  // namespace afdc::ast
