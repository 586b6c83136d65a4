#include <cmath>
#include <nlohmann/json.hpp>

#include "backends/report/explore.h"
#include "backends/report/search_words.h"
#include "results/metrics.h"
#include "support/json.h"

namespace afdc {

static void to_json(JsonTree& tree, const SearchGoal& g) { tree = {{"goal", g.text}, {"maximize", g.maximize}}; }

static void to_json(JsonTree& tree, const SearchResult::Cell& c) {
  tree = {{"tpot", c.tpot}, {"ttft", c.ttft}, {"throughput", c.throughput}};
}

static void to_json(JsonTree& tree, const NearMiss::Broken& b) {
  tree = {{"promise", b.promise}, {"misses_by", -b.margin}, {"value", b.value},
          {"field", b.field},     {"now", b.now},           {"elasticity", b.elasticity}};
}

namespace {

JsonTree treeOf(const std::string& text, const SearchReason& reason) {
  JsonTree tree = {{"reason", text}, {"count", reason.count}, {"first", reason.first}};
  if (!reason.example.empty()) tree["example"] = reason.example;
  if (!reason.nearestValues.empty()) {
    tree["nearest"] = reason.nearestPoint;
    tree["misses_by"] = -reason.nearest;
  }
  return tree;
}

/// By the names that checks use.
JsonTree metricsOf(const FoundPoint& p) {
  auto tree = JsonTree::object();
  for (const auto& metric : namedMetrics()) {
    auto value = metric.get(p.metrics);
    tree[std::string(metric.name)] = value ? JsonTree(*value) : JsonTree();
  }
  return tree;
}

JsonTree treeOf(const SearchResult& r, const FoundPoint& p) {
  const auto& space = r.spaces[p.space];
  auto axes = JsonTree::object();
  for (size_t i = 0; i < space.axes.size(); ++i) axes[space.axes[i]] = p.values[i];
  JsonTree tree = {{"point", p.number}, {"id", p.id}};
  if (!space.name.empty()) tree["space"] = space.name;
  tree["axes"] = axes;
  tree["goals"] = p.goals;
  tree["metrics"] = metricsOf(p);
  tree["devices"] = p.devices;
  if (!p.promises.empty()) tree["breaks"] = brokenBy(p);
  if (!p.source.empty()) tree["source"] = p.source;
  if (p.results) tree["bottleneck"] = p.results->bottleneck;
  return tree;
}

JsonTree treeOf(const SearchResult& r, const std::vector<FoundPoint>& points) {
  auto list = JsonTree::array();
  for (const auto& p : points) list.push_back(treeOf(r, p));
  return list;
}

JsonTree treeOf(const SearchResult& r, const SearchSpace& space) {
  auto best = JsonTree::array();
  if (space.best) best.push_back(treeOf(r, *space.best));
  return {{"name", space.name},
          {"axes", space.axes},
          {"kept", space.kept},
          {"best", best},
          {"offer", treeOf(r, space.offer)},
          {"keeping", treeOf(r, space.keeping)}};
}

}  // namespace

static void to_json(JsonTree& tree, const SearchResult& r) {
  auto reasons = JsonTree::array(), spaces = JsonTree::array();
  for (const auto& [text, reason] : r.why) reasons.push_back(treeOf(text, reason));
  for (const auto& space : r.spaces) spaces.push_back(treeOf(r, space));
  tree = {{"name", r.name},           {"goals", r.goals},   {"points", r.points},   {"kept", r.kept},
          {"undecided", r.undecided}, {"broken", r.broken}, {"refused", r.refused}, {"pruned", r.pruned},
          {"reasons", reasons},       {"spaces", spaces},   {"map", r.map}};
  if (r.nearest) {
    tree["nearest"] = JsonTree::array({treeOf(r, r.nearest->point)});
    tree["relax"] = r.nearest->broken;
  }
  tree["best"] = treeOf(r, r.best);
  tree["front"] = treeOf(r, r.front);
}

std::string searchJson(const std::vector<SearchResult>& all) {
  return jsonText({{"schema", "afd_search"}, {"version", 1}, {"searches", all}}) + "\n";
}

}  // namespace afdc
