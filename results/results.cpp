#include "results/results.h"
#include "support/json.h"

namespace afdc {

std::string toJson(const std::vector<Results>& all) {
  std::string out;
  JsonWriter json(out);
  auto optional = [&](const char* key, const std::optional<double>& value) {
    if (value)
      json.attribute(key, *value);
    else
      json.attribute(key, nullptr);
  };
  json.object([&] {
    json.attribute("schema", "afd_results");
    json.attribute("version", kResultsVersion);
    json.attributeArray("results", [&] {
      for (const auto& r : all)
        json.object([&] {
          json.attribute("scenario", r.scenario);
          json.attribute("model", r.model);
          json.attribute("deployment", r.deployment);
          json.attribute("workload", r.workload);
          json.attribute("hardware", r.hardware);
          json.attribute("mode", r.mode);
          json.attribute("profile", r.profile);
          json.attribute("compiler_version", r.compiler_version);
          json.attribute("stdlib_hash", r.stdlib_hash);
          json.attribute("scenario_hash", r.scenario_hash);
          json.attribute("devices", r.devices);
          json.attribute("devices_paid", r.devices_paid);
          json.attributeObject("metrics", [&] {
            const auto& m = r.metrics;
            optional("ttft_mean_s", m.ttft_mean_s);
            optional("ttft_p50_s", m.ttft_p50_s);
            optional("tpot_mean_s", m.tpot_mean_s);
            optional("e2e_mean_s", m.e2e_mean_s);
            optional("interactivity_tokens_per_s", m.interactivity_tokens_per_s);
            optional("output_tokens_per_s", m.output_tokens_per_s);
            optional("output_tokens_per_s_per_device", m.output_tokens_per_s_per_device);
            optional("total_tokens_per_s", m.total_tokens_per_s);
            optional("requests_per_s", m.requests_per_s);
            optional("capacity_requests_per_s", m.capacity_requests_per_s);
            optional("concurrency", m.concurrency);
            optional("running_slots", m.running_slots);
            optional("usd_per_hour", m.usd_per_hour);
            optional("usd_per_million_output_tokens", m.usd_per_million_output_tokens);
            optional("usd_per_million_tokens", m.usd_per_million_tokens);
          });
          if (r.transfer_s) json.attribute("transfer_s", *r.transfer_s);
          json.attributeArray("roles", [&] {
            for (const auto& role : r.roles)
              json.object([&] {
                json.attribute("name", role.name);
                json.attribute("hardware", role.hardware);
                json.attribute("devices", role.devices);
                json.attribute("step_s", role.step_s);
                optional("busy", role.busy);
                json.attribute("bottleneck", role.bottleneck);
              });
          });
          json.attributeArray("attention_ffn", [&] {
            for (const auto& a : r.afd)
              json.object([&] {
                json.attribute("role", a.role);
                json.attribute("microbatches", a.microbatches);
                json.attribute("layers", a.layers);
                json.attribute("attention_s", a.attention_s);
                json.attribute("to_ffn_s", a.to_ffn_s);
                json.attribute("ffn_s", a.ffn_s);
                json.attribute("to_attention_s", a.to_attention_s);
                json.attribute("budget_s", a.budget_s);
                json.attribute("bottleneck", a.bottleneck);
                json.attributeArray("tpot_sensitivity", [&] {
                  for (const auto& v : a.sensitivities)
                    json.object([&] {
                      json.attribute("with", v.what);
                      json.attribute("tpot_s", v.tpot_s);
                    });
                });
              });
          });
          json.attributeArray("sources", [&] {
            for (const auto& v : r.sources)
              json.object([&] {
                if (!v.role.empty()) json.attribute("role", v.role);
                json.attribute("class", v.cls);
                json.attribute("source", v.source);
                json.attribute("share", v.share);
              });
          });
          json.attributeArray("memory", [&] {
            for (const auto& m : r.memory)
              json.object([&] {
                json.attribute("role", m.role);
                json.attribute("weights_bytes", m.weights);
                json.attribute("kv_bytes", m.kv);
                json.attribute("activations_bytes", m.activations);
                json.attribute("reserve_bytes", m.reserve);
                json.attribute("used_bytes", m.used());
                json.attribute("available_bytes", m.available);
                json.attribute("capacity_bytes", m.capacity);
                json.attribute("kv_capacity_tokens", m.kv_capacity_tokens);
                json.attributeObject("weights_by_class", [&] {
                  for (const auto& [cls, bytes] : m.weights_by_class) json.attribute(cls, bytes);
                });
              });
          });
          json.attributeObject("breakdown_s", [&] {
            for (const auto& b : r.breakdowns)
              json.attributeObject(b.step, [&] {
                json.attribute("total", b.seconds);
                json.attributeObject("by_class", [&] {
                  for (const auto& row : b.rows) json.attribute(row.cls, row.seconds);
                });
                json.attributeObject("by_resource", [&] {
                  double compute = 0, memory = 0, network = 0;
                  for (const auto& row : b.rows)
                    compute += row.compute_s, memory += row.memory_s, network += row.network_s;
                  json.attribute("compute", compute);
                  json.attribute("memory", memory);
                  json.attribute("network", network);
                  json.attribute("other", b.overlapping ? 0 : b.seconds - compute - memory - network);
                });
              });
          });
          json.attribute("bottleneck", r.bottleneck);
          json.attributeArray("slo", [&] {
            for (const auto& s : r.slo)
              json.object([&] {
                json.attribute("expect", s.expect);
                json.attribute("verdict", s.verdict == Verdict::Pass   ? "pass"
                                          : s.verdict == Verdict::Fail ? "fail"
                                                                       : "unknown");
                optional("margin", s.margin);
                optional("value", s.value);
                optional("bound", s.bound);
                json.attribute("at", s.place);
              });
          });
          if (!r.sensitivities.empty())
            json.attributeArray("sensitivities", [&] {
              for (const auto& one : r.sensitivities)
                json.object([&] {
                  json.attribute("field", one.field);
                  json.attribute("value", one.value);
                  json.attribute("throughput", one.throughput);
                  json.attribute("tpot", one.tpot);
                  json.attribute("ttft", one.ttft);
                });
            });
          json.attributeArray("assumptions", [&] {
            for (const auto& a : r.assumptions)
              json.object([&] {
                json.attribute("what", a.what);
                json.attribute("from", a.from);
              });
          });
        });
    });
  });
  return out + "\n";
}

}  // namespace afdc
