// What scripts rely on: the keys of the JSON, Little's law, determinism, verdicts.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <set>

#include "driver/eval.h"
#include "session/session.h"

using namespace afdc;

namespace {

const std::string kExample = std::string(AFDC_SOURCE_DIR) + "/examples/deepseek_v3_h200.afd";

Results evaluate(const std::vector<std::string>& sets, std::vector<std::string>* ids = nullptr) {
  Session session;
  Module* module = session.loader.loadFile(kExample);
  session.evaluator.check(*module);
  auto scenarios = session.scenarios(*module, "", sets);
  INFO(session.diags.text(false));
  REQUIRE(scenarios.size() == 1);
  auto out = runPasses(session.evaluator.lowerToScenario(scenarios[0]), "", session.diags);
  INFO(session.diags.text(false));
  if (ids)
    for (const auto& d : session.diags.all()) ids->emplace_back(d.entry->id);
  if (!out.results) return {};
  return *out.results;
}

}  // namespace

TEST_CASE("JSON has the documented keys and is the same in every run") {
  EvalOptions o;
  o.file = kExample;
  o.printing.format = Format::Json;
  auto first = runEval(o), second = runEval(o);
  CHECK(first.code == kClean);
  CHECK(first.out == second.out);
  for (const char* key : {"\"version\": 2",
                          "ttft_mean_s",
                          "tpot_mean_s",
                          "output_tokens_per_s",
                          "output_tokens_per_s_per_device",
                          "total_tokens_per_s",
                          "usd_per_million_output_tokens",
                          "weights_bytes",
                          "kv_bytes",
                          "activations_bytes",
                          "capacity_bytes",
                          "breakdown_s",
                          "\"slo\"",
                          "\"expect\"",
                          "\"verdict\"",
                          "\"margin\"",
                          "\"assumptions\"",
                          "stdlib_hash",
                          "scenario_hash",
                          "compiler_version"})
    CHECK_MESSAGE(first.out.find(key) != std::string::npos, key);
}

TEST_CASE("Little's law holds of every closed loop of the examples, where it stands and at other loads") {
  size_t loops = 0;
  for (const char* name : {"disaggregation", "deepseek_v3_h200", "step3_afd"}) {
    Session session;
    Module* module = session.loader.loadFile(std::string(AFDC_SOURCE_DIR) + "/examples/" + name + ".afd");
    session.evaluator.check(*module);
    struct Asked {
      std::string scenario, set;
    };
    std::vector<Asked> asked = {{"", ""}};
    for (const char* c : {"1", "37", "20000"})
      asked.push_back({"", fmt::format("workload.arrivals.concurrency={} req", c)});
    // Where decode makes the first token, its step is part of a request's time as well.
    if (name == std::string("disaggregation"))
      for (const char* scenario : {"h200_chat_pd", "h200_chat_afd", "gb200_coding_pd"})
        asked.push_back({scenario, "deployment.decode.runtime.first_token=decode"});
    for (const auto& [scenario, set] : asked)
      for (auto* object :
           session.scenarios(*module, scenario, set.empty() ? std::vector<std::string>{} : std::vector{set})) {
        auto out = runPasses(session.evaluator.lowerToScenario(object), "", session.diags);
        if (!out.results || out.load.arrivals != LoadConfig::Arrivals::Closed) continue;
        ++loops;
        const auto& m = out.results->metrics;
        CAPTURE(name);
        CAPTURE(out.results->scenario);
        CAPTURE(out.load.amount);
        CHECK(*m.concurrency == doctest::Approx(out.load.amount).epsilon(1e-4));
        CHECK(*m.requests_per_s * *m.e2e_mean_s == doctest::Approx(out.load.amount).epsilon(1e-4));
      }
  }
  CHECK(loops > 50);
}

TEST_CASE("c = X * E2E at every concurrency") {
  for (const char* c : {"1", "16", "128", "1024", "8192"}) {
    auto r = evaluate({"workload.arrivals.concurrency=" + std::string(c) + " req"});
    REQUIRE(r.metrics.requests_per_s);
    CHECK(*r.metrics.requests_per_s * *r.metrics.e2e_mean_s == doctest::Approx(std::stod(c)).epsilon(1e-6));
  }
}

TEST_CASE("where attention and FFN lie apart, it is said of both and of the links where their times come from") {
  Session session;
  Module* module = session.loader.loadFile(std::string(AFDC_SOURCE_DIR) + "/examples/disaggregation.afd");
  session.evaluator.check(*module);
  auto* object = session.scenarios(*module, "h200_chat_afd", {}).at(0);
  auto out = runPasses(session.evaluator.lowerToScenario(object), "", session.diags);
  REQUIRE(out.results);
  std::set<std::pair<std::string, std::string>> told;
  for (const auto& s : out.results->sources) told.emplace(s.role, s.cls);
  for (const auto& expected : std::vector<std::pair<std::string, std::string>>{{"decode.attention", "attention"},
                                                                               {"decode.ffn", "grouped_gemm"},
                                                                               {"decode", "attention to FFN"},
                                                                               {"decode", "FFN to attention"},
                                                                               {"", "KV transfer"}})
    CHECK_MESSAGE(told.contains(expected), expected.first << " " << expected.second);
}

TEST_CASE("above the slots a closed loop queues, and says so") {
  std::vector<std::string> ids;
  auto r = evaluate({"workload.arrivals.concurrency=8192 req"}, &ids);
  CHECK(std::find(ids.begin(), ids.end(), "AFD0503") != ids.end());
  CHECK(*r.metrics.running_slots < 8192);
  auto full = evaluate({"workload.arrivals.concurrency=2048 req"});
  CHECK(*r.metrics.requests_per_s == doctest::Approx(*full.metrics.requests_per_s).epsilon(1e-6));
}

TEST_CASE("memory components add up, faster memory never slows a step") {
  auto r = evaluate({});
  const auto& m = r.memory.at(0);
  double sum = 0;
  for (const auto& [cls, bytes] : m.weights_by_class) sum += bytes;
  CHECK(sum == doctest::Approx(m.weights).epsilon(1e-12));
  CHECK(m.used() == m.weights + m.kv + m.activations + m.reserve);
  CHECK(m.used() <= m.available);
  // ideal's rule is a share of the capacity.
  CHECK(m.unused == doctest::Approx(m.capacity - m.available));
  CHECK(m.kv_capacity_at_tokens > 0);
  auto fast = evaluate({"deployment.cluster.gpus.node.gpu.hbm.bandwidth=9.6 TB/s"});
  CHECK(*fast.metrics.tpot_mean_s < *r.metrics.tpot_mean_s);
  auto smaller = evaluate({"deployment.main.quant.kv=fp8"});
  CHECK(smaller.memory[0].kv < m.kv);
  // Sampling 128 rows of 129 280 entries: next to nothing beside a step's activations, or most of them.
  auto little = evaluate({"deployment.main.runtime.sampler=1 B"}),
       much = evaluate({"deployment.main.runtime.sampler=1 kB"});
  CHECK(little.memory[0].activations == m.activations);
  CHECK(much.memory[0].activations == 128 * 129280 * 1000.0);
}

TEST_CASE("a static batch and an open loop") {
  auto r = evaluate({"workload.arrivals=batch(64 req)", "slo=null"});
  (void)r;
  Session session;
  Module* module = session.loader.loadText("t.afd", R"(edition 1
import std.hw.nvidia { H100x8 }
import std.hw { Cluster }
import std.models.llama { Llama31_70B }
import std.serving { Aggregated }
import std.workload { Workload, batch, poisson }
cluster One extends Cluster { pool gpus { node = H100x8, count = 1 } }
deployment D extends Aggregated { model = Llama31_70B, cluster = One, engine main { parallel { tp = 8 } } }
workload Burst { arrivals = batch(64 req), input = constant(1000 tok), output = constant(200 tok) }
workload Stream { arrivals = poisson(rate = 2 req/s), input = constant(1000 tok), output = constant(200 tok) }
scenario burst { workload = Burst, deployment = D }
scenario stream { workload = Stream, deployment = D }
)");
  session.evaluator.check(*module);
  INFO(session.diags.text(false));
  REQUIRE(session.diags.errors() == 0);
  auto scenarios = session.evaluator.blocks(*module, "scenario");
  auto burst = runPasses(session.evaluator.lowerToScenario(scenarios[0]), "", session.diags).results;
  auto stream = runPasses(session.evaluator.lowerToScenario(scenarios[1]), "", session.diags).results;
  REQUIRE(burst);
  REQUIRE(stream);
  // All 64 at once: requests per second is 64 over the time of the whole batch.
  CHECK(*burst->metrics.requests_per_s * *burst->metrics.e2e_mean_s == doctest::Approx(64));
  CHECK(*burst->metrics.e2e_mean_s == doctest::Approx(*burst->metrics.ttft_mean_s + 199 * *burst->metrics.tpot_mean_s));
  CHECK(*stream->metrics.requests_per_s == doctest::Approx(2));
  CHECK(*stream->metrics.capacity_requests_per_s > 2);
  CHECK(*stream->metrics.concurrency == doctest::Approx(2 * *stream->metrics.e2e_mean_s));
  CHECK_FALSE(stream->metrics.ttft_p50_s.has_value());
}

TEST_CASE("verdicts have three values and the exit code follows") {
  EvalOptions o;
  o.file = kExample;
  CHECK(runEval(o).code == kClean);
  o.sets = {"workload.arrivals.concurrency=512 req"};
  auto missed = runEval(o);
  CHECK(missed.code == kFindings);
  CHECK(missed.out.find("FAIL") != std::string::npos);
  o.sets = {"deployment.main.paralel.tp=2"};
  auto typo = runEval(o);
  CHECK(typo.code == kFindings);
  CHECK(typo.err.find("AFD0608") != std::string::npos);
  CHECK(typo.err.find("write `parallel`") != std::string::npos);
}
