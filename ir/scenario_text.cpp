// The text form of Scenario: print and parse are inverse to each other.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "ir/scenario.h"
#include "ir/text_reader.h"
#include "support/text.h"

namespace afdc::ir {
namespace {

class ScenarioPrinter {
 public:
  explicit ScenarioPrinter(const Scenario& s) : s_(s) {}

  std::string run() {
    out_ = "scenario {\n";
    for (const auto& link : s_.schemas)
      out_ += fmt::format("  schema {}{}\n", s_.strings[link.name],
                          link.base.valid() ? fmt::format(" extends {}", s_.strings[link.base]) : "");
    node(s_.root, 1);
    out_ += "}\n";
    for (const auto& graph : s_.graphs) out_ += print(graph);
    return std::move(out_);
  }

 private:
  void origins(const Node& n) {
    for (size_t i = 0; i < n.origins.size(); ++i) {
      const auto& o = n.origins[i];
      fmt::format_to(std::back_inserter(out_), " {} {} {} {} {} {}", i ? "<-" : "@",
                     kOriginKindNames[static_cast<size_t>(o.kind)], quoted(s_.strings[o.place.file]), o.place.line,
                     o.place.column, quoted(s_.strings[o.value]));
    }
  }

  void node(NodeId id, int depth) {
    const auto& n = s_[id];
    out_ += fmt::format("{:{}}{} : {}", "", 2 * depth, quoted(s_.strings[n.name]),
                        kNodeKindNames[static_cast<size_t>(n.kind)]);
    if (n.blockKind.valid()) out_ += fmt::format(" kind {}", s_.strings[n.blockKind]);
    if (n.label.valid()) out_ += fmt::format(" label {}", quoted(s_.strings[n.label]));
    switch (n.kind) {
      case NodeKind::Null: break;
      case NodeKind::Bool: out_ += n.flag ? " true" : " false"; break;
      case NodeKind::Number:
        out_ += " " + quoted(Quantity{n.value, n.dimension, ""}.exactText());
        if (n.unit.valid()) out_ += " as " + quoted(s_.strings[n.unit]);
        break;
      case NodeKind::Text:
      case NodeKind::Symbol: out_ += " " + quoted(s_.strings[n.text]); break;
      case NodeKind::Graph: out_ += fmt::format(" {}", n.index); break;
      case NodeKind::Check:
        out_ += fmt::format(" {} {}", quoted(s_.strings[n.text]), s_.exprs.text(n.check, s_.strings));
        if (n.message.valid()) out_ += " message " + quoted(s_.strings[n.message]);
        break;
      case NodeKind::List:
      case NodeKind::Record:
      case NodeKind::Dist:
        if (n.schema.valid()) out_ += fmt::format(" {}", s_.strings[n.schema]);
        break;
    }
    origins(n);
    if (n.kind == NodeKind::List || n.kind == NodeKind::Record || n.kind == NodeKind::Dist) {
      out_ += " {\n";
      for (auto child : n.children) node(child, depth + 1);
      out_ += fmt::format("{:{}}}}", "", 2 * depth);
    }
    out_ += "\n";
  }

  const Scenario& s_;
  std::string out_;
};

class ScenarioParser {
 public:
  explicit ScenarioParser(std::string_view text) : text_(text), in_(text) {}

  Scenario run() {
    in_.expect("scenario");
    in_.expect("{");
    while (in_.accept("schema")) {
      SchemaLink link;
      link.name = s_.strings.intern(in_.word());
      if (in_.accept("extends")) link.base = s_.strings.intern(in_.word());
      s_.schemas.push_back(link);
    }
    s_.root = node();
    in_.expect("}");
    // Graphs follow; each begins with `graph` at the start of a line.
    for (size_t at = text_.find("\ngraph "); at != std::string_view::npos;) {
      size_t next = text_.find("\ngraph ", at + 1);
      s_.graphs.push_back(parseGraph(text_.substr(at + 1, next == std::string_view::npos ? next : next - at)));
      at = next;
    }
    return std::move(s_);
  }

 private:
  void quantity(Node& n) {
    std::string text = in_.string();
    size_t blank = text.find(' ');
    std::string digits = text.substr(0, blank), unit = blank == std::string::npos ? "" : text.substr(blank + 1);
    if (!unit.empty()) {
      auto parsed = parseUnit(unit);
      if (!parsed) in_.fail(fmt::format("unknown unit `{}`", unit));
      n.dimension = parsed->dimension;
    }
    if (digits[0] == '~') {
      n.value = Number::inexact(std::strtod(digits.c_str() + 1, nullptr));
      return;
    }
    bool negative = digits[0] == '-';
    if (negative) digits.erase(0, 1);
    size_t slash = digits.find('/');
    auto num = Number::parse(digits.substr(0, slash));
    auto den = slash == std::string::npos ? Number::parse("1") : Number::parse(digits.substr(slash + 1));
    if (!num || !den) in_.fail(fmt::format("`{}` is not a number", text));
    n.value = *num / *den;
    if (negative) n.value = -n.value;
  }

  NodeId node() {
    Node n;
    n.name = s_.strings.intern(in_.string());
    in_.expect(":");
    std::string kind = in_.word();
    auto found = std::find(kNodeKindNames.begin(), kNodeKindNames.end(), kind);
    if (found == kNodeKindNames.end()) in_.fail(fmt::format("unknown node kind `{}`", kind));
    n.kind = static_cast<NodeKind>(found - kNodeKindNames.begin());
    if (in_.accept("kind")) n.blockKind = s_.strings.intern(in_.word());
    if (in_.accept("label")) n.label = s_.strings.intern(in_.string());
    bool parent = n.kind == NodeKind::List || n.kind == NodeKind::Record || n.kind == NodeKind::Dist;
    switch (n.kind) {
      case NodeKind::Bool: n.flag = in_.word() == "true"; break;
      case NodeKind::Number:
        quantity(n);
        if (in_.accept("as")) n.unit = s_.strings.intern(in_.string());
        break;
      case NodeKind::Text:
      case NodeKind::Symbol: n.text = s_.strings.intern(in_.string()); break;
      case NodeKind::Graph: n.index = in_.index(); break;
      case NodeKind::Check:
        n.text = s_.strings.intern(in_.string());
        n.check = in_.expr(s_.exprs, s_.strings);
        if (in_.accept("message")) n.message = s_.strings.intern(in_.string());
        break;
      default:
        if (parent && !in_.at("{") && !in_.at("@")) n.schema = s_.strings.intern(in_.word());
    }
    for (bool more = in_.accept("@"); more; more = in_.accept("<-")) {
      Origin o;
      std::string word = in_.word();
      auto which = std::find(kOriginKindNames.begin(), kOriginKindNames.end(), word);
      if (which == kOriginKindNames.end()) in_.fail(fmt::format("unknown origin `{}`", word));
      o.kind = static_cast<OriginKind>(which - kOriginKindNames.begin());
      o.place.file = s_.strings.intern(in_.string());
      o.place.line = in_.index();
      o.place.column = in_.index();
      o.value = s_.strings.intern(in_.string());
      n.origins.push_back(o);
    }
    if (parent) {
      in_.expect("{");
      while (!in_.accept("}")) n.children.push_back(node());
    }
    return s_.add(std::move(n));
  }

  std::string_view text_;
  TextReader in_;
  Scenario s_;
};

}  // namespace

std::string print(const Scenario& scenario) { return ScenarioPrinter(scenario).run(); }
Scenario parseScenario(std::string_view text) { return ScenarioParser(text).run(); }

}  // namespace afdc::ir
