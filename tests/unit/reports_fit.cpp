// Reports are as wide as the terminal: no line is longer, and no figure is lost where there is little room.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <regex>
#include <set>
#include <sstream>

#include "backends/report/evaluation.h"
#include "backends/report/search_table.h"
#include "backends/report/text.h"
#include "driver/compare.h"
#include "driver/eval.h"
#include "driver/explain.h"
#include "driver/explore.h"
#include "driver/fidelity.h"
#include "driver/ir.h"
#include "driver/plan.h"
#include "driver/progress.h"
#include "driver/step.h"
#include "session/session.h"
#include "support/text_table.h"
#include "tests/read_file.h"

using namespace afdc;

namespace {

const std::string kRoot = std::string(AFDC_SOURCE_DIR) + "/";
const std::vector<std::string> kExamples = {"examples/deepseek_v3_h200.afd",
                                            "examples/disaggregation.afd",
                                            "examples/full_language.afd",
                                            "examples/platform_requirements.afd",
                                            "examples/step3_afd.afd",
                                            "examples/when_does_disaggregation_pay/dead_zone.afd",
                                            "examples/when_does_disaggregation_pay/study.afd"};
const std::vector<size_t> kWidths = {80, 100, 160};

/// The first line that is too long; empty where all fit.
std::string tooLong(const std::string& report, size_t width) {
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);)
    if (columnWidth(line) > width) return line;
  return "";
}

std::vector<Results> resultsOf(const std::string& file) {
  std::vector<Results> out;
  Session session;
  auto* module = session.loader.loadFile(kRoot + file);
  session.evaluator.check(*module);
  for (auto* object : session.scenarios(*module, "", {}))
    if (auto evaluated = runPasses(session.evaluator.lowerToScenario(object), "", session.diags); evaluated.results)
      out.push_back(std::move(*evaluated.results));
  return out;
}

/// Runs a command at each width; each time it has an answer that fits.
template <class Run>
void fits(const char* what, Run run) {
  CAPTURE(what);
  for (size_t width : kWidths) {
    Output out = run(Printing{.screen = {.color = false, .width = width}});
    CAPTURE(width);
    CHECK_MESSAGE(!out.out.empty(), out.err);
    CHECK_MESSAGE(tooLong(out.out, width).empty(), tooLong(out.out, width));
  }
}

}  // namespace

TEST_CASE("results of every example fit 80, 100 and 160 columns, with the same figures") {
  static const std::regex kFigure("[0-9][0-9.]*");
  auto figuresIn = [](const std::string& text) {
    std::multiset<std::string> out;
    // Places in files are what a narrow report leaves out.
    for (std::sregex_iterator at(text.begin(), text.end(), kFigure), end; at != end; ++at) out.insert(at->str());
    return out.size();
  };
  for (const auto& example : kExamples) {
    auto all = resultsOf(example);
    CAPTURE(example);
    REQUIRE_FALSE(all.empty());
    for (auto& r : all)
      for (auto& s : r.slo) s.place.clear();
    for (size_t width : kWidths) {
      CAPTURE(width);
      Screen screen{.color = false, .width = width};
      size_t figures = 0, before = 0;
      for (const auto& r : all) {
        auto report = textReport(r, screen);
        CHECK_MESSAGE(tooLong(report, width).empty(), tooLong(report, width));
        figures += figuresIn(report);
        before += figuresIn(textReport(r, {.color = false, .width = 200}));
      }
      CHECK(figures == before);
      auto beside = comparisonReport(all, screen);
      CHECK_MESSAGE(tooLong(beside, width).empty(), tooLong(beside, width));
      CHECK(tooLong(textReport(all[0], {.color = true, .width = width}), width).empty());
    }
  }
}

TEST_CASE("names of any length fit as well") {
  auto r = resultsOf(kExamples[0]).at(0);
  std::string endless(300, 'n'), path = "/srv/" + std::string(150, 'p') + "/" + std::string(150, 'q') + ".afd:3";
  r.scenario = r.model = r.hardware = endless;
  r.slo[0].expect = endless + " < 3 s";
  r.slo[0].place = path;
  r.assumptions.push_back({"something", path});
  r.memory[0].weights_by_class.emplace_back(endless, r.memory[0].weights);
  r.breakdowns[0].rows[0].cls = endless;
  r.sources.push_back({endless, endless, "fitted", 1});
  for (size_t width : kWidths) {
    auto report =
        textReport(r, {.color = false, .width = width}) + comparisonReport({r, r}, {.color = false, .width = width});
    CHECK_MESSAGE(tooLong(report, width).empty(), tooLong(report, width));
  }
}

TEST_CASE("what the other commands print fits") {
  fits("plan", [](Printing printing) {
    PlanOptions o{.model = "DeepSeekV3", .cluster = "4xH200x8", .workload = "Chat", .slo = "ttft<2s,tpot<50ms"};
    o.concurrency = 256;
    o.search.printing = printing;
    return runPlan(o);
  });
  fits("plan that keeps no promise", [](Printing printing) {
    PlanOptions o{.model = "Llama31_8B", .cluster = "1xL4x1", .workload = "Chat", .slo = "ttft<2ms,tpot<1ms"};
    o.concurrency = 64;
    o.search.printing = printing;
    return runPlan(o);
  });
  fits("explore", [](Printing printing) {
    ExploreOptions o{.file = kRoot + "examples/platform_requirements.afd", .explore = "qa"};
    o.search.printing = printing;
    return runExplore(o);
  });
  fits("step", [](Printing printing) {
    return runStep({.printing = printing, .file = kRoot + "examples/step3_afd.afd", .batch = "128,1,1200;2,1155,0"});
  });
  fits("compare", [](Printing printing) {
    return runCompare({.printing = printing,
                       .result = kRoot + "examples/measurements/vllm_bench.json",
                       .file = kRoot + "examples/deepseek_v3_h200.afd",
                       .scenario = "chat"});
  });
  for (const char* kind : {"measured", "network"})
    fits("fidelity", [&](Printing printing) {
      auto file = kind == std::string("measured") ? "records.json" : "collectives.json";
      return runFidelity({.printing = printing, .kind = kind, .file = kRoot + "examples/measurements/" + file});
    });
  for (const char* path :
       {"chat", "chat.deployment", "chat.deployment.main.kv_cache.fraction", "chat.deployment.cluster"})
    fits("explain", [&](Printing printing) {
      return runExplain({.printing = printing, .subject = kRoot + "examples/deepseek_v3_h200.afd", .path = path});
    });
  fits("explain of a message",
       [](Printing printing) { return runExplain({.printing = printing, .subject = "AFD0301"}); });
  fits("list of passes", [](Printing printing) { return runIr({.printing = printing, .listPasses = true}); });
  fits("beside another tool", [](Printing printing) {
    return runEval(
        {.printing = printing, .file = kRoot + "examples/platform_requirements.afd", .compareProfile = "genz"});
  });
}

TEST_CASE("of several groups' devices a point's line says whose they are") {
  SearchResult r;
  r.spaces.resize(2);
  r.spaces[0].name = "afd";
  r.spaces[0].axes = {"deployment.prefill.replicas",         "deployment.prefill.parallel.tp",
                      "deployment.decode.attention.devices", "deployment.decode.ffn.devices",
                      "deployment.decode.ffn.parallel.ftp",  "workload.arrivals"};
  r.spaces[1].name = "other";
  FoundPoint point;
  point.values = {"2", "8", "16", "16", "4", "Closed { concurrency = 64 req }"};
  auto table = tableOf(r, {point}, 1);
  CHECK(table.rows.at(0).words ==
        "prefill 2 x tp 8; decode attention devices 16, ffn devices 16, ftp 4; arrivals 64 req");
}

TEST_CASE("a table leaves out what can be missed before it breaks texts, and never a figure") {
  using Kind = TextTable::Kind;
  TextTable table(
      {{"name", Kind::Text}, {"needed", Kind::Number}, {"more", Kind::Number, false}, {"most", Kind::Number, false}},
      2);
  table.row({"a", "1234567890", "2", "3"},
            "words that stand behind the row and may go on for as long as they like to go on");
  std::string wide = table.text({.color = false, .width = 200}), narrow = table.text({.color = false, .width = 50});
  CHECK(wide.find("most") != std::string::npos);
  CHECK(wide.find("left out") == std::string::npos);
  CHECK(narrow.find("1234567890") != std::string::npos);
  CHECK(narrow.find("left out") != std::string::npos);
  CHECK(tooLong(narrow, 50).empty());
}

TEST_CASE("progress says hours and days, and that some searches never end") {
  CHECK(durationText(40) == "40 s");
  CHECK(durationText(12 * 60 + 10) == "12 min");
  CHECK(durationText(3600 * 2 + 5 * 60) == "2 h 5 min");
  CHECK(durationText(86400 * 3 + 3600 * 4) == "3 days 4 h");
  CHECK(durationText(86400 * 365 * 9.0) == "9 years");
  CHECK(progressText(1 << 20, 1 << 22, 60).find("25 %") != std::string::npos);
  CHECK(progressText(1000, 1000 + 1000 * 76, 3600).find("about 3 days 4 h left") != std::string::npos);
  auto never = progressText(1'000'000, uint64_t(1) << 48u, 1);
  CHECK(never.find("it will not end") != std::string::npos);
  for (uint64_t done : {1, 1000, 1'000'000})
    for (unsigned power : {20u, 48u, 63u}) CHECK(progressText(done, uint64_t(1) << power, 3).size() < 80);
}
