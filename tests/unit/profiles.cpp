// Compatibility profiles and closed forms against single values of the tools they follow; the whole reference files
// are compared by tests/fidelity/references.py where they are present.
#include <doctest/doctest.h>

#include <cmath>

#include "backends/astra_sim/closed_form.h"
#include "fidelity/fidelity.h"
#include "passes/network/fabric.h"
#include "passes/profiles/genz.h"

using namespace afdc;

namespace {

const genz::Model kLlama2_7b{
    .layers = 32, .hidden = 4096, .vocab = 32000, .intermediate = 11008, .heads = 32, .kv_heads = 32, .head_dim = 128};

genz::System a100() {
  const double gib = 1u << 30;
  return {.macs_per_s = 156e12,
          .offchip = 2039 * gib,
          .onchip = 18000 * gib,
          .capacity = 80 * gib,
          .external = 128 * gib,
          .link = 150 * gib,
          .link_latency = 1e-6};
}

}  // namespace

TEST_CASE("genz: Llama-2-7B on one A100, as GenZ 091bdd0 answers") {
  auto prefill = genz::evaluate(kLlama2_7b, a100(), {}, {.input = 1024});
  CHECK(prefill.latency_s * 1e3 == doctest::Approx(45.99194146).epsilon(1e-9));
  CHECK(prefill.weights / (1 << 20) == 12852);
  CHECK(prefill.kv / (1 << 20) == 512);
  auto decode =
      genz::evaluate(kLlama2_7b, a100(), {}, {.stage = genz::Request::Stage::Decode, .input = 2048, .output = 128});
  CHECK(decode.latency_s * 1e3 == doctest::Approx(6.5574806).epsilon(1e-8));
}

TEST_CASE("genz: what does not fit is refused, unless it may be offloaded") {
  auto small = a100();
  small.capacity = 8.0 * (1u << 30);
  genz::Request r{.stage = genz::Request::Stage::Decode, .input = 2048, .output = 128};
  CHECK(genz::evaluate(kLlama2_7b, small, {}, r).error.find("do not fit") != std::string::npos);
  r.offload = true;
  auto offloaded = genz::evaluate(kLlama2_7b, small, {}, r);
  CHECK(offloaded.error.empty());
  CHECK(offloaded.offloaded);
  CHECK(offloaded.latency_s > genz::evaluate(kLlama2_7b, a100(), {}, r).latency_s);
}

TEST_CASE("fabric: an all-to-all on a ring is bound by the links that ties choose") {
  Fabric ring{Fabric::Shape::Ring, 8, 50e9, 500e-9};
  // Distances 1, 2, 3 both ways and 4 one way: 10 chunks on each clockwise link, 4 links of latency.
  CHECK(allToAll(ring, 8e6) == doctest::Approx(4 * 500e-9 + 10 * 1e6 / 50e9));
  Fabric sw{Fabric::Shape::Switch, 8, 50e9, 500e-9};
  CHECK(allToAll(sw, 8e6) == doctest::Approx(1e-6 + 7 * 1e6 / 50e9));
  CHECK(ringAllReduce(sw, 8e6, Forwarding::StoreAndForward) == doctest::Approx(14 * 2 * (500e-9 + 1e6 / 50e9)));
}

TEST_CASE("astra_sim: its own regression figures") {
  // 67 108 864 B all-reduce over a ring of 4, 50 GB/s, 500 ns, as ASTRA-sim 518bd51 prints.
  astra::Network ring{.npus = 4, .gigabytes = 50, .latency_ns = 500};
  CHECK(astra::ringCollective(ring, {10, 3350}, astra::Collective::AllReduce, 67108864) == 1923142);
  ring.switched = true;
  CHECK(astra::ringCollective(ring, {10, 3350}, astra::Collective::AllGather, 67108864) == 3753040);
  // The same build, "direct": 64 MiB over a switch of 16 and full connection of 8.
  astra::Network wide{.switched = true, .npus = 16, .gigabytes = 50, .latency_ns = 500};
  CHECK(astra::directCollective(wide, {10, 3350}, astra::Collective::AllReduce, 67108864) == 162036);
  CHECK(astra::directCollective(wide, {10, 3350}, astra::Collective::AllToAll, 67108864) == 79145);
  CHECK(astra::directCollective(wide, {10, 3350}, astra::Collective::AllGather, 67108864) == 1251020);
  // Two dimensions, switches of 8 and 4.
  std::vector<astra::Network> two = {{.switched = true, .npus = 8, .gigabytes = 450, .latency_ns = 500},
                                     {.switched = true, .npus = 4, .gigabytes = 50, .latency_ns = 2000}};
  auto over = [&](astra::Collective c) {
    return astra::collective(two, {10, 3350}, astra::Algorithm::Ring, c, 67108864);
  };
  CHECK(over(astra::Collective::AllReduce) == 573874);
  CHECK(over(astra::Collective::AllGather) == 7658005);
  CHECK(over(astra::Collective::ReduceScatter) == 316051);
  CHECK(over(astra::Collective::AllToAll) == 2413468);
}

TEST_CASE("scoreboard: medians over groups, and a prediction that is no number is an error") {
  Scoreboard board("measured");
  for (int i = 0; i < 9; ++i) board.score("tpot", "large", 1.5, 1);
  board.score("tpot", "small", 1.1, 1);
  board.score("tpot", "other", 1.2, 1);
  CHECK(board.summary("tpot").median == doctest::Approx(0.5));
  board.byGroups();
  CHECK(board.summary("tpot").median == doctest::Approx(0.2));
  board.score("ttft", "x", std::nan(""), 1);
  CHECK(board.summary("ttft").max > 1);
}
