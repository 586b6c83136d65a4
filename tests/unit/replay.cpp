// The replay of a finite run beside the closed forms of a steady one.
#include <doctest/doctest.h>

#include "driver/session.h"
#include "passes/replay.h"

using namespace afdc;

namespace {

Role build(const std::string& sets) {
  Session session;
  Module* module = session.loader.loadText("run.afd", R"(edition 1
import std.hw { Cluster }
import std.hw.nvidia { H100x8 }
import std.models.llama { Llama31_8B }
import std.serving { Aggregated, ChunkedPrefill, Runtime, Host }
cluster C extends Cluster { pool a { node = H100x8, count = 1 } }
runtime R { )" + sets + R"( }
deployment D extends Aggregated {
  model = Llama31_8B
  cluster = C
  engine main { runtime = R, batching = ChunkedPrefill { max_tokens = 2048 tok, max_seqs = 64 } }
}
)");
  auto* object = session.evaluator.block(*module, "D");
  REQUIRE_MESSAGE(object, session.diags.text(false));
  auto scenario = session.evaluator.lowerToScenario(object);
  std::vector<std::string> fallbacks;
  auto role = buildRole(scenario, scenario.root, scenario.blocks(scenario.root, "engine")[0], fallbacks, session.diags);
  REQUIRE_MESSAGE(role, session.diags.text(false));
  REQUIRE(fitRole(*role, scenario, session.diags));
  return *role;
}

}  // namespace

TEST_CASE("one request alone is its prefill and its decode steps") {
  Role role = build("");
  Schedule schedule(role, {1000, 100});
  auto run = replay(role, {1, 1, {1000, 100}, 0});
  REQUIRE(run);
  CHECK(run->ttft_mean == doctest::Approx(schedule.prefillTime(1)));
  CHECK(run->tpot_mean == doctest::Approx(schedule.step({{1, 1, 1050, 1}})).epsilon(1e-3));
  CHECK(run->e2e_mean == doctest::Approx(run->ttft_mean + 99 * run->tpot_mean).epsilon(1e-9));
}

TEST_CASE("a long closed loop comes to the closed form's steady state") {
  for (std::string scheduler : {"scheduler = mixed", "scheduler = prefill_first"}) {
    Role role = build(scheduler);
    for (double c : {4.0, 16.0, 48.0}) {
      // Lengths that differ, as the closed form assumes: requests come and go one by one.
      auto run = replay(role, {40 * c, c, {1000, 200}, 0.5});
      REQUIRE(run);
      auto slot = Schedule(role, {1000, 200}).run(c);
      CAPTURE(scheduler);
      CAPTURE(c);
      CHECK(run->tpot_median == doctest::Approx(slot.tpot).epsilon(0.15));
      CHECK(run->requests_per_s == doctest::Approx(slot.rate).epsilon(0.15));
    }
  }
}

TEST_CASE("requests at once wait for each other; more of them than slots wait longer") {
  Role role = build("");
  auto few = replay(role, {32, 32, {500, 50}, 0}), many = replay(role, {256, 256, {500, 50}, 0});
  REQUIRE((few && many));
  CHECK(many->ttft_mean > 3 * few->ttft_mean);
  CHECK(many->duration > few->duration);
  CHECK(many->ttft_first == doctest::Approx(many->ttft_mean));
}

TEST_CASE("lengths of one mean: the longer ones of an exponential are what a run ends with") {
  Role role = build("");
  ReplayLoad load{200, 200, {500, 100}, 0};
  auto equal = replay(role, load);
  load.exponential = true;
  auto drawn = replay(role, load);
  REQUIRE((equal && drawn));
  CHECK(drawn->duration > 1.1 * equal->duration);
  // The mean is kept.
  CHECK(drawn->output_tokens_per_s * drawn->duration == doctest::Approx(200 * 100).epsilon(0.05));
}

TEST_CASE("a front end that takes requests one after another is what a burst waits for") {
  double alone = replay(build(""), {1, 1, {500, 50}, 0})->ttft_mean;
  Role slow = build("front_fixed = 10 ms, front_serial = 100 ms");
  auto one = replay(slow, {1, 1, {500, 50}, 0}), burst = replay(slow, {20, 20, {500, 50}, 0});
  REQUIRE((one && burst));
  CHECK(one->ttft_mean == doctest::Approx(alone + 0.11).epsilon(1e-9));
  // Every 100 ms the next: on the mean half of 19 of them before, and the rest of a step at most.
  CHECK(burst->ttft_mean > 0.11 + 9.5 * 0.1);
  CHECK(burst->ttft_mean < 0.11 + 9.5 * 0.1 + 3 * alone);
}

TEST_CASE("an engine that looks for requests every so many steps lets them wait half of that") {
  Role eager = build("scheduler = prefill_first, front_fixed = 1 ms"),
       rare = build("scheduler = prefill_first, front_fixed = 1 ms, poll_steps = 20");
  auto a = replay(eager, {400, 8, {500, 200}, 0.4}), b = replay(rare, {400, 8, {500, 200}, 0.4});
  REQUIRE((a && b));
  double waited = b->ttft_later - a->ttft_later;
  CHECK(waited > 5 * a->tpot_median);
  CHECK(waited < 20 * a->tpot_median);
}

TEST_CASE("what is kept free for outputs: nothing starts more requests and starts some again, all of it starts few") {
  // 30 000 tokens a sequence: the cache of one H100 holds a dozen.
  ReplayLoad load{40, 40, {15000, 15000}, 0};
  auto greedy = replay(build("kv_policy = on_demand"), load), half = replay(build("kv_policy = estimated"), load),
       all = replay(build("kv_policy = no_evict"), load);
  REQUIRE((greedy && half && all));
  CHECK(greedy->ttft_mean < half->ttft_mean);
  CHECK(half->ttft_mean < all->ttft_mean);
}
