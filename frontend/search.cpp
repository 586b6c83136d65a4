#include "frontend/search.h"

#include <fmt/format.h>

namespace afdc {

namespace {

constexpr std::string_view kBase = "base", kValue = "the axis's value";

std::string textOf(const Value& v) {
  switch (v.kind) {
    case ValueKind::Number: return v.quantity.text();
    case ValueKind::Bool: return v.flag ? "true" : "false";
    case ValueKind::Record: return v.object->label.empty() ? std::string(v.object->schema->name) : v.object->label;
    default: return v.text.empty() ? "?" : std::string(v.text);
  }
}

}  // namespace

Search::Search(Evaluator& evaluator, Object* explore) : ev_(evaluator), explore_(explore) {
  for (size_t i = 0; i < explore->layers.size(); ++i) {
    if (!explore->layers[i].block) continue;
    for (const auto& m : explore->layers[i].block->members) {
      if (m.kind == ast::MemberKind::Require) requires_.push_back({&m, i});
      if (m.kind != ast::MemberKind::Vary) continue;
      auto& axis = list_.emplace_back();
      axis.member = &m, axis.layer = i;
      axis.path.push_back({kBase, m.range});
      std::string path;
      for (const auto& name : m.path) {
        axis.path.push_back(name);
        path += (path.empty() ? "" : ".") + std::string(name.text);
      }
      axes_.push_back(path);
      axis.value.kind = ast::ExprKind::Name;
      axis.value.name = {kValue, m.value->range};
      axis.value.range = m.value->range;
      axis.assignment.kind = ast::MemberKind::Assign;
      axis.assignment.range = m.range;
      axis.assignment.path = axis.path;
      axis.assignment.value = &axis.value;
    }
  }
}

Object* Search::assigned(Object* search, Axis& axis, const Value& value) {
  Env env;
  env.parent = search->layers[axis.layer].env;
  env.name = kValue;
  env.local = value;
  return ev_.derive(search, search->parent, {nullptr, &axis.assignment, 0, ev_.newEnv(env), ir::OriginKind::Set},
                    false);
}

void Search::resolve(Object* search, Point& point) {
  auto& diags = ev_.diags();
  size_t before = diags.count(), errors = diags.errors();
  ev_.steps_ = 0, ev_.exhausted_ = false;  // a budget for each point
  auto refused = [&] {
    for (size_t i = before; i < diags.count() && point.reason.empty(); ++i)
      if (kCatalogue[diags.all()[i].id].severity == Severity::Error) point.reason = diags.all()[i].message;
    diags.forget(before);
    return !point.reason.empty();
  };
  for (const auto& filter : requires_) {
    Value holds = ev_.eval(filter.member->value, ev_.frame(search, filter.layer));
    if (diags.errors() > errors && refused()) return;
    if (holds.kind == ValueKind::Bool && !holds.flag) {
      auto text = diags.sources().text(filter.member->value->range);
      point.reason =
          filter.member->message.empty() ? "require " + std::string(text) : std::string(filter.member->message);
      point.pruned = true;
      return;
    }
  }
  Value base = ev_.get(search, kBase, search->declared);
  if (base.kind == ValueKind::Record) point.scenario = ev_.lowerToScenario(base.object, search);
  if (diags.errors() > errors) point.scenario.reset();
  refused();
}

bool Search::walk(size_t axis, Object* search, Point& point, const std::function<bool(Point&)>& visit) {
  if (axis == list_.size()) {
    point.number = next_++;
    point.reason.clear();
    point.scenario.reset();
    point.pruned = false;
    resolve(search, point);
    return visit(point);
  }
  Value values = ev_.eval(list_[axis].member->value, ev_.frame(search, list_[axis].layer));
  if (values.kind != ValueKind::List) return true;
  const auto* written = list_[axis].member->value;
  bool each = written->kind == ast::ExprKind::List && written->list.size() == values.list->size();
  for (size_t i = 0; i < values.list->size(); ++i) {
    const auto& value = (*values.list)[i];
    auto mark = ev_.mark();
    // What has no name of its own is shown as it was written.
    bool unnamed = value.kind == ValueKind::Record && value.object->label.empty();
    point.values.push_back(each && unnamed ? std::string(ev_.diags().sources().text(written->list[i]->range))
                                           : textOf(value));
    bool more = walk(axis + 1, assigned(search, list_[axis], value), point, visit);
    point.values.pop_back();
    ev_.release(mark);
    if (!more) return false;
  }
  return true;
}

void Search::each(const std::function<bool(Point&)>& visit) {
  Point point;
  next_ = 0;
  walk(0, explore_, point, visit);
}

}  // namespace afdc
