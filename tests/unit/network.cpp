// Closed forms of communication against brute force.
#include <doctest/doctest.h>

#include <functional>
#include <vector>

#include "passes/cost/step.h"
#include "passes/network/fabric.h"
#include "passes/network/model.h"

using namespace afdc;

namespace {

/// Expected number of other bins that a token visits: every choice of groups, then of experts, counted.
double enumerate(int bins, int experts, int topK, int groups, int drawn) {
  double total = 0, ways = 0;
  std::vector<int> chosenGroups, chosen;
  int perGroup = experts / groups, perBin = experts / bins;
  std::function<void(int)> pickExperts = [&](int from) {
    if (static_cast<int>(chosen.size()) == topK) {
      std::vector<bool> hit(static_cast<size_t>(bins), false);
      for (int e : chosen) hit[static_cast<size_t>(e / perBin)] = true;
      for (int b = 1; b < bins; ++b) total += hit[static_cast<size_t>(b)];
      ++ways;
      return;
    }
    for (int e = from; e < experts; ++e) {
      bool allowed = false;
      for (int g : chosenGroups) allowed |= e / perGroup == g;
      if (!allowed) continue;
      chosen.push_back(e);
      pickExperts(e + 1);
      chosen.pop_back();
    }
  };
  std::function<void(int)> pickGroups = [&](int from) {
    if (static_cast<int>(chosenGroups.size()) == drawn) return pickExperts(0);
    for (int g = from; g < groups; ++g) {
      chosenGroups.push_back(g);
      pickGroups(g + 1);
      chosenGroups.pop_back();
    }
  };
  pickGroups(0);
  return total / ways;
}

/// Nodes of eight devices, 64 in all.
EngineConfig twoTiers(double faster = 1) {
  EngineConfig e;
  e.tiers = {{"scale-up", 8, 450e9 * faster, 1.5e-6}, {"scale-out", 64, 50e9 * faster, 3e-6}};
  return e;
}

double reduced(const EngineConfig& e, double ranks, double bytes) {
  return Network(e).collective(Collective::AllReduce, {ranks, 1}, bytes).seconds;
}

}  // namespace

TEST_CASE("expected copies of a token equal enumeration, with and without groups") {
  struct Case {
    int bins, experts, topK, groups, drawn;
  };
  for (auto c : {Case{2, 8, 2, 1, 1}, Case{4, 8, 3, 1, 1}, Case{2, 16, 3, 4, 2}, Case{4, 16, 3, 4, 2},
                 Case{8, 16, 3, 4, 2}, Case{2, 12, 4, 6, 3}, Case{1, 8, 2, 2, 1}})
    CHECK(expectedRemoteBins(c.bins, c.experts, c.topK, c.groups, c.drawn) ==
          doctest::Approx(enumerate(c.bins, c.experts, c.topK, c.groups, c.drawn)).epsilon(1e-12));
}

TEST_CASE("collectives: nothing over one rank, never below the busiest port, more bandwidth never slower") {
  auto tiers = twoTiers(), faster = twoTiers(2);
  CHECK(reduced(tiers, 1, 1e6) == 0);
  for (double n : {2.0, 4.0, 8.0, 16.0, 64.0})
    for (double bytes : {1e3, 1e6, 1e9}) {
      double seconds = reduced(tiers, n, bytes);
      CHECK(seconds >= 2 * (n - 1) / n * bytes / 450e9);
      CHECK(reduced(faster, n, bytes) <= seconds);
      CHECK(Network(tiers).collective(Collective::AllGather, {n, 1}, bytes).seconds <= seconds);
    }
  // A switch that adds up: at large sizes only, and above what passes through one port then.
  auto adding = twoTiers();
  adding.collectives = {1.5e-6, 1, 70e-6, 300.0 / 450};
  for (double bytes : {1e4, 1e6, 1e9}) {
    auto t = Network(adding).collective(Collective::AllReduce, {8, 1}, bytes);
    double apart = reduced(tiers, 8, bytes);
    CHECK(t.seconds <= apart);
    CHECK(t.seconds >= 9.0 / 8 * bytes / 450e9);
    CHECK((t.seconds < apart) == (bytes == 1e9));
    if (bytes == 1e9) CHECK(t.bytes == doctest::Approx(9.0 / 8 * bytes));
  }
  // One hop inside a node: a small message is one latency, a large one is bandwidth.
  CHECK(reduced(tiers, 8, 8) == doctest::Approx(1.5e-6).epsilon(1e-3));
}

TEST_CASE("what was measured of a runtime's collectives bends the scale-up domain, and nothing else") {
  auto declared = twoTiers(), measured = twoTiers();
  measured.collectives = {6e-6, 0.8, 0, 0};
  CHECK(reduced(measured, 8, 8) == doctest::Approx(6e-6).epsilon(1e-3));
  auto up = Network(measured).ports(4, true), out = Network(measured).ports(4, false);
  CHECK(up.bandwidth == doctest::Approx(0.8 * 450e9));
  CHECK(out.bandwidth == 50e9);
  CHECK(out.latency == Network(declared).ports(4, false).latency);
  // Messages reach a share of every link.
  measured.runtime.eta_network = 0.5;
  CHECK(Network(measured).ports(4, true).rate() == doctest::Approx(0.5 * 4 * up.bandwidth));
  CHECK(Network(measured).message(8, 1e9).seconds == doctest::Approx(3e-6 + 1e9 / 25e9));
  // Where nothing joins nodes, engines meet in the scale-up domain.
  declared.tiers.pop_back();
  CHECK(Network(declared).ports(1, false).tier == "scale-up");
}

TEST_CASE("a flow is paced by the busiest port of either side") {
  Ports four{"nic", 4, 50e9, 3e-6}, one{"nic", 1, 50e9, 5e-6};
  auto into = flowBetween(four, one, 1e9);
  CHECK(into.latency == 5e-6);
  CHECK(into.flowing == doctest::Approx(1e9 / 50e9));
  CHECK(flowBetween(one, four, 1e9).flowing == into.flowing);
  CHECK(flowBetween(four, four, 1e9).flowing == doctest::Approx(into.flowing / 4));
  auto uneven = four;
  uneven.hottest = 3;
  CHECK(flowBetween(four, uneven, 1e9).flowing == doctest::Approx(3 * into.flowing / 4));
}

TEST_CASE("one fabric: what is stored at each hop takes as many times its bytes, what streams through does not") {
  Fabric ring{Fabric::Shape::Ring, 8, 50e9, 1e-6};
  CHECK(pointToPoint(ring, 1e9, 3) == doctest::Approx(3e-6 + 1e9 / 50e9));
  CHECK(pointToPoint(ring, 1e9, 3, Forwarding::StoreAndForward) == doctest::Approx(3 * (1e-6 + 1e9 / 50e9)));
  // The ring is the one that nodes of one device each would run.
  EngineConfig nodes;
  nodes.tiers = {{"scale-up", 1, 450e9, 1e-6}, {"scale-out", 8, 50e9, 1e-6}};
  CHECK(ringAllReduce(ring, 1e9) == reduced(nodes, 8, 1e9));
}

TEST_CASE("experts: rows are conserved, the hottest rank holds at least its share") {
  for (double skew : {0.0, 1.01, 1.2, 2.0})
    for (int ep : {1, 8, 64})
      for (double tokens : {1.0, 64.0, 4096.0}) {
        RoutePlan r{256, 8, 1, 1, skew};
        auto load = expertLoad(r, tokens, ep, 1);
        CHECK(load.rows >= tokens * 8 / ep * (1 - 1e-9));
        CHECK(load.rows <= tokens * 8 * (1 + 1e-9));
        CHECK(load.touched <= 256 / ep * (1 + 1e-9));
        CHECK(load.touched <= load.rows * (1 + 1e-9) + 1e-9);
        if (ep == 1) CHECK(load.rows == doctest::Approx(tokens * 8).epsilon(1e-9));
        CHECK(expertLoad(r, tokens, ep, 64).paddedRows >= load.rows * (1 - 1e-9));
      }
}

TEST_CASE("experts lie on ranks by number: the hottest rank of a random placement, unless a balancer deals them") {
  RoutePlan r{128, 8, 1, 1, 1.01};
  double mean = 2048 * 8 / 8.0;
  // Means over 400 random placements of these shares: 1.64 times the mean rank over 8, 1.13 over 2.
  CHECK(expertLoad(r, 2048, 8, 1).rows / mean == doctest::Approx(1.64).epsilon(0.05));
  CHECK(expertLoad(r, 2048, 2, 1).rows / (4 * mean) == doctest::Approx(1.13).epsilon(0.05));
  CHECK(expertLoad(r, 2048, 8, 1, 16).rows < 1.2 * mean);
  CHECK(expertLoad(r, 2048, 8, 1).rows == expertLoad(r, 2048, 8, 1).rows);
}
