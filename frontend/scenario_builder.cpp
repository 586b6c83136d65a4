#include "frontend/scenario_builder.h"

#include <algorithm>

#include "frontend/graph_builder.h"

namespace afdc {

ir::Precision precisionOf(Object* format, ir::Strings& strings) {
  ir::Precision p;
  auto number = [&](std::string_view field, double fallback) {
    auto found = format->slots.find(field);
    return found != format->slots.end() && found->second.value.kind == ValueKind::Number
               ? found->second.value.quantity.base()
               : fallback;
  };
  p.bits = number("bits", 16);
  p.scaleBits = number("scale_bits", 0);
  p.block = number("block", 1);
  if (auto found = format->slots.find("compute");
      found != format->slots.end() && found->second.value.kind == ValueKind::Symbol)
    p.compute = strings.intern(found->second.value.text);
  p.format = strings.intern(format->label.empty() ? "format" : format->label);
  return p;
}

ScenarioBuilder ScenarioBuilder::forSearch(Evaluator& ev) {
  ScenarioBuilder out(ev);
  out.older_ = ev.objects_.size();
  return out;
}

ir::Scenario& ScenarioBuilder::build(Object* root, Object* search) {
  free_.insert(free_.end(), used_.begin(), used_.end());
  freeGraphs_.insert(freeGraphs_.end(), usedGraphs_.begin(), usedGraphs_.end());
  used_.clear(), usedGraphs_.clear();
  s_.files = ev_.loader_.dataFiles();
  s_.root = object(root, root->label);
  if (search) {
    ir::Node asked;
    checks(search, asked);
    auto& children = s_.nodes[s_.root.index].children;
    children.insert(children.end(), asked.children.begin(), asked.children.end());
  }
  return s_;
}

ir::NodeId ScenarioBuilder::put(ir::Node node) {
  node.axes |= axes_;
  if (staying_ || older_ == 0) return s_.add(std::move(node));
  if (free_.empty()) return used_.emplace_back(s_.add(std::move(node)));
  ir::NodeId id = free_.back();
  free_.pop_back();
  s_.nodes[id.index] = std::move(node);
  return used_.emplace_back(id);
}

void ScenarioBuilder::link(const Schema* schema) {
  for (auto* s = schema; s && linked_.insert(s).second; s = s->base)
    s_.schemas.push_back({text(s->name), s->base ? text(s->base->name) : ir::StringId{}});
}

std::vector<ir::Origin> ScenarioBuilder::origins(const Object::Slot& slot) {
  std::vector<ir::Origin> out;
  for (size_t i = 0; i < slot.kinds.size(); ++i) {
    auto shown = ev_.diags().sources().text(slot.ranges[i]);
    std::string value(shown.substr(0, std::min<size_t>(shown.size(), 60)));
    if (size_t newline = value.find('\n'); newline != std::string::npos) value = value.substr(0, newline) + " …";
    out.push_back({slot.kinds[i], ev_.place(slot.ranges[i], s_.strings), text(value)});
  }
  return out;
}

ir::NodeId ScenarioBuilder::value(const Value& v, std::string_view name) {
  ir::Node n;
  n.name = text(name);
  switch (v.kind) {
    case ValueKind::Bool:
      n.kind = ir::NodeKind::Bool;
      n.flag = v.flag;
      break;
    case ValueKind::Number: quantity(n, v.quantity); break;
    case ValueKind::Text:
      n.kind = ir::NodeKind::Text;
      n.text = text(v.text);
      break;
    case ValueKind::Symbol:
      n.kind = ir::NodeKind::Symbol;
      n.text = text(v.text);
      break;
    case ValueKind::List:
      n.kind = ir::NodeKind::List;
      // A list of records (a stack of layers) is kept once, in the graph.
      for (const auto& item : *v.list)
        if (item.kind != ValueKind::Record || item.object->label.empty()) n.children.push_back(value(item, "item"));
      break;
    case ValueKind::Dist: {
      n.kind = ir::NodeKind::Dist;
      n.schema = text(v.dist->family);
      auto child = [&](std::string_view key, const Quantity& q) {
        ir::Node c;
        c.name = text(key);
        quantity(c, q);
        n.children.push_back(put(std::move(c)));
      };
      child("mean", v.dist->mean);
      child("p50", v.dist->p50);
      child("p90", v.dist->p90);
      child("p99", v.dist->p99);
      break;
    }
    case ValueKind::Record: return object(v.object, name);
    default: n.kind = ir::NodeKind::Null; break;
  }
  return put(std::move(n));
}

void ScenarioBuilder::quantity(ir::Node& n, const Quantity& q) {
  n.kind = ir::NodeKind::Number;
  n.value = q.value;
  n.dimension = q.dimension;
  if (!q.unit.empty()) n.unit = text(q.unit);
}

ir::NodeId ScenarioBuilder::object(Object* o, std::string_view name) {
  if (o->number >= older_ || staying_) return record(o, name);
  auto [known, fresh] = known_.try_emplace({o, name, axes_});
  if (fresh) {
    staying_ = true;
    ir::NodeId made = record(o, name);
    staying_ = false;
    known->second = made;
  }
  return known->second;
}

ir::NodeId ScenarioBuilder::record(Object* o, std::string_view name) {
  ir::Node n;
  n.kind = ir::NodeKind::Record;
  n.name = text(name);
  n.schema = text(o->schema->name);
  link(o->schema);
  if (!o->label.empty()) n.label = text(o->label);
  if (!o->blockKind.empty()) n.blockKind = text(o->blockKind);
  auto add = [&](std::string_view field) {
    const auto& slot = o->slots.at(field);
    uint64_t path = std::exchange(axes_, axes_ | slot.axes);
    ir::NodeId child = value(slot.value, field);
    axes_ = path;
    s_.nodes[child.index].origins = origins(slot);
    n.children.push_back(child);
  };
  for (const auto& field : o->schema->fields) {
    auto kind = field.item->kind;
    if (kind == ast::ItemKind::Blocks || kind == ast::ItemKind::Measure) continue;
    if (o->slots.count(field.item->name.text)) add(field.item->name.text);
  }
  for (auto label : ev_.childLabels(o)) add(label);
  if (o->schema->isA("Slo")) checks(o, n);
  if (o->schema->graph && o->schema->find("stack")) graph(o, n);
  return put(std::move(n));
}

void ScenarioBuilder::graph(Object* o, ir::Node& n) {
  uint64_t before = std::exchange(ev_.read_, 0);
  auto graph = ev_.elaborate(o);
  uint64_t read = std::exchange(ev_.read_, before);
  if (!graph) return;
  ir::Node g;
  g.axes = read;
  g.kind = ir::NodeKind::Graph;
  g.name = text("graph");
  if (!staying_ && !freeGraphs_.empty()) {
    g.index = freeGraphs_.back();
    freeGraphs_.pop_back();
    s_.graphs[g.index] = std::move(*graph);
  } else {
    g.index = static_cast<uint32_t>(s_.graphs.size());
    s_.graphs.push_back(std::move(*graph));
  }
  if (!staying_ && older_ > 0) usedGraphs_.push_back(g.index);
  n.children.push_back(put(std::move(g)));
}

void ScenarioBuilder::checks(Object* o, ir::Node& n) {
  auto context = ev_.keepContext();
  ev_.context_.pool = &s_.exprs;
  ev_.context_.strings = &s_.strings;
  ev_.context_.results = true;
  std::vector<ir::NodeId> made;
  for (size_t i = 0; i < o->layers.size(); ++i) {
    if (!o->layers[i].block) continue;
    for (const auto& m : o->layers[i].block->members) {
      bool goal = m.kind == ast::MemberKind::Objective;
      if (m.kind != ast::MemberKind::Expect && !goal) continue;
      ir::Node c;
      uint64_t before = std::exchange(ev_.read_, 0);
      Value v = ev_.eval(m.value, ev_.frame(o, i));
      v = ev_.asSymbolic(v, m.value->range);
      c.axes = std::exchange(ev_.read_, before);
      if (v.poison()) continue;
      c.kind = ir::NodeKind::Check;
      c.name = text(!goal ? "expect" : m.maximize ? "maximize" : "minimize");
      c.text = text(ev_.diags().sources().text(m.value->range));
      c.check = v.expr;
      if (!m.message.empty()) c.message = text(m.message);
      c.origins.push_back({o->layers[i].origin, ev_.place(m.value->range, s_.strings), c.text});
      made.push_back(put(std::move(c)));
    }
  }
  n.children.insert(n.children.end(), made.begin(), made.end());
}

ir::Scenario ScenarioBuilder::buildValue(const Value& v, std::string_view name, SourceRange written) {
  s_.root = value(v, name);
  auto shown = ev_.diags().sources().text(written);
  s_.nodes[s_.root.index].origins = {{ir::OriginKind::Declared, ev_.place(written, s_.strings), text(shown)}};
  return take();
}

std::optional<ir::Scenario> Evaluator::lowerLet(Module& module, std::string_view name) {
  auto found = module.decls.find(name);
  if (found == module.decls.end() || found->second->kind != ast::DeclKind::Let) return std::nullopt;
  Value v = declValue(module, *found->second);
  static constexpr ValueKind kShown[] = {ValueKind::Null,   ValueKind::Bool, ValueKind::Number, ValueKind::Text,
                                         ValueKind::Symbol, ValueKind::List, ValueKind::Dist};
  if (std::ranges::find(kShown, v.kind) == std::end(kShown)) return std::nullopt;
  return ScenarioBuilder(*this).buildValue(v, name, found->second->body().value->range);
}

ir::Scenario Evaluator::lowerToScenario(Object* object) {
  force(object);
  ScenarioBuilder builder(*this);
  builder.build(object, nullptr);
  return builder.take();
}

}  // namespace afdc
