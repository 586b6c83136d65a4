// The text form of OperatorGraph: print and parse are inverse to each other.
#include <fmt/format.h>

#include <algorithm>

#include "ir/graph.h"
#include "ir/text_reader.h"
#include "support/text.h"

namespace afdc::ir {
namespace {

class GraphPrinter {
 public:
  explicit GraphPrinter(const Graph& g) : g_(g) {}

  std::string run() {
    out_ = fmt::format("graph {} {{\n", quoted(g_.strings[g_.name]));
    for (const auto& p : g_.precisions)
      out_ += fmt::format("  class {} {} bits {} scale {} block {}{}\n", g_.strings[p.cls], g_.strings[p.format],
                          shortest(p.bits), shortest(p.scaleBits), shortest(p.block),
                          p.compute.valid() ? fmt::format(" compute {}", g_.strings[p.compute]) : "");
    for (const auto& body : g_.bodies) print(body);
    out_ += fmt::format("  main {}\n  stack [", quoted(g_.strings[g_.bodies[g_.main.index].name]));
    for (size_t i = 0; i < g_.stack.size(); ++i)
      out_ += fmt::format("{}{} * {}", i ? ", " : "", g_.stack[i].count,
                          quoted(g_.strings[g_.bodies[g_.stack[i].body.index].name]));
    out_ += "]\n}\n";
    return std::move(out_);
  }

 private:
  std::string name(const Body& body, TensorId id) const { return quoted(g_.strings[body.tensors[id.index].name]); }

  std::string names(const std::vector<StringId>& ids) const {
    std::string out = "[";
    for (size_t i = 0; i < ids.size(); ++i) out += (i ? ", " : "") + std::string(g_.strings[ids[i]]);
    return out + "]";
  }

  std::string dims(const Tensor& t) const {
    std::string out = "[";
    for (size_t i = 0; i < t.dims.size(); ++i) {
      const auto& dim = t.dims[i];
      if (i) out += ", ";
      for (size_t k = 0; k < dim.parts.size(); ++k) {
        out += (k ? " ++ " : "") + g_.exprs.text(dim.parts[k].size, g_.strings);
        if (dim.parts[k].units.valid()) out += " in " + g_.exprs.text(dim.parts[k].units, g_.strings);
      }
      if (dim.axis != Axis::None) out += fmt::format(" by {}", kAxisNames[static_cast<size_t>(dim.axis)]);
      if (dim.replicate) out += " else replicate";
    }
    return out + "]";
  }

  std::string rest(const Tensor& t) const {
    std::string out = dims(t);
    if (t.cls.valid()) out += fmt::format(" class {}", g_.strings[t.cls]);
    if (t.window) out += " window " + g_.exprs.text(*t.window, g_.strings);
    if (t.partial != Axis::None) out += fmt::format(" partial {}", kAxisNames[static_cast<size_t>(t.partial)]);
    return out + at(t.place);
  }

  std::string at(const Place& p) const {
    return p.file.valid() ? fmt::format(" @ {} {} {}", quoted(g_.strings[p.file]), p.line, p.column) : "";
  }

  void print(const Body& body) {
    out_ += fmt::format("  body {} {{\n", quoted(g_.strings[body.name]));
    std::vector<bool> made(body.tensors.size(), false);
    for (const auto& op : body.ops) made[op.result.index] = true;
    for (uint32_t i = 0; i < body.tensors.size(); ++i) {
      if (made[i]) continue;
      bool param = std::find(body.params.begin(), body.params.end(), TensorId{i}) != body.params.end();
      const auto& t = body.tensors[i];
      out_ += fmt::format("    {} {} : {}\n", param ? "param" : kTensorKindNames[static_cast<size_t>(t.kind)],
                          name(body, {i}), rest(t));
    }
    for (const auto& op : body.ops) {
      out_ += fmt::format("    op {} = {}(", name(body, op.result), nameOf(op.kind));
      bool first = true;
      for (const auto& operand : op.operands) {
        out_ += fmt::format("{}{}{} = {}", first ? "" : ", ", g_.strings[operand.port], names(operand.dims),
                            name(body, operand.tensor));
        first = false;
      }
      for (const auto& a : op.attributes) {
        out_ += fmt::format("{}{} : {}", first ? "" : ", ", g_.strings[a.name], g_.exprs.text(a.value, g_.strings));
        first = false;
      }
      const auto& result = body.tensors[op.result.index];
      out_ += fmt::format(") -> {} {} {}", names(op.resultDims), kTensorKindNames[static_cast<size_t>(result.kind)],
                          rest(result));
      if (!op.contracted.empty()) out_ += " sum " + names(op.contracted);
      if (op.table.valid()) out_ += fmt::format(" table {}", quoted(g_.strings[op.table]));
      if (op.phase != Phase::All) out_ += fmt::format(" only {}", kPhaseNames[static_cast<size_t>(op.phase)]);
      if (op.side != Side::Mixer) out_ += fmt::format(" side {}", kSideNames[static_cast<size_t>(op.side)]);
      if (op.axis != Axis::None) out_ += fmt::format(" over {}", kAxisNames[static_cast<size_t>(op.axis)]);
      out_ += "\n";
    }
    out_ += fmt::format("    return {}\n  }}\n", name(body, body.returned));
  }

  const Graph& g_;
  std::string out_;
};

class GraphParser {
 public:
  explicit GraphParser(TextReader& in) : in_(in) {}

  Graph run() {
    in_.expect("graph");
    g_.name = g_.strings.intern(in_.string());
    in_.expect("{");
    while (!in_.accept("}")) {
      if (in_.accept("class"))
        precision();
      else if (in_.accept("body"))
        body();
      else if (in_.accept("main"))
        g_.main = bodyNamed(in_.string());
      else if (in_.accept("stack"))
        stack();
      else
        in_.fail(fmt::format("unexpected `{}`", in_.peek()));
    }
    return std::move(g_);
  }

 private:
  template <class Names>
  auto oneOf(const Names& names, const std::string& word) {
    auto found = std::find(names.begin(), names.end(), word);
    if (found == names.end()) in_.fail(fmt::format("unexpected `{}`", word));
    return static_cast<uint8_t>(found - names.begin());
  }
  OperatorKind operatorKind(const std::string& word) {
    auto kind = operatorNamed(word);
    if (!kind) in_.fail(fmt::format("no operator `{}`", word));
    return *kind;
  }
  BodyId bodyNamed(const std::string& name) {
    for (uint32_t i = 0; i < g_.bodies.size(); ++i)
      if (g_.strings[g_.bodies[i].name] == name) return {i};
    in_.fail(fmt::format("no body `{}`", name));
  }

  std::vector<StringId> names() {
    std::vector<StringId> ids;
    in_.expect("[");
    while (!in_.accept("]")) {
      ids.push_back(g_.strings.intern(in_.word()));
      in_.accept(",");
    }
    return ids;
  }

  void precision() {
    Precision p;
    p.cls = g_.strings.intern(in_.word());
    p.format = g_.strings.intern(in_.word());
    in_.expect("bits");
    p.bits = in_.number();
    in_.expect("scale");
    p.scaleBits = in_.number();
    in_.expect("block");
    p.block = in_.number();
    if (in_.accept("compute")) p.compute = g_.strings.intern(in_.word());
    g_.precisions.push_back(p);
  }

  void stack() {
    in_.expect("[");
    while (!in_.accept("]")) {
      EqualLayers layers;
      layers.count = in_.index();
      in_.expect("*");
      layers.body = bodyNamed(in_.string());
      g_.stack.push_back(layers);
      in_.accept(",");
    }
  }

  void dims(Tensor& t) {
    in_.expect("[");
    while (!in_.accept("]")) {
      TensorDim dim;
      do {
        DimPart part;
        part.size = in_.expr(g_.exprs, g_.strings);
        if (in_.accept("in")) part.units = in_.expr(g_.exprs, g_.strings);
        dim.parts.push_back(part);
      } while (in_.accept("++"));
      if (in_.accept("by")) dim.axis = static_cast<Axis>(oneOf(kAxisNames, in_.word()));
      if (in_.accept("else")) {
        in_.expect("replicate");
        dim.replicate = true;
      }
      t.dims.push_back(dim);
      in_.accept(",");
    }
  }

  void rest(Tensor& t) {
    dims(t);
    if (in_.accept("class")) t.cls = g_.strings.intern(in_.word());
    if (in_.accept("window")) t.window = in_.expr(g_.exprs, g_.strings);
    if (in_.accept("partial")) t.partial = static_cast<Axis>(oneOf(kAxisNames, in_.word()));
    if (in_.accept("@")) {
      t.place.file = g_.strings.intern(in_.string());
      t.place.line = in_.index();
      t.place.column = in_.index();
    }
  }

  void body() {
    Body b;
    b.name = g_.strings.intern(in_.string());
    in_.expect("{");
    auto find = [&](const std::string& name) {
      for (uint32_t i = 0; i < b.tensors.size(); ++i)
        if (g_.strings[b.tensors[i].name] == name) return TensorId{i};
      in_.fail(fmt::format("no tensor `{}`", name));
    };
    while (!in_.accept("}")) {
      std::string word = in_.word();
      if (word == "return") {
        b.returned = find(in_.string());
        continue;
      }
      Tensor t;
      t.name = g_.strings.intern(in_.string());
      if (word != "op") {
        bool param = word == "param";
        t.kind = param ? TensorKind::Activation : static_cast<TensorKind>(oneOf(kTensorKindNames, word));
        in_.expect(":");
        rest(t);
        b.tensors.push_back(t);
        if (param) b.params.push_back({static_cast<uint32_t>(b.tensors.size() - 1)});
        continue;
      }
      Op op;
      in_.expect("=");
      op.kind = operatorKind(in_.word());
      in_.expect("(");
      while (!in_.accept(")")) {
        auto name = g_.strings.intern(in_.word());
        if (in_.at("[")) {
          auto dims = names();
          in_.expect("=");
          op.operands.push_back({name, find(in_.string()), dims});
        } else {
          in_.expect(":");
          op.attributes.push_back({name, in_.expr(g_.exprs, g_.strings)});
        }
        in_.accept(",");
      }
      in_.expect("->");
      op.resultDims = names();
      t.kind = static_cast<TensorKind>(oneOf(kTensorKindNames, in_.word()));
      rest(t);
      op.place = t.place;
      if (in_.accept("sum")) op.contracted = names();
      if (in_.accept("table")) op.table = g_.strings.intern(in_.string());
      if (in_.accept("only")) op.phase = static_cast<Phase>(oneOf(kPhaseNames, in_.word()));
      if (in_.accept("side")) op.side = static_cast<Side>(oneOf(kSideNames, in_.word()));
      if (in_.accept("over")) op.axis = static_cast<Axis>(oneOf(kAxisNames, in_.word()));
      b.tensors.push_back(t);
      op.result = {static_cast<uint32_t>(b.tensors.size() - 1)};
      b.ops.push_back(op);
    }
    g_.bodies.push_back(std::move(b));
  }

  TextReader& in_;
  Graph g_;
};

}  // namespace

std::string print(const Graph& graph) { return GraphPrinter(graph).run(); }

Graph parseGraph(std::string_view text) {
  TextReader in(text);
  auto graph = GraphParser(in).run();
  if (!in.done()) in.fail("text after the graph");
  return graph;
}

std::string print(const std::vector<EngineGraph>& graphs) {
  if (graphs.size() == 1) return print(graphs[0].graph);
  std::string out;
  for (const auto& g : graphs) out += fmt::format("engine {}\n{}", quoted(g.engine), print(g.graph));
  return out;
}

std::vector<EngineGraph> parseGraphs(std::string_view text) {
  std::vector<EngineGraph> out;
  TextReader in(text);
  while (!in.done()) {
    std::string engine = in.accept("engine") ? in.string() : "";
    out.push_back({std::move(engine), GraphParser(in).run()});
  }
  return out;
}

}  // namespace afdc::ir
