#include "frontend/graph_builder.h"

#include <algorithm>
#include <cmath>

#include "frontend/diagnostics.h"
#include "frontend/syntax/diagnostics.h"
#include "support/text.h"

namespace afdc {

using ast::ExprKind;

std::optional<ir::Graph> Evaluator::elaborate(Object* model) {
  if (!model->schema->graph) return std::nullopt;
  ir::Graph graph;
  graph.id = ++graphs_;
  graph.name = graph.strings.intern(model->label.empty() ? model->schema->name : std::string_view(model->label));
  GraphBuilder builder(*this, graph);
  auto context = keepContext();
  context_.graph = &builder;
  context_.pool = &graph.exprs;
  context_.strings = &graph.strings;
  context_.results = false;
  bool ok = builder.build(model);
  if (!ok) return std::nullopt;
  if (auto problem = ir::verify(graph); !problem.empty()) {
    diags_->report<diag::graph_error>(model->declared, problem);
    return std::nullopt;
  }
  return graph;
}

std::optional<Value> GraphBuilder::symbol(std::string_view name) {
  for (size_t i = 0; i < ir::kSymbolNames.size(); ++i)
    if (ir::kSymbolNames[i] == name) {
      Value v = Value::make(ValueKind::Symbolic);
      v.stage = Stage::Step;
      v.expr = graph_.exprs.symbol(static_cast<ir::Symbol>(i));
      return v;
    }
  return std::nullopt;
}

Value GraphBuilder::tensorValue(ir::TensorId id) {
  Value v = Value::make(ValueKind::Tensor);
  v.tensor = id;
  return v;
}

ir::TensorId GraphBuilder::addTensor(ir::Tensor t) {
  body().tensors.push_back(std::move(t));
  return {static_cast<uint32_t>(body().tensors.size() - 1)};
}

ir::StringId GraphBuilder::uniqueName(std::string_view name) {
  std::string base = prefix_ + std::string(name), candidate = base;
  auto taken = [&](const std::string& text) {
    auto id = graph_.strings.intern(text);
    return std::any_of(body().tensors.begin(), body().tensors.end(), [&](const ir::Tensor& t) { return t.name == id; });
  };
  for (int i = 2; taken(candidate); ++i) candidate = fmt::format("{}.{}", base, i);
  return graph_.strings.intern(candidate);
}

ir::ExprId GraphBuilder::total(const ir::TensorDim& dim) {
  ir::ExprId sum = dim.parts[0].size;
  for (size_t i = 1; i < dim.parts.size(); ++i) sum = graph_.exprs.make(ir::ExprOp::Add, sum, dim.parts[i].size);
  return sum;
}

bool GraphBuilder::sameSize(const ir::TensorDim& a, const ir::TensorDim& b) { return total(a) == total(b); }

std::string GraphBuilder::showDim(const ir::TensorDim& dim) { return graph_.exprs.text(total(dim), graph_.strings); }

std::string GraphBuilder::showShape(const ir::Tensor& t) {
  std::string out = "[";
  for (size_t i = 0; i < t.dims.size(); ++i) out += (i ? ", " : "") + showDim(t.dims[i]);
  return out + "]";
}

std::optional<ir::ExprId> GraphBuilder::size(const ast::Expr* e, Env* env) {
  Value v = ev_.eval(e, env);
  if (v.poison()) return std::nullopt;
  if (v.kind == ValueKind::Symbolic) return v.expr;
  if (v.kind == ValueKind::Number && v.quantity.dimension.none()) return graph_.exprs.constant(v.quantity.base());
  // A size may be written in tokens: `top_k = 2048 tok`.
  if (v.kind == ValueKind::Number && v.quantity.dimension == Dimension::of(Base::Token))
    return graph_.exprs.constant(v.quantity.base());
  if (v.kind == ValueKind::Bool) return graph_.exprs.constant(v.flag ? 1 : 0);
  ev_.diags().report<diag::graph_error>(e->range, fmt::format("{} is not a size", ev_.describe(v)));
  return std::nullopt;
}

std::optional<std::vector<ir::TensorDim>> GraphBuilder::shape(std::span<ast::Dim> dims, Env* env) {
  std::vector<ir::TensorDim> out;
  for (const auto& dim : dims) {
    ir::TensorDim d;
    for (const auto* part : dim) {
      auto s = size(part, env);
      if (!s) return std::nullopt;
      d.parts.push_back({*s, {}});
    }
    out.push_back(std::move(d));
  }
  return out;
}

Value GraphBuilder::declare(const ast::Storage& storage, Env* env) {
  ir::Tensor t;
  t.kind = storage.kind == ast::StorageKind::Weight  ? ir::TensorKind::Weight
           : storage.kind == ast::StorageKind::Cache ? ir::TensorKind::Cache
                                                     : ir::TensorKind::State;
  t.name = uniqueName(storage.name.text);
  t.place = ev_.place(storage.range, graph_.strings);
  auto dims = shape(storage.shape, env);
  if (!dims) return {};
  t.dims = std::move(*dims);
  auto& diags = ev_.diags();
  std::string_view word = storage.kind == ast::StorageKind::Weight  ? "weight"
                          : storage.kind == ast::StorageKind::Cache ? "cache"
                                                                    : "state";
  if (storage.cls.text.empty()) {
    diags
        .report<diag::graph_error>(storage.range,
                                   fmt::format("{} `{}` names no class of precision", word, storage.name.text))
        .help(
            "add for example `class linear`; the classes are linear, expert, embedding, head, router, norm, "
            "activation, kv, state");
    return {};
  }
  t.cls = graph_.strings.intern(storage.cls.text);
  if (!checkClass(storage) || !checkWhole(storage, t)) return {};
  std::string_view per = storage.kind == ast::StorageKind::Cache   ? "token"
                         : storage.kind == ast::StorageKind::State ? "seq"
                                                                   : "";
  if (storage.per.text != per) {
    diags.report<diag::graph_error>(storage.per.range.valid() ? storage.per.range : storage.range,
                                    per.empty()
                                        ? fmt::format("weight `{}` is not kept per anything", storage.name.text)
                                        : fmt::format("{} `{}` must say `per {}`", word, storage.name.text, per));
    return {};
  }
  for (const auto& shard : storage.shards) {
    auto axis = ir::axisNamed(shard.axis.text);
    if (axis == ir::Axis::None || axis == ir::Axis::pp || axis == ir::Axis::dp || axis == ir::Axis::fdp ||
        axis == ir::Axis::edp) {
      diags
          .report<diag::graph_error>(shard.axis.range,
                                     fmt::format("`{}` is not an axis that storage can be sharded by", shard.axis.text))
          .help("the axes are tp, cp, ftp, ep and etp");
      return {};
    }
    if (shard.dim < 0 || static_cast<size_t>(shard.dim) >= t.dims.size()) {
      diags.report<diag::graph_error>(shard.range,
                                      fmt::format("`{}` has no dimension {}", storage.name.text, shard.dim));
      return {};
    }
    auto& dim = t.dims[static_cast<size_t>(shard.dim)];
    dim.axis = axis;
    dim.replicate = shard.replicate;
    if (!shard.units.empty() && shard.units.size() != dim.parts.size() && shard.units.size() != 1) {
      diags.report<diag::graph_error>(
          shard.range, fmt::format("{} parts are sharded in {} units", dim.parts.size(), shard.units.size()));
      return {};
    }
    for (size_t i = 0; i < dim.parts.size(); ++i) {
      if (shard.units.empty()) {
        dim.parts[i].units = dim.parts[i].size;
        continue;
      }
      auto units = size(shard.units[shard.units.size() == 1 ? 0 : i], env);
      if (!units) return {};
      dim.parts[i].units = *units;
    }
  }
  if (storage.window) {
    Value w = ev_.eval(storage.window, env);
    if (w.poison()) return {};
    if (w.kind != ValueKind::Null) {
      auto limit = size(storage.window, env);
      if (!limit) return {};
      t.window = *limit;
    }
  }
  auto id = addTensor(std::move(t));
  keepTrack(word, storage.name, id);
  return tensorValue(id);
}

/// A class has its format in the model's `precision`.
bool GraphBuilder::checkClass(const ast::Storage& storage) {
  if (graph_.precisions.empty() || graph_.precision(graph_.strings.intern(storage.cls.text))) return true;
  std::vector<std::string> classes;
  for (const auto& p : graph_.precisions) classes.emplace_back(graph_.strings[p.cls]);
  auto& d = ev_.diags().report<diag::graph_error>(
      storage.cls.range,
      fmt::format("`{}` has the unknown class of precision `{}`", storage.name.text, storage.cls.text));
  if (auto meant = suggest(storage.cls.text, classes)) d.fix(storage.cls.range, *meant);
  d.help("the classes are " + joinWords(classes));
  return false;
}

/// A weight has whole rows and columns; what is kept per token may be so much on average.
bool GraphBuilder::checkWhole(const ast::Storage& storage, const ir::Tensor& tensor) {
  if (tensor.kind != ir::TensorKind::Weight) return true;
  for (size_t i = 0; i < tensor.dims.size(); ++i)
    for (size_t k = 0; k < tensor.dims[i].parts.size(); ++k) {
      auto size = tensor.dims[i].parts[k].size;
      if (graph_.exprs[size].op != ir::ExprOp::Constant) continue;
      double value = graph_.exprs.constantValue(size);
      if (value == std::floor(value)) continue;
      ev_.diags()
          .report<diag::graph_error>(storage.shape[i][k]->range, fmt::format("`{}` would have {} rows or columns here",
                                                                             storage.name.text, significant(value, 6)))
          .help("a size is a whole number: `ceil(…)` or `floor(…)`, or a divisor that divides it");
      return false;
    }
  return true;
}

void GraphBuilder::keepTrack(std::string_view word, const ast::Name& name, ir::TensorId tensor) {
  if (!ev_.isAuthors(name.range)) return;
  auto [known, fresh] = namedAt_.try_emplace({name.range.file, name.range.begin}, named_.size());
  if (fresh) named_.push_back({name.range, word, name.text});
  namedHere_.emplace_back(tensor, known->second);
}

/// A body has been built: what of it is read by an operator, or returned?
void GraphBuilder::noteUses() {
  std::vector<bool> used(body().tensors.size(), false);
  used[body().returned.index] = true;
  for (const auto& op : body().ops)
    for (const auto& operand : op.operands) {
      bool kept = body().tensors[operand.tensor.index].kind == ir::TensorKind::Cache;
      // What is appended to a cache is not read by that.
      if (!(op.kind == ir::OperatorKind::Append && kept)) used[operand.tensor.index] = true;
    }
  for (const auto& op : body().ops)
    if (op.kind == ir::OperatorKind::Append) used[op.result.index] = true;
  for (auto [tensor, place] : namedHere_) named_[place].used |= used[tensor.index];
  namedHere_.clear();
}

void GraphBuilder::reportUnused() {
  static constexpr std::pair<std::string_view, std::string_view> uses[] = {
      {"weight", "applied"}, {"cache", "read"}, {"state", "scanned"}, {"op", "used"}};
  for (const auto& n : named_) {
    if (n.used) continue;
    const auto* use = std::ranges::find(uses, n.word, &std::pair<std::string_view, std::string_view>::first);
    ev_.diags()
        .report<diag::unused_in_graph>(n.at, n.word, n.name, use->second)
        .help(n.word == "op" ? "use its result, or leave it out" : "give it to an operator, or leave it out");
  }
}

/// One `op y = gemm(x, w)`: arguments go to ports, dimensions get sizes, and the operator's result its shape.
class OperatorCall {
 public:
  OperatorCall(GraphBuilder& builder, const ast::Decl& intrinsic, Module& module, const ast::Expr* call, Env* env)
      : builder_(builder),
        ev_(builder.ev_),
        diags_(ev_.diags()),
        strings_(builder.graph_.strings),
        operator_(intrinsic.name.text),
        declaredAt_(intrinsic.name.range),
        declared_(intrinsic.body()),
        module_(module),
        call_(call),
        env_(env),
        given_(declared_.ports.size(), nullptr),
        scope_(ev_.moduleEnv(module)) {}

  Value run() {
    auto kind = ir::operatorNamed(operator_);
    if (!kind) return reportUnknown();
    if (!matchArguments()) return {};
    op_.kind = *kind;
    if (!declared_.table.empty()) op_.table = strings_.intern(declared_.table);
    op_.place = ev_.place(call_->range, strings_);
    op_.phase = builder_.phase_;
    op_.side = builder_.side_;
    for (size_t i = 0; i < declared_.ports.size(); ++i)
      if (!bind(declared_.ports[i], given_[i])) return {};
    ir::Tensor result;
    result.kind = declared_.resultKind.text == "Route" ? ir::TensorKind::Route : ir::TensorKind::Activation;
    result.cls = strings_.intern("activation");
    auto shape = resultShape();
    if (!shape) return {};
    result.dims = std::move(*shape);
    result.name = builder_.uniqueName(operator_);
    result.place = op_.place;
    op_.result = builder_.addTensor(std::move(result));
    builder_.body().ops.push_back(std::move(op_));
    return builder_.tensorValue(builder_.body().ops.back().result);
  }

 private:
  Value reportUnknown() {
    diags_.report<diag::unknown_operator>(call_->range, operator_)
        .label(declaredAt_, "declared here, but the compiler does not know what it costs")
        .help("the operators that it knows are those of std.ops");
    return {};
  }

  /// Arguments without a name go to the ports in order.
  bool matchArguments() {
    size_t position = 0;
    for (const auto& arg : call_->args) {
      size_t at = arg.name.text.empty() ? position++ : portNamed(arg.name.text);
      if (at >= declared_.ports.size()) {
        reportArgument(arg);
        return false;
      }
      given_[at] = arg.value;
    }
    return true;
  }
  size_t portNamed(std::string_view name) const {
    auto found = std::find_if(declared_.ports.begin(), declared_.ports.end(),
                              [&](const ast::Port& p) { return p.name.text == name; });
    return static_cast<size_t>(found - declared_.ports.begin());
  }
  void reportArgument(const ast::Arg& arg) {
    bool named = !arg.name.text.empty();
    auto& d =
        diags_.report<diag::bad_call>(named ? arg.name.range : arg.value->range,
                                      named ? fmt::format("`{}` has no port `{}`", operator_, arg.name.text)
                                            : fmt::format("`{}` takes {} operands", operator_, declared_.ports.size()));
    std::vector<std::string> names;
    for (const auto& p : declared_.ports) names.emplace_back(p.name.text);
    if (auto meant = suggest(arg.name.text, names); meant && named)
      d.fix(arg.name.range, *meant);
    else
      d.help("its ports are " + joinWords(names));
  }

  /// Gives a port its tensor or attribute. False: it has been reported why not.
  bool bind(const ast::Port& port, const ast::Expr* given) {
    const ast::Expr* source = given ? given : port.value;
    if (!source) {
      if (port.optional) return true;
      diags_.report<diag::bad_call>(call_->range, fmt::format("`{}` needs `{}`", operator_, port.name.text))
          .label(port.name.range, "declared here");
      return false;
    }
    Env* where = given ? env_ : ev_.moduleEnv(module_);
    return port.tensor || isStored(port) ? bindTensor(port, source, where) : bindAttribute(port, source, where);
  }

  static std::string_view typeName(const ast::Port& port) {
    bool named = port.type && port.type->kind == ast::TypeExpr::Named;
    return named ? port.type->path[0].text : std::string_view();
  }
  /// Holds a tensor whose dimensions the operator does not name.
  static bool isStored(const ast::Port& port) {
    auto type = typeName(port);
    return type == "Cache" || type == "State" || type == "Route" || type == "Tensor";
  }

  bool bindAttribute(const ast::Port& port, const ast::Expr* source, Env* where) {
    if (ev_.eval(source, where).kind == ValueKind::Null && port.optional) return true;
    auto value = builder_.size(source, where);
    if (!value) return false;
    op_.attributes.push_back({strings_.intern(port.name.text), *value});
    nameSize(port.name.text, *value);
    return true;
  }

  bool bindTensor(const ast::Port& port, const ast::Expr* source, Env* where) {
    Value v = ev_.eval(source, where);
    if (v.poison()) return false;
    if (v.kind == ValueKind::Null && port.optional) return true;
    if (v.kind != ValueKind::Tensor) {
      diags_
          .report<diag::graph_error>(source->range,
                                     fmt::format("{} is not an operand for `{}`", ev_.describe(v), port.name.text))
          .label(port.name.range, "port declared here");
      return false;
    }
    const ir::Tensor actual = builder_.tensor(v.tensor);
    if (!takes(port, actual.kind)) {
      diags_
          .report<diag::graph_error>(
              source->range, fmt::format("a {} cannot be the operand `{}`",
                                         ir::kTensorKindNames[static_cast<size_t>(actual.kind)], port.name.text))
          .label(port.name.range, isStored(port) ? fmt::format("a {} is needed", typeName(port))
                                                 : "an activation or a weight is needed");
      return false;
    }
    ir::Operand operand{strings_.intern(port.name.text), v.tensor, {}};
    if (port.tensor && !bindDimensions(port, actual, source, operand)) return false;
    op_.operands.push_back(std::move(operand));
    return true;
  }
  static bool takes(const ast::Port& port, ir::TensorKind kind) {
    auto type = typeName(port);
    if (type == "Cache") return kind == ir::TensorKind::Cache;
    if (type == "State") return kind == ir::TensorKind::State;
    if (type == "Route") return kind == ir::TensorKind::Route;
    return kind == ir::TensorKind::Activation || kind == ir::TensorKind::Weight;
  }

  /// The same name means the same size in all operands.
  bool bindDimensions(const ast::Port& port, const ir::Tensor& actual, const ast::Expr* source, ir::Operand& operand) {
    if (port.dims.size() != actual.dims.size()) {
      diags_
          .report<diag::shape_mismatch>(
              source->range,
              fmt::format("`{}` has {} dimensions {}; `{}` of `{}` needs {}", diags_.sources().text(source->range),
                          actual.dims.size(), builder_.showShape(actual), port.name.text, operator_, port.dims.size()))
          .label(port.name.range, "port declared here");
      return false;
    }
    for (size_t k = 0; k < port.dims.size(); ++k) {
      auto name = port.dims[k].dim.text;
      auto id = strings_.intern(name);
      operand.dims.push_back(id);
      bool summed = std::find(op_.contracted.begin(), op_.contracted.end(), id) != op_.contracted.end();
      if (port.dims[k].role.text == "contraction" && !summed) op_.contracted.push_back(id);
      const auto* known = boundTo(name);
      if (!known) {
        bound_.push_back({name, {actual.dims[k], source->range}});
        nameSize(name, builder_.total(actual.dims[k]));
      } else if (!builder_.sameSize(known->dim, actual.dims[k])) {
        diags_
            .report<diag::shape_mismatch>(
                source->range, fmt::format("operands of `{}` disagree along `{}`: {} and {}", operator_, name,
                                           builder_.showDim(known->dim), builder_.showDim(actual.dims[k])))
            .here(builder_.showShape(actual))
            .label(known->at, "the other operand");
        return false;
      }
    }
    return true;
  }
  const GraphBuilder::Bound* boundTo(std::string_view name) const {
    auto known = std::find_if(bound_.begin(), bound_.end(), [&](const auto& b) { return b.first == name; });
    return known == bound_.end() ? nullptr : &known->second;
  }

  /// From here on, sizes may speak of `name`.
  void nameSize(std::string_view name, ir::ExprId size) {
    Env local;
    local.parent = scope_;
    local.name = name;
    local.local = Value::make(ValueKind::Symbolic);
    local.local.stage = Stage::Step;
    local.local.expr = size;
    scope_ = ev_.newEnv(local);
  }

  std::optional<std::vector<ir::TensorDim>> resultShape() {
    std::vector<ir::TensorDim> dims;
    for (const auto& declared : declared_.result) {
      auto name = declared.name.text;
      op_.resultDims.push_back(strings_.intern(name));
      ir::TensorDim dim;
      if (declared.size) {
        auto size = builder_.size(declared.size, scope_);
        if (!size) return std::nullopt;
        dim.parts.push_back({*size, {}});
      } else if (const auto* known = boundTo(name)) {
        for (const auto& part : known->dim.parts) dim.parts.push_back({part.size, {}});
      } else {
        diags_.report<diag::graph_error>(
            declared.name.range,
            fmt::format("result dimension `{}` of `{}` is no operand's and has no size", name, operator_));
        return std::nullopt;
      }
      dims.push_back(std::move(dim));
    }
    return dims;
  }

  GraphBuilder& builder_;
  Evaluator& ev_;
  Diagnostics& diags_;
  ir::Strings& strings_;
  std::string_view operator_;  ///< its name
  SourceRange declaredAt_;
  const ast::DeclBody& declared_;
  Module& module_;
  const ast::Expr* call_;
  Env* env_;
  std::vector<const ast::Expr*> given_;  ///< by port; null: not given
  Env* scope_;                           ///< of the sizes of the result: dimensions and attributes by name
  ir::Op op_;
  std::vector<std::pair<std::string_view, GraphBuilder::Bound>> bound_;
};

Value GraphBuilder::apply(const ast::Decl& intrinsic, Module& module, const ast::Expr* call, Env* env) {
  return OperatorCall(*this, intrinsic, module, call, env).run();
}

bool GraphBuilder::statements(const ast::GraphBody& block, Object* object, Env*& env, Value& returned) {
  auto& diags = ev_.diags();
  auto define = [&](std::string_view name, const Value& value) {
    Env local;
    local.parent = env;
    local.name = name;
    local.local = value;
    env = ev_.newEnv(local);
  };
  for (const auto& s : block.stmts) {
    switch (s.kind) {
      case ast::StmtKind::Storage: {
        if (phase_ != ir::Phase::All) {
          diags.report<diag::graph_error>(s.range, "weights are declared outside `only`");
          return false;
        }
        Value v = declare(*s.storage, env);
        if (v.poison()) return false;
        define(s.name.text, v);
        break;
      }
      case ast::StmtKind::Let:
      case ast::StmtKind::Op: {
        ir::Side before = side_;
        if (s.side.text == "attention") side_ = ir::Side::Mixer;
        if (s.side.text == "ffn") side_ = ir::Side::Ffn;
        if (!s.side.text.empty() && s.side.text != "attention" && s.side.text != "ffn") {
          diags.report<diag::no_such_member>(s.side.range, s.side.text, "side").help("it is attention or ffn");
          return false;
        }
        size_t made = body().ops.size();
        Value v = ev_.eval(s.value, env);
        side_ = before;
        if (v.poison()) return false;
        if (s.kind == ast::StmtKind::Op) {
          if (v.kind != ValueKind::Tensor) {
            diags.report<diag::graph_error>(s.value->range,
                                            fmt::format("`op` needs an operator; this is {}", ev_.describe(v)));
            return false;
          }
          // The author's name reads better in dumps than the operator's.
          if (body().ops.size() > made && body().ops.back().result == v.tensor) {
            tensor(v.tensor).name = graph_.strings.intern("");
            tensor(v.tensor).name = uniqueName(s.name.text);
          }
          if (body().ops.size() > made) keepTrack("op", s.name, v.tensor);
        }
        define(s.name.text, v);
        break;
      }
      case ast::StmtKind::If: {
        Value condition = ev_.eval(s.value, env);
        if (condition.poison()) return false;
        if (condition.kind != ValueKind::Bool) {
          if (condition.kind == ValueKind::Symbolic)
            diags.report<diag::wrong_stage>(s.value->range, diags.sources().text(s.value->range), "in each step")
                .help("a condition in a graph must be static");
          else
            diags.report<diag::type_mismatch>(s.value->range, ev_.describe(condition), "a condition");
          return false;
        }
        const auto* chosen = condition.flag ? s.then : s.otherwise;
        if (chosen && !statements(*chosen, object, env, returned)) return false;
        if (!returned.poison()) return true;
        break;
      }
      case ast::StmtKind::Only: {
        if (phase_ != ir::Phase::All) {
          diags.report<diag::graph_error>(s.range, "`only` inside `only`");
          return false;
        }
        bool prefillFirst = s.name.text == "prefill";
        if (!prefillFirst && s.name.text != "decode") {
          diags.report<diag::no_such_member>(s.name.range, s.name.text, "phase").help("it is prefill or decode");
          return false;
        }
        Env* outer = env;
        Env *first = env, *second = env;
        Value none;
        phase_ = prefillFirst ? ir::Phase::Prefill : ir::Phase::Decode;
        bool ok = !s.then || statements(*s.then, object, first, none);
        phase_ = prefillFirst ? ir::Phase::Decode : ir::Phase::Prefill;
        ok = ok && (!s.otherwise || statements(*s.otherwise, object, second, none));
        phase_ = ir::Phase::All;
        if (!ok) return false;
        if (!none.poison()) {
          diags.report<diag::graph_error>(s.range, "`return` inside `only`");
          return false;
        }
        // A name that both sides define holds, afterwards, each group's own result.
        std::vector<std::string_view> order;
        for (Env* e = first; e != outer; e = e->parent) order.insert(order.begin(), e->name);
        for (auto name : order) {
          auto find = [&](Env* from) -> const Value* {
            for (Env* e = from; e != outer; e = e->parent)
              if (e->name == name) return &e->local;
            return nullptr;
          };
          const Value *a = find(first), *b = find(second);
          if (!a || !b || a->kind != ValueKind::Tensor || b->kind != ValueKind::Tensor) continue;
          ir::Tensor joined = tensor(a->tensor);
          const ir::Tensor& other = tensor(b->tensor);
          bool same = joined.dims.size() == other.dims.size();
          for (size_t i = 0; same && i < joined.dims.size(); ++i) same = sameSize(joined.dims[i], other.dims[i]);
          if (!same) {
            diags.report<diag::shape_mismatch>(s.range, fmt::format("`{}` is {} in one phase and {} in the other", name,
                                                                    showShape(joined), showShape(other)));
            return false;
          }
          ir::Op op;
          op.kind = ir::OperatorKind::Join;
          op.side = side_;
          op.place = joined.place;
          for (size_t i = 0; i < joined.dims.size(); ++i)
            op.resultDims.push_back(graph_.strings.intern(fmt::format("d{}", i)));
          op.operands = {{graph_.strings.intern("a"), a->tensor, op.resultDims},
                         {graph_.strings.intern("b"), b->tensor, op.resultDims}};
          joined.name = uniqueName(name);
          op.result = addTensor(std::move(joined));
          body().ops.push_back(op);
          define(name, tensorValue(op.result));
        }
        break;
      }
      case ast::StmtKind::Return:
        returned = ev_.eval(s.value, env);
        if (returned.poison()) return false;
        if (returned.kind != ValueKind::Tensor) {
          diags.report<diag::graph_error>(s.value->range,
                                          fmt::format("a graph returns a tensor, not {}", ev_.describe(returned)));
          return false;
        }
        return true;
    }
  }
  return true;
}

Value GraphBuilder::runGraph(Object* object, const std::vector<Value>& arguments, SourceRange at) {
  const auto& graph = *object->schema->graph;
  auto& diags = ev_.diags();
  Env* env = ev_.schemaFrame(object, object->schema->graphOwner);
  auto define = [&](std::string_view name, const Value& value) {
    Env local;
    local.parent = env;
    local.name = name;
    local.local = value;
    env = ev_.newEnv(local);
  };
  if (arguments.size() != graph.params.size()) {
    diags
        .report<diag::bad_call>(
            at, fmt::format("the graph of `{}` takes {} operands", object->schema->name, graph.params.size()))
        .label(graph.range, "declared here");
    return {};
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    auto declared = shape(graph.params[i].shape, env);
    if (!declared) return {};
    const auto& actual = tensor(arguments[i].tensor);
    bool same = declared->size() == actual.dims.size();
    for (size_t k = 0; same && k < declared->size(); ++k) same = sameSize((*declared)[k], actual.dims[k]);
    if (!same) {
      ir::Tensor wanted;
      wanted.dims = *declared;
      diags.report<diag::shape_mismatch>(at, fmt::format("`{}` of `{}` is {}; {} is passed", graph.params[i].name.text,
                                                         object->schema->name, showShape(wanted), showShape(actual)));
      return {};
    }
    define(graph.params[i].name.text, arguments[i]);
  }
  for (const auto* storage : object->schema->storages) {
    Value v = declare(*storage, env);
    if (v.poison()) return {};
    define(storage->name.text, v);
  }
  Value returned;
  if (!graph.body || !statements(*graph.body, object, env, returned)) return {};
  if (returned.poison())
    diags.report<diag::graph_error>(graph.range,
                                    fmt::format("the graph of `{}` returns nothing", object->schema->name));
  return returned;
}

Value GraphBuilder::inlineBlock(Object* block, std::string_view field, const ast::Expr* call, Env* env) {
  if (!block->schema->graph) {
    ev_.diags().report<diag::graph_error>(call->a->range, fmt::format("`{}` has no graph", field));
    return {};
  }
  if (inlined_ > 16) {
    ev_.diags().report<diag::nested_too_deep>(call->range, 16);
    return {};
  }
  std::vector<Value> arguments;
  for (const auto& arg : call->args) {
    Value v = ev_.eval(arg.value, env);
    if (v.poison()) return {};
    if (v.kind != ValueKind::Tensor) {
      ev_.diags().report<diag::graph_error>(arg.value->range, fmt::format("{} is not an operand", ev_.describe(v)));
      return {};
    }
    arguments.push_back(v);
  }
  ev_.force(block);
  std::string outer = prefix_;
  ir::Side side = side_;
  prefix_ += std::string(field) + ".";
  if (block->schema->isA("Ffn")) side_ = ir::Side::Ffn;
  ++inlined_;
  Value v = runGraph(block, arguments, call->range);
  --inlined_;
  prefix_ = outer;
  side_ = side;
  return v;
}

bool GraphBuilder::buildBody(Object* object, std::string_view name, ir::BodyId& out) {
  graph_.bodies.emplace_back();
  out = current_ = {static_cast<uint32_t>(graph_.bodies.size() - 1)};
  body().name = graph_.strings.intern(name);
  Env* env = ev_.schemaFrame(object, object->schema->graphOwner);
  std::vector<Value> arguments;
  for (const auto& param : object->schema->graph->params) {
    auto dims = shape(param.shape, env);
    if (!dims) return false;
    ir::Tensor t;
    t.name = graph_.strings.intern(param.name.text);
    t.cls = graph_.strings.intern("activation");
    t.dims = std::move(*dims);
    t.place = ev_.place(param.name.range, graph_.strings);
    auto id = addTensor(std::move(t));
    body().params.push_back(id);
    arguments.push_back(tensorValue(id));
  }
  Value returned = runGraph(object, arguments, object->declared);
  if (returned.kind != ValueKind::Tensor) return false;
  body().returned = returned.tensor;
  noteUses();
  return true;
}

bool GraphBuilder::build(Object* model) {
  auto& diags = ev_.diags();
  Value stack = ev_.get(model, "stack", model->declared);
  if (stack.poison()) return false;
  if (stack.kind != ValueKind::List) return false;
  // Formats of the checkpoint, by class.
  Value precision = ev_.get(model, "precision", model->declared);
  if (precision.kind == ValueKind::Record) {
    for (const auto& field : precision.object->schema->fields) {
      if (field.item->kind != ast::ItemKind::Field) continue;
      Value format = ev_.get(precision.object, field.item->name.text, model->declared);
      if (format.kind != ValueKind::Record) return false;
      ir::Precision p = precisionOf(format.object, graph_.strings);
      p.cls = graph_.strings.intern(field.item->name.text);
      graph_.precisions.push_back(p);
    }
  }
  if (!buildBody(model, "main", graph_.main)) return false;
  struct Known {
    Object* object;
    ir::BodyId body;
  };
  std::vector<Known> known;
  std::vector<std::string> names;
  for (const auto& item : *stack.list) {
    if (item.kind != ValueKind::Record) return false;
    ir::BodyId id;
    for (const auto& k : known)
      if (k.object == item.object) id = k.body;
    if (!id.valid()) {
      ev_.force(item.object);
      if (!item.object->schema->graph) {
        diags.report<diag::graph_error>(item.object->declared,
                                        fmt::format("layer `{}` has no graph", item.object->schema->name));
        return false;
      }
      std::string name = item.object->label.empty() ? std::string(item.object->schema->name) : item.object->label;
      for (int i = 2; std::find(names.begin(), names.end(), name) != names.end(); ++i)
        name = fmt::format("{}.{}", item.object->label, i);
      if (!buildBody(item.object, name, id)) return false;
      // Equal layers are one body, under whichever label they were declared.
      for (uint32_t b = 0; b + 1 < graph_.bodies.size(); ++b) {
        auto& fresh = graph_.bodies[id.index];
        if (ir::BodyId{b} != graph_.main && graph_.bodies[b].tensors == fresh.tensors &&
            graph_.bodies[b].ops == fresh.ops) {
          graph_.bodies.pop_back();
          id = {b};
          break;
        }
      }
      names.push_back(name);
      known.push_back({item.object, id});
    }
    if (!graph_.stack.empty() && graph_.stack.back().body == id)
      ++graph_.stack.back().count;
    else
      graph_.stack.push_back({id, 1});
  }
  Value layers = ev_.get(model, "layers", model->declared);
  if (auto n = layers.kind == ValueKind::Number ? layers.quantity.value.toInteger() : std::nullopt;
      n && *n != graph_.layerCount()) {
    diags.report<diag::stack_length>(model->slots["stack"].range, graph_.layerCount(), *n)
        .label(model->slots["layers"].range, "`layers` is set here");
    return false;
  }
  reportUnused();
  // Classes without a format cannot be sized.
  for (const auto& b : graph_.bodies)
    for (const auto& t : b.tensors)
      if (t.cls.valid() && !graph_.precision(t.cls)) {
        std::vector<std::string> classes;
        for (const auto& p : graph_.precisions) classes.emplace_back(graph_.strings[p.cls]);
        diags
            .report<diag::graph_error>(model->declared, fmt::format("`{}` has the unknown class of precision `{}`",
                                                                    graph_.strings[t.name], graph_.strings[t.cls]))
            .help("the classes are " + joinWords(classes));
        return false;
      }
  return true;
}

}  // namespace afdc
