#include "frontend/syntax/tree_builder.h"

#include <algorithm>

#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/headings.h"
#include "frontend/syntax/odd_text.h"
#include "frontend/syntax/parse.h"
#include "frontend/syntax/parser_tokens.h"

namespace afdc {

using afd::AfdParser;
using namespace ast;

namespace {

/// The context classes are leaves, all in this program: comparing the addresses of their types replaces
/// dynamic_cast, which is slow where it fails.
template <class T, class Context>
T* as(Context* context) {
  return context && &typeid(*context) == &typeid(T) ? static_cast<T*>(context) : nullptr;
}

class Builder {
 public:
  Builder(Diagnostics& diags, Module& module)
      : file_(module.file), diags_(diags), module_(module), text_(diags.sources().file(module.file).text()) {}

  void module(AfdParser::ModuleContext* ctx) {
    for (auto* edition : ctx->edition()) {
      module_.hasEdition = true;
      if (edition->INT() && textOf(edition->INT()->getSymbol()) != kEdition)
        diags_.report<diag::unsupported_edition>(rangeOf(edition->INT()->getSymbol()),
                                                 textOf(edition->INT()->getSymbol()));
    }
    for (auto* i : ctx->importDecl()) import(i);
    for (auto* d : ctx->decl()) decl(d);
  }

  Expr* expr(AfdParser::ExprContext* ctx) {
    int levels = levelsOf(ctx);
    if (depth_ + levels > kDeepestNesting) {
      if (!tooDeep_) diags_.report<diag::nested_too_deep>(rangeOf(ctx), kDeepestNesting);
      tooDeep_ = true;
      return module_.make<Expr>();
    }
    depth_ += levels;
    auto* e = joined(ctx, kLoosest);
    depth_ -= levels;
    return e;
  }

 private:
  SourceRange rangeOf(antlr4::Token* t) const { return rangeIn(file_, t); }
  SourceRange rangeOf(antlr4::ParserRuleContext* ctx) const {
    auto* start = ctx->getStart();
    auto* stop = ctx->getStop() ? ctx->getStop() : start;
    auto range = rangeOf(start);
    range.end = std::max(range.end, rangeOf(stop).end);
    return range;
  }
  /// A name, number or unit as the language writes it.
  std::string_view textOf(antlr4::Token* t) { return plain(ours(t).of(text_)); }
  std::string_view plain(std::string_view text) { return isPlain(text) ? text : kept(plainText(text)); }
  std::string_view kept(std::string_view text) {
    auto copy = module_.copy(std::vector<char>(text.begin(), text.end()));
    return {copy.data(), copy.size()};
  }

  Name name(AfdParser::NameContext* ctx) {
    if (!ctx || ctx->exception || !ctx->getStart()) return {};
    auto range = rangeOf(ctx->getStart());
    return {textOf(ctx->getStart()), range};
  }
  Path path(AfdParser::PathContext* ctx) {
    std::vector<Name> names;
    if (ctx)
      for (auto* n : ctx->name()) names.push_back(name(n));
    return module_.copy(names);
  }

  std::string_view string(antlr4::tree::TerminalNode* node) { return node ? string(node->getSymbol()) : ""; }
  std::string_view string(antlr4::Token* token) {
    auto raw = withoutQuotes(ours(token).of(text_));
    if (raw.find('\\') == std::string_view::npos) return raw;
    std::vector<char> out;
    for (size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\' || i + 1 == raw.size()) {
        out.push_back(raw[i]);
        continue;
      }
      char c = raw[++i];
      out.push_back(c == 'n' ? '\n' : c == 't' ? '\t' : c);
    }
    return kept({out.data(), out.size()});
  }

  void import(AfdParser::ImportDeclContext* ctx) {
    if (ctx->exception || !ctx->modulePath()) return;
    Import i;
    i.range = rangeOf(ctx);
    auto* target = ctx->modulePath();
    i.targetRange = rangeOf(target);
    i.file = target->STRING() != nullptr;
    i.target = i.file ? string(target->STRING()) : plain(diags_.sources().text(i.targetRange));
    if (ctx->name()) i.alias = name(ctx->name());
    if (ctx->importList()) {
      std::vector<Name> names;
      for (auto* n : ctx->importList()->name()) names.push_back(name(n));
      i.names = module_.copy(names);
      i.hasList = true;
    }
    module_.imports.push_back(i);
  }

  void decl(AfdParser::DeclContext* ctx) {
    Decl d;
    auto* body = module_.make<DeclBody>();
    d.parsed = body;
    d.range = rangeOf(ctx);
    d.doc = docAbove(text_, d.range.begin);
    if (auto* let = ctx->letDecl()) {
      d.kind = DeclKind::Let;
      d.name = name(let->name());
      body->type = type(let->type());
      body->value = expr(let->expr());
    } else if (auto* fn = ctx->fnDecl()) {
      d.kind = DeclKind::Fn;
      d.name = name(fn->name());
      std::vector<Param> params;
      for (auto* p : fn->param())
        params.push_back({name(p->name()), type(p->type()), p->expr() ? expr(p->expr()) : nullptr});
      body->params = module_.copy(params);
      body->type = type(fn->type());
      body->value = expr(fn->expr());
    } else if (auto* en = ctx->enumDecl()) {
      d.kind = DeclKind::Enum;
      auto names = en->name();
      if (names.empty()) return;
      d.name = name(names[0]);
      std::vector<Name> members;
      for (size_t i = 1; i < names.size(); ++i) members.push_back(name(names[i]));
      body->members = module_.copy(members);
    } else if (auto* kind = ctx->kindDecl()) {
      d.kind = DeclKind::Kind;
      d.name = name(kind->name());
      body->path = path(kind->path());
    } else if (auto* intrinsic = ctx->intrinsicDecl()) {
      d.kind = DeclKind::Intrinsic;
      d.name = name(intrinsic->name(0));
      fillIntrinsic(*body, intrinsic);
    } else if (auto* schema = ctx->schemaDecl()) {
      d.kind = DeclKind::Schema;
      d.name = name(schema->name());
      body->path = path(schema->path());
      std::vector<SchemaItem> items;
      separated(schema->children, [&](antlr4::ParserRuleContext* ctx) {
        if (ctx->getRuleIndex() == AfdParser::RuleSchemaItem)
          schemaItem(items, static_cast<AfdParser::SchemaItemContext*>(ctx));
      });
      body->items = module_.copy(items);
    } else if (auto* block = ctx->blockDecl()) {
      d.kind = DeclKind::Block;
      body->block = module_.make<Member>();
      *body->block = child(block);
      d.kindName = body->block->kindName;
      d.name = body->block->label;
    } else {
      return;
    }
    if (!d.name.text.empty()) module_.decls.push_back(d);
  }

  void fillIntrinsic(DeclBody& d, AfdParser::IntrinsicDeclContext* ctx) {
    std::vector<Port> ports;
    for (auto* p : ctx->port()) {
      Port port;
      port.name = name(p->name());
      port.optional = p->optional != nullptr;
      port.type = type(p->type());
      port.tensor = port.type == nullptr;
      std::vector<PortDim> dims;
      for (auto* pd : p->portDim()) dims.push_back({name(pd->role), name(pd->label)});
      port.dims = module_.copy(dims);
      if (p->expr()) port.value = expr(p->expr());
      ports.push_back(port);
    }
    d.ports = module_.copy(ports);
    std::vector<ResultDim> result;
    for (auto* r : ctx->resultDim()) result.push_back({name(r->name()), r->expr() ? expr(r->expr()) : nullptr});
    d.result = module_.copy(result);
    if (ctx->result) d.resultKind = name(ctx->result);
    d.table = string(ctx->STRING());
  }

  TypeExpr* type(AfdParser::TypeContext* ctx) {
    if (!ctx || ctx->exception || ctx->typeTerm().empty()) return nullptr;
    std::vector<TypeExpr*> factors;
    std::vector<bool> divides{false};
    for (auto* term : ctx->typeTerm()) {
      auto* t = module_.make<TypeExpr>();
      t->range = rangeOf(term);
      if (term->path()) {
        t->path = path(term->path());
        t->inner = type(term->type());
      } else if (term->type()) {
        t->kind = TypeExpr::List;
        t->inner = type(term->type());
      } else {
        t->kind = TypeExpr::One;
      }
      factors.push_back(t);
    }
    if (factors.size() == 1) return factors[0];
    for (auto* c : ctx->children)
      if (auto* terminal = dynamic_cast<antlr4::tree::TerminalNode*>(c))
        divides.push_back(ours(terminal->getSymbol()).is(Symbol::Slash));
    auto* product = module_.make<TypeExpr>();
    product->kind = TypeExpr::Product;
    product->range = rangeOf(ctx);
    product->factors = module_.copy(factors);
    bool* flags = module_.arena.Allocate<bool>(divides.size());
    std::copy(divides.begin(), divides.end(), flags);
    product->divides = {flags, divides.size()};
    return product;
  }

  void schemaItem(std::vector<SchemaItem>& items, AfdParser::SchemaItemContext* ctx) {
    if (ctx->exception) return;
    SchemaItem item;
    item.range = rangeOf(ctx);
    item.doc = docAbove(text_, item.range.begin);
    if (auto* f = as<AfdParser::FieldItemContext>(ctx)) {
      item.name = name(f->name());
      item.type = type(f->type());
      item.optional = f->optional != nullptr;
      if (f->where) item.where = expr(f->where);
      if (f->plausible) item.plausible = expr(f->plausible);
      if (f->value) item.value = expr(f->value);
    } else if (auto* b = as<AfdParser::BlocksItemContext>(ctx)) {
      item.kind = ItemKind::Blocks;
      item.name = name(b->name());
      item.path = path(b->path());
    } else if (auto* g = as<AfdParser::GivenItemContext>(ctx)) {
      item.kind = ItemKind::Given;
      item.name = name(g->name());
      item.type = type(g->type());
    } else if (auto* m = as<AfdParser::MeasureItemContext>(ctx)) {
      item.kind = ItemKind::Measure;
      item.name = name(m->name());
      item.type = type(m->type());
    } else if (auto* l = as<AfdParser::DerivedItemContext>(ctx)) {
      item.kind = ItemKind::Let;
      item.name = name(l->letDecl()->name());
      item.type = type(l->letDecl()->type());
      item.value = expr(l->letDecl()->expr());
    } else if (auto* r = as<AfdParser::RequireItemContext>(ctx)) {
      item.kind = ItemKind::Require;
      item.value = expr(r->require()->expr());
      item.message = string(r->require()->STRING());
    } else if (auto* s = as<AfdParser::StorageItemContext>(ctx)) {
      item.kind = ItemKind::Storage;
      item.storage = storage(s->storage());
      item.name = item.storage->name;
    } else if (auto* graphItem = as<AfdParser::GraphItemContext>(ctx)) {
      item.kind = ItemKind::Graph;
      item.graph = graph(graphItem->graph());
      if (!item.graph) return;
    }
    items.push_back(item);
  }

  Dim dim(AfdParser::DimContext* ctx) {
    std::vector<Expr*> parts;
    for (auto* e : ctx->expr()) parts.push_back(expr(e));
    return module_.copy(parts);
  }
  std::span<Dim> shape(AfdParser::ShapeContext* ctx) {
    std::vector<Dim> dims;
    if (ctx)
      for (auto* d : ctx->dim()) dims.push_back(dim(d));
    return module_.copy(dims);
  }

  Storage* storage(AfdParser::StorageContext* ctx) {
    auto* s = module_.make<Storage>();
    const auto& word = ours(ctx->getStart());
    s->kind = word.is(Symbol::Weight)  ? StorageKind::Weight
              : word.is(Symbol::Cache) ? StorageKind::Cache
                                       : StorageKind::State;
    s->name = name(ctx->name());
    s->range = rangeOf(ctx);
    s->shape = shape(ctx->shape());
    std::vector<Shard> shards;
    for (auto* attr : ctx->storageAttr()) {
      auto names = attr->name();
      auto key = textOf(attr->getStart());
      if (key == "per" && !names.empty()) s->per = name(names[0]);
      if (key == "class" && !names.empty()) s->cls = name(names[0]);
      if (key == "window") s->window = expr(attr->expr());
      if (key == "shard" && attr->INT() && !names.empty()) {
        Shard shard;
        shard.range = rangeOf(attr);
        shard.dim = static_cast<int>(
            std::min<long>(99, std::strtol(std::string(textOf(attr->INT()->getSymbol())).c_str(), nullptr, 10)));
        shard.axis = name(names[0]);
        if (attr->dim()) shard.units = dim(attr->dim());
        if (names.size() > 1) shard.replicate = name(names[1]).text == "replicate";
        shards.push_back(shard);
      }
    }
    s->shards = module_.copy(shards);
    return s;
  }

  Graph* graph(AfdParser::GraphContext* ctx) {
    if (!ctx || !ctx->graphBody()) return nullptr;
    auto* g = module_.make<Graph>();
    g->range = rangeOf(ctx);
    std::vector<GraphParam> params;
    for (auto* p : ctx->graphParam()) params.push_back({name(p->name()), shape(p->shape())});
    g->params = module_.copy(params);
    g->body = body(ctx->graphBody());
    return g;
  }

  GraphBody* body(AfdParser::GraphBodyContext* ctx) {
    if (!ctx) return nullptr;
    auto* b = module_.make<GraphBody>();
    b->range = rangeOf(ctx);
    std::vector<Stmt> stmts;
    separated(ctx->children, [&](antlr4::ParserRuleContext* c) {
      if (c->getRuleIndex() != AfdParser::RuleGraphStmt || c->exception) return;
      Stmt s;
      s.range = rangeOf(c);
      if (auto* st = as<AfdParser::StorageStmtContext>(c)) {
        s.kind = StmtKind::Storage;
        s.storage = storage(st->storage());
        s.name = s.storage->name;
      } else if (auto* op = as<AfdParser::OpStmtContext>(c)) {
        auto names = op->name();
        s.name = name(names[0]);
        if (names.size() > 1) s.side = name(names[1]);
        s.value = expr(op->expr());
      } else if (auto* let = as<AfdParser::LetStmtContext>(c)) {
        s.kind = StmtKind::Let;
        s.name = name(let->letDecl()->name());
        s.value = expr(let->letDecl()->expr());
      } else if (auto* only = as<AfdParser::OnlyStmtContext>(c)) {
        s.kind = StmtKind::Only;
        s.name = name(only->name());
        auto bodies = only->graphBody();
        if (!bodies.empty()) s.then = body(bodies[0]);
        if (bodies.size() > 1) s.otherwise = body(bodies[1]);
      } else if (auto* iff = as<AfdParser::IfStmtContext>(c)) {
        s.kind = StmtKind::If;
        s.value = expr(iff->expr());
        auto bodies = iff->graphBody();
        if (!bodies.empty()) s.then = body(bodies[0]);
        if (bodies.size() > 1) s.otherwise = body(bodies[1]);
      } else if (auto* ret = as<AfdParser::ReturnStmtContext>(c)) {
        s.kind = StmtKind::Return;
        s.value = expr(ret->expr());
      }
      stmts.push_back(s);
    });
    b->stmts = module_.copy(stmts);
    return b;
  }

  /// Visits the members of a body and reports two on one line without a comma.
  template <class F>
  void separated(const std::vector<antlr4::tree::ParseTree*>& children, F&& visit) {
    antlr4::ParserRuleContext* previous = nullptr;
    bool separator = true;
    for (auto* child : children) {
      if (typeid(*child) == typeid(antlr4::tree::TerminalNodeImpl) ||
          typeid(*child) == typeid(antlr4::tree::ErrorNodeImpl)) {
        separator = true;  // a brace
        continue;
      }
      auto* ctx = static_cast<antlr4::ParserRuleContext*>(child);
      if (ctx->getRuleIndex() == AfdParser::RuleSep) {
        separator = true;
        continue;
      }
      if (ctx->getRuleIndex() == AfdParser::RuleName || ctx->getRuleIndex() == AfdParser::RulePath) continue;
      if (!separator && previous && !previous->exception && !ctx->exception && ctx->getStart()) {
        auto at = rangeOf(ctx->getStart());
        diags_.report<diag::separate_members>(at)
            .label(rangeOf(previous), "the member before it")
            .fix({file_, rangeOf(previous).end, rangeOf(previous).end}, ",");
      }
      separator = false;
      previous = ctx;
      visit(ctx);
    }
  }

  Member child(AfdParser::BlockDeclContext* ctx) {
    Member m;
    m.kind = MemberKind::Child;
    m.range = rangeOf(ctx);
    m.kindName = name(ctx->kind);
    if (auto* label = ctx->label) {
      if (label->STRING())
        m.label = {string(label->STRING()), rangeOf(label->STRING()->getSymbol())};
      else
        m.label = name(label->name());
    }
    m.extends = path(ctx->path());
    if (ctx->block()) m.block = block(ctx->block());
    if (ctx->expr()) m.value = expr(ctx->expr());
    if (!m.block && !m.value) m.block = module_.make<Block>();
    return m;
  }

  Block* block(AfdParser::BlockContext* ctx) {
    auto* b = module_.make<Block>();
    if (!ctx) return b;
    b->range = rangeOf(ctx);
    if (++depth_ > kDeepestNesting) {
      if (!tooDeep_) diags_.report<diag::nested_too_deep>(b->range, kDeepestNesting);
      tooDeep_ = true;
      --depth_;
      return b;
    }
    std::vector<Member> members;
    separated(ctx->children, [&](antlr4::ParserRuleContext* c) {
      if (c->getRuleIndex() == AfdParser::RuleMember && !c->exception)
        members.push_back(build(static_cast<AfdParser::MemberContext*>(c)));
    });
    b->members = module_.copy(members);
    --depth_;
    return b;
  }

  Member build(AfdParser::MemberContext* ctx) {
    Member m;
    if (auto* assign = as<AfdParser::AssignContext>(ctx)) {
      m.path = path(assign->path());
      m.value = expr(assign->expr());
    } else if (auto* amend = as<AfdParser::AmendFieldContext>(ctx)) {
      m.kind = MemberKind::Amend;
      m.path = path(amend->path());
      m.block = block(amend->block());
    } else if (auto* nested = as<AfdParser::ChildBlockContext>(ctx)) {
      m = child(nested->blockDecl());
    } else if (auto* let = as<AfdParser::LocalLetContext>(ctx)) {
      m.kind = MemberKind::Let;
      m.label = name(let->letDecl()->name());
      m.type = type(let->letDecl()->type());
      m.value = expr(let->letDecl()->expr());
    } else if (auto* require = as<AfdParser::StaticCheckContext>(ctx)) {
      m.kind = MemberKind::Require;
      m.value = expr(require->require()->expr());
      m.message = string(require->require()->STRING());
    } else if (auto* expect = as<AfdParser::ResultCheckContext>(ctx)) {
      m.kind = MemberKind::Expect;
      m.value = expr(expect->expr());
      m.message = string(expect->STRING());
    } else if (auto* axis = as<AfdParser::AxisContext>(ctx)) {
      m.kind = MemberKind::Vary;
      m.path = path(axis->path());
      m.value = expr(axis->expr());
    } else if (auto* find = as<AfdParser::RequirementContext>(ctx)) {
      m.kind = MemberKind::Find;
      m.label = name(find->sense);
      m.path = path(find->path());
      if (find->expr()) m.value = expr(find->expr());
    } else if (auto* objective = as<AfdParser::ObjectiveContext>(ctx)) {
      m.kind = MemberKind::Objective;
      m.maximize = ours(objective->dir).is(Symbol::Maximize);
      m.value = expr(objective->expr());
    }
    m.range = rangeOf(ctx);
    return m;
  }

  /// How tightly operators bind. `-` and `not` before a value stand between products and powers: -a^2 is -(a^2).
  enum Binding { kLoosest, kOr, kAnd, kComparison, kRange, kSum, kProduct, kPrefix, kPower };
  struct Operator {
    std::string_view spelling;
    Op op = Op::None;
    int binding = kLoosest;
  };
  static const Operator& operatorOf(const antlr4::Token* token) {
    static constexpr Operator table[] = {{"or", Op::Or, kOr},
                                         {"and", Op::And, kAnd},
                                         {"<", Op::Less, kComparison},
                                         {"<=", Op::LessEq, kComparison},
                                         {">", Op::Greater, kComparison},
                                         {">=", Op::GreaterEq, kComparison},
                                         {"==", Op::Equal, kComparison},
                                         {"!=", Op::NotEqual, kComparison},
                                         {"in", Op::In, kComparison},
                                         {"..", Op::Range, kRange},
                                         {"..=", Op::RangeInclusive, kRange},
                                         {"+", Op::Add, kSum},
                                         {"-", Op::Sub, kSum},
                                         {"*", Op::Mul, kProduct},
                                         {"/", Op::Div, kProduct},
                                         {"%", Op::Mod, kProduct},
                                         {"^", Op::Pow, kPower}};
    static constexpr Operator none;
    auto* found = std::ranges::find(table, spelling(ours(token).symbol), &Operator::spelling);
    return found == std::end(table) ? none : *found;
  }

  /// Levels that the tree of an expression may have without those inside its operands: one for each operand, and for
  /// each suffix.
  static int levelsOf(AfdParser::ExprContext* ctx) {
    size_t levels = 0;
    for (; ctx; ctx = ctx->rest) levels += std::max<size_t>(1, ctx->children.size() - (ctx->op ? 2 : 0));
    return static_cast<int>(std::min<size_t>(levels, kDeepestNesting + 1));
  }

  Expr* make(ExprKind kind, SourceRange range) {
    auto* e = module_.make<Expr>();
    e->kind = kind;
    e->range = range;
    return e;
  }

  /// The operand at `at` and those behind it that are joined to it by operators of at least this binding. `at` moves to
  /// the last operand taken.
  Expr* joined(AfdParser::ExprContext*& at, int binding) {
    Expr* left = term(at);
    while (at && at->op && operatorOf(at->op).binding >= binding) {
      const Operator& op = operatorOf(at->op);
      auto opRange = rangeOf(at->op);
      at = at->rest;
      // 2^3^2 is 2^(3^2); operators of one binding are else taken from left to right.
      Expr* right = joined(at, op.op == Op::Pow ? op.binding : op.binding + 1);
      auto* e = make(ExprKind::Binary, left->range);
      e->range.end = std::max(e->range.end, right->range.end);
      e->op = op.op;
      e->opRange = opRange;
      e->a = left;
      e->b = right;
      left = e;
    }
    return left;
  }

  /// What stands between two operators of a chain. `at` becomes null where nothing can follow it.
  Expr* term(AfdParser::ExprContext*& at) {
    auto* ctx = at;
    if (!ctx || ctx->exception) {
      at = nullptr;
      return module_.make<Expr>();
    }
    if (ctx->prefix) {
      at = ctx->rest;
      auto* e = make(ExprKind::Unary, rangeOf(ctx->prefix));
      e->opRange = e->range;
      e->op = ours(ctx->prefix).is(Symbol::Minus) ? Op::Negate : Op::Not;
      e->a = joined(at, kPrefix);
      e->range.end = std::max(e->range.end, e->a->range.end);
      return e;
    }
    if (ctx->condition) {
      at = nullptr;  // its `else` goes as far as it can
      auto* e = make(ExprKind::If, rangeOf(ctx));
      e->a = expr(ctx->condition);
      e->b = expr(ctx->yes);
      e->c = expr(ctx->no);
      return e;
    }
    Expr* e = operand(ctx->operand());
    for (size_t i = 1; i < ctx->children.size(); ++i)
      if (auto* s = as<AfdParser::SuffixContext>(ctx->children[i])) e = suffixed(e, s);
    return e;
  }

  Expr* operand(AfdParser::OperandContext* ctx) {
    auto* e = module_.make<Expr>();
    if (!ctx || ctx->exception || ctx->children.empty()) return e;
    e->range = rangeOf(ctx);
    auto* first = ctx->children[0];
    if (ctx->literal) {
      literal(*e, ctx->literal);
    } else if (auto* n = as<AfdParser::NameContext>(first)) {
      e->name = name(n);
      if (!e->name.text.empty()) e->kind = ExprKind::Name;
    } else if (auto* record = as<AfdParser::BlockContext>(first)) {
      e->kind = ExprKind::Record;
      e->block = block(record);
    } else if (ctx->inner) {
      e->kind = ExprKind::Paren;
      e->a = expr(ctx->inner);
    } else if (auto* l = as<AfdParser::ListContext>(first)) {
      list(*e, l);
    }
    return e;
  }

  void list(Expr& e, AfdParser::ListContext* ctx) {
    if (ctx->exception) return;
    auto items = ctx->expr();
    if (auto* comp = ctx->comprehension()) {
      auto parts = comp->expr();
      if (parts.empty() || items.empty()) return;
      e.kind = ExprKind::Comprehension;
      e.name = name(comp->name());
      e.a = expr(items[0]);
      e.b = expr(parts[0]);
      if (parts.size() > 1) e.c = expr(parts[1]);
      return;
    }
    e.kind = ExprKind::List;
    std::vector<Expr*> built;
    for (auto* i : items) built.push_back(expr(i));
    e.list = module_.copy(built);
    nothingLeftOut(ctx->children);
  }

  Expr* suffixed(Expr* base, AfdParser::SuffixContext* ctx) {
    if (ctx->exception || ctx->children.empty()) return module_.make<Expr>();
    auto* e = make(ExprKind::Call, base->range);
    e->range.end = std::max(e->range.end, rangeOf(ctx).end);
    e->a = base;
    if (auto* b = as<AfdParser::BlockContext>(ctx->children[0])) {
      e->kind = ExprKind::Amend;
      e->block = block(b);
    } else if (ctx->index) {
      e->kind = ExprKind::Index;
      e->b = expr(ctx->index);
    } else if (ctx->field) {
      e->name = name(ctx->field);
      e->kind = e->name.text.empty() ? ExprKind::Bad : ExprKind::Member;
    } else {
      std::vector<Arg> args;
      for (auto* a : ctx->arg()) args.push_back({a->name() ? name(a->name()) : Name{}, expr(a->expr())});
      e->args = module_.copy(args);
      nothingLeftOut(ctx->children);
    }
    return e;
  }

  /// The grammar lets a value be missing between two commas, so that one token decides; here it is reported.
  void nothingLeftOut(const std::vector<antlr4::tree::ParseTree*>& children) {
    bool comma = false;
    for (auto* child : children) {
      auto* terminal = dynamic_cast<antlr4::tree::TerminalNode*>(child);
      bool another = terminal && ours(terminal->getSymbol()).is(Symbol::Comma);
      if (comma && another)
        diags_.report<diag::syntax_error>(rangeOf(terminal->getSymbol()), "expected a value, found `,`");
      comma = another;
    }
  }

  void literal(Expr& e, antlr4::Token* t) {
    e.text = textOf(t);
    switch (t->getType()) {
      case AfdParser::INT:
      case AfdParser::FLOAT: e.kind = ExprKind::Number; return;
      case AfdParser::QUANTITY: e.kind = ExprKind::Quantity; return;
      case AfdParser::STRING:
        e.kind = ExprKind::Text;
        e.text = string(t);
        return;
      case AfdParser::BAD_QUANTITY:
      case AfdParser::UNTERMINATED_STRING: return;  // reported by the token reader: poison
      default: break;
    }
    e.kind = ours(t).is(Symbol::Null) ? ExprKind::Null : ExprKind::Bool;
    e.flag = ours(t).is(Symbol::True);
  }

  uint32_t file_;
  Diagnostics& diags_;
  Module& module_;
  std::string_view text_;
  int depth_ = 0;
  bool tooDeep_ = false;
};

}  // namespace

void buildModule(AfdParser::ModuleContext* tree, Diagnostics& diags, Module& module) {
  Builder(diags, module).module(tree);
}

Expr* buildExpression(AfdParser::ExprContext* tree, Diagnostics& diags, Module& module) {
  return Builder(diags, module).expr(tree);
}

}  // namespace afdc
