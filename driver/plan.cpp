// The question that `explore` answers, asked from a shell without a file. It is written down as one, so that what is
// searched can be read, kept and changed (`--print`).
#include "driver/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "driver/library_words.h"
#include "results/metrics.h"
#include "session/session.h"
#include "support/text.h"

namespace afdc {

namespace {

/// "2s", "50 ms": a number and its unit apart, as the language wants them.
std::string quantity(std::string_view text) {
  size_t at = text.find_first_not_of("0123456789.+-eE");
  // The e of "5 exa…" belongs to the unit: take a number that parses.
  std::string number(text.substr(0, at)), unit(at == std::string_view::npos ? "" : text.substr(at));
  unit.erase(0, unit.find_first_not_of(' '));
  return unit.empty() ? number : number + " " + unit;
}

/// "ttft < 2 s" → "mean(ttft) < 2 s".
std::string promise(std::string_view text) {
  size_t op = text.find_first_of("<>");
  if (op == std::string_view::npos)
    throw Misunderstood{fmt::format("`{}` is no promise: say it as `ttft<2s` or `throughput>1000 tok/s`", text)};
  size_t end = op + 1 + (op + 1 < text.size() && text[op + 1] == '=');
  auto trim = [](std::string_view t) {
    while (!t.empty() && t.front() == ' ') t.remove_prefix(1);
    while (!t.empty() && t.back() == ' ') t.remove_suffix(1);
    return std::string(t);
  };
  std::string metric = trim(text.substr(0, op));
  std::string bound = quantity(trim(text.substr(end)));
  if (const auto* known = findMetric(metric)) {
    if (known->distribution) metric = fmt::format("mean({})", metric);
    // A time could be meant in s or ms: the language asks. Of anything else there is one unit that people use.
    bool bare = bound.find_first_not_of("0123456789.+-eE") == std::string::npos;
    if (bare && known->unit != "s") bound += fmt::format(" {}", known->unit);
  }
  return fmt::format("{} {} {}", metric, text.substr(op, end - op), bound);
}

class Question {
 public:
  explicit Question(const Library& library) : words_(library) {}

  std::string text(const PlanOptions& p) {
    std::string model = words_.named("model", p.model, "model");
    std::string cluster = words_.cluster(p.cluster), workload = workloadOf(p);
    words_.import("std.explore", "Deployments");
    words_.import("std.serving", "Aggregated");
    std::string slo, goals;
    for (size_t at = 0; at < p.slo.size();) {
      size_t end = std::min(p.slo.find(',', at), p.slo.size());
      slo += fmt::format("  expect {}\n", promise(std::string_view(p.slo).substr(at, end - at)));
      at = end + 1;
    }
    if (slo.empty()) throw Misunderstood{"what is promised? --slo 'ttft<2s,tpot<50ms'"};
    std::string settings;
    if (!p.runtime.empty()) settings += fmt::format("  runtime = {}\n", words_.named("runtime", p.runtime, "runtime"));
    if (p.devices > 0) settings += fmt::format("  devices = {}\n", p.devices);
    if (p.concurrency > 0) settings += fmt::format("  concurrency = [{}]\n", p.concurrency);
    if (p.rate > 0) settings += "  concurrency = []\n";
    if (p.acceptance > 0) settings += fmt::format("  acceptance = {}\n", p.acceptance);
    std::string first = p.goal == "cost" ? "minimize cost_per_mtok" : "maximize throughput_per_gpu";
    if (p.goal == "tpot" || p.goal == "ttft") first = fmt::format("minimize mean({})", p.goal);
    std::string second = p.goal == "tpot" ? "maximize throughput_per_gpu" : "minimize mean(tpot)";
    std::string out = "edition 1\n" + words_.imports();
    out += fmt::format(R"(
deployment Base extends Aggregated {{
  model   = {}
  cluster = {}
  engine main {{ }}
}}

slo Promises {{
{}}}

scenario asked {{
  workload   = {}
  deployment = Base
  slo        = Promises
}}

explore plan extends Deployments {{
  base = asked
{}  expect slo.satisfied
  {}
  {}
}}
)",
                       model, cluster, slo, workload, settings, first, second);
    return out;
  }

 private:
  /// A workload of the library, or mean lengths `INPUT/OUTPUT` in tokens.
  std::string workloadOf(const PlanOptions& p) {
    std::string arrivals;
    if (p.rate > 0) {
      arrivals = fmt::format("arrivals = poisson({} req/s)", p.rate);
      words_.import("std.workload", "poisson");
    }
    size_t slash = p.workload.find('/');
    bool lengths = slash != std::string::npos && p.workload.find_first_not_of("0123456789/") == std::string::npos;
    if (!lengths) {
      return fmt::format("{} {{ {} }}", words_.named("workload", p.workload, "workload"), arrivals);
    }
    words_.import("std.workload", "Workload");
    if (arrivals.empty()) {
      arrivals = "arrivals = closed(64 req)";
      words_.import("std.workload", "closed");
    }
    return fmt::format("Workload {{ {}, input = constant({} tok), output = constant({} tok) }}", arrivals,
                       p.workload.substr(0, slash), p.workload.substr(slash + 1));
  }

  LibraryWords words_;
};

void declare(Arguments& arguments, PlanOptions& o) {
  arguments.required("MODEL", o.model, "a model of `afdc list models`, or its name at Hugging Face");
  arguments.required("CLUSTER", o.cluster, "a cluster of the standard library, or nodes of it: 8xH200x8");
  arguments.required("WORKLOAD", o.workload, "a workload of the standard library, or mean lengths in tokens: 1000/200");
  arguments.requiredOption("--slo", "PROMISES", o.slo, "what is promised: 'ttft<2s,tpot<50ms'");
  arguments.option(
      "--runtime", "NAME", o.runtime,
      "serving engine, a runtime of the standard library: vLLM, TensorRT_LLM, ideal (that of std.explore)");
  arguments.choiceOption("--goal", "GOAL", o.goal, "what is best among those that keep the promises",
                         {{"throughput", "tokens per second of a device"},
                          {"cost", "price of a token"},
                          {"tpot", "time per output token"},
                          {"ttft", "time to the first token"}});
  arguments.amountOption("--devices", "N", o.devices, "use at most so many devices (all)");
  arguments.amountOption("--concurrency", "N", o.concurrency, "requests in the system at once (tries powers of two)");
  arguments.amountOption("--rate", "R", o.rate,
                         "requests per second that arrive at random, instead of a fixed number at once");
  arguments.amountOption("--acceptance", "A", o.acceptance,
                         "chance that a token drafted by the checkpoint's own module is kept: tries drafts");
  arguments.flag("--print", o.print, "print what would be searched as a file for `afdc explore`");
  searchOptions(arguments, o.search);
}

}  // namespace

Output runPlan(const PlanOptions& o) {
  Session session(o.search.stdlib, o.search.allow);
  std::string text;
  try {
    text = Question(session.loader.library()).text(o);
  } catch (const Misunderstood& why) {
    return failure("plan", why.text);
  }
  if (o.print) return {kClean, text, ""};
  auto search = o.search;
  search.command = "plan";
  return searchAll(session, session.loader.loadText("plan", text), "", search);
}

Command planCommand() {
  return {.name = "plan",
          .purpose = Purpose::Search,
          .what = "say which deployment of a model on a cluster keeps a promise",
          .usage = {"afdc plan MODEL CLUSTER WORKLOAD --slo PROMISES [OPTIONS]"},
          .about =
              "Tries the deployments that the cluster has room for, aggregated and disaggregated, and shows the best "
              "that keep the promises. No file is needed; --print shows the one that is searched, and --write keeps "
              "the answer as a scenario.",
          .examples = {{"afdc plan Llama31_8B 1xH100x8 Chat --slo 'ttft<1s,tpot<20ms'", "chat on one node"},
                       {"afdc plan DeepSeek-V3 8xH200x8 4000/500 --slo 'tpot<50ms' --goal cost --print",
                        "the search as a file, to read and to change"}},
          .exits = "1 also when no deployment keeps the promises",
          .bind = bound(declare, runPlan)};
}

}  // namespace afdc
