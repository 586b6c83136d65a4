#include "driver/explore.h"

#include <fmt/format.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/SHA256.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <filesystem>

#include "backends/report/explore.h"
#include "backends/report/requirements.h"
#include "backends/report/search_rows.h"
#include "frontend/search.h"
#include "passes/search/checkpoint.h"
#include "passes/search/explore.h"
#include "passes/search/requirement.h"
#include "session/diagnostics.h"
#include "support/files.h"
#include "support/text.h"

namespace afdc {

namespace {

std::atomic<bool> interrupted{false};

constexpr double kReach = 1000;  ///< how many times less and more than it is a number is looked for

/// Tells a person at a terminal how far a search is, four times a second.
class Progress {
 public:
  explicit Progress(uint64_t all) : all_(static_cast<double>(all)) {}
  void at(uint64_t number) {
    if (!shown_) return;
    auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(250)) return;
    last_ = now;
    double seconds = std::chrono::duration<double>(now - start_).count(), done = static_cast<double>(number) / all_;
    constexpr size_t kWidth = 24;
    auto full = static_cast<size_t>(done * kWidth);
    std::fprintf(
        stderr, "\r%s",
        fmt::format("[{}{}] {:3.0f} %  {} points/s  {} s left   ", std::string(full, '#'),
                    std::string(kWidth - full, '.'), 100 * done, significant(static_cast<double>(number) / seconds, 3),
                    significant(done > 0 ? seconds * (1 - done) / done : 0, 2))
            .c_str());
    drawn_ = true;
  }
  ~Progress() {
    if (drawn_) std::fprintf(stderr, "\r%78s\r", "");
  }

 private:
  double all_;
  bool shown_ = isatty(2) != 0, drawn_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), last_ = start_;
};

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

size_t shown(const SearchOptions& o) { return std::max<size_t>(1, o.top); }

/// Names everything that decides what a search finds: another one must not go on from its state.
std::string fingerprint(Session& session, Object* explore, const SearchOptions& o) {
  llvm::SHA256 hash;
  for (uint32_t i = 0; const auto* file = session.sources.fileOrNull(i); ++i)
    hash.update(llvm::StringRef(file->text().data(), file->text().size()));
  hash.update(fmt::format("{} {} {} {}", AFDC_VERSION, stdlibHash(), explore->label, shown(o)));
  return llvm::toHex(hash.final(), true).substr(0, 32);
}

struct Run {
  SearchResult result;
  bool stopped = false;  ///< before its last point
  std::string error = {};
};

/// With `--resume` an interrupted search leaves its state in a file, and the next one goes on from there.
Run runSearch(Session& session, Object* explore, const SearchOptions& o) {
  auto names = Search::spaces(session.evaluator, explore);
  if (names.empty()) names.emplace_back();
  std::deque<Search> searches;
  std::vector<uint64_t> firsts;
  uint64_t all = 0;
  for (const auto& name : names) {
    firsts.push_back(all);
    all += searches.emplace_back(session.evaluator, explore, name).size();
  }
  bool sources = !o.bestTo.empty() || !o.htmlTo.empty();
  Explorer explorer(explore->label, {shown(o), o.threads, !o.htmlTo.empty(), sources, o.verify});
  uint64_t next = 0;  // number of the first point that is not done
  std::string key = o.resume.empty() ? "" : fingerprint(session, explore, o);
  if (!o.resume.empty() && std::filesystem::exists(o.resume)) {
    auto file = readSource(o.resume);
    CheckpointReader in(file.text);
    bool ours = file.error.empty() && in.word() == "afdc-search-1" && in.word() == key;
    next = in.number();
    size_t end = file.text.find('\n');
    if (!ours || !in.ok() || end == std::string::npos || !explorer.load(file.text.substr(end)))
      return {{}, false, fmt::format("{} is not the state of this search: remove it to begin again", o.resume)};
  }
  Progress progress(all);
  bool stopped = false;
  for (size_t i = 0; i < names.size() && !stopped; ++i) {
    auto& search = searches[i];
    SearchSpace space;
    space.name = names[i], space.axes = search.axes();
    explorer.space(
        std::move(space), [&](std::span<const uint32_t> ids) { return search.resolve(ids); },
        [&](size_t axis, uint32_t id) { return search.text(axis, id); },
        [&](std::span<const uint32_t> ids) { return search.source(ids, "chosen"); });
    if (next > firsts[i]) search.seek(next - firsts[i]);
    for (uint64_t looked = 0; search.next(); ++looked) {
      if ((stopped = interrupted)) break;
      const auto& p = search.point();
      uint64_t number = firsts[i] + p.number;
      if (looked % 256 == 0) progress.at(number);
      if (auto decided = explorer.point({number, p.ids, p.pruned, p.refused, p.decided}))
        explorer.alike(search.pass(*decided));
      next = firsts[i] + search.point().number + 1;
    }
  }
  if (stopped && !o.resume.empty()) {
    CheckpointWriter out;
    out.word("afdc-search-1"), out.word(key), out.number(next), out.line();
    std::string state = out.take() + explorer.save();
    if (auto error = writeWhole(o.resume, state); !error.empty())
      return {{}, true, fmt::format("{}: {}", o.resume, error)};
  }
  auto result = explorer.finish();
  std::error_code ignored;
  if (!stopped && !o.resume.empty()) std::filesystem::remove(o.resume, ignored);
  return {std::move(result), stopped};
}

/// What `find` asks, of one space of a search or of a search without any.
RequirementTable findRequirements(Search& search, const std::string& name, const std::string& space) {
  RequirementTable out;
  out.name = name, out.space = space, out.axes = search.axes();
  for (const auto& f : search.finds()) out.wanted.push_back({f.path, f.minimum});
  while (!interrupted && search.next()) {
    const auto& p = search.point();
    if (p.pruned || p.refused) {
      out.pruned += 1 + search.pass(p.decided);
      continue;
    }
    std::vector<uint32_t> ids(p.ids.begin(), p.ids.end());
    auto& row = out.rows.emplace_back();
    row.number = p.number;
    for (size_t i = 0; i < ids.size(); ++i) row.values.push_back(search.text(i, ids[i]));
    for (size_t f = 0; f < search.finds().size(); ++f) {
      const auto& find = search.finds()[f];
      auto now = search.valueOf(ids, f);
      auto& answer = row.answers.emplace_back();
      if (!now || now->base() <= 0) {
        answer.obstacle = "the point has no such number above zero";
        continue;
      }
      double least = find.least.base(), most = find.most.base();
      if (!(least > 0 && most > least)) least = now->base() / kReach, most = now->base() * kReach;
      answer = requirementOf([&](double x) { return search.resolveWith(ids, f, x); }, find.minimum, least, most);
      answer.now = now->text();
      answer.text = humanize(answer.value, now->dimension);
    }
  }
  return out;
}

/// The files that were asked for beside the report. Says which one could not be written.
std::string writeFiles(const std::vector<SearchResult>& all, const SearchOptions& o) {
  if (all.empty()) return "";
  std::string made = fmt::format("afdc {}, standard library {}", AFDC_VERSION, stdlibHash());
  auto write = [](const std::string& path, const std::string& text) {
    auto error = writeWhole(path, text);
    return error.empty() ? "" : fmt::format("{}: {}", path, error);
  };
  std::string error;
  if (!o.bestTo.empty() && !all[0].best.empty()) error = write(o.bestTo, all[0].best[0].source);
  if (error.empty() && !o.htmlTo.empty()) error = write(o.htmlTo, searchHtml(all, made));
  if (error.empty() && !o.csvTo.empty()) error = write(o.csvTo, searchCsv(all));
  if (error.empty() && !o.sqliteTo.empty()) error = write(o.sqliteTo, searchDatabase(all, made));
  return error;
}

}  // namespace

Output searchAll(Session& session, Module* module, const std::string& name, const SearchOptions& o) {
  Output out;
  if (module) session.evaluator.check(*module);
  std::vector<SearchResult> all;
  std::vector<RequirementTable> required;
  bool stopped = false;
  if (module && session.diags.errors() == 0) {
    std::vector<Object*> searches;
    for (auto* object : session.evaluator.blocks(*module, "explore"))
      if (name.empty() || object->label == name) searches.push_back(object);
    if (searches.empty())
      session.diags.report<diag::nothing_to_do>({}, module->name, name.empty() ? "explore" : "explore `" + name + "`");
    if (searches.size() > 1 && !o.resume.empty())
      return failure("explore", fmt::format("{} holds {} searches: name the one that --resume goes on with",
                                            module->name, searches.size()));
    interrupted = false;
    auto before = std::signal(SIGINT, [](int) { interrupted = true; });
    for (auto* object : searches) {
      bool finding = false;
      auto spaces = Search::spaces(session.evaluator, object);
      if (spaces.empty()) spaces.emplace_back();
      for (const auto& space : spaces) {
        Search search(session.evaluator, object, space);
        if (search.finds().empty()) continue;
        finding = true;
        required.push_back(findRequirements(search, object->label, space));
      }
      stopped = stopped || (finding && interrupted);
      if (stopped) break;
      if (finding) continue;
      auto from = std::chrono::steady_clock::now();
      auto run = runSearch(session, object, o);
      if (!run.error.empty()) return failure("explore", run.error);
      all.push_back(std::move(run.result));
      stopped = run.stopped;
      double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
      if (o.stats) std::fprintf(stderr, "%s", speed(all.back(), seconds).c_str());
      if (stopped) break;
    }
    std::signal(SIGINT, before);
    for (const auto& r : all)
      if (r.differing > 0)
        session.diags.report<diag::internal_error>(
            {}, fmt::format("{} points of `{}` get other figures when they are evaluated alone", r.differing, r.name));
  }
  bool errors = session.diags.errors() > 0;
  if (auto error = writeFiles(all, o); !error.empty()) return failure("explore", error);
  if (session.diags.count() > 0) out.err = messagesOf(session.diags, o.printing);
  if (!required.empty() && all.empty())
    out.out = o.printing.json()       ? requirementsJson(required)
              : o.printing.markdown() ? requirementsMarkdown(required)
                                      : requirementsReport(required, o.printing.color);
  else if (o.printing.json())
    out.out = searchJson(all);
  else if (o.printing.markdown())
    out.out = searchMarkdown(all);
  else
    out.out = required.empty() ? "" : requirementsReport(required, o.printing.color) + "\n";
  if (!o.printing.json() && !o.printing.markdown())
    for (size_t i = 0; i < all.size(); ++i) out.out += (i ? "\n" : "") + searchReport(all[i], o.printing.color);
  if (stopped)
    out.err += o.resume.empty() ? "afdc explore: stopped; what is shown is of the points so far\n"
                                : fmt::format("afdc explore: stopped; `--resume {}` goes on from here\n", o.resume);
  for (const auto& r : all)
    if (r.kept == 0) out.code = kFindings;
  if (errors || stopped) out.code = kFindings;
  if (!module) out.code = kUsage;
  return out;
}

void searchOptions(Arguments& arguments, SearchOptions& o) {
  arguments.option("--top", "N", o.top, "best points to show");
  arguments.option("--write", "FILE.afd", o.bestTo, "write the best point as a scenario of its own");
  arguments.option("--html", "FILE.html", o.htmlTo, "write the answer as one page with pictures");
  arguments.option("--csv", "FILE.csv", o.csvTo, "list the best, the trade-offs and what each space offers");
  arguments.option("--sqlite", "FILE.db", o.sqliteTo, "the same, the counts and the reasons as a database");
  arguments.option("--resume", "FILE", o.resume, "keep what is done here when interrupted, and go on from it");
  arguments.option("--threads", "N", o.threads, "threads to use (all cores); the result is the same");
  arguments.option("--verify", "N", o.verify, "evaluate one of N points whole as well; its figures must be the same");
  arguments.flag("--stats", o.stats, "say on stderr how fast the search went");
  formatOrMarkdownOption(arguments, o.printing);
  stdlibOption(arguments, o.stdlib);
}

namespace {

void declare(Arguments& arguments, ExploreOptions& o) {
  arguments.required("FILE", o.file, "the file with the `explore` blocks");
  arguments.optional("EXPLORE", o.explore, "only this one of them");
  searchOptions(arguments, o.search);
}

}  // namespace

Output runExplore(const ExploreOptions& o) {
  Session session(o.search.stdlib);
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
          .exits = "1 also when a search finds no point that keeps its promises, or is interrupted",
          .bind = bound(declare, runExplore)};
}

}  // namespace afdc
