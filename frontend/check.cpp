// Checking a module, and its `test` blocks.
#include <algorithm>

#include "frontend/diagnostics.h"
#include "frontend/evaluator.h"
#include "frontend/graph_builder.h"
#include "frontend/syntax/diagnostics.h"
#include "results/diagnostics.h"
#include "results/metrics.h"
#include "support/text.h"

namespace afdc {

void Evaluator::check(Module& module) {
  // Of damaged text, only the damage is reported: what follows from it is noise.
  if (!module.ast || module.damaged) return;
  for (const auto& decl : module.ast->decls) {
    switch (decl.kind) {
      case ast::DeclKind::Schema: schemaOf(module, decl); break;
      case ast::DeclKind::Kind: schemaByPath(decl.body().path, module); break;
      case ast::DeclKind::Fn:
        for (const auto& p : decl.body().params) resolveType(p.type, module);
        resolveType(decl.body().type, module);
        {
          Env* env = moduleEnv(module);
          for (const auto& p : decl.body().params) env = named(env, p.name.text);
          checkNames(decl.body().value, module, env);
        }
        break;
      case ast::DeclKind::Let: forceValue(declValue(module, decl)); break;
      case ast::DeclKind::Block:
        if (decl.kindName.text != "test") {
          Value v = decl.kindName.text == "emit" ? blockValue(module, decl) : declValue(module, decl);
          forceValue(v);
        } else {
          bool asserts = false;
          if (decl.body().block->block)
            for (const auto& m : decl.body().block->block->members)
              asserts |= m.kind == ast::MemberKind::Require || m.kind == ast::MemberKind::Expect;
          if (!asserts) diags_->report<diag::empty_test>(decl.name.range, decl.name.text);
        }
        break;
      case ast::DeclKind::Enum:
      case ast::DeclKind::Intrinsic: break;
    }
  }
  reportMissing();
}

/// A scope with one name whose value does not matter.
Env* Evaluator::named(Env* parent, std::string_view name) {
  Env env;
  env.parent = parent;
  env.name = name;
  return newEnv(env);
}

void Evaluator::checkNames(const ast::Expr* e, Module& module, Env* env) {
  if (!e) return;
  if (e->kind == ast::ExprKind::Name) {
    auto name = e->name.text;
    for (Env* scope = env; scope; scope = scope->parent)
      if (scope->name == name) return;
    if (moduleLookup(module, name)) return;
    // A member of an enum needs its expected type, which only a call knows: any visible one will do.
    for (Module* m : {&module, prelude()}) {
      if (!m) continue;
      std::vector<Module*> reach = m->imports;
      reach.push_back(m);
      for (Module* from : reach)
        for (const auto& decl : from->ast->decls)
          if (decl.kind == ast::DeclKind::Enum)
            for (const auto& member : decl.body().members)
              if (member.text == name) return;
    }
    unknownName(name, env, e->name.range);
    return;
  }
  if (e->kind == ast::ExprKind::Comprehension) {
    checkNames(e->b, module, env);
    Env* inner = named(env, e->name.text);
    checkNames(e->a, module, inner);
    checkNames(e->c, module, inner);
    return;
  }
  // Inside braces names mean fields of a schema first: those are checked when the record is made.
  for (const auto* part : {e->a, e->b, e->c}) checkNames(part, module, env);
  for (const auto* item : e->list) checkNames(item, module, env);
  for (const auto& arg : e->args) checkNames(arg.value, module, env);
}

std::vector<Object*> Evaluator::blocks(Module& module, std::string_view kind) {
  std::vector<Object*> out;
  for (const auto& decl : module.ast->decls) {
    if (!decl.isBlock(kind)) continue;
    Value v = declValue(module, decl);
    if (v.kind == ValueKind::Record) out.push_back(v.object);
  }
  return out;
}

Object* Evaluator::block(Module& module, std::string_view name) {
  auto found = module.decls.find(name);
  if (found == module.decls.end()) return nullptr;
  Value v = declValue(module, *found->second);
  return v.kind == ValueKind::Record ? v.object : nullptr;
}

Object* Evaluator::recordField(Object* object, std::string_view name) {
  if (!hasMember(object, name)) return nullptr;
  Value v = get(object, name, object->declared);
  return v.kind == ValueKind::Record ? v.object : nullptr;
}

std::vector<std::string> Evaluator::texts(Object* object, std::string_view field) {
  std::vector<std::string> out;
  if (!hasMember(object, field)) return out;
  Value v = get(object, field, object->declared);
  if (v.kind == ValueKind::Text) out.push_back(v.text);
  if (v.kind == ValueKind::List)
    for (const auto& item : *v.list) {
      if (item.kind == ValueKind::Text) out.push_back(item.text);
      if (item.kind == ValueKind::Record) out.emplace_back(item.object->label);
    }
  return out;
}

std::string Evaluator::symbol(Object* object, std::string_view field) {
  if (!hasMember(object, field)) return "";
  Value v = get(object, field, object->declared);
  return v.kind == ValueKind::Symbol ? v.text : "";
}

std::vector<Evaluator::TestOutcome> Evaluator::runTests(Module& module) {
  std::vector<TestOutcome> out;
  for (const auto& decl : module.ast->decls)
    if (decl.isBlock("test") && decl.body().block->block)
      out.push_back({std::string(decl.name.text), runTest(decl, module)});
  return out;
}

bool Evaluator::runTest(const ast::Decl& decl, Module& module) {
  Env* env = moduleEnv(module);
  auto context = keepContext();
  context_.testing = true;
  bool passed = true;
  size_t before = diags_->errors();
  for (const auto& m : decl.body().block->block->members) {
    if (m.kind == ast::MemberKind::Let) {
      Value v = eval(m.value, env);
      Env local;
      local.parent = env;
      local.name = m.label.text;
      local.local = v;
      env = newEnv(local);
      continue;
    }
    if (m.kind != ast::MemberKind::Require && m.kind != ast::MemberKind::Expect) {
      diags_->report<diag::syntax_error>(m.range, std::string("a test holds `let`, `require` and `expect`"));
      passed = false;
      continue;
    }
    Value v = eval(m.value, env);
    if (v.kind == ValueKind::Null) {  // an unknown result
      diags_->report<diag::undecidable>(m.value->range, diags_->sources().text(m.value->range));
      passed = false;
      continue;
    }
    if (v.kind == ValueKind::Bool && v.flag) continue;
    passed = false;
    if (v.poison()) continue;
    if (v.kind != ValueKind::Bool) {
      diags_->report<diag::type_mismatch>(m.value->range, describe(v), "a condition");
      continue;
    }
    auto& d = diags_->report<diag::test_failed>(
        m.value->range, decl.name.text,
        m.message.empty() ? fmt::format("`{}`", diags_->sources().text(m.value->range)) : std::string(m.message));
    explainParts(m.value, env, d);
  }
  return passed && diags_->errors() == before;
}

Value Evaluator::evaluateInTest(const ast::Expr* call, Env* env) {
  if (!context_.testing || !host_) {
    diags_->report<diag::wrong_stage>(call->range, "evaluate", "in test blocks");
    return {};
  }
  Value subject = call->args.size() == 1 ? eval(call->args[0].value, env) : Value{};
  if (subject.poison()) return {};
  if (subject.kind != ValueKind::Record || !subject.object->schema->isA("Scenario")) {
    diags_->report<diag::type_mismatch>(call->args[0].value->range, describe(subject), "a scenario");
    return {};
  }
  size_t before = diags_->errors();
  force(subject.object);
  if (diags_->errors() > before) return {};
  auto summary = host_->evaluate(lowerToScenario(subject.object), *diags_);
  if (!summary.ok) return {};
  std::vector<std::pair<std::string, Value>> fields;
  for (const auto& metric : metricTable()) {
    for (const auto& [name, value] : summary.metrics)
      if (name == metric.name || name == fmt::format("mean({})", metric.name)) {
        Value v = Value::null();
        if (value) v = Value::number(Quantity{Number::inexact(*value), dimensionOf(metric), ""});
        fields.emplace_back(metric.name, v);
      }
  }
  auto results = [](std::vector<std::pair<std::string, Value>> entries) {
    Value v = Value::make(ValueKind::Results);
    v.fields = std::make_shared<const std::vector<std::pair<std::string, Value>>>(std::move(entries));
    return v;
  };
  fields.emplace_back(
      "slo", results({{"satisfied", summary.sloSatisfied ? Value::boolean(*summary.sloSatisfied) : Value::null()}}));
  return results(std::move(fields));
}

Value Evaluator::diagnosticsInTest(const ast::Expr* call, Env* env) {
  if (!context_.testing || !host_) {
    diags_->report<diag::wrong_stage>(call->range, "diagnostics", "in test blocks");
    return {};
  }
  if (call->args.size() != 1) {
    diags_->report<diag::bad_call>(call->range, std::string("`diagnostics` is called as `diagnostics(declaration)`"));
    return {};
  }
  // Everything about the subject is reported into an engine of its own, whose ids are the answer.
  Diagnostics own(diags_->sources());
  Diagnostics* outer = diags_;
  diags_ = &own;
  Value subject = eval(call->args[0].value, env);
  if (subject.kind == ValueKind::Record) {
    force(subject.object);
    bool evaluable = subject.object->schema->isA("Scenario") || subject.object->schema->isA("Deployment");
    if (own.errors() == 0 && evaluable) host_->evaluate(lowerToScenario(subject.object), own);
  }
  diags_ = outer;
  std::vector<Value> ids;
  for (const auto& d : own.all()) ids.push_back(Value::string(std::string(d.entry->id)));
  return Value::items(std::move(ids));
}

}  // namespace afdc
