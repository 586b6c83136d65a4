// The question that `explore` answers, asked from a shell without a file. It is written down as one, so that what is
// searched can be read, kept and changed (`--print`).
#include "driver/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "driver/library_words.h"
#include "frontend/syntax/format.h"
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

/// An engine that the search lays out, and the space that it belongs to (std.explore).
struct SearchedEngine {
  std::string_view space, path;
};
constexpr SearchedEngine kSearchedEngines[] = {{"aggregated", "deployment.main"},
                                               {"disaggregated", "deployment.prefill"},
                                               {"disaggregated", "deployment.decode"},
                                               {"afd", "deployment.prefill"},
                                               {"afd", "deployment.decode"}};
/// What takes devices of a pool and has formats of its own: an engine, but of the last one its groups.
constexpr SearchedEngine kSearchedParts[] = {
    {"aggregated", "deployment.main"}, {"disaggregated", "deployment.prefill"}, {"disaggregated", "deployment.decode"},
    {"afd", "deployment.prefill"},     {"afd", "deployment.decode.attention"},  {"afd", "deployment.decode.ffn"}};

/// Is `path` the other path or something inside of it?
bool isWithin(std::string_view path, std::string_view other) {
  return path.starts_with(other) && (path.size() == other.size() || path[other.size()] == '.');
}

/// Lines that go into blocks of the file: the search itself, each of its spaces, and the scenario that it begins with.
struct Settings {
  std::string search, scenario;
  std::map<std::string_view, std::string> spaces;
};

class Question {
 public:
  explicit Question(const Library& library) : library_(library), words_(library) {}

  std::string text(const PlanOptions& p) {
    std::string model = words_.named("model", p.model, "model");
    auto cluster = words_.cluster(p.cluster);
    std::string workload = workloadOf(p), slo = promisesOf(p.slo);
    words_.import("std.explore", "Deployments");
    words_.import("std.serving", "Aggregated");
    searchedWith(p);
    inPools(cluster.pools);
    inFormats(p);
    for (const auto& set : p.sets) changed(set);
    bool arrives = p.rate > 0 || settings_.scenario.find("  workload.arrivals") != std::string::npos;
    if (arrives && p.concurrency == 0) settings_.search += "  concurrency = []\n";
    std::string engine = cluster.pools.size() > 1 ? fmt::format("pool = \"{}\"", cluster.pools[0]) : "";
    std::string out = "edition 1\n" + words_.imports();
    out += fmt::format(
        "\ndeployment Base extends Aggregated {{\n  model   = {}\n  cluster = {}\n  engine main {{ {} }}\n}}\n", model,
        cluster.text, engine);
    out += fmt::format("\nslo Promises {{\n{}}}\n", slo);
    // What is set changes what has been said, so that it has a scenario of its own.
    std::string first = settings_.scenario.empty() ? "asked" : "given";
    out += fmt::format("\nscenario {} {{\n  workload   = {}\n  deployment = Base\n  slo        = Promises\n}}\n", first,
                       workload);
    if (first != "asked") out += fmt::format("\nscenario asked = {} {{\n{}}}\n", first, settings_.scenario);
    out += fmt::format("\nexplore plan extends Deployments {{\n  base = asked\n{}", settings_.search);
    for (const auto& [space, lines] : settings_.spaces) out += fmt::format("  space {} {{\n{}  }}\n", space, lines);
    return formatSource(out + fmt::format("  expect slo.satisfied\n{}}}\n", goalsOf(p.goal)));
  }

 private:
  static std::string promisesOf(std::string_view asked) {
    std::string out;
    for (size_t at = 0; at < asked.size();) {
      size_t end = std::min(asked.find(',', at), asked.size());
      out += fmt::format("  expect {}\n", promise(asked.substr(at, end - at)));
      at = end + 1;
    }
    if (out.empty()) throw Misunderstood{"what is promised? --slo 'ttft<2s,tpot<50ms'"};
    return out;
  }

  static std::string goalsOf(std::string_view goal) {
    std::string first = goal == "cost" ? "minimize cost_per_mtok" : "maximize throughput_per_gpu";
    if (goal == "tpot" || goal == "ttft") first = fmt::format("minimize mean({})", goal);
    std::string second = goal == "tpot" ? "maximize throughput_per_gpu" : "minimize mean(tpot)";
    return fmt::format("  {}\n  {}\n", first, second);
  }

  void searchedWith(const PlanOptions& p) {
    auto line = [&](const std::string& text) { settings_.search += "  " + text + "\n"; };
    if (!p.runtime.empty()) line("runtime = " + words_.named("runtime", p.runtime, "runtime"));
    if (p.devices > 0) line(fmt::format("devices = {}", p.devices));
    if (p.concurrency > 0) line(fmt::format("concurrency = [{}]", p.concurrency));
    if (p.acceptance > 0) line(fmt::format("acceptance = {}", p.acceptance));
  }

  void inSpace(std::string_view space, std::string_view text) {
    settings_.spaces[space] += fmt::format("    {}\n", text);
  }

  /// Each engine may lie in each pool.
  void inPools(const std::vector<std::string>& pools) {
    if (pools.size() < 2) return;
    std::string names;
    for (const auto& pool : pools) names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", pool);
    for (const auto& [space, path] : kSearchedParts) inSpace(space, fmt::format("vary {}.pool in [{}]", path, names));
  }

  void inFormats(const PlanOptions& p) {
    std::string weights = p.quant.empty() ? "" : formatOf("--quant", p.quant);
    std::string caches = p.kv.empty() ? "" : formatOf("--kv", p.kv);
    for (const auto& [space, path] : kSearchedParts) {
      if (!weights.empty())
        for (auto cls : {"linear", "expert"}) inSpace(space, fmt::format("{}.quant.{} = {}", path, cls, weights));
      if (!caches.empty()) inSpace(space, fmt::format("{}.quant.kv = {}", path, caches));
    }
  }

  std::string formatOf(std::string_view option, std::string_view asked) const {
    std::vector<std::string> names;
    for (const auto& entry : library_.ofKind("let")) {
      if (entry.module != "std.precision") continue;
      if (spokenName(entry.name) == spokenName(asked)) return entry.name;
      names.push_back(entry.name);
    }
    throw Misunderstood{fmt::format("{}: no format `{}`; there are {}", option, asked, joinWords(names))};
  }

  /// `--set PATH=VALUE`: of an engine in the spaces that have it, of the load and the model in the scenario, else of
  /// the search.
  void changed(std::string_view set) {
    size_t equals = set.find('=');
    if (equals == 0 || equals == std::string_view::npos || contains(set, "\n"))
      throw Misunderstood{fmt::format("--set: `{}` is no PATH=VALUE: deployment.main.kv_cache.fraction=0.8", set)};
    auto path = set.substr(0, equals);
    std::string line = fmt::format("{} = {}", path, valueOf(set.substr(equals + 1)));
    bool ofEngine = false;
    for (const auto& engine : kSearchedEngines)
      if (isWithin(path, engine.path)) {
        inSpace(engine.space, line);
        ofEngine = true;
      }
    if (ofEngine) return;
    bool ofScenario = isWithin(path, "workload") || isWithin(path, "deployment");
    (ofScenario ? settings_.scenario : settings_.search) += "  " + line + "\n";
  }

  /// A value with the names of the library in it imported; one name alone may be spoken.
  std::string valueOf(std::string_view value) {
    for (std::string_view kind : {"model", "gpu", "node", "cluster", "runtime", "workload"})
      if (library_.meant(value, kind)) return words_.named(kind, value, kind);
    auto isOfName = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    for (size_t at = 0; at < value.size();) {
      size_t end = at;
      while (end < value.size() && isOfName(value[end])) ++end;
      const auto* entry = library_.find(value.substr(at, end - at));
      if (entry && entry->module != "std.precision") words_.import(entry->module, entry->name);
      at = std::max(end, at + 1);
    }
    return std::string(value);
  }

  /// A workload of the library, or mean lengths `INPUT/OUTPUT` in tokens; --isl and --osl go before either.
  std::string workloadOf(const PlanOptions& p) {
    size_t slash = p.workload.find('/');
    bool lengths = slash != std::string::npos && p.workload.find_first_not_of("0123456789/") == std::string::npos;
    if (p.workload.empty() && (p.isl == 0 || p.osl == 0))
      throw Misunderstood{
          "WORKLOAD is missing: a workload of `afdc list workloads`, mean lengths such as 1000/200, or "
          "both --isl and --osl"};
    std::string input = p.isl > 0 ? std::to_string(p.isl) : lengths ? p.workload.substr(0, slash) : "";
    std::string output = p.osl > 0 ? std::to_string(p.osl) : lengths ? p.workload.substr(slash + 1) : "";
    bool own = lengths || p.workload.empty();
    std::vector<std::string> members;
    if (p.rate > 0) {
      members.push_back(fmt::format("arrivals = poisson({} req/s)", p.rate));
      words_.import("std.workload", "poisson");
    } else if (own) {
      members.emplace_back("arrivals = closed(64 req)");
      words_.import("std.workload", "closed");
    }
    if (!input.empty()) members.push_back(fmt::format("input = constant({} tok)", input));
    if (!output.empty()) members.push_back(fmt::format("output = constant({} tok)", output));
    if (own) words_.import("std.workload", "Workload");
    std::string name = own ? "Workload" : words_.named("workload", p.workload, "workload"), inner;
    for (const auto& member : members) inner += (inner.empty() ? "" : ", ") + member;
    return inner.empty() ? name + " { }" : fmt::format("{} {{ {} }}", name, inner);
  }

  const Library& library_;
  LibraryWords words_;
  Settings settings_;
};

void declare(Arguments& arguments, PlanOptions& o) {
  arguments.required("MODEL", o.model, "a model of `afdc list models`, or its name at Hugging Face");
  arguments.required("CLUSTER", o.cluster,
                     "a cluster of `afdc list clusters`, or nodes: 8xH200x8; of two kinds: 1xH100x8+1xH200x8");
  arguments.optional("WORKLOAD", o.workload,
                     "a workload of `afdc list workloads`, or mean lengths in tokens: 1000/200; or --isl and --osl");
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
  arguments.amountOption("--isl", "N", o.isl, "mean tokens of a prompt (those of WORKLOAD)");
  arguments.amountOption("--osl", "N", o.osl, "mean tokens of an answer (those of WORKLOAD)");
  arguments.option("--kv", "FORMAT", o.kv, "format of caches: fp8 (the checkpoint's)");
  arguments.option("--quant", "FORMAT", o.quant, "format of weights: fp8, nvfp4 (the checkpoint's)");
  arguments.repeatedOption("--set", "PATH=VALUE", o.sets,
                           "a field of the load, of an engine or of the search: deployment.main.kv_cache.fraction=0.8");
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
  return {
      .name = "plan",
      .purpose = Purpose::Search,
      .what = "say which deployment of a model on a cluster keeps a promise",
      .usage = {"afdc plan MODEL CLUSTER [WORKLOAD] --slo PROMISES [OPTIONS]"},
      .about =
          "Tries the deployments that the cluster has room for, aggregated and disaggregated, and shows the best "
          "that keep the promises. No file is needed; --print shows the one that is searched, and --write keeps "
          "the answer as a scenario.",
      .examples = {{"afdc plan Llama31_8B 1xH100x8 Chat --slo 'ttft<1s,tpot<20ms'", "chat on one node"},
                   {"afdc plan DeepSeek-V3 8xH200x8 4000/500 --slo 'tpot<50ms' --goal cost --print",
                    "the search as a file, to read and to change"},
                   {"afdc plan Llama31_8B 1xH100x8+1xH200x8 --isl 2000 --osl 300 --kv fp8 --slo 'tpot<20ms' --top 3",
                    "on nodes of two kinds, with caches of eight bits"}},
      .exits = "1 also when no deployment keeps the promises",
      .bind = bound(declare, runPlan)};
}

}  // namespace afdc
