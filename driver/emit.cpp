// A scenario is evaluated, then a target writes its files.
#include "driver/emit.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "backends/emit/diagnostics.h"
#include "backends/registry.h"
#include "passes/deployment/diagnostics.h"
#include "passes/evaluation/trace.h"
#include "session/diagnostics.h"
#include "session/session.h"
#include "support/document.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc {

namespace {

std::string listOfTargets() {
  size_t width = 0;
  for (const auto* t : emit::targets()) width = std::max(width, t->name.size());
  std::string out;
  for (const auto* t : emit::targets()) out += fmt::format("{:<{}}  {}\n", t->name, width, t->version);
  return out;
}

Document documentOfTargets() {
  auto list = Document::list();
  for (const auto* t : emit::targets())
    list.add(Document::map().set("name", t->name).set("title", t->title).set("version", t->version));
  return list;
}

/// The place of a path of a scenario, or of the longest part of it that there is.
SourceRange placeOf(const ir::Scenario& s, std::string_view path, const Diagnostics& diags) {
  for (;;) {
    auto node = path.empty() ? s.root : s.find(s.root, path);
    if (auto range = node.valid() ? rangeOf(s, node, diags) : SourceRange{}; range.valid() || path.empty())
      return range;
    size_t dot = path.rfind('.');
    path = dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
  }
}

/// One scenario to one target.
struct Job {
  const emit::Target* target = nullptr;
  Object* scenario = nullptr;
  std::string to;
  bool lossy = false;
};

/// The target of this name; says on stderr why there is none that can do what is asked.
const emit::Target* targetOf(const std::string& name, const EmitOptions& o, Output& out) {
  const auto* found = emit::findTarget(name);
  if (!found) {
    std::vector<std::string> names;
    for (const auto* t : emit::targets()) names.emplace_back(t->name);
    auto meant = suggest(name, names);
    out.err += fmt::format("afdc emit: no target `{}`{}; there are {}\n", onOneLine(name),
                           meant ? fmt::format(" (did you mean `{}`?)", *meant) : "", joinWords(names));
  } else if (!o.run.empty() && !found->run) {
    out.err += fmt::format("afdc emit: --run has nothing to start for {}: docs/emit/{}.md says how it is run\n",
                           found->title, found->name);
    found = nullptr;
  }
  if (!found) out.code = kUsage;
  return found;
}

/// What the command line asks for: one target, of the one scenario that there is or that it names.
std::vector<Job> jobOfCommandLine(Session& session, Module& module, const EmitOptions& o, Output& out) {
  const auto* target = targetOf(o.target, o, out);
  if (!target) return {};
  auto chosen = session.scenarios(module, o.scenario, o.sets);
  if (chosen.size() > 1) {
    std::vector<std::string> labels;
    for (const auto* c : chosen) labels.push_back(onOneLine(c->label));
    out.err +=
        fmt::format("afdc emit: {} has {} scenarios; say which: {}\n", o.file, chosen.size(), joinWords(labels, "or"));
    out.code = kUsage;
    return {};
  }
  std::vector<Job> jobs;
  for (auto* c : chosen) jobs.push_back({target, c, o.to, o.lossy});
  return jobs;
}

/// What one `emit` block asks for; nullopt after a message.
std::optional<Job> jobOfBlock(Session& session, Object* block, const EmitOptions& o, Output& out) {
  const auto* target = targetOf(block->label, o, out);
  if (!target) return std::nullopt;
  auto* of = session.evaluator.recordField(block, "of");
  if (!of || !of->schema->isA("Scenario")) {
    bool search = of && of->schema->isA("Explore");
    session.diags
        .report<diag::not_evaluable>(block->declared, block->label, search ? "`of` is a search" : "`of` is no scenario")
        .help(search ? "afdc explore writes searches: --html, --csv, --format markdown" : "name a scenario");
    return std::nullopt;
  }
  auto path = session.evaluator.texts(block, "path");
  bool accepted = session.evaluator.symbol(block, "on_unsupported") == "warn";
  std::string to = !o.to.empty() || path.empty() ? o.to : path[0];
  if (o.to.empty() && !to.empty() && !emit::below(to)) {
    session.diags.report<diag::path_leaves>(block->declared, to).help("-o DIR says another folder");
    return std::nullopt;
  }
  return Job{target, of, to, o.lossy || accepted};
}

/// What the file's `emit` blocks ask for, all or those of the target that the command line names.
std::vector<Job> jobsOfBlocks(Session& session, Module& module, const EmitOptions& o, Output& out) {
  auto blocks = session.evaluator.blocks(module, "emit");
  if (blocks.empty())
    session.diags.report<diag::nothing_to_do>({}, module.name, "`emit` block")
        .help("name a target: afdc emit TARGET FILE, or declare `emit TARGET { of = scenario, path = \"out\" }`");
  std::vector<Job> jobs;
  for (auto* block : blocks) {
    if (!o.scenario.empty() && block->label != o.scenario) continue;
    auto job = jobOfBlock(session, block, o, out);
    if (!job) return {};
    jobs.push_back(std::move(*job));
  }
  return jobs;
}

std::string treeOf(const emit::Emission& emission, const std::string& directory) {
  std::vector<std::string> lines;
  for (const auto& f : emission.files)
    lines.push_back(f.linkTo.empty() ? f.path : fmt::format("{} -> {}", f.path, f.linkTo));
  lines.emplace_back("manifest.json");
  std::string out = onOneLine(directory) + "\n";
  constexpr size_t kShown = 60;
  for (size_t i = 0; i < std::min(lines.size(), kShown); ++i) out += "  " + lines[i] + "\n";
  if (lines.size() > kShown) out += fmt::format("  and {} more\n", lines.size() - kShown);
  return out;
}

bool runJob(Session& session, const Job& job, const EmitOptions& o, Output& out) {
  auto lowered = session.evaluator.lowerToScenario(job.scenario);
  if (session.diags.errors() > 0) return false;
  auto evaluated = runPasses(lowered, "", session.diags);
  if (!evaluated.results || session.diags.errors() > 0) return false;
  stamp(*evaluated.results);
  auto view = readDeployment(lowered, session.diags);
  if (!view) return false;
  emit::Input input{
      lowered, std::move(*view), *evaluated.results, [&] { return tracesOf(evaluated); }, AFDC_VERSION, o.requests,
      o.seed};
  auto emission = emit::emitTo(*job.target, input, job.lossy);
  for (const auto& r : emission.refusals)
    session.diags.report<diag::not_expressible>(placeOf(lowered, r.path, session.diags), job.target->title, r.what);
  for (const auto& l : emission.losses)
    session.diags.report<diag::lossy>(placeOf(lowered, l.path, session.diags), job.target->title, l.what);
  if (!emission.refusals.empty()) return false;
  std::string to = job.to.empty() ? std::string(job.target->name) : job.to;
  if (o.dryRun) {
    out.out += treeOf(emission, to);
    return true;
  }
  auto written = emit::writeEmission(to, *job.target, input, emission, o.force, session.loader.filesRead());
  if (!written.error.empty()) {
    out.err += fmt::format("afdc emit: {}\n", onOneLine(written.error));
    out.code = kUsage;
    return false;
  }
  out.out += fmt::format("{}: {} files in {}\n", job.target->name, written.files.size(), onOneLine(to));
  if (o.run.empty()) return true;
  auto ran = job.target->run(o.run, to);
  out.out += ran.table, out.err += ran.problems;
  if (!ran.problems.empty()) out.code = std::max<int>(out.code, kFindings);
  return ran.problems.empty();
}

void declare(Arguments& arguments, EmitOptions& o) {
  arguments.optional("TARGET", o.target, "what to write; without one, what the file's `emit` blocks say");
  arguments.optional("FILE", o.file, "the file with the scenarios; - for standard input");
  arguments.optional("SCENARIO", o.scenario, "which one of its scenarios, or of its `emit` blocks");
  arguments.option("-o", "DIR", o.to, "write the files into this directory (called like the target)");
  arguments.flag("--list-targets", o.listTargets, "what can be written, and for which version");
  arguments.flag("--dry-run", o.dryRun, "show the tree of files, write nothing");
  arguments.flag("--force", o.force, "write over files that were changed or are not from here");
  arguments.flag("--lossy", o.lossy, "leave out what the target cannot say, with a warning");
  arguments.option("--requests", "N", o.requests,
                   fmt::format("length of a synthetic trace, at most {}", emit::kMostRequests), emit::kMostRequests);
  arguments.option("--seed", "N", o.seed, "of a synthetic trace");
  arguments.option("--run", "BIN", o.run, "give what was written to this simulator and show its figures beside ours");
  setOption(arguments, o.sets);
  formatOption(arguments, o.printing);
  readingOptions(arguments, o.stdlib, o.allow);
}

/// Without a target the file comes first: what was taken for the target is the file, and so on.
EmitOptions placed(EmitOptions o) {
  if (o.target.ends_with(".afd")) {
    o.scenario = o.file;
    o.file = std::exchange(o.target, "");
  }
  return o;
}

}  // namespace

Output runEmit(const EmitOptions& asked) {
  if (asked.listTargets) return {kClean, asked.printing.json() ? documentOfTargets().json() : listOfTargets(), ""};
  auto o = placed(asked);
  if (o.file.empty()) throw WrongUse{"FILE is missing: the file with the scenarios; --list-targets shows the targets"};
  Output out;
  Session session(o.stdlib, o.allow);
  Module* module = session.loader.loadFile(o.file);
  if (module) session.evaluator.check(*module);
  if (module && session.diags.errors() == 0)
    for (const auto& job :
         o.target.empty() ? jobsOfBlocks(session, *module, o, out) : jobOfCommandLine(session, *module, o, out))
      if (!runJob(session, job, o, out)) break;
  out.err += messagesOf(session.diags, o.printing);
  if (session.diags.errors() > 0) out.code = std::max<int>(out.code, kFindings);
  if (!module) out.code = kUsage;
  return out;
}

Command emitCommand() {
  return {
      .name = "emit",
      .purpose = Purpose::HandOver,
      .what = "write the inputs of a simulator or of a serving system from a scenario",
      .usage = {"afdc emit TARGET FILE [SCENARIO] [OPTIONS]", "afdc emit FILE [TARGET] [OPTIONS]",
                "afdc emit --list-targets"},
      .about =
          "What a target cannot say is an error at its place, or with --lossy a warning. Files that were changed by "
          "hand since they were written are not written over without --force.",
      .examples = {{"afdc emit --list-targets", "what can be written"},
                   {"afdc emit sglang examples/deepseek_v3_h200.afd chat -o out", "start scripts"},
                   {"afdc emit prometheus examples/deepseek_v3_h200.afd chat --dry-run", "which files there would be"}},
      .bind = bound(declare, runEmit)};
}

}  // namespace afdc
