#include "driver/init.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "driver/library_words.h"
#include "frontend/syntax/format.h"
#include "session/session.h"
#include "support/escape.h"
#include "support/output_file.h"
#include "support/text.h"

namespace afdc {

namespace {

/// No file is one that may be written over.
constexpr FileKind kNothingThere = {"an empty file", [](std::string_view) { return false; }};

/// How an engine is laid out: devices of a replica, and replicas.
struct StartingLayout {
  size_t tp = 1, replicas = 1;
};

/// The text of kStartingFile with names in the place of its marks.
class StartingFile {
 public:
  StartingFile(const Library& library, const InitOptions& o) : words_(library), o_(o) {}

  std::string text(const StartingLayout& layout) {
    std::string body = replaced(kStartingFile, layout);
    words_.import("std.serving", "Aggregated");
    words_.import("std.serving", "ChunkedPrefill");
    words_.import("std.workload", "closed");
    constexpr std::string_view kImports = "@imports@\n";
    body.replace(body.find(kImports), kImports.size(), words_.imports());
    return formatSource(body);
  }

 private:
  std::string replaced(std::string_view text, const StartingLayout& layout) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
      size_t begin = std::min(text.find('@', at), text.size()), end = text.find('@', begin + 1);
      out += text.substr(at, begin - at);
      if (begin == text.size()) break;
      out += saidFor(text.substr(begin + 1, end - begin - 1), layout);
      at = end + 1;
    }
    return out;
  }

  std::string saidFor(std::string_view mark, const StartingLayout& layout) {
    size_t space = std::min(mark.find(' '), mark.size() - 1);
    auto what = mark.substr(0, space), usual = mark.substr(space + 1);
    if (what == "model") return words_.named("model", o_.model.empty() ? usual : o_.model, "model");
    if (what == "gpus") return words_.cluster(o_.gpus.empty() ? usual : o_.gpus).text;
    if (what == "runtime" || what == "workload") return words_.named(what, usual, what);
    if (mark == "tp") return std::to_string(layout.tp);
    if (mark == "replicas") return std::to_string(layout.replicas);
    return fmt::format("@{}@", mark);
  }

  LibraryWords words_;
  const InitOptions& o_;
};

/// What is known of a text: devices of a node and of its whole cluster, and whether nothing is said against it.
struct Tried {
  size_t ofNode = 1, all = 1;
  bool good = false;
  std::string problem;  ///< the first message
};

Tried tried(const std::string& text, const InitOptions& o) {
  Session session(o.stdlib);
  Tried out;
  Module* module = session.loader.loadText("start", text);
  session.evaluator.check(*module);
  auto scenarios = session.scenarios(*module, "", {});
  if (scenarios.empty()) return out;
  auto s = session.evaluator.lowerToScenario(scenarios[0]);
  auto pools = s.blocks(s.find(s.root, "deployment.cluster"), "pool");
  if (!pools.empty()) {
    auto number = [&](std::string_view path) { return static_cast<size_t>(s.number(pools[0], path).value_or(1)); };
    out.ofNode = number("node.gpus");
    out.all = out.ofNode * number("count");
  }
  auto results = session.diags.errors() == 0 ? runPasses(s, "", session.diags).results : std::nullopt;
  out.good = results && session.diags.count() == 0 &&
             std::ranges::all_of(results->slo, [](const auto& p) { return p.verdict == Verdict::Pass; });
  if (session.diags.count() > 0) out.problem = session.diags.text(false, 1);
  return out;
}

/// Powers of two in the order in which they are tried: a whole node, parts of it, then several nodes.
std::vector<size_t> degrees(size_t ofNode, size_t all) {
  std::vector<size_t> out;
  for (size_t tp = 1; tp <= ofNode; tp *= 2) out.insert(out.begin(), tp);
  for (size_t tp = 2 * out.front(); tp <= all; tp *= 2) out.push_back(tp);
  return out;
}

/// The file with the first layout of which nothing is said. Throws Misunderstood.
std::string startingText(const InitOptions& o) {
  Session session(o.stdlib);
  const auto& library = session.loader.library();
  auto with = [&](const StartingLayout& layout) { return StartingFile(library, o).text(layout); };
  auto first = tried(with({}), o);
  for (size_t tp : degrees(first.ofNode, first.all)) {
    auto text = with({tp, first.all / tp});
    if (tried(text, o).good) return text;
  }
  throw Misunderstood{
      fmt::format("no way was found to serve this model on these devices without a finding; say more or larger ones "
                  "with --gpus, or "
                  "ask `afdc plan`\n{}",
                  first.problem)};
}

void declare(Arguments& arguments, InitOptions& o) {
  arguments.optional("FILE", o.file, "the file to write, one that there is not yet (scenario.afd); - prints it");
  arguments.option("--model", "NAME", o.model, "a model of `afdc list models`, or its name at Hugging Face");
  arguments.option("--gpus", "CLUSTER", o.gpus, "a cluster of `afdc list clusters`, or nodes: H200x8, 2xH200x8");
  stdlibOption(arguments, o.stdlib);
}

}  // namespace

Output runInit(const InitOptions& o) {
  try {
    OutputFile file(o.file, kNothingThere);
    bool prints = o.file == "-";
    auto obstacle = prints ? "" : file.obstacle();
    std::error_code error;
    if (!obstacle.empty() && std::filesystem::is_regular_file(o.file, error))
      return failure("init", fmt::format("`{}` is there already, and is left as it is; say another name", o.file));
    if (!obstacle.empty()) return failure("init", obstacle);
    auto text = startingText(o);
    if (prints) return {kClean, text, ""};
    if (auto problem = file.write(text); !problem.empty()) return failure("init", problem);
    auto name = onOneLine(o.file);
    return {kClean, fmt::format("{}: written; `afdc eval {}` evaluates it\n", name, onOneLine(shellWord(o.file))), ""};
  } catch (const Misunderstood& why) {
    return failure("init", why.text);
  }
}

Command initCommand() {
  return {.name = "init",
          .purpose = Purpose::Write,
          .what = "write a file to begin with",
          .usage = {"afdc init [FILE] [OPTIONS]"},
          .about =
              "Writes a small file with comments: a deployment, a load and promises, all of which can be changed. It "
              "checks and evaluates as it is. A file that is there already is never written over.",
          .examples = {{"afdc init first.afd", "a small model on one node"},
                       {"afdc init - --model deepseek-ai/DeepSeek-R1 --gpus 2xH200x8", "another one, printed"}},
          .bind = bound(declare, runInit)};
}

}  // namespace afdc
