// docs/results.md names every key of the JSON, and the JSON has every key that it names.
#include <doctest/doctest.h>

#include <regex>
#include <set>

#include "backends/report/explore.h"
#include "backends/report/requirements.h"
#include "results/results.h"
#include "support/json_value.h"
#include "tests/read_file.h"

using namespace afdc;

namespace {

/// "memory[].kv_bytes" of every plain value.
void collect(const Json& value, const std::string& path, std::set<std::string>& paths) {
  if (value.isArray())
    for (const auto& item : value.items) collect(item, path + "[]", paths);
  else if (value.isObject())
    for (size_t i = 0; i < value.names.size(); ++i)
      collect(value.items[i], path.empty() ? value.names[i] : path + "." + value.names[i], paths);
  else
    paths.insert(path);
}

std::set<std::string> wordsOf(const std::string& text) {
  static const std::regex kWord("[a-z_]+");
  return {std::sregex_token_iterator(text.begin(), text.end(), kWord), std::sregex_token_iterator()};
}

/// What stands in backticks.
std::set<std::string> codeIn(const std::string& text) {
  std::set<std::string> out;
  static const std::regex kCode("`([^`]+)`");
  for (std::sregex_iterator at(text.begin(), text.end(), kCode), end; at != end; ++at) out.insert((*at)[1]);
  return out;
}

/// One of everything that a result may have.
Results full() {
  Results r;
  r.transfer_s = 1;
  r.roles.resize(1);
  r.afd.resize(1);
  r.afd[0].sensitivities.resize(1);
  r.sources.push_back({"ROLE", "CLASS", "fitted", 1});
  r.memory.resize(1);
  r.memory[0].weights_by_class.emplace_back("CLASS", 1);
  r.breakdowns.push_back({"STEP", "", 1, {{"CLASS"}}, false, {}});
  r.slo.resize(1);
  r.sensitivities.resize(1);
  r.assumptions.resize(1);
  return r;
}

}  // namespace

TEST_CASE("the keys of a result are those of docs/results.md") {
  auto page = readFile(std::string(AFDC_SOURCE_DIR) + "/docs/results.md");
  auto document = parseJson(toJson({full()}));
  REQUIRE(document.error.empty());
  CHECK(document.root["version"].number() == kResultsVersion);
  std::set<std::string> printed, documented;
  collect(document.root["results"].items.at(0), "", printed);
  std::istringstream lines(page.substr(0, page.find("\n## ")));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("| `")) documented.merge(codeIn(line.substr(0, line.find('|', 1))));
  CHECK(printed.size() > 60);
  for (const auto& key : printed) CHECK_MESSAGE(documented.contains(key), key << " is printed and not documented");
  for (const auto& key : documented) CHECK_MESSAGE(printed.contains(key), key << " is documented and not printed");
}

TEST_CASE("docs/results.md names the keys of searches and requirements") {
  FoundPoint point;
  point.values = {"1"};
  point.goals = {1};
  point.results = full();
  point.source = "edition 1";
  point.promises = {{"PROMISE", Verdict::Fail}};
  SearchResult r;
  r.spaces.push_back({"SPACE", {"AXIS"}, 1, point, {point}, {point}});
  r.goals.resize(1);
  auto& reason = r.why["a promise"];
  reason.example = "x";
  reason.nearestValues = {"1"};
  r.nearest = NearMiss{point, std::vector<NearMiss::Broken>(1)};
  r.map.push_back({1, 1, {1}});
  r.best = r.front = {point};
  RequirementTable table{.name = "t", .space = "SPACE", .axes = {"AXIS"}, .wanted = {{"PATH", true}}, .rows = {}};
  table.rows.push_back({1, {"1"}, {{Requirement::Found::Value, 1, "1", "2", "why"}}});
  std::set<std::string> printed, named;
  for (const auto& text : {searchJson({r}), requirementsJson({table})}) {
    auto document = parseJson(text);
    REQUIRE(document.error.empty());
    collect(document.root, "", printed);
  }
  auto page = readFile(std::string(AFDC_SOURCE_DIR) + "/docs/results.md");
  for (const auto& code : codeIn(page.substr(page.find("\n## Searches")))) named.merge(wordsOf(code));
  for (const auto& path : printed) {
    // Axes are paths of the scenario, metrics have the names that `expect` uses.
    if (path.find("axes.") != path.npos || path.find("metrics.") != path.npos) continue;
    for (const auto& key : wordsOf(path))
      CHECK_MESSAGE(named.contains(key), key << " (" << path << ") is not documented");
  }
}

TEST_CASE("steps of one name on two roles are two entries") {
  auto r = full();
  r.breakdowns = {{"decode", "first", 1, {}, false, {}}, {"decode", "second", 2, {}, false}};
  auto steps = parseJson(toJson({r})).root["results"].items.at(0)["breakdown_s"];
  CHECK(steps["first.decode"]["total"].number() == 1);
  CHECK(steps["second.decode"]["total"].number() == 2);
}

TEST_CASE("a figure that is not finite is null") {
  auto r = full();
  r.roles[0].step_s = std::nan("");
  r.metrics.ttft_mean_s = 1e300 * 1e300;
  auto result = parseJson(toJson({r})).root["results"].items.at(0);
  CHECK(result["roles"].items.at(0)["step_s"].isNull());
  CHECK(result["metrics"]["ttft_mean_s"].isNull());
}
