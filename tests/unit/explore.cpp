// A search against the plain way to do it: every point evaluated alone, all pairs compared. Spaces are random; seeds
// are fixed, and a failure prints the file.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <llvm/Support/JSON.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "driver/explore.h"
#include "passes/evaluation/verdicts.h"
#include "passes/search/landscape.h"
#include "passes/search/ranking.h"
#include "session/session.h"

using namespace afdc;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;  ///< path and value of each axis

int numberOf(const Fields& point, std::string_view path) {
  for (const auto& [field, value] : point)
    if (field == path) return std::atoi(value.c_str());
  return 1;
}

/// An axis as the file says it, and as the test does.
struct Axis {
  std::string path, text;
  std::function<std::vector<std::string>(const Fields&)> values;
};

struct Space {
  std::string text;
  std::vector<Axis> axes;
  std::function<bool(const Fields&)> required = [](const Fields&) { return true; };
  std::vector<std::string> goals;
  std::vector<bool> maximize;
};

class Dice {
 public:
  explicit Dice(uint32_t seed) : random_(seed) {}
  int upTo(int n) { return std::uniform_int_distribution<int>(0, n)(random_); }
  bool coin() { return upTo(1) == 1; }
  /// Some of them, in order, one at least.
  std::vector<std::string> some(std::vector<std::string> all, size_t most) {
    while (all.size() > most || (all.size() > 1 && upTo(3) == 0)) all.erase(all.begin() + upTo(int(all.size()) - 1));
    return all;
  }

 private:
  std::mt19937 random_;
};

Axis choice(std::string path, std::vector<std::string> values) {
  std::string text = fmt::format("[{}]", fmt::join(values, ", "));
  return {std::move(path), std::move(text), [values](const Fields&) { return values; }};
}

std::vector<std::string> upTo(int n) {
  std::vector<std::string> out;
  for (int i = 1; i <= n; ++i) out.push_back(std::to_string(i));
  return out;
}

/// `large`: some ten thousand points instead of some hundred.
Space randomSpace(uint32_t seed, bool large) {
  Dice dice(seed);
  size_t most = large ? 9 : 3;
  Space out;
  bool pd = dice.coin();
  const std::string root = "deployment.";
  std::vector<std::string> engines =
      pd ? std::vector<std::string>{"prefill", "decode"} : std::vector<std::string>{"main"};
  out.axes.push_back(choice("deployment.cluster", dice.some({"Newer", "Older"}, 2)));
  for (const auto& engine : engines) {
    auto tp = root + engine + ".parallel.tp", replicas = root + engine + ".replicas";
    out.axes.push_back(choice(tp, dice.some({"1", "2", "3", "4", "8"}, large ? 4 : 2)));
    if (dice.coin())
      out.axes.push_back({replicas, fmt::format("[i for i in 1..=8 if 8 % (i * {}) == 0]", tp), [tp](const Fields& p) {
                            std::vector<std::string> values;
                            for (int i = 1; i <= 8; ++i)
                              if (8 % (i * numberOf(p, tp)) == 0) values.push_back(std::to_string(i));
                            return values;
                          }});
    else
      out.axes.push_back({replicas, fmt::format("1..=floor(8 / {})", tp),
                          [tp](const Fields& p) { return upTo(8 / numberOf(p, tp)); }});
    if (dice.coin()) out.axes.push_back(choice(root + engine + ".quant.linear", {"bf16", "fp8"}));
    if (dice.coin())
      out.axes.push_back(choice(root + engine + ".batching.max_tokens",
                                dice.some({"256 tok", "1024 tok", "4096 tok", "8192 tok", "16384 tok"}, most)));
  }
  out.axes.push_back(
      choice("workload.arrivals",
             dice.some({"closed(1 req)", "closed(4 req)", "closed(16 req)", "closed(64 req)", "closed(256 req)",
                        "closed(1024 req)", "poisson(1 req/s)", "poisson(8 req/s)", "poisson(40 req/s)"},
                       most)));
  if (dice.coin())
    out.axes.push_back(
        choice(root + engines.back() + ".batching.max_seqs", dice.some({"8", "32", "128", "512"}, most)));

  std::string condition;
  if (dice.coin()) {
    int most = 2 + dice.upTo(6);
    std::string sum;
    for (const auto& e : engines)
      sum += fmt::format("{}{}{}.parallel.tp * {}{}.replicas", sum.empty() ? "" : " + ", root, e, root, e);
    condition = fmt::format("  require {} <= {} else \"too many\"\n", sum, most);
    out.required = [engines, most](const Fields& p) {
      int devices = 0;
      for (const auto& e : engines)
        devices += numberOf(p, "deployment." + e + ".parallel.tp") * numberOf(p, "deployment." + e + ".replicas");
      return devices <= most;
    };
  }
  std::vector<std::pair<std::string, bool>> goals = {{"throughput_per_gpu", true},
                                                     {"mean(tpot)", false},
                                                     {"mean(ttft)", false},
                                                     {"throughput", true},
                                                     {"cost_per_mtok", false}};
  for (int n = 1 + dice.upTo(2); n > 0; --n) {
    size_t at = size_t(dice.upTo(int(goals.size()) - 1));
    out.goals.push_back(goals[at].first), out.maximize.push_back(goals[at].second);
    goals.erase(goals.begin() + long(at));
  }
  std::string vary, wanted;
  for (const auto& a : out.axes) vary += fmt::format("  vary {} in {}\n", a.path, a.text);
  for (size_t i = 0; i < out.goals.size(); ++i)
    wanted += fmt::format("  {} {}\n", out.maximize[i] ? "maximize" : "minimize", out.goals[i]);
  std::string mode;
  for (const auto& e : engines) mode += fmt::format("  engine {} {{ }}\n", e);
  if (pd) mode += "  transfer kv { from = prefill, to = decode, overlap = layerwise }\n";
  out.text = fmt::format(
      "edition 1\nimport std.hw {{ Cluster }}\nimport std.hw.nvidia {{ H100x8, A100x8 }}\n"
      "import std.models.llama {{ Llama31_8B }}\nimport std.serving {{ Aggregated, Disaggregated }}\n"
      "import std.workload {{ closed, poisson }}\nimport std.workloads.common {{ Chat }}\n"
      "cluster Newer extends Cluster {{ pool a {{ node = H100x8, count = 2 }} }}\n"
      "cluster Older extends Cluster {{ pool a {{ node = A100x8, count = 2 }} }}\n"
      "deployment D extends {} {{\n  model = Llama31_8B\n  cluster = Newer\n{}}}\n"
      "slo S {{\n  expect mean(tpot) < {} ms\n  expect mean(ttft) < {} ms\n}}\n"
      "scenario s {{ workload = Chat {{ }}, deployment = D, slo = S }}\n"
      "explore e {{\n  base = s\n{}{}  expect slo.satisfied\n{}}}\n",
      pd ? "Disaggregated" : "Aggregated", mode, 8 + dice.upTo(40), 40 + dice.upTo(2000), vary, condition, wanted);
  return out;
}

/// What every point gives when it is evaluated alone.
struct Exhaustive {
  uint64_t points = 0, pruned = 0, refused = 0, broken = 0;
  struct Kept {
    uint64_t number;
    std::vector<double> goals;
  };
  std::vector<Kept> kept;
  std::vector<uint64_t> front, best;
};

bool better(const Space& space, size_t goal, double a, double b) { return space.maximize[goal] ? a > b : a < b; }

bool dominates(const Space& space, const Exhaustive::Kept& a, const Exhaustive::Kept& b) {
  bool any = false;
  for (size_t g = 0; g < space.goals.size(); ++g) {
    if (better(space, g, b.goals[g], a.goals[g])) return false;
    any = any || better(space, g, a.goals[g], b.goals[g]);
  }
  return any || a.number < b.number;  // alike in everything: the first one stands for all
}

Exhaustive exhaustive(const Space& space, const std::string& path) {
  Exhaustive out;
  std::unique_ptr<Session> session;  // a new one now and then: a file may take only so many evaluation steps
  Module* module = nullptr;
  Fields point;
  std::function<void(size_t)> visit = [&](size_t depth) {
    if (depth < space.axes.size()) {
      for (const auto& value : space.axes[depth].values(point)) {
        point.emplace_back(space.axes[depth].path, value);
        visit(depth + 1);
        point.pop_back();
      }
      return;
    }
    uint64_t number = out.points++;
    if (!space.required(point)) {
      ++out.pruned;
      return;
    }
    std::vector<std::string> sets;
    for (const auto& [path, value] : point) sets.push_back(path + "=" + value);
    if (number % 200 == 0 || !session) {
      session = std::make_unique<Session>();
      module = session->loader.loadFile(path);
      REQUIRE(module);
      session->evaluator.check(*module);
    }
    auto scenarios = session->scenarios(*module, "s", sets);
    REQUIRE(scenarios.size() == 1);
    SourceManager sources;
    Diagnostics diags(sources);
    auto made = runPasses(session->evaluator.lowerToScenario(scenarios[0]), "", diags);
    if (!made.results) {
      ++out.refused;
      return;
    }
    for (const auto& promise : made.results->slo)
      if (promise.verdict == Verdict::Fail) {
        ++out.broken;
        return;
      }
    Exhaustive::Kept kept{number, {}};
    for (const auto& goal : space.goals)
      for (const auto& [name, value] : namedMetrics(*made.results))
        if (name == goal) kept.goals.push_back(value.value());
    REQUIRE(kept.goals.size() == space.goals.size());
    out.kept.push_back(std::move(kept));
  };
  visit(0);
  if (space.goals.size() > 1)
    for (const auto& a : out.kept) {
      bool beaten = false;
      for (const auto& b : out.kept) beaten = beaten || (&a != &b && dominates(space, b, a));
      if (!beaten) out.front.push_back(a.number);
    }
  auto order = out.kept;
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    for (size_t g = 0; g < space.goals.size(); ++g)
      if (a.goals[g] != b.goals[g]) return better(space, g, a.goals[g], b.goals[g]);
    return false;
  });
  for (const auto& k : order) out.best.push_back(k.number);
  return out;
}

std::string written(const std::string& name, const std::string& text) {
  auto path = std::filesystem::temp_directory_path() / fmt::format("afdc_unit_{}_{}", ::getpid(), name);
  std::ofstream(path) << text;
  return path.string();
}

struct TemporaryFile {
  std::string path;
  TemporaryFile(const std::string& name, const std::string& text) : path(written(name, text)) {}
  ~TemporaryFile() { std::filesystem::remove(path); }
};

llvm::json::Object firstSearch(const std::string& text) {
  auto parsed = llvm::json::parse(text);
  REQUIRE(bool(parsed));
  return *(*parsed->getAsObject()->getArray("searches"))[0].getAsObject();
}

std::vector<uint64_t> numbers(const llvm::json::Object& search, llvm::StringRef list) {
  std::vector<uint64_t> out;
  for (const auto& point : *search.getArray(list)) out.push_back(uint64_t(*point.getAsObject()->getInteger("point")));
  return out;
}

}  // namespace

TEST_CASE("twenty random spaces: the search finds what evaluating every point alone finds") {
  bool large = std::getenv("AFDC_LARGE_SPACES") != nullptr;
  uint64_t points = 0, kept = 0, pruned = 0, refused = 0, broken = 0, longest = 0;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    auto space = randomSpace(seed, large);
    INFO("seed ", seed, "\n", space.text);
    TemporaryFile file(fmt::format("space{}.afd", seed), space.text);
    auto all = exhaustive(space, file.path);
    ExploreOptions o;
    o.file = file.path;
    o.search.printing.format = Format::Json;
    o.search.top = 1000;
    auto run = runExplore(o);
    INFO(run.err);
    auto found = firstSearch(run.out);
    CHECK(found.getInteger("points") == int64_t(all.points));
    // A point that is no deployment and that `require` would prune counts as one or the other.
    CHECK(*found.getInteger("pruned") + *found.getInteger("refused") == int64_t(all.pruned + all.refused));
    CHECK(found.getInteger("broken") == int64_t(all.broken));
    CHECK(found.getInteger("kept") == int64_t(all.kept.size()));
    auto front = numbers(found, "front");
    std::sort(front.begin(), front.end());
    CHECK(front == all.front);
    if (!all.kept.empty()) CHECK(numbers(found, "best").at(0) == all.best.at(0));
    points += all.points, kept += all.kept.size(), pruned += all.pruned, refused += all.refused, broken += all.broken;
    longest = std::max<uint64_t>(longest, all.front.size());
  }
  MESSAGE(points, " points, ", kept, " kept, ", pruned, " pruned, ", refused, " refused, ", broken,
          " broken; longest front ", longest);
  CHECK((kept > 0 && pruned > 0 && refused > 0 && broken > 0 && longest > 3));
}

TEST_CASE("any number of threads, stopped or not: the same bytes") {
  auto space = randomSpace(3, true);
  TemporaryFile file("resumed.afd", space.text);
  ExploreOptions o;
  o.file = file.path;
  o.search.printing.format = Format::Json;
  auto whole = runExplore(o);
  for (size_t threads : {1, 2, 5}) {
    o.search.threads = threads;
    CHECK(runExplore(o).out == whole.out);
  }
  o.search.threads = 0;
  o.search.resume = (std::filesystem::temp_directory_path() / fmt::format("afdc_unit_{}_state", ::getpid())).string();
  auto before = std::signal(SIGINT, SIG_IGN);
  std::mt19937 random(7);
  int stops = 0;
  for (int round = 0; round < 400; ++round) {
    std::jthread stopper([wait = std::chrono::microseconds(2000 + random() % 30000)] {
      std::this_thread::sleep_for(wait);
      std::raise(SIGINT);
    });
    auto part = runExplore(o);
    stopper.join();
    if (!std::filesystem::exists(o.search.resume)) {
      CHECK(part.out == whole.out);
      break;
    }
    ++stops;
    CHECK(part.err.find("--resume") != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(o.search.resume));
  MESSAGE("stopped ", stops, " times");

  // The state of another search, and anything else, is refused and left alone.
  for (auto [other, why] : {std::pair{"\"afdc-search-1 \"0123 5 \n1 2 3", "not the state of this search"},
                            {"\"afdc-search-1 \n", "not the state of this search"},
                            {"\x01\xff binary", "not the state of a search"},
                            {"afdc-search-2", "not the state of a search"}}) {
    std::ofstream(o.search.resume) << other;
    auto refused = runExplore(o);
    CHECK(refused.code == kUsage);
    CHECK(refused.err.find(why) != std::string::npos);
    CHECK(std::filesystem::exists(o.search.resume));
  }
  std::filesystem::remove(o.search.resume);
  std::signal(SIGINT, before);
}

TEST_CASE("a ranking does not depend on the order of its points, nor on how they are shared out") {
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    struct Point {
      uint64_t number;
      std::vector<double> goals;
    };
    std::vector<Point> points;
    for (uint64_t i = 0; i < 200; ++i)
      points.push_back({i, {double(random() % 12), random() % 20 == 0 ? NAN : double(random() % 12)}});
    Ranking whole({true, false}, 10), first({true, false}, 10), second({true, false}, 10);
    for (const auto& p : points) whole.add(p.number, 0, p.goals, {});
    std::shuffle(points.begin(), points.end(), random);
    for (const auto& p : points) (p.number % 3 == 0 ? first : second).add(p.number, 0, p.goals, {});
    second.add(first);
    auto same = [](const std::vector<Candidate>& a, const std::vector<Candidate>& b) {
      std::vector<uint64_t> x, y;
      for (const auto& c : a) x.push_back(c.number);
      for (const auto& c : b) y.push_back(c.number);
      return x == y;
    };
    CHECK(same(whole.best(), second.best()));
    CHECK(same(whole.front(), second.front()));
    CHECK(whole.best().size() <= 10);
  }
}

TEST_CASE("a landscape keeps the most throughput within each pair of latencies") {
  Landscape land;
  uint32_t slow = 1, fast = 2, late = 3;
  land.add(0.050, 0.5, 900, 1, {&slow, 1});
  land.add(0.010, 0.5, 400, 2, {&fast, 1});
  land.add(0.010, 8.0, 700, 3, {&late, 1});
  auto reach = land.reachable();
  auto at = [&](double tpot, double ttft) -> double {
    for (size_t i = 0; i < reach.size(); ++i)
      if (Landscape::tpotAt(i / Landscape::kTtft) >= tpot && Landscape::ttftAt(i % Landscape::kTtft) >= ttft)
        return reach[i] ? reach[i]->throughput : 0;
    return -1;
  };
  CHECK(at(0.005, 50) == 0);
  CHECK(at(0.0101, 0.51) == 400);
  CHECK(at(0.0101, 8.1) == 700);
  CHECK(at(0.0501, 0.51) == 900);
  CHECK(land.front().size() == 2);  // 700 at 10 ms, 900 at 50 ms
}
