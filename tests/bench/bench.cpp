// Speed: the parts that people wait for. build/release/tests/bench/afd_bench
#include <benchmark/benchmark.h>

#include <fstream>
#include <sstream>

#include "driver/check.h"
#include "passes/steady/schedule.h"
#include "session/session.h"

using namespace afdc;

namespace {

const std::string kExample = std::string(AFDC_SOURCE_DIR) + "/examples/deepseek_v3_h200.afd";
const std::string kLargest = std::string(AFDC_SOURCE_DIR) + "/examples/full_language.afd";

void checkLargestExample(benchmark::State& state) {
  CheckOptions o;
  o.files = {kLargest};
  for (auto _ : state) benchmark::DoNotOptimize(runCheck(o));
}
BENCHMARK(checkLargestExample)->Unit(benchmark::kMillisecond);

/// AFDC_BENCH_FILE: a large file, for example of tests/bench/generate.py.
void checkLargeFile(benchmark::State& state) {
  const char* path = std::getenv("AFDC_BENCH_FILE");
  if (!path) {
    state.SkipWithError("set AFDC_BENCH_FILE to a file of tests/bench/generate.py");
    return;
  }
  CheckOptions o;
  o.files = {path};
  for (auto _ : state) benchmark::DoNotOptimize(runCheck(o));
}
BENCHMARK(checkLargeFile)->Unit(benchmark::kMillisecond);

struct Lowered {
  Session session;
  ir::Scenario scenario;
  Lowered() {
    Module* module = session.loader.loadFile(kExample);
    session.evaluator.check(*module);
    scenario = session.evaluator.lowerToScenario(session.evaluator.blocks(*module, "scenario")[0]);
  }
};

void lowerAndCompile(benchmark::State& state) {
  Lowered l;
  for (auto _ : state) benchmark::DoNotOptimize(buildRoleOf(l.scenario, "", l.session.diags));
}
BENCHMARK(lowerAndCompile)->Unit(benchmark::kMicrosecond);

void oneStep(benchmark::State& state) {
  Lowered l;
  auto role = buildRoleOf(l.scenario, "", l.session.diags);
  for (auto _ : state) benchmark::DoNotOptimize(role->time({{128, 1, 1200, 1}, {2, 1155, 0, 1}}).seconds);
}
BENCHMARK(oneStep)->Unit(benchmark::kMicrosecond);

/// Steady state at a concurrency: what a search evaluates at every point.
void closedForm(benchmark::State& state) {
  Lowered l;
  auto role = buildRoleOf(l.scenario, "", l.session.diags);
  Schedule schedule(*role, {1155, 211});
  for (auto _ : state) benchmark::DoNotOptimize(schedule.run(128).tpot);
}
BENCHMARK(closedForm)->Unit(benchmark::kMicrosecond);

void evaluateScenario(benchmark::State& state) {
  Lowered l;
  for (auto _ : state) benchmark::DoNotOptimize(runPasses(l.scenario, "", l.session.diags).ok);
}
BENCHMARK(evaluateScenario)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
