// What must hold of every scenario, whatever its figures: random models, devices, degrees and states under the roofline
// evaluator. Seeds are fixed; a failure prints the scenario.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <random>

#include "passes/cost/assembly.h"
#include "passes/cost/memory.h"
#include "passes/steady/aggregated.h"
#include "session/session.h"

using namespace afdc;

namespace {

struct Spec {
  int heads = 32, kvHeads = 8, layers = 8, experts = 0, tp = 1, dp = 1, pp = 1, nodes = 1, replicas = 1;
  std::string meshes;  ///< degrees of the FFN and the experts; empty: experts apart over all ranks
  double bandwidth = 3e12, bf16 = 9e14, fp8 = 1.8e15, nvlink = 4.5e11, nvlinkLatency = 1.5e-6, nic = 5e10,
         nicLatency = 3e-6, capacity = 8e10;
  std::string weights = "bf16", kv = "bf16";
  bool afd = false, pd = false;
  double offWeights = 0, offKv = 0, pcie = 5e10;
  bool overlap = true;

  std::string text() const {
    std::string ffn =
        experts ? fmt::format("Moe {{ routed = {}, top_k = 2, intermediate = 2048, shared = 1, skew = 1 }}", experts)
                : "GatedMlp { intermediate = 8192 }";
    int devices = tp * dp * pp;
    std::string parallel = fmt::format("parallel {{ tp = {}, dp = {}, pp = {}, {} }}", tp, dp, pp,
                                       meshes.empty() ? fmt::format("ep = {}", experts ? tp * dp : 1) : meshes);
    std::string common = fmt::format("quant {{ linear = {}, expert = {}, kv = {} }}", weights, weights, kv);
    std::string offload = offWeights > 0 || offKv > 0 ? fmt::format("offload {{ weights = {}, kv = {}, overlap = {} }}",
                                                                    offWeights, offKv, overlap)
                                                      : "";
    std::string engine = fmt::format("{{\n replicas = {}\n {}\n {}\n {}\n }}", replicas, parallel, common, offload);
    std::string text = fmt::format(
        "edition 1\nimport std.model {{ Model }}\nimport std.blocks {{ Gqa, GatedMlp, Moe }}\nimport std.hw {{ "
        "Cluster, Gpu, "
        "Node }}\nimport std.serving {{ Aggregated, Disaggregated, AttentionFfn }}\n"
        "model M {{ hidden = 4096, layers = {}, vocab = 32_000, max_context = 64 Kitok\n layer l {{ mixer = Gqa {{ "
        "heads = {}, "
        "kv_heads = {}, head_dim = 128 }}, ffn = {} }}\n stack = layers * [l] }}\n"
        "gpu G {{ hbm {{ capacity = {} B, bandwidth = {} B/s }}, peak {{ bf16 = {} FLOP/s, fp8 = {} FLOP/s }}, "
        "scale_up {{ "
        "bandwidth = {} B/s, latency = {} s }} }}\n"
        "node N {{ gpu = G, gpus = 8, nics {{ count = 8, bandwidth = {} B/s, latency = {} s }}, "
        "host {{ dram = 4 TB, dram_bandwidth = 8 TB/s, pcie = {} B/s }} }}\n"
        "cluster C extends Cluster {{ pool a {{ node = N, count = {} }} }}\n",
        layers, heads, kvHeads, ffn, capacity, bandwidth, bf16, fp8, nvlink, nvlinkLatency, nic, nicLatency, pcie,
        nodes);
    if (afd)
      return text +
             fmt::format(
                 "deployment D extends Aggregated {{ model = M, cluster = C\n engine main = AttentionFfn {{\n group "
                 "attention {{ devices = {}, parallel {{ dp = {} }} }}\n group ffn {{ devices = {}, parallel {{ ep "
                 "= {} }} }}\n microbatches = 2\n {} }} }}\n",
                 devices, devices, devices, experts ? devices : 1, common);
    if (pd)
      return text +
             fmt::format(
                 "deployment D extends Disaggregated {{ model = M, cluster = C\n engine prefill {}\n engine decode "
                 "{}\n }}\n",
                 engine, engine);
    return text +
           fmt::format("deployment D extends Aggregated {{ model = M, cluster = C\n engine main {} }}\n", engine);
  }
};

struct Deployment {
  ir::Scenario scenario;
  std::vector<Role> roles;
};

Deployment build(const Spec& spec) {
  Session session;
  auto text = spec.text();
  CAPTURE(text);
  Module* module = session.loader.loadText("random.afd", text);
  auto* object = module ? session.evaluator.block(*module, "D") : nullptr;
  REQUIRE_MESSAGE(object, session.diags.text(false));
  Deployment out{session.evaluator.lowerToScenario(object), {}};
  REQUIRE_MESSAGE(session.diags.errors() == 0, session.diags.text(false));
  std::vector<std::string> fallbacks;
  for (auto engine : out.scenario.blocks(out.scenario.root, "engine")) {
    auto role = buildRole(out.scenario, out.scenario.root, engine, fallbacks, session.diags);
    REQUIRE_MESSAGE(role, session.diags.text(false));
    REQUIRE_MESSAGE(fitRole(*role, out.scenario, session.diags), session.diags.text(false));
    out.roles.push_back(std::move(*role));
  }
  return out;
}

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  template <class T>
  T pick(std::initializer_list<T> of) {
    return *(of.begin() + static_cast<std::ptrdiff_t>(engine_() % of.size()));
  }
  double between(double low, double high) {
    return low * std::pow(high / low, static_cast<double>(engine_()) / 4294967295.0);
  }

 private:
  std::mt19937 engine_;
};

Spec randomSpec(Random& r) {
  Spec s;
  s.layers = r.pick({2, 4, 8});
  s.experts = r.pick({0, 0, 64, 128});
  s.tp = r.pick({1, 2, 4, 8});
  s.dp = r.pick({1, 1, 2, 4});
  s.pp = s.experts ? 1 : r.pick({1, 1, 2});
  s.nodes = 16;
  s.bandwidth = r.between(1e12, 8e12), s.bf16 = r.between(2e14, 2e15), s.fp8 = 2 * s.bf16;
  s.nvlink = r.between(5e10, 9e11), s.nic = r.between(1e10, 1e11);
  s.nvlinkLatency = r.between(5e-7, 5e-6), s.nicLatency = r.between(1e-6, 1e-5);
  s.weights = r.pick({std::string("bf16"), std::string("fp8"), std::string("int4")});
  s.kv = r.pick({std::string("bf16"), std::string("fp8")});
  s.afd = s.pp == 1 && r.pick({0, 0, 1});
  return s;
}

BatchState randomState(Random& r) {
  BatchState b = {{std::round(r.between(1, 512)), 1, std::round(r.between(10, 30000)), 1}};
  if (r.pick({0, 1})) b.push_back({r.pick({1.0, 2.0, 8.0}), std::round(r.between(16, 8000)), r.pick({0.0, 1000.0}), 1});
  return b;
}

constexpr int kScenarios = 60;

}  // namespace

TEST_CASE("no operator beats its roofline or the busiest port") {
  Random r(1);
  for (int i = 0; i < kScenarios; ++i) {
    auto spec = randomSpec(r);
    spec.afd = false;
    auto d = build(spec);
    auto state = randomState(r);
    double fastest = std::max(spec.nvlink, spec.nic);
    for (const auto& op : d.roles[0].holder().operators(state)) {
      bool network = op.cls == "all_reduce" || op.cls == "all_gather" || op.cls == "dispatch" || op.cls == "combine" ||
                     op.cls == "reshard";
      CAPTURE(op.op);
      if (network) {
        CHECK(op.seconds >= op.bytes / (2 * fastest) * (1 - 1e-12));
      } else {
        CHECK(op.seconds >= op.bytes / spec.bandwidth * (1 - 1e-12));
        CHECK(op.seconds >= op.flops / spec.fp8 * (1 - 1e-12));
      }
    }
  }
}

TEST_CASE("faster hardware never lengthens a step") {
  Random r(2);
  for (int i = 0; i < kScenarios; ++i) {
    auto spec = randomSpec(r);
    auto state = randomState(r);
    double before = build(spec).roles[0].time(state).seconds;
    for (int change = 0; change < 6; ++change) {
      Spec better = spec;
      if (change == 0) better.bandwidth *= 1.7;
      if (change == 1) better.bf16 *= 1.7, better.fp8 *= 1.7;
      if (change == 2) better.nvlink *= 1.7;
      if (change == 3) better.nic *= 1.7;
      if (change == 4) better.nvlinkLatency /= 2;
      if (change == 5) better.nicLatency /= 2;
      auto text = spec.text();
      CAPTURE(text);
      CAPTURE(change);
      CHECK(build(better).roles[0].time(state).seconds <= before * (1 + 1e-12));
    }
  }
}

TEST_CASE("at a fixed promise, more capacity never lowers the best throughput") {
  Random r(3);
  for (int i = 0; i < 20; ++i) {
    auto spec = randomSpec(r);
    spec.afd = false;
    spec.replicas = 1;
    double input = std::round(r.between(100, 4000)), output = std::round(r.between(20, 500));
    auto best = [&](const Spec& s, double bound) {
      auto d = build(s);
      Schedule schedule(d.roles[0], {input, output});
      double rate = 0;
      for (double n = 1; n <= 256; n *= 2) {
        auto slot = schedule.run(n * s.dp);
        if (slot.tpot <= bound) rate = std::max(rate, slot.rate * s.replicas);
      }
      return rate;
    };
    double alone = Schedule(build(spec).roles[0], {input, output}).run(spec.dp).tpot, bound = 3 * alone;
    double rate = best(spec, bound);
    Spec more = spec;
    more.replicas = 2;
    CHECK(best(more, bound) >= rate * (1 - 1e-9));
    more = spec;
    more.bandwidth *= 2;
    CHECK(best(more, bound) >= rate * (1 - 1e-9));
  }
}

TEST_CASE("prefill/decode with a free transfer is two roles at one request rate") {
  Random r(4);
  for (int i = 0; i < 20; ++i) {
    auto spec = randomSpec(r);
    spec.afd = false, spec.pd = true, spec.pp = 1;
    spec.nic = 1e18, spec.nicLatency = 0;
    auto d = build(spec);
    std::vector<Assumption> assumptions;
    SourceManager sources;
    Diagnostics diags(sources);
    ServeContext context{d.scenario, assumptions, diags};
    LoadConfig load;
    load.input = 1000, load.output = 200, load.outputMax = 200;
    load.amount = r.pick({1.0, 4.0, 32.0});
    auto served = serveDisaggregated(d.roles, {}, load, context);
    REQUIRE(served);
    Schedule prefill(d.roles[0], {1000, 200}), decode(d.roles[1], {1000, 200, 999});
    // The prefill side alone gives TTFT; the decode side alone gives TPOT at the batch that the rate keeps running.
    CHECK(served->ttft >= prefill.prefillTime(1) * (1 - 1e-9));
    double n = served->running;
    CHECK(served->tpot == doctest::Approx(decode.step({{std::max(n, 1.0), 1, 1100, 1}})).epsilon(1e-3));
    CHECK(served->requests * 199 * served->tpot == doctest::Approx(n).epsilon(n < 1 ? 1 : 2e-2));
    CHECK(served->concurrency == doctest::Approx(load.amount).epsilon(1e-6));
  }
}

TEST_CASE("experts that are split over all ranks do the same work wherever attention keeps its tokens") {
  Random r(9);
  for (int i = 0; i < kScenarios; ++i) {
    auto spec = randomSpec(r);
    spec.experts = 64, spec.pp = 1, spec.afd = false;
    spec.tp = 8, spec.dp = 1, spec.meshes = "ep = 1";
    auto whole = build(spec);
    spec.tp = 1, spec.dp = 8, spec.meshes = "ftp = 8, ep = 1, etp = 8";
    auto apart = build(spec);
    BatchState state = {{8 * std::round(r.between(1, 64)), 1, 1000, 1}};
    auto sums = [&](const Deployment& d) {
      std::map<std::string, double> flops, seconds;
      for (const auto& op : d.roles[0].holder().operators(state))
        flops[op.cls] += op.flops * op.count, seconds[op.cls] += op.seconds * op.count;
      return std::pair(flops, seconds);
    };
    auto [a, at] = sums(whole);
    auto [b, bt] = sums(apart);
    CHECK(b["grouped_gemm"] == doctest::Approx(a["grouped_gemm"]).epsilon(1e-9));
    CHECK(b["grouped_gemm"] > 0);
    // Their tokens are gathered, and the sums over the FFN's ranks added up.
    CHECK(bt["reshard"] > 0);
    CHECK(bt["all_reduce"] > 0);
    CHECK(at.count("reshard") == 0);
  }
  Spec lost;
  lost.experts = 64, lost.dp = 8, lost.meshes = "ep = 1, etp = 8";
  Session session;
  auto* object = session.evaluator.block(*session.loader.loadText("random.afd", lost.text()), "D");
  auto scenario = session.evaluator.lowerToScenario(object);
  std::vector<std::string> fallbacks;
  CHECK(!buildRole(scenario, scenario.root, scenario.blocks(scenario.root, "engine")[0], fallbacks, session.diags));
  CHECK(session.diags.text(false).find("AFD0306") != std::string::npos);
}

TEST_CASE("memory is the sum of its parts, and half the bits are never more bytes") {
  Random r(5);
  for (int i = 0; i < kScenarios; ++i) {
    auto spec = randomSpec(r);
    spec.weights = "bf16", spec.kv = "bf16";
    auto wide = build(spec);
    for (const auto& m : wide.roles[0].memory) {
      double classes = 0;
      for (const auto& [cls, bytes] : m.weights_by_class) classes += bytes;
      CHECK(classes == doctest::Approx(m.weights).epsilon(1e-12));
      CHECK(m.used() == m.weights + m.kv + m.activations + m.reserve);
    }
    auto narrow = spec;
    narrow.weights = "fp8", narrow.kv = "fp8";
    auto small = build(narrow);
    for (size_t k = 0; k < wide.roles[0].memory.size(); ++k)
      CHECK(small.roles[0].memory[k].weights <= wide.roles[0].memory[k].weights);
    CHECK(sequenceBytes(small.roles[0].holder(), 1000) <= sequenceBytes(wide.roles[0].holder(), 1000));
    auto state = randomState(r);
    if (spec.afd) continue;
    auto a = wide.roles[0].holder().operators(state), b = small.roles[0].holder().operators(state);
    REQUIRE(a.size() == b.size());
    for (size_t k = 0; k < a.size(); ++k) CHECK(b[k].bytes <= a[k].bytes * (1 + 1e-12));
  }
}

TEST_CASE("sampling takes memory where the logits are: with attention, not with the FFN") {
  Spec spec;
  spec.afd = true, spec.nodes = 2, spec.dp = 4;
  auto built = build(spec);
  auto sampling = built.roles[0].with([](EngineConfig& e) { e.runtime.sampler = 1000; });
  SourceManager sources;
  Diagnostics diags(sources);
  auto activations = [&](const StepModel& m) { return planMemory(m, built.scenario, diags)->fullest.activations; };
  CHECK(activations(sampling.attentionFfn()->attention()) > activations(built.roles[0].attentionFfn()->attention()));
  CHECK(activations(sampling.attentionFfn()->ffn()) == activations(built.roles[0].attentionFfn()->ffn()));
}

TEST_CASE("what is offloaded leaves the device and comes back over the host's link") {
  Random r(7);
  for (int i = 0; i < kScenarios; ++i) {
    auto spec = randomSpec(r);
    spec.afd = false, spec.pp = 1;
    auto plain = build(spec);
    spec.offWeights = 0.25, spec.offKv = 0.5, spec.overlap = r.pick({0, 1}) == 1, spec.pcie = r.between(1e9, 1e12);
    auto moved = build(spec);
    const auto &before = plain.roles[0], &after = moved.roles[0];
    CHECK(after.memory[0].weights == doctest::Approx(0.75 * before.memory[0].weights).epsilon(1e-12));
    CHECK(after.kvBudget > before.kvBudget);
    auto state = randomState(r);
    // The same operators; in a step of its own, what the link carries: hidden behind the device, or added to it.
    auto a = before.holder().operators(state), b = after.holder().operators(state);
    REQUIRE(a.size() == b.size());
    for (size_t k = 0; k < a.size(); ++k) CHECK(a[k].seconds == b[k].seconds);
    double device = before.time(state).seconds, both = after.time(state, true).seconds, fetched = 0;
    for (const auto& row : after.time(state, true).breakdown.rows)
      if (row.cls == "host_link") fetched = row.bytes / spec.pcie;
    CHECK(both == doctest::Approx(spec.overlap ? std::max(device, fetched) : device + fetched).epsilon(1e-9));
    CHECK(fetched * spec.pcie < 0.5 * (before.memory[0].weights + 512 * sequenceBytes(before.holder(), 40000)));
  }
}

TEST_CASE("attention-FFN: the recurrence of equal layers is the closed form") {
  Random r(6);
  for (int i = 0; i < 200; ++i) {
    LayerStages s{r.between(1e-6, 1e-3), r.between(1e-7, 1e-3), r.between(1e-6, 1e-3), r.between(1e-7, 1e-3)};
    auto layers = static_cast<uint32_t>(r.pick({1.0, 5.0, 61.0}));
    int m = r.pick({1, 2, 3, 8});
    auto t = s.times();
    double sum = t[0] + t[1] + t[2] + t[3], most = *std::max_element(t.begin(), t.end());
    double closed = sum + (m - 1) * most + (layers - 1) * std::max(sum, m * most);
    CHECK(makespan({{s, layers}}, m, false) == doctest::Approx(closed).epsilon(1e-9));
    CHECK(makespan({{s, layers}}, m, true) >= closed * (1 - 1e-12));
    CHECK(steadyCycle({{s, layers}}, m, false) <= closed * (1 + 1e-12));
  }
}
