#include "session/library_items.h"

#include <fmt/format.h>

#include <algorithm>

#include "passes/lowering/measure.h"
#include "support/text.h"

namespace afdc {

namespace {

using Read = std::function<LibraryFigure(const ir::Scenario&)>;

/// A field as its author wrote it; of a distribution its mean.
Read field(std::string_view path) {
  return [path](const ir::Scenario& s) {
    LibraryFigure figure;
    ir::NodeId id = s.find(s.root, path);
    if (id.valid() && s[id].kind == ir::NodeKind::Dist) id = s.find(id, "mean");
    if (!id.valid()) return figure;
    const auto& node = s[id];
    figure.text = node.kind == ir::NodeKind::Text ? std::string(s.strings[node.text]) : s.show(id);
    if (node.kind == ir::NodeKind::Number) {
      figure.value = node.value.toDouble();
      figure.unit = node.dimension.unit();
    }
    return figure;
  };
}

/// The graph of what the tree is, not those of things inside of it.
const ir::Graph* graphOf(const ir::Scenario& s) {
  for (auto child : s[s.root].children)
    if (s[child].kind == ir::NodeKind::Graph) return &s.graphs[s[child].index];
  return nullptr;
}

/// "671 billion"
std::string inWords(double count) {
  if (count >= 1e9) return significant(count / 1e9, 3) + " billion";
  if (count >= 1e6) return significant(count / 1e6, 3) + " million";
  return significant(count, 6);
}

/// A measure of a model's graph.
Read measured(std::string_view name, std::string (*show)(double), std::string_view unit = "") {
  return [=](const ir::Scenario& s) {
    LibraryFigure figure;
    const auto* graph = graphOf(s);
    figure.value = graph ? measureModel(*graph, name, {}) : std::nullopt;
    if (figure.value) figure.text = show(*figure.value);
    figure.unit = unit;
    return figure;
  };
}

std::string bytes(double value) { return humanize(value, Dimension::of(Base::Bytes)); }
std::string bytesPerToken(double value) {
  return humanize(value, Dimension::of(Base::Bytes) / Dimension::of(Base::Token));
}
std::string plainNumber(double value) { return significant(value, 6); }

double devicesOf(const ir::Scenario& s, ir::NodeId pool) {
  return s.number(pool, "count").value_or(0) * s.number(pool, "node.gpus").value_or(0);
}

/// "2 x H200x8", all pools of a cluster.
LibraryFigure nodes(const ir::Scenario& s) {
  LibraryFigure figure;
  for (auto pool : s.blocks(s.root, "pool"))
    figure.text += fmt::format("{}{} x {}", figure.text.empty() ? "" : ", ", s.show(s.find(pool, "count")),
                               s.show(s.find(pool, "node")));
  return figure;
}

LibraryFigure devices(const ir::Scenario& s) {
  double sum = 0;
  for (auto pool : s.blocks(s.root, "pool")) sum += devicesOf(s, pool);
  return {plainNumber(sum), sum, ""};
}

/// What all of its nodes cost, where each has a price.
LibraryFigure priceOfCluster(const ir::Scenario& s) {
  double sum = 0;
  for (auto pool : s.blocks(s.root, "pool")) {
    auto price = s.number(pool, "node.price");
    if (!price) return {};
    sum += *price * s.number(pool, "count").value_or(0);
  }
  constexpr double kHour = 3600;
  return {significant(sum * kHour, 6) + " USD/h", sum, "USD/s"};
}

}  // namespace

Document documentOf(const LibraryFigure& figure) {
  if (figure.value)
    return Document::map().set("value", *figure.value).set("unit", figure.unit).set("text", figure.text);
  return figure.text.empty() ? Document() : Document(figure.text);
}

const std::vector<LibraryKind>& libraryKinds() {
  static const std::vector<LibraryKind> kinds = {
      {"models",
       "model",
       {{"parameters", "params", measured("params", inWords)},
        {"active", "active_params", measured("active_params", inWords)},
        {"KV per token", "kv_bytes_per_token", measured("kv_bytes_per_token", bytesPerToken, "B/tok")},
        {"layers", "layers", field("layers")},
        {"weights", "weight_bytes", measured("weight_bytes", bytes, "B"), false},
        {"routed experts", "routed_experts", measured("routed_experts", plainNumber), false},
        {"state per sequence", "state_bytes_per_seq", measured("state_bytes_per_seq", bytes, "B"), false},
        {"longest request", "max_context", field("max_context"), false}}},
      {"gpus",
       "gpu",
       {{"memory", "memory", field("hbm.capacity")},
        {"bandwidth", "bandwidth", field("hbm.bandwidth")},
        {"bf16", "peak_bf16", field("peak.bf16")},
        {"fp8", "peak_fp8", field("peak.fp8")},
        {"fp4", "peak_fp4", field("peak.fp4"), false},
        {"int8", "peak_int8", field("peak.int8"), false},
        {"link to its neighbours", "scale_up_bandwidth", field("scale_up.bandwidth"), false},
        {"power", "tdp", field("power.tdp"), false}}},
      {"nodes",
       "node",
       {{"gpus", "gpus", field("gpus")},
        {"each", "gpu", field("gpu")},
        {"price", "price", field("price")},
        {"network cards", "nics", field("nics.count"), false},
        {"bandwidth of one", "nic_bandwidth", field("nics.bandwidth"), false}}},
      {"clusters",
       "cluster",
       {{"nodes", "nodes", nodes}, {"devices", "devices", devices}, {"price", "price", priceOfCluster}}},
      {"runtimes",
       "runtime",
       {{"since version", "since", field("since")},
        {"scheduler", "scheduler", field("scheduler")},
        {"compute reached", "compute", field("efficiency.compute")},
        {"memory reached", "memory", field("efficiency.memory")}}},
      {"workloads",
       "workload",
       {{"mean input", "input", field("input")},
        {"mean output", "output", field("output")},
        {"arrivals", "arrivals", field("arrivals")}}}};
  return kinds;
}

const LibraryKind* libraryKind(std::string_view word) {
  const auto& all = libraryKinds();
  auto found = std::ranges::find(all, word, &LibraryKind::word);
  return found == all.end() ? nullptr : &*found;
}

std::optional<ir::Scenario> resolved(Session& session, const LibraryEntry& entry) {
  Module* module = session.loader.loadStandard(entry.module);
  Object* block = module ? session.evaluator.block(*module, entry.name) : nullptr;
  if (!block) return std::nullopt;
  size_t before = session.diags.errors();
  auto tree = session.evaluator.lowerToScenario(block);
  if (session.diags.errors() > before) return std::nullopt;
  return tree;
}

}  // namespace afdc
