// A search that is killed, again and again, at any moment: it goes on from what it last kept, and ends with the bytes
// of one that nobody disturbed.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <thread>

#include "backends/report/explore.h"
#include "backends/report/search_rows.h"
#include "session/searches.h"

using namespace afdc;

namespace {

constexpr const char* kLongSearch = R"(edition 1
import std.hw { Cluster }
import std.hw.nvidia { H100x8 }
import std.models.llama { Llama31_8B }
import std.serving { Aggregated }
import std.workload { closed }
import std.workloads.common { Chat }
cluster C extends Cluster { pool a { node = H100x8, count = 1 } }
deployment D extends Aggregated { model = Llama31_8B, cluster = C, engine main { parallel { tp = 1 } } }
slo S { expect mean(tpot) < 10 ms }
scenario s { workload = Chat { arrivals = closed(64 req) }, deployment = D, slo = S }
explore e {
  base = s
  vary deployment.main.parallel.tp in [1, 2, 3, 4]
  vary deployment.main.replicas in 1..=8
  vary deployment.main.kv_cache.fraction in [0.5 + i / 1000 for i in 1..=200]
  vary workload.arrivals in [closed(i * 1 req) for i in 1..=100]
  expect slo.satisfied
  maximize throughput_per_gpu
  minimize mean(tpot)
}
)";

/// Everything that is said of what was found; "" when the search has not come to its end. `started` is called when the
/// first points are looked at.
std::string searched(
    const std::string& state, const std::function<void()>& started = [] {}) {
  Session session;
  auto* module = session.loader.loadText("long", kLongSearch);
  session.evaluator.check(*module);
  REQUIRE(session.diags.errors() == 0);
  SearchOrder order;
  order.keep.threads = 2;
  order.state = state;
  order.saveEvery = std::chrono::milliseconds(5);
  std::atomic<bool> stop{false};
  bool begun = false;
  auto* explore = session.evaluator.blocks(*module, "explore").at(0);
  auto run = runSearch(session, explore, order, {stop, [&](uint64_t, uint64_t) {
                                                   if (!begun) started();
                                                   begun = true;
                                                 }});
  if (!run.error.empty() || run.stopped) return "";
  return searchJson({run.result}) + searchCsv({run.result}) + searchHtml({run.result}, "here");
}

/// Where two texts begin to differ; "" when they do not.
std::string difference(const std::string& a, const std::string& b) {
  auto at = static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  if (a == b) return "";
  size_t from = at > 200 ? at - 200 : 0;
  return fmt::format("{}\n--- is not ---\n{}", a.substr(from, 400), b.substr(from, 400));
}

/// Runs the search in a process of its own and kills it so long after it has started. True: it was still at work.
bool killedAfter(std::chrono::microseconds wait, const std::string& state) {
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto found = searched(state, [&] { (void)!write(ready[1], "!", 1); });
    _exit(found.empty() ? 1 : 0);
  }
  close(ready[1]);
  char byte = 0;
  (void)!read(ready[0], &byte, 1);
  close(ready[0]);
  std::this_thread::sleep_for(wait);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
  return WIFSIGNALED(status);
}

}  // namespace

TEST_CASE("killed at ten random times and resumed: the same bytes as uninterrupted") {
  auto folder = std::filesystem::temp_directory_path() / fmt::format("afdc_unit_{}_killed", getpid());
  std::filesystem::create_directory(folder);
  auto state = (folder / "state").string();
  auto from = std::chrono::steady_clock::now();
  auto whole = searched("");
  auto time = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - from);
  REQUIRE_FALSE(whole.empty());
  std::mt19937 random(5);
  int kills = 0, kept = 0;
  for (int round = 0; round < 30 && kills < 10; ++round) {
    kills += killedAfter(std::chrono::microseconds(random() % static_cast<unsigned>(time.count() / 8)), state);
    kept += std::filesystem::exists(state);
  }
  CHECK(kills == 10);
  CHECK(kept > 3);
  MESSAGE("a search of ", time.count() / 1000, " ms, killed ", kills, " times; ", kept, " times there was a state");
  CHECK(difference(searched(state), whole) == "");
  CHECK_FALSE(std::filesystem::exists(state));
  std::filesystem::remove_all(folder);
}
