// The question that `explore` answers, asked from a shell without a file. It is written down as one, so that what is
// searched can be read, kept and changed (`--print`).
#include "driver/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "results/metrics.h"
#include "session/session.h"
#include "support/text.h"

namespace afdc {

namespace {

/// What cannot be understood, for the person who typed it.
struct Misunderstood {
  std::string text;
};

LibraryEntry find(const Library& library, std::string_view kind, std::string_view asked, std::string_view what) {
  if (const auto* meant = library.meant(asked, kind)) return *meant;
  std::vector<std::string> names;
  for (const auto& d : library.ofKind(kind)) names.push_back(d.name);
  std::string text = fmt::format("no {} `{}` in the standard library", what, asked);
  // The nearest by spelling, or those that contain it.
  std::string near;
  for (const auto& n : names)
    if (contains(spokenName(n), spokenName(asked))) near += (near.empty() ? "" : ", ") + n;
  if (near.empty())
    if (auto meant = suggest(std::string(asked), names)) near = *meant;
  if (!near.empty()) text += fmt::format("; did you mean {}?", near);
  throw Misunderstood{text};
}

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
  explicit Question(const Library& library) : library_(library) {}

  std::string text(const PlanOptions& p) {
    auto model = find(library_, "model", p.model, "model");
    std::string cluster = clusterOf(p.cluster), workload = workloadOf(p);
    import(model);
    import("std.explore", "Deployments");
    import("std.serving", "Aggregated");
    std::string slo, goals;
    for (size_t at = 0; at < p.slo.size();) {
      size_t end = std::min(p.slo.find(',', at), p.slo.size());
      slo += fmt::format("  expect {}\n", promise(std::string_view(p.slo).substr(at, end - at)));
      at = end + 1;
    }
    if (slo.empty()) throw Misunderstood{"what is promised? --slo 'ttft<2s,tpot<50ms'"};
    std::string settings;
    if (!p.runtime.empty()) {
      auto engine = find(library_, "runtime", p.runtime, "runtime");
      import(engine);
      settings += fmt::format("  runtime = {}\n", engine.name);
    }
    if (p.devices > 0) settings += fmt::format("  devices = {}\n", p.devices);
    if (p.concurrency > 0) settings += fmt::format("  concurrency = [{}]\n", p.concurrency);
    if (p.rate > 0) settings += "  concurrency = []\n";
    if (p.acceptance > 0) settings += fmt::format("  acceptance = {}\n", p.acceptance);
    std::string first = p.goal == "cost" ? "minimize cost_per_mtok" : "maximize throughput_per_gpu";
    if (p.goal == "tpot" || p.goal == "ttft") first = fmt::format("minimize mean({})", p.goal);
    std::string second = p.goal == "tpot" ? "maximize throughput_per_gpu" : "minimize mean(tpot)";
    std::string out = "edition 1\n";
    std::sort(imports_.begin(), imports_.end());
    imports_.erase(std::unique(imports_.begin(), imports_.end()), imports_.end());
    for (size_t i = 0; i < imports_.size(); ++i) {
      const auto& [module, name] = imports_[i];
      bool begins = i == 0 || imports_[i - 1].first != module,
           ends = i + 1 == imports_.size() || imports_[i + 1].first != module;
      out += (begins ? fmt::format("import {} {{ ", module) : ", ") + name + (ends ? " }\n" : "");
    }
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
                       model.name, cluster, slo, workload, settings, first, second);
    return out;
  }

 private:
  void import(std::string module, std::string name) { imports_.emplace_back(std::move(module), std::move(name)); }
  void import(const LibraryEntry& entry) { import(entry.module, entry.name); }

  /// A cluster of the library, or nodes of it: `H200_16`, `H200x8`, `8xH200x8`.
  std::string clusterOf(std::string_view asked) {
    if (const auto* cluster = library_.meant(asked, "cluster")) {
      import(*cluster);
      return cluster->name;
    }
    size_t digits = asked.find_first_not_of("0123456789");
    std::string count = "1";
    auto node = asked;
    if (digits > 0 && digits != std::string_view::npos && asked[digits] == 'x') {
      count = std::string(asked.substr(0, digits));
      node = asked.substr(digits + 1);
    }
    auto found = find(library_, "node", node, "cluster or node");
    import(found);
    import("std.hw", "Cluster");
    return fmt::format("Cluster {{ pool gpus {{ node = {}, count = {} }} }}", found.name, count);
  }

  /// A workload of the library, or mean lengths `INPUT/OUTPUT` in tokens.
  std::string workloadOf(const PlanOptions& p) {
    std::string arrivals;
    if (p.rate > 0) {
      arrivals = fmt::format("arrivals = poisson({} req/s)", p.rate);
      import("std.workload", "poisson");
    }
    size_t slash = p.workload.find('/');
    bool lengths = slash != std::string::npos && p.workload.find_first_not_of("0123456789/") == std::string::npos;
    if (!lengths) {
      auto found = find(library_, "workload", p.workload, "workload");
      import(found);
      return fmt::format("{} {{ {} }}", found.name, arrivals);
    }
    import("std.workload", "Workload");
    if (arrivals.empty()) {
      arrivals = "arrivals = closed(64 req)";
      import("std.workload", "closed");
    }
    return fmt::format("Workload {{ {}, input = constant({} tok), output = constant({} tok) }}", arrivals,
                       p.workload.substr(0, slash), p.workload.substr(slash + 1));
  }

  const Library& library_;
  std::vector<std::pair<std::string, std::string>> imports_;  ///< module and name
};

void declare(Arguments& arguments, PlanOptions& o) {
  arguments.required("MODEL", o.model, "a model of the standard library, or its name at Hugging Face");
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
