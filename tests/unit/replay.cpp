// The replay of a finite run beside the closed forms of a steady one.
#include <doctest/doctest.h>

#include <algorithm>

#include "passes/cost/assembly.h"
#include "passes/simulation/engine.h"
#include "passes/simulation/front_end.h"
#include "passes/simulation/replay.h"
#include "session/session.h"

using namespace afdc;

namespace {

std::vector<Role> buildEngines(const std::string& sets, const std::string& engines) {
  Session session;
  Module* module = session.loader.loadText("run.afd", R"(edition 1
import std.hw { Cluster }
import std.hw.nvidia { H100x8 }
import std.models.llama { Llama31_8B }
import std.models.mistral { Mistral_7B }
import std.serving { Aggregated, Disaggregated, ChunkedPrefill, WholePrompts, Runtime, Host }
cluster C extends Cluster { pool a { node = H100x8, count = 1 } }
let batches = ChunkedPrefill { max_tokens = 2048 tok, max_seqs = 64 }
runtime R { )" + sets + R"( }
deployment D extends )" + engines + "\n");
  auto* object = session.evaluator.block(*module, "D");
  REQUIRE_MESSAGE(object, session.diags.text(false));
  auto scenario = session.evaluator.lowerToScenario(object);
  std::vector<std::string> fallbacks;
  std::vector<Role> out;
  for (auto engine : scenario.blocks(scenario.root, "engine")) {
    auto role = buildRole(scenario, scenario.root, engine, fallbacks, session.diags);
    REQUIRE_MESSAGE(role, session.diags.text(false));
    REQUIRE(fitRole(*role, scenario, session.diags));
    out.push_back(*role);
  }
  return out;
}

Role build(const std::string& sets, const std::string& more = "", const std::string& batching = "batches") {
  return buildEngines(sets, R"(Aggregated {
  model = Llama31_8B
  cluster = C
  engine main { runtime = R, batching = )" +
                                batching + " " + more + R"( }
})")[0];
}

std::vector<Role> buildApart(const std::string& sets, int prefills, int decodes) {
  return buildEngines(sets, R"(Disaggregated {
  model = Llama31_8B
  cluster = C
  engine prefill { runtime = R, batching = batches, replicas = )" +
                                std::to_string(prefills) + R"( }
  engine decode { runtime = R, batching = batches, replicas = )" +
                                std::to_string(decodes) + R"( }
})");
}

/// Conversations of the standard library.
AnswerLengths answersOfConversations() {
  Session session;
  auto* object = session.evaluator.block(*session.loader.loadStandard("std.workloads.common"), "Conversation");
  REQUIRE_MESSAGE(object, session.diags.text(false));
  auto scenario = session.evaluator.lowerToScenario(object);
  auto answers = readAnswers(scenario, scenario.root, session.diags);
  REQUIRE_MESSAGE(answers, session.diags.text(false));
  return *answers;
}

/// SGLang's.
const std::string kEstimated =
    "kv_policy = estimated, output_estimate { first = 0.7, least = 0.14, within = 600, margin = 20 }";

/// What a closed loop on engines apart does: replayed, and by the closed form.
std::pair<ReplayResult, Paired> runApart(const std::vector<Role>& roles, const ReplayLoad& run) {
  LoadConfig load;
  load.amount = run.concurrency;
  load.input = run.lengths.input, load.output = load.outputMax = run.lengths.output;
  TransferConfig transfer;
  auto prompt = promptSide(roles[0], transfer, load);
  auto token = tokenSide(roles[1], transfer, load);
  Count p = roles[0].engine().replicas, d = roles[1].engine().replicas;
  auto replayed = replayApart(prompt, p, token, d, transfer, run);
  REQUIRE(replayed);
  return {*replayed, pairUp(prompt, p, token, d, transfer, load)};
}

}  // namespace

TEST_CASE("data-parallel ranks of a dense model each do what one rank does with its share") {
  Role one = build(""), four = build("", "parallel { dp = 4 }");
  for (double input : {700.0, 1500.0, 2048.0, 5000.0}) {
    INFO(input);
    auto alone = replay(one, {3, 3, {input, 40}}), together = replay(four, {12, 12, {input, 40}});
    REQUIRE(alone);
    REQUIRE(together);
    CHECK(together->ttft_mean == doctest::Approx(alone->ttft_mean));
    CHECK(together->duration == doctest::Approx(alone->duration));
  }
}

TEST_CASE("whole prompts: as many as fit beside the decodes, and none before there is room") {
  Role two = build("", "", "WholePrompts { max_tokens = 2100 tok }");
  Schedule schedule(two, {1000, 40});
  double first = schedule.step({{2, 1000, 0, 1}});
  auto run = replay(two, {4, 4, {1000, 40}});
  REQUIRE(run);
  double second = schedule.step({{2, 1, 1001, 1}, {2, 1000, 0, 1}});
  CHECK(run->ttft_mean == doctest::Approx(first + second / 2));

  // With no token to spare a prompt waits until the one before it has written its last token.
  Role tight = build("", "", "WholePrompts { max_tokens = 1000 tok }");
  auto one = replay(tight, {1, 1, {1000, 40}}), three = replay(tight, {3, 3, {1000, 40}});
  REQUIRE(one);
  REQUIRE(three);
  CHECK(three->duration == doctest::Approx(3 * one->duration));
  // The closed form says so too.
  auto steady = Schedule(tight, {1000, 40}).run(3);
  CHECK(1 / steady.rate == doctest::Approx(one->duration).epsilon(0.01));
  // Half a prompt's room more serves no more.
  double most = Schedule(build("", "", "WholePrompts { max_tokens = 1040 tok }"), {1000, 40}).run(60).rate;
  double same = Schedule(build("", "", "WholePrompts { max_tokens = 1500 tok }"), {1000, 40}).run(60).rate;
  CHECK(same == doctest::Approx(most).epsilon(1e-3));
}

TEST_CASE("a prompt that was sent before costs a block, and its context as much as ever") {
  Role role = build("");
  ReplayLoad load{8, 2, {1600, 40}};
  auto differing = replay(role, load);
  load.prompts = 2;
  auto repeated = replay(role, load);
  auto burst = replay(role, {2, 2, {1600, 40}});
  REQUIRE((differing && repeated && burst));
  // The first two are computed as before; of the other six 16 tokens.
  double later = (8 * repeated->ttft_mean - 2 * burst->ttft_mean) / 6;
  CHECK(later < 0.3 * (8 * differing->ttft_mean - 2 * burst->ttft_mean) / 6);
  Schedule schedule(role, {1600, 40});
  CHECK(later >= schedule.step({{1, 16, 1584, 1}}));
  CHECK(repeated->tpot_mean >= schedule.step({{1, 1, 1600, 1}}));
  load.prompts = 8;
  auto none = replay(role, load);
  REQUIRE(none);
  CHECK(none->duration == doctest::Approx(differing->duration));
}

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
  for (std::string scheduler : {"scheduler = mixed", "scheduler = prefill_first", "host = Host { async = true }",
                                "scheduler = prefill_first, host = Host { async = true }"}) {
    Role role = build(scheduler);
    for (int c : {4, 16, 48}) {
      // Lengths that differ, as the closed form assumes: requests come and go one by one.
      auto run = replay(role, {40 * c, c, {1000, 200}, 0.5});
      REQUIRE(run);
      auto slot = Schedule(role, {1000, 200}).run(c);
      CAPTURE(scheduler);
      CAPTURE(c);
      CHECK(run->tpot_median == doctest::Approx(slot.tpot).epsilon(0.15));
      CHECK(run->requests_per_s == doctest::Approx(slot.rate).epsilon(0.15));
      CHECK(run->ttft_median == doctest::Approx(slot.ttft).epsilon(0.2));
    }
  }
}

TEST_CASE("requests at once wait for each other; more of them than slots wait longer") {
  Role role = build("");
  auto few = replay(role, {32, 32, {500, 50}, 0}), many = replay(role, {256, 256, {500, 50}, 0});
  REQUIRE((few && many));
  CHECK(many->ttft_mean > 3 * few->ttft_mean);
  CHECK(many->duration > few->duration);
}

TEST_CASE("a run of more requests than anybody replays is refused, not tried") {
  CHECK(!replay(build(""), {1'000'000'000'000, 1'000'000'000'000, {100, 10}, 0}));
}

TEST_CASE("long prompts of data-parallel ranks are computed side by side, a budget of each at a time") {
  // A host that takes a second for a step counts them.
  Role role = buildEngines("host { fixed = 1 s }", R"(Aggregated {
  model = Llama31_8B
  cluster = C
  engine main { runtime = R, batching = batches, parallel { dp = 4, ftp = 4 } }
})")[0];
  auto one = replay(role, {1, 1, {8000, 1}, 0}), four = replay(role, {4, 4, {8000, 1}, 0}),
       five = replay(role, {5, 5, {8000, 1}, 0});
  REQUIRE((one && four && five));
  CHECK(one->duration == doctest::Approx(4).epsilon(0.3));
  CHECK(four->duration == doctest::Approx(one->duration).epsilon(0.3));
  CHECK(five->duration > 4.5);
}

TEST_CASE("requests sent evenly do not wait while the engine keeps up; their tokens take their whole time") {
  Role role = build("");
  ReplayLoad load{50, 50, {500, 50}, 0};
  load.interval = 5;
  auto calm = replay(role, load);
  auto alone = replay(role, {1, 1, {500, 50}, 0});
  REQUIRE((calm && alone));
  REQUIRE(alone->e2e_mean < load.interval);
  CHECK(calm->ttft_mean == doctest::Approx(alone->ttft_mean).epsilon(1e-6));
  CHECK(calm->e2e_mean == doctest::Approx(alone->e2e_mean).epsilon(1e-6));
  CHECK(calm->duration == doctest::Approx(49 * load.interval + alone->e2e_mean).epsilon(1e-6));
  CHECK(calm->e2e_per_token == doctest::Approx(alone->e2e_mean / 50).epsilon(1e-6));
  CHECK(calm->ttft_per_token == doctest::Approx(alone->ttft_mean / 50).epsilon(1e-6));
  // Sent faster than they are answered, they queue.
  load.interval = alone->ttft_mean / 10;
  auto busy = replay(role, load);
  REQUIRE(busy);
  CHECK(busy->ttft_mean > 2 * calm->ttft_mean);
}

TEST_CASE("lengths of one mean: the longer ones of conversations are what a run ends with") {
  Role role = build("");
  ReplayLoad load{200, 200, {500, 100}, 0};
  auto equal = replay(role, load);
  load.conversations = answersOfConversations();
  auto drawn = replay(role, load);
  REQUIRE((equal && drawn));
  CHECK(drawn->duration > 1.1 * equal->duration);
  // The mean is kept.
  CHECK(drawn->output_tokens_per_s * drawn->duration == doctest::Approx(200 * 100).epsilon(0.05));
}

TEST_CASE("conversations: many short answers, most near the mean, the mean kept, none below what clients send") {
  ReplayLoad load{1000, 1000, {200, 300}, 0};
  load.conversations = answersOfConversations();
  std::vector<double> answers;
  double prompts = 0, sum = 0;
  for (const auto& r : requestsOf(load)) {
    CHECK(r.input >= 4);
    prompts += r.input, sum += r.output, answers.push_back(r.output);
  }
  CHECK(prompts / 1000 == doctest::Approx(200).epsilon(0.02));
  CHECK(sum / 1000 == doctest::Approx(300).epsilon(0.02));
  std::sort(answers.begin(), answers.end());
  CHECK(answers.front() == 4);
  CHECK(answers[100] < 0.1 * 300);
  CHECK(answers[500] == doctest::Approx(300).epsilon(0.05));
  CHECK(answers[990] < 4 * 300);
}

TEST_CASE("an estimating scheduler takes more requests in as it runs, and takes blocks back where they do not fit") {
  // A cache of some eight requests' whole lengths.
  auto first = [](Role role) {
    role.kvBudget = 8 * sequenceBytes(role.holder(), 1100);
    auto run = replay(role, {64, 64, {100, 1000}, 0});
    REQUIRE(run);
    return *run;
  };
  auto whole = first(build("kv_policy = no_evict")), estimated = first(build(kEstimated)),
       demand = first(build("kv_policy = on_demand"));
  // Who expects that all will be written and never learns better keeps room for all of it.
  CHECK(first(build("kv_policy = estimated")).ttft_mean == whole.ttft_mean);
  CHECK(demand.ttft_mean < estimated.ttft_mean);
  CHECK(estimated.ttft_mean < whole.ttft_mean);
  CHECK(estimated.output_tokens == demand.output_tokens);
}

TEST_CASE("a cache keeps a layer's window, unless the engine keeps the whole context") {
  auto bytes = [](const std::string& sets, double tokens) {
    auto role = buildEngines(sets, "Aggregated { model = Mistral_7B, cluster = C, engine main { runtime = R } }")[0];
    return sequenceBytes(role.holder(), tokens);
  };
  CHECK(bytes("", 8192) == bytes("", 4096));
  CHECK(bytes("windows = false", 8192) == 2 * bytes("windows = false", 4096));
}

TEST_CASE("steps that no graph was recorded for wait for their launches") {
  auto decode = [](const std::string& launch, double n) {
    return build("launch { launch = 1 ms" + launch + " }").time({{n, 1, 100, 1}}).seconds;
  };
  auto prompt = [](const std::string& launch, double tokens) {
    return build("launch { launch = 1 ms" + launch + " }").time({{1, tokens, 0, 1}}).seconds;
  };
  CHECK(decode("", 32) == decode(", recorded = 32", 32));
  CHECK(decode(", recorded = 32", 33) > 5 * decode("", 33));
  CHECK(decode(", recorded = 0", 1) > 5 * decode("", 1));
  CHECK(prompt("", 16) == prompt(", recorded = 32", 16));
  CHECK(prompt(", recorded = 32, prompts = true", 16) < prompt("", 16) / 5);
  CHECK(prompt(", recorded = 32, prompts = true", 33) == prompt("", 33));
}

TEST_CASE("a product whose activations are quantised on the way is two launches") {
  auto launches = [](const std::string& quant) {
    auto time = [&](const std::string& launch) {
      return build("launch { recorded = 0, launch = " + launch + " }", quant).time({{1, 1, 100, 1}}).seconds;
    };
    return time("2 s") - time("1 s");
  };
  // Of each of 32 layers: q, k and v, the output, up and gate, down.
  CHECK(launches("quant { linear = fp8 }") - launches("") == doctest::Approx(4 * 32));
  CHECK(launches("quant { linear = int4 }") == doctest::Approx(launches("")));
}

TEST_CASE("engines apart: one request is its prompt, its hand-over and its decode steps") {
  for (std::string first : {"prefill", "decode"}) {
    auto [run, paired] = runApart(buildApart("first_token = " + first, 1, 1), {1, 1, {1000, 100}, 0});
    CAPTURE(first);
    // The closed form lets a prompt share its step with others as often as the side is busy: with one request, hardly.
    CHECK(run.ttft_mean == doctest::Approx(paired.ttft).epsilon(0.05));
    CHECK(run.e2e_mean == doctest::Approx(paired.e2e).epsilon(0.02));
    CHECK(run.requests_per_s == doctest::Approx(1 / run.e2e_mean));
  }
}

TEST_CASE(
    "engines apart: a long closed loop comes to the closed form's steady state, and no further than a side can go") {
  for (auto [p, d] : {std::pair{1, 1}, {1, 3}, {3, 2}}) {
    auto roles = buildApart("", p, d);
    for (int c : {4, 24, 100}) {
      auto [run, paired] = runApart(roles, {20 * c, c, {1000, 200}, 0.5});
      CAPTURE(p);
      CAPTURE(d);
      CAPTURE(c);
      CHECK(run.tpot_median == doctest::Approx(paired.tpot).epsilon(0.1));
      CHECK(run.requests_per_s == doctest::Approx(paired.x).epsilon(0.15));
      CHECK(run.requests_per_s < 1.02 * paired.capacity);
    }
  }
}

TEST_CASE(
    "engines apart: more decode replicas never answer later, and a burst queues for the one that computes prompts") {
  ReplayLoad load{60, 60, {4000, 100}, 0.2};
  auto few = runApart(buildApart("", 1, 1), load).first, many = runApart(buildApart("", 1, 4), load).first,
       wide = runApart(buildApart("", 3, 4), load).first;
  CHECK(many.e2e_mean <= few.e2e_mean * (1 + 1e-9));
  CHECK(wide.ttft_mean < 0.5 * many.ttft_mean);
}

TEST_CASE("a front end works on its requests in turns") {
  FrontEnd front(1);
  front.send(0, 7, 0.25);
  CHECK(front.next() == doctest::Approx(1.25));
  // From 0.5 s on two share: the first has half of its second left, which takes one; then the other has half left.
  front.send(0.5, 8, 0.25);
  CHECK(front.next() == doctest::Approx(1.75));
  CHECK(!front.take(1.7));
  CHECK(front.take(1.75) == 7);
  CHECK(front.next() == doctest::Approx(2.25));
  CHECK(front.take(3) == 8);
  CHECK(front.empty());
  // Those that come together are handed on together.
  for (size_t i = 0; i < 5; ++i) front.send(10, i, 0.25);
  CHECK(front.next() == doctest::Approx(15.25));
  for (size_t i = 0; i < 5; ++i) CHECK(front.take(15.26) == i);
  // A shorter way overtakes, and is known to before either is ready.
  front.send(20, 1, 3);
  front.send(20, 2, 0.5);
  CHECK(front.next() == doctest::Approx(22.5));
  CHECK(front.take(22.5) == 2);
  CHECK(front.next() == doctest::Approx(25));
  CHECK(front.take(25) == 1);
}

TEST_CASE("an engine that schedules ahead lets those who come wait for one step more, and nobody where it is idle") {
  Role now = build(""), ahead = build("host = Host { async = true }");
  // A step takes some 6 ms, an answer a second: ten requests run.
  ReplayLoad busy{200, 200, {200, 200}, 0, 0.1}, alone{1, 1, {200, 200}};
  auto a = replay(now, busy), b = replay(ahead, busy), c = replay(now, alone), d = replay(ahead, alone);
  REQUIRE((a && b && c && d));
  double later = b->ttft_mean - a->ttft_mean;
  CHECK(later > 0.8 * a->tpot_median);
  CHECK(later < 1.2 * a->tpot_median);
  CHECK(d->ttft_mean == c->ttft_mean);
}

TEST_CASE("a burst waits until the front end is through with all of it") {
  double alone = replay(build(""), {1, 1, {500, 50}, 0})->ttft_mean;
  Role slow = build("front_fixed = 10 ms, front_serial = 100 ms");
  auto one = replay(slow, {1, 1, {500, 50}, 0}), burst = replay(slow, {20, 20, {500, 50}, 0});
  REQUIRE((one && burst));
  CHECK(one->ttft_mean == doctest::Approx(alone + 0.11).epsilon(1e-9));
  CHECK(burst->ttft_mean > 0.01 + 20 * 0.1);
  CHECK(burst->ttft_mean < 0.01 + 20 * 0.1 + 20 * alone);
}

TEST_CASE("an engine that looks for requests every so many steps lets them wait half of that") {
  Role eager = build("scheduler = prefill_first, front_fixed = 1 ms"),
       rare = build("scheduler = prefill_first, front_fixed = 1 ms, poll_steps = 20");
  auto a = replay(eager, {400, 8, {500, 200}, 0.4}), b = replay(rare, {400, 8, {500, 200}, 0.4});
  REQUIRE((a && b));
  double waited = b->ttft_median - a->ttft_median;
  CHECK(waited > 5 * a->tpot_median);
  CHECK(waited < 20 * a->tpot_median);
}

TEST_CASE("what is kept free for outputs: nothing starts more requests and starts some again, all of it starts few") {
  // 30 000 tokens a sequence: the cache of one H100 holds a dozen.
  ReplayLoad load{40, 40, {15000, 15000}, 0};
  auto greedy = replay(build("kv_policy = on_demand"), load), half = replay(build(kEstimated), load),
       all = replay(build("kv_policy = no_evict"), load);
  REQUIRE((greedy && half && all));
  CHECK(greedy->ttft_mean < half->ttft_mean);
  CHECK(half->ttft_mean < all->ttft_mean);
}

TEST_CASE(
    "an engine sleeps without requests, works through one, and stops a stretch of decode steps where it is told") {
  Role role = build("front_serial = 10 ms");
  std::vector<Request> requests(1);
  requests[0].input = 1000, requests[0].output = 100;
  Engine engine(role, {1000, 100}, requests);
  CHECK(engine.wakeAt() == kNever);
  engine.arrive(2, 0);
  CHECK(engine.wakeAt() == doctest::Approx(2.01));
  CHECK(engine.load() == 1);
  REQUIRE(engine.step());
  Schedule schedule(role, {1000, 100});
  CHECK(requests[0].first == doctest::Approx(2.01 + schedule.prefillTime(1)));
  CHECK(engine.done().empty());
  // Three steps begin before this; the third ends after it.
  double one = schedule.step({{1, 1, 1001, 1}}), horizon = engine.clock() + 2.5 * one;
  REQUIRE(engine.step(horizon));
  CHECK(engine.clock() == doctest::Approx(horizon + 0.5 * one).epsilon(1e-3));
  while (engine.done().empty()) REQUIRE(engine.step());
  CHECK(engine.done()[0] == 0);
  CHECK(engine.wakeAt() == kNever);
}

TEST_CASE("sequences that decode end by their steps, those of one step as they joined; the youngest is taken back") {
  std::vector<Request> requests(4);
  for (auto& r : requests) r.output = 21;
  requests[1].output = 11;
  RunningSequences running(requests, 2);  // two tokens a step, after the first one
  CHECK(running.stepsToEnd() == kNever);
  CHECK(!running.takeEnded());
  for (size_t i : {2, 0, 1}) running.join(i);
  CHECK(running.stepsToEnd() == 5);
  running.pass(5);
  CHECK(running.takeEnded() == 1);
  CHECK(!running.takeEnded());
  running.join(3);
  running.pass(3);
  double written = 0;
  running.each([&](const Request&, double tokens) { written += tokens; });
  CHECK(written == 17 + 17 + 7);
  auto youngest = running.takeBackYoungest();
  CHECK(youngest.request == 3);
  CHECK(youngest.written == 7);
  running.pass(running.stepsToEnd());
  CHECK(running.takeEnded() == 2);
  CHECK(running.takeEnded() == 0);
  CHECK(running.empty());
}

TEST_CASE("a prompt whose last chunk is less than a token ends all the same") {
  // Lengths are means, and blocks that are taken back under speculation leave parts of a token.
  Role role = build("");
  std::vector<Request> requests(1);
  requests[0].input = role.engine().max_tokens + 0.5, requests[0].output = 2;
  Engine engine(role, {2048.5, 2}, requests);
  engine.arrive(0, 0);
  for (int steps = 0; steps < 3 && engine.done().empty(); ++steps) REQUIRE(engine.step());
  CHECK(engine.done().size() == 1);
}

TEST_CASE("a request that fits no cache is refused, and does not wait for ever") {
  Role role = build("");
  role.kvBudget = sequenceBytes(role.holder(), 500);
  CHECK(!replay(role, {1, 1, {1000, 100}, 0}));
}

TEST_CASE("a prompt that was computed elsewhere decodes at once, one that only computes prompts lets them go") {
  auto roles = buildApart("", 1, 1);
  LoadConfig load;
  load.input = 1000, load.output = load.outputMax = 100;
  auto prompt = promptSide(roles[0], {}, load);
  auto token = tokenSide(roles[1], {}, load);
  std::vector<Request> requests(1);
  requests[0].input = 1000, requests[0].output = 100;
  Engine prefill(prompt, {1000, 100}, requests), decode(token, {1000, 100}, requests);
  prefill.arrive(0, 0);
  REQUIRE(prefill.step());
  REQUIRE(prefill.done().size() == 1);
  CHECK(prefill.load() == 0);
  CHECK(prefill.clock() == doctest::Approx(prompt.alone));
  CHECK(requests[0].first == 0);  // whoever drives the engines knows which of them answers
  decode.handOver(5, 0);
  CHECK(decode.wakeAt() == 5);
  REQUIRE(decode.step());
  CHECK(requests[0].first == doctest::Approx(5 + token.times(1)));
  CHECK(decode.clock() == doctest::Approx(5 + 99 * token.times(1)));
  CHECK(decode.done().size() == 1);
}

TEST_CASE("prompts that are sent again leave a block to compute, and the lengths of the first ones stay") {
  ReplayLoad load{6, 6, {100, 10}, 0};
  auto requests = requestsOf(load);
  findRepeatedPrompts(requests, 2, 16);
  for (size_t i = 0; i < 6; ++i) {
    CHECK(requests[i].input == (i < 2 ? 100 : 16));
    CHECK(requests[i].input + requests[i].cached == 100);
  }
}
