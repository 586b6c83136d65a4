// Kernel tables: reading, lookup, packing, and what is flagged as odd.
#include <doctest/doctest.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "passes/kernels/measured.h"
#include "passes/kernels/pack.h"
#include "session/session.h"

using namespace afdc;
using namespace afdc::kernels;
namespace fs = std::filesystem;

namespace {

const FamilySpec& spec(std::string_view name) {
  for (const auto& s : familySpecs())
    if (s.name == name) return s;
  throw std::runtime_error("no such family");
}

}  // namespace

TEST_CASE("a family is read by its columns, milliseconds become seconds, what is no number is left out") {
  Family f;
  CHECK(readFamily(parseCsv("gemm_dtype,m,n,k,latency\nfp8,1,128,256,0.5\nfp8,2,128,256,x\nfp8,4,128,256,2\n"),
                   spec("gemm_perf"), f) == "");
  const auto* grid = f.find("fp8");
  REQUIRE(grid);
  CHECK(grid->rows().size() == 2);
  double exact[] = {128, 256, 1}, between[] = {128, 256, 2}, beyond[] = {128, 256, 7};
  CHECK(grid->linear(exact)->seconds == doctest::Approx(0.5e-3));
  CHECK(grid->linear(exact)->how == Grid::Value::How::Exact);
  CHECK(grid->linear(between)->seconds == doctest::Approx(1e-3));
  CHECK(grid->linear(between)->how == Grid::Value::How::Between);
  CHECK(grid->linear(beyond)->seconds == doctest::Approx(3.5e-3));
  CHECK(grid->linear(beyond)->how == Grid::Value::How::Beyond);
  Family other;
  CHECK(readFamily(parseCsv("m,n\n1,2\n"), spec("gemm_perf"), other).find("no column") != std::string::npos);
}

TEST_CASE("attention tables: a group of KV heads is 0 where every head has its own, lengths add up") {
  Family f;
  CHECK(readFamily(
            parseCsv("batch_size,isl,num_heads,num_key_value_heads,head_dim,attn_dtype,kv_cache_dtype,step,latency\n"
                     "1,1,8,8,128,bfloat16,fp8,511,1\n1,1,8,2,128,bfloat16,fp8,511,2\n"),
            spec("generation_attention_perf"), f) == "");
  REQUIRE(f.find("fp8/0/128"));
  REQUIRE(f.find("fp8/2/128"));
  CHECK(f.find("fp8/0/128")->rows()[0].keys == std::vector<double>{8, 1, 512});
}

TEST_CASE("products: the table's own points, log-log between them, the edge's utilisation beyond") {
  Grid grid;
  for (double m : {1.0, 16.0, 256.0}) grid.add({1024, 1024, m}, 1e-5 * std::sqrt(m));
  grid.finish();
  auto bound = [](double m, double n, double k) { return m * n * k * 1e-14; };
  auto curve = GemmCurve::make(grid, 1024, 1024, bound);
  REQUIRE(curve);
  auto ask = [&](double m) { return curve->at(m, bound(m, 1024, 1024)); };
  CHECK(ask(16).seconds == doctest::Approx(4e-5));
  CHECK(ask(16).how == How::Measured);
  CHECK(ask(4).seconds == doctest::Approx(2e-5));
  CHECK(ask(4).how == How::Between);
  CHECK(ask(512).seconds == doctest::Approx(2 * ask(256).seconds));
  CHECK(ask(512).how == How::Extrapolated);
  auto near = GemmCurve::make(grid, 2048, 1024, bound);
  CHECK(near->at(16, bound(16, 2048, 1024)).seconds == doctest::Approx(8e-5));
  CHECK(near->at(16, bound(16, 2048, 1024)).how == How::Extrapolated);
}

TEST_CASE("a pack reads back as it was written; damage is said") {
  Pack pack{.system = "h100_sxm", .engine = "trtllm", .version = "1.0"};
  auto& grid = pack.families["gemm_perf"].grids["fp8"];
  grid.add({128, 256, 1}, 1.25e-5);
  grid.add({128, 256, 2}, 2.5e-5);
  grid.finish();
  auto bytes = write(pack);
  auto back = read(bytes);
  CHECK(back.error == "");
  CHECK(back.pack.engine == "trtllm");
  REQUIRE(back.pack.find("gemm_perf", "fp8"));
  CHECK(back.pack.find("gemm_perf", "fp8")->rows()[1].seconds == 2.5e-5);
  CHECK(write(back.pack) == bytes);
  for (size_t cut : {size_t{0}, size_t{3}, size_t{10}, bytes.size() - 1}) CHECK(read(bytes.substr(0, cut)).error != "");
  auto damaged = bytes;
  damaged[damaged.size() - 1] = '\xff';
  CHECK(read(damaged).error != "");
}

TEST_CASE("times far above their neighbourhood are flagged: one on a curve, a whole grid against another system") {
  Pack slow, fast;
  for (int e = 0; e < 6; ++e)
    for (double m = 1; m <= 512; m *= 2) {
      auto name = "fp8/" + std::to_string(e);
      fast.families["moe_perf"].grids[name].add({m}, 30e-6 + m * 1e-6);
      slow.families["moe_perf"].grids[name].add({m}, (30e-6 + m * 1e-6) * (e == 3 ? 4.5 : 1.1));
    }
  fast.families["gemm_perf"].grids["fp8"].add({1, 1, 1}, 30e-6);
  fast.families["gemm_perf"].grids["fp8"].add({1, 1, 2}, 400e-6);
  fast.families["gemm_perf"].grids["fp8"].add({1, 1, 4}, 31e-6);
  for (auto* p : {&slow, &fast})
    for (auto& [family, f] : p->families)
      for (auto& [name, grid] : f.grids) grid.finish();
  auto odd = suspects({{"slow", &slow}, {"fast", &fast}});
  REQUIRE(odd.size() == 2);
  CHECK(odd[0].where == "fast gemm_perf fp8 at 2");
  CHECK(odd[1].where == "slow moe_perf fp8/3");
  CHECK(odd[1].whole);
}

TEST_CASE("measured kernels are part of a scenario's identity, and each session reads them anew") {
  auto folder = fs::temp_directory_path() / fmt::format("afdc-kernels-{}", getpid());
  fs::create_directories(folder);
  auto scenario = (folder / "s.afd").string();
  std::ofstream(scenario) << R"(edition 1
import std.hw { Cluster }
import std.hw.nvidia { H200_SXM, H200x8 }
import std.models.llama { Llama31_8B }
import std.runtimes { vLLM }
import std.serving { Aggregated }
import std.workloads.common { Chat }
gpu Mine = H200_SXM { tables = "mine.afk" }
node N = H200x8 { gpu = Mine }
cluster C extends Cluster { pool a { node = N, count = 1 } }
deployment D extends Aggregated { model = Llama31_8B, cluster = C, engine main { runtime = vLLM } }
scenario s { workload = Chat, deployment = D }
)";
  // The same file name, and products that take so many seconds.
  auto evaluated = [&](double seconds) {
    Pack pack{.system = "h200", .engine = "vllm", .version = "1.0"};
    auto& grid = pack.families["gemm_perf"].grids["bfloat16"];
    for (double m : {1.0, 4096.0})
      for (double n : {1024.0, 131072.0})
        for (double k : {1024.0, 131072.0}) grid.add({n, k, m}, seconds);
    grid.finish();
    std::ofstream(folder / "mine.afk", std::ios::binary) << write(pack);
    Session session;
    auto* module = session.loader.loadFile(scenario);
    REQUIRE(module);
    session.evaluator.check(*module);
    auto scenarios = session.evaluator.blocks(*module, "scenario");
    REQUIRE(scenarios.size() == 1);
    auto results = runPasses(session.evaluator.lowerToScenario(scenarios[0]), "", session.diags).results;
    INFO(session.diags.text(false));
    REQUIRE(results);
    return *results;
  };
  auto fast = evaluated(1e-4), slow = evaluated(2e-3), again = evaluated(1e-4);
  CHECK(*slow.metrics.tpot_mean_s > 2 * *fast.metrics.tpot_mean_s);
  CHECK(slow.scenario_hash != fast.scenario_hash);
  CHECK(again.scenario_hash == fast.scenario_hash);
  CHECK(*again.metrics.tpot_mean_s == *fast.metrics.tpot_mean_s);
  fs::remove_all(folder);
}
