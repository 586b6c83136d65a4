#include "backends/report/explore.h"
#include "results/metrics.h"
#include "support/json.h"

namespace afdc {

std::string searchJson(const std::vector<SearchResult>& all) {
  std::string out;
  JsonWriter json(out);
  auto number = [](uint64_t n) { return static_cast<double>(n); };
  auto points = [&](const SearchResult& r, const char* key, const std::vector<FoundPoint>& list) {
    json.attributeArray(key, [&] {
      for (const auto& p : list)
        json.object([&] {
          json.attribute("point", number(p.number));
          json.attribute("id", p.id);
          if (!r.spaces[p.space].name.empty()) json.attribute("space", r.spaces[p.space].name);
          json.attributeObject("axes", [&] {
            const auto& axes = r.spaces[p.space].axes;
            for (size_t i = 0; i < axes.size(); ++i) json.attribute(axes[i], p.values[i]);
          });
          json.attributeArray("goals", [&] {
            for (double g : p.goals) json.value(g);
          });
          json.attributeObject("metrics", [&] {
            for (const auto& metric : namedMetrics()) json.attribute(std::string(metric.name), metric.get(p.metrics));
          });
          json.attribute("devices", p.devices);
          if (!p.source.empty()) json.attribute("source", p.source);
          if (p.results) json.attribute("bottleneck", p.results->bottleneck);
        });
    });
  };
  json.object([&] {
    json.attribute("schema", "afd_search");
    json.attribute("version", 1);
    json.attributeArray("searches", [&] {
      for (const auto& r : all)
        json.object([&] {
          json.attribute("name", r.name);
          json.attributeArray("goals", [&] {
            for (const auto& g : r.goals)
              json.object([&] {
                json.attribute("goal", g.text);
                json.attribute("maximize", g.maximize);
              });
          });
          json.attribute("points", number(r.points));
          json.attribute("kept", number(r.kept));
          json.attribute("undecided", number(r.undecided));
          json.attribute("broken", number(r.broken));
          json.attribute("refused", number(r.refused));
          json.attribute("pruned", number(r.pruned));
          json.attributeArray("reasons", [&] {
            for (const auto& [text, reason] : r.why)
              json.object([&] {
                json.attribute("reason", text);
                json.attribute("count", number(reason.count));
                json.attribute("first", number(reason.first));
                if (!reason.example.empty()) json.attribute("example", reason.example);
                if (!reason.nearestValues.empty()) {
                  json.attribute("nearest", number(reason.nearestPoint));
                  json.attribute("misses_by", -reason.nearest);
                }
              });
          });
          json.attributeArray("spaces", [&] {
            for (const auto& space : r.spaces)
              json.object([&] {
                json.attribute("name", space.name);
                json.attributeArray("axes", [&] {
                  for (const auto& axis : space.axes) json.value(axis);
                });
                json.attribute("kept", number(space.kept));
                points(r, "best", space.best ? std::vector<FoundPoint>{*space.best} : std::vector<FoundPoint>{});
                points(r, "offer", space.offer);
                points(r, "keeping", space.keeping);
              });
          });
          json.attributeArray("map", [&] {
            for (const auto& cell : r.map)
              json.object([&] {
                json.attribute("tpot", cell.tpot);
                json.attribute("ttft", cell.ttft);
                json.attributeArray("throughput", [&] {
                  for (double t : cell.throughput) json.value(t);
                });
              });
          });
          if (r.nearest) {
            points(r, "nearest", {r.nearest->point});
            json.attributeArray("relax", [&] {
              for (const auto& b : r.nearest->broken)
                json.object([&] {
                  json.attribute("promise", b.promise);
                  json.attribute("misses_by", -b.margin);
                  json.attribute("value", b.value);
                  json.attribute("field", b.field);
                  json.attribute("now", b.now);
                  json.attribute("elasticity", b.elasticity);
                });
            });
          }
          points(r, "best", r.best);
          points(r, "front", r.front);
        });
    });
  });
  return out + "\n";
}

}  // namespace afdc
