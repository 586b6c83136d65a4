#include "driver/explore.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "backends/report/explore.h"
#include "backends/report/requirements.h"
#include "driver/interruption.h"
#include "driver/progress.h"
#include "driver/search_files.h"
#include "session/diagnostics.h"
#include "session/searches.h"
#include "support/text.h"

namespace afdc {

namespace {

/// How fast it went, for those who want to know: no part of the result, which is the same on any machine.
std::string speed(const SearchResult& r, double seconds) {
  double evaluated = static_cast<double>(r.points - r.pruned - r.refused);
  auto rate = [&](double n) { return significant(n / seconds, 3); };
  return fmt::format(
      "{}: {} points with figures of their own in {} s: {}/s; {} step times ({}/s), {} points each; made for them: {} "
      "scenarios, {} engines, {} engines under a load\n",
      r.name, significant(evaluated, 12), significant(seconds, 3), rate(evaluated),
      significant(static_cast<double>(r.steps), 12), rate(static_cast<double>(r.steps)),
      significant(evaluated / std::max(1.0, static_cast<double>(r.steps)), 3), r.resolved, r.roles, r.sides);
}

/// What was found of all searches of a module.
struct Searched {
  std::vector<SearchResult> results;
  std::vector<RequirementTable> required;
  int stoppedBy = 0;         ///< an exit code that says which signal it was
  std::string error = {};    ///< of the state that was to be gone on from
  std::string unsaved = {};  ///< why the state of a stopped search is not kept
  bool stopped() const { return stoppedBy != 0; }
};

SearchOrder orderOf(const SearchOptions& o) {
  SearchOrder order;
  order.keep.top = std::max<size_t>(1, o.top);
  order.keep.threads = o.threads;
  order.keep.explain = !o.htmlTo.empty();
  order.keep.sources = !o.bestTo.empty() || !o.htmlTo.empty();
  order.keep.verify = o.verify;
  order.maker = AFDC_VERSION;
  order.state = o.resume;
  return order;
}

/// Adds what one search finds. False: it is the last one, for it was stopped or has failed.
bool searchOne(Session& session, Object* explore, const SearchOptions& o, Searched& found) {
  auto required = findRequirements(session, explore, Interruption::asked());
  if (!required.empty()) {
    found.required.insert(found.required.end(), required.begin(), required.end());
    found.stoppedBy = Interruption::exitCode();
    return !found.stopped();
  }
  auto from = std::chrono::steady_clock::now();
  SearchRun run;
  {
    Progress progress;
    run = runSearch(session, explore, orderOf(o),
                    {Interruption::asked(), [&](uint64_t number, uint64_t all) { progress.at(number, all); }});
  }
  found.error = run.error;
  if (!found.error.empty()) return false;
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  if (o.stats) std::fprintf(stderr, "%s", speed(run.result, seconds).c_str());
  found.results.push_back(std::move(run.result));
  found.unsaved = run.unsaved;
  if (run.stopped) found.stoppedBy = Interruption::exitCode();
  return !found.stopped();
}

/// Runs searches one after the other until all are done or someone interrupts them.
Searched search(Session& session, const std::vector<Object*>& searches, const SearchOptions& o) {
  Searched found;
  Interruption interruption;
  for (auto* explore : searches)
    if (!searchOne(session, explore, o, found)) break;
  for (const auto& r : found.results)
    if (r.differing > 0)
      session.diags.report<diag::internal_error>(
          {}, fmt::format("{} points of `{}` get other figures when they are evaluated alone", r.differing, r.name));
  return found;
}

std::string requirementsIn(const std::vector<RequirementTable>& required, const Printing& printing) {
  switch (printing.format) {
    case Format::Json: return requirementsJson(required);
    case Format::Markdown: return requirementsMarkdown(required);
    default: return requirementsReport(required, printing.screen);
  }
}

std::string answerOf(const Searched& found, const Printing& printing) {
  if (found.results.empty() && !found.required.empty()) return requirementsIn(found.required, printing);
  if (printing.json()) return searchJson(found.results);
  if (printing.markdown()) return searchMarkdown(found.results);
  std::string out = found.required.empty() ? "" : requirementsReport(found.required, printing.screen) + "\n";
  for (size_t i = 0; i < found.results.size(); ++i)
    out += (i ? "\n" : "") + searchReport(found.results[i], printing.screen);
  return out;
}

/// The `explore` blocks of a module: all, or the one with this name.
std::vector<Object*> searchesOf(Session& session, Module& module, const std::string& name) {
  std::vector<Object*> out;
  for (auto* object : session.evaluator.blocks(module, "explore"))
    if (name.empty() || object->label == name) out.push_back(object);
  if (out.empty())
    session.diags.report<diag::nothing_to_do>({}, module.name,
                                              name.empty() ? "explore" : fmt::format("explore `{}`", name));
  return out;
}

}  // namespace

Output searchAll(Session& session, Module* module, const std::string& name, const SearchOptions& o) {
  if (module) session.evaluator.check(*module);
  SearchFiles files(o, [&] { return session.loader.filesRead(); });
  Searched found;
  if (module && session.diags.errors() == 0) {
    auto searches = searchesOf(session, *module, name);
    if (searches.size() > 1 && !o.resume.empty())
      return failure(o.command, fmt::format("{} holds {} searches: name the one that --resume goes on with",
                                            module->name, searches.size()));
    files.foretell();
    found = search(session, searches, o);
  }
  if (!found.error.empty()) return failure(o.command, found.error);
  Output out;
  out.out = answerOf(found, o.printing);
  if (session.diags.count() > 0) out.err = messagesOf(session.diags, o.printing);
  bool none =
      std::any_of(found.results.begin(), found.results.end(), [](const SearchResult& r) { return r.kept == 0; });
  if (none || session.diags.errors() > 0) out.code = kFindings;
  if (!module) out.code = kUsage;
  // Whatever happens to the files, the answer is shown.
  bool answered = !found.results.empty() || !found.required.empty();
  if (answered) files.write(found.results, out);
  if (found.stopped()) {
    bool kept = !o.resume.empty() && found.unsaved.empty();
    if (!contains(out.err, found.unsaved)) addFailure(out, o.command, found.unsaved);
    out.err += fmt::format(
        "afdc {}: stopped; {}\n", o.command,
        kept ? fmt::format("`--resume {}` goes on from here", o.resume) : "what is shown is of the points so far");
    out.code = found.stoppedBy;
  }
  return out;
}

void searchOptions(Arguments& arguments, SearchOptions& o) {
  arguments.option("--top", "N", o.top, "best points to show");
  arguments.option("--write", "FILE.afd", o.bestTo, "write the best point as a scenario of its own");
  arguments.option("--html", "FILE.html", o.htmlTo, "write the answer as one page with pictures");
  arguments.option("--csv", "FILE.csv", o.csvTo, "list the best, the trade-offs and what each space offers");
  arguments.option("--sqlite", "FILE.db", o.sqliteTo, "the same, the counts and the reasons as a database");
  arguments.option("--resume", "FILE", o.resume,
                   "keep what is done here, every 30 s and when the search is stopped, and go on from it");
  arguments.flag("--force", o.force, "replace files that are not from here, or that were changed since");
  arguments.option("--threads", "N", o.threads,
                   fmt::format("threads to use, at most {} (all cores); the result is the same", Tasks::kMost),
                   Tasks::kMost);
  arguments.option("--verify", "N", o.verify, "evaluate one of N points whole as well; its figures must be the same");
  arguments.flag("--stats", o.stats, "say on stderr how fast the search went");
  formatOrMarkdownOption(arguments, o.printing);
  readingOptions(arguments, o.stdlib, o.allow);
}

namespace {

void declare(Arguments& arguments, ExploreOptions& o) {
  arguments.required("FILE", o.file, "the file with the `explore` blocks; - for standard input");
  arguments.optional("EXPLORE", o.explore, "only this one of them");
  searchOptions(arguments, o.search);
}

}  // namespace

Output runExplore(const ExploreOptions& o) {
  Session session(o.search.stdlib, o.search.allow);
  return searchAll(session, session.loader.loadFile(o.file), o.explore, o.search);
}

Command exploreCommand() {
  return {.name = "explore",
          .purpose = Purpose::Search,
          .what = "search the design space of `explore` blocks: best points, trade-offs, and why not the others",
          .usage = {"afdc explore FILE [EXPLORE] [OPTIONS]"},
          .about =
              "Evaluates every point of a search and shows the best, the trade-offs between goals, and for how many "
              "points each reason spoke against them. A search that asks `find minimum` answers how much of a "
              "number a promise needs.",
          .examples = {{"afdc explore examples/platform_requirements.afd", "what would a platform need?"},
                       {"afdc explore examples/when_does_disaggregation_pay/dead_zone.afd --html dead_zone.html",
                        "one page with pictures"}},
          .exits = "1 also when a search finds no point that keeps its promises",
          .bind = bound(declare, runExplore)};
}

}  // namespace afdc
