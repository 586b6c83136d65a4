// Calls: functions of the language, built-in functions, operators of a graph, blocks of operators.
#include <algorithm>
#include <cmath>

#include "frontend/builtins.h"
#include "frontend/diagnostics.h"
#include "frontend/evaluator.h"
#include "frontend/graph_builder.h"
#include "results/metrics.h"
#include "support/text.h"

namespace afdc {

using ast::ExprKind;

Value Evaluator::evalCall(const ast::Expr* e, Env* env, Object* owner) {
  // A measure with arguments: `Model.kv_bytes_per_token(kv = bf16)`.
  if (e->a->kind == ExprKind::Member) {
    Value subject = eval(e->a->a, env);
    if (subject.poison()) return {};
    if (subject.kind == ValueKind::Record) {
      const auto* field = subject.object->schema->find(e->a->name.text);
      if (field && field->item->kind == ast::ItemKind::Measure)
        return measure(subject.object, e->a->name.text, e->args, env, e->range);
    }
  }
  if (context_.graph && e->a->kind == ExprKind::Name) {
    // The operators of a step have their own `min`, `max`, … over symbols; everything else is an intrinsic or a block.
    bool found = false;
    Value callee = lookup(e->a->name.text, env, e->a->range, found);
    if (!found) {
      auto& d = diags_->report<diag::unknown_operator>(e->a->range, e->a->name.text);
      std::vector<std::string> names;
      visibleNames(env, names);
      if (prelude())
        for (const auto* import : prelude()->imports)
          for (const auto& decl : import->ast->decls)
            if (decl.kind == ast::DeclKind::Intrinsic) names.emplace_back(decl.name.text);
      if (auto meant = suggest(e->a->name.text, names)) d.fix(e->a->range, *meant);
      return {};
    }
    // A field that happens to be called like an operator (`bias : Bool`) does not hide it: only a block can be applied.
    bool callable = callee.kind == ValueKind::Intrinsic || callee.kind == ValueKind::Record ||
                    callee.kind == ValueKind::Function || callee.kind == ValueKind::Builtin;
    if (!callable && !callee.poison() && prelude())
      if (auto named = moduleLookup(*prelude(), e->a->name.text); named && named->kind == ValueKind::Intrinsic)
        callee = *named;
    if (callee.kind == ValueKind::Intrinsic) return context_.graph->apply(*callee.decl, *callee.module, e, env);
    if (callee.kind == ValueKind::Record) return context_.graph->inlineBlock(callee.object, e->a->name.text, e, env);
    if (callee.kind == ValueKind::Null) {
      diags_->report<diag::unknown_operator>(e->a->range, e->a->name.text).help("the field is null here");
      return {};
    }
  }
  Value callee = eval(e->a, env);
  switch (callee.kind) {
    case ValueKind::Poison: return {};
    case ValueKind::Builtin: return callBuiltin(*findBuiltin(callee.text), e, env);
    case ValueKind::Function: return callFunction(*callee.decl, *callee.module, e, env, owner);
    case ValueKind::Intrinsic:
      diags_->report<diag::wrong_stage>(e->a->range, diags_->sources().text(e->a->range), "inside a `graph`");
      return {};
    case ValueKind::Schema:
      diags_
          ->report<diag::bad_call>(e->range,
                                   fmt::format("`{}` is a schema; its fields are set with braces", callee.schema->name))
          .help(fmt::format("write `{} {{ … }}`", callee.schema->name));
      return {};
    default:
      diags_->report<diag::bad_call>(e->a->range, fmt::format("{} cannot be called", describe(callee)));
      return {};
  }
}

Value Evaluator::callFunction(const ast::Decl& fn, Module& module, const ast::Expr* call, Env* env, Object* owner) {
  if (!activeFunctions_.insert(&fn).second) {
    diags_->report<diag::value_cycle>(call->range, fn.name.text).label(fn.name.range, "a function may not call itself");
    return {};
  }
  struct Leave {
    std::set<const ast::Decl*>& active;
    const ast::Decl* fn;
    ~Leave() { active.erase(fn); }
  } leave{activeFunctions_, &fn};

  const auto& body = fn.body();
  std::vector<const ast::Expr*> given(body.params.size(), nullptr);
  size_t position = 0;
  for (const auto& arg : call->args) {
    size_t at = body.params.size();
    if (arg.name.text.empty()) {
      at = position++;
    } else {
      for (size_t i = 0; i < body.params.size(); ++i)
        if (body.params[i].name.text == arg.name.text) at = i;
      if (at == body.params.size()) {
        auto& d = diags_->report<diag::bad_call>(
            arg.name.range, fmt::format("`{}` has no parameter `{}`", fn.name.text, arg.name.text));
        std::vector<std::string> names;
        for (const auto& p : body.params) names.emplace_back(p.name.text);
        if (auto meant = suggest(arg.name.text, names)) d.fix(arg.name.range, *meant);
        return {};
      }
    }
    if (at >= body.params.size()) {
      diags_
          ->report<diag::bad_call>(arg.value->range,
                                   fmt::format("`{}` takes {} arguments", fn.name.text, body.params.size()))
          .label(fn.name.range, "declared here");
      return {};
    }
    if (given[at]) {
      diags_->report<diag::bad_call>(arg.value->range, fmt::format("`{}` is given twice", body.params[at].name.text));
      return {};
    }
    given[at] = arg.value;
  }
  Env* scope = moduleEnv(module);
  for (size_t i = 0; i < body.params.size(); ++i) {
    const auto& p = body.params[i];
    Type type = resolveType(p.type, module);
    const ast::Expr* source = given[i] ? given[i] : p.value;
    if (!source) {
      diags_->report<diag::bad_call>(call->range, fmt::format("`{}` needs `{}`", fn.name.text, p.name.text))
          .label(p.name.range, "declared here");
      return {};
    }
    Value v = eval(source, given[i] ? env : moduleEnv(module), &type, owner);
    if (v.kind != ValueKind::Symbolic || type.kind != TypeKind::Number)
      v = conform(v, type, source->range, p.name.text);
    if (v.poison()) return {};
    Env local;
    local.parent = scope;
    local.name = p.name.text;
    local.local = v;
    scope = newEnv(local);
  }
  Type result = resolveType(body.type, module);
  size_t before = diags_->count();
  Value v = eval(body.value, scope, body.type ? &result : nullptr, owner);
  diags_->forgetRepeated(before);  // what is wrong in a function is so in each call
  return body.type && v.kind != ValueKind::Symbolic ? conform(v, result, body.value->range, fn.name.text) : v;
}

Value Evaluator::measure(Object* object, std::string_view name, std::span<const ast::Arg> args, Env* env,
                         SourceRange at) {
  const auto* field = object->schema->find(name);
  if (!host_) return {};
  force(object);
  auto graph = elaborate(object);
  if (!graph) return {};
  std::vector<MeasureArgument> arguments;
  for (const auto& arg : args) {
    Value v = eval(arg.value, env);
    if (v.poison()) return {};
    MeasureArgument a;
    a.name = arg.name.text;
    if (v.kind == ValueKind::Record && v.object->schema->isA("Format")) {
      force(v.object);
      ir::Strings scratch;
      a.format = precisionOf(v.object, scratch);
    } else {
      diags_->report<diag::bad_call>(arg.value->range, fmt::format("{} is not a format", describe(v)));
      return {};
    }
    arguments.push_back(a);
  }
  auto value = host_->measure(*graph, name, arguments);
  if (!value) {
    diags_->report<diag::bad_call>(at, fmt::format("`{}` cannot be measured with these arguments", name));
    return {};
  }
  Number n = *value == std::floor(*value) && std::fabs(*value) < 9e15 ? Number::integer(static_cast<int64_t>(*value))
                                                                      : Number::inexact(*value);
  return Value::number(Quantity{n, field->type.dimension, ""});
}

}  // namespace afdc
