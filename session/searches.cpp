#include "session/searches.h"

#include <fmt/format.h>

#include <deque>
#include <filesystem>

#include "frontend/search.h"
#include "passes/search/checkpoint.h"
#include "passes/search/requirement.h"
#include "support/files.h"
#include "support/hash.h"

namespace afdc {

namespace {

constexpr double kReach = 1000;         ///< how many times less and more than it is a number is looked for
constexpr uint64_t kLookUpEvery = 256;  ///< points between two looks at the clock
constexpr std::string_view kStateFormat = "afdc-search-1";
constexpr size_t kLargestState = size_t{1} << 30;

/// The spaces of a search by name; one without a name where it has none.
std::vector<std::string> spacesOf(Session& session, Object* explore) {
  auto names = Search::spaces(session.evaluator, explore);
  if (names.empty()) names.emplace_back();
  return names;
}

/// Names everything that decides what a search finds: another one must not go on from its state.
std::string fingerprint(Session& session, Object* explore, const SearchOrder& order) {
  Sha256 hash;
  for (uint32_t i = 0; const auto* file = session.sources.fileOrNull(i); ++i) hash.add(file->text());
  hash.add(fmt::format("{} {} {} {}", order.maker, stdlibHash(), explore->label, order.keep.top));
  return hash.hex().substr(0, 32);
}

/// One search on its way: its spaces one after the other, and which point is next.
class Walk {
 public:
  Walk(Session& session, Object* explore, const SearchOrder& order)
      : order_(order),
        state_(order.state, kSearchState),
        key_(order.state.empty() ? "" : fingerprint(session, explore, order)),
        explorer_(explore->label, order.keep) {
    for (const auto& name : spacesOf(session, explore)) {
      auto& space = spaces_.emplace_back(session, explore, name, points_);
      points_ += space.search.size();
    }
  }

  /// Goes on from the state of an earlier run, where there is one. Says what is wrong with it.
  std::string restore() {
    if (order_.state.empty() || !std::filesystem::exists(order_.state)) return "";
    auto file = readFile(order_.state, kLargestState);
    if (!file.error.empty()) return fmt::format("{} {}", order_.state, file.error);
    if (file.text.empty()) return "";
    if (!kSearchState.wrote(file.text))
      return fmt::format("{} is there, and is not the state of a search: name another file", order_.state);
    CheckpointReader in(file.text);
    in.word();
    bool ours = in.word() == key_;
    next_ = in.number();
    size_t end = file.text.find('\n');
    if (ours && in.ok() && end != std::string::npos && explorer_.load(file.text.substr(end))) return "";
    return fmt::format("{} is not the state of this search: remove it to begin again", order_.state);
  }

  /// False when it was stopped before the last point.
  bool run(const SearchWatch& watch) {
    for (auto& space : spaces_)
      if (!run(space, watch)) return false;
    return true;
  }

  /// Leaves the state for the next run. Says why it cannot be written.
  std::string keep() {
    if (order_.state.empty()) return "";
    saved_ = std::chrono::steady_clock::now();
    CheckpointWriter out;
    out.word(kStateFormat);
    out.word(key_);
    out.number(next_);
    out.line();
    return state_.write(out.take() + explorer_.save());
  }

  /// Removes the state: there is nothing to go on from any more.
  void forget() const {
    std::error_code ignored;
    if (!order_.state.empty() && state_.obstacle().empty()) std::filesystem::remove(state_.replaced(), ignored);
  }

  SearchResult finish() { return explorer_.finish(); }

 private:
  struct Space {
    Space(Session& session, Object* explore, const std::string& called, uint64_t from)
        : name(called), first(from), search(session.evaluator, explore, called) {}
    std::string name;
    uint64_t first;  ///< number of its first point
    Search search;
  };

  bool run(Space& space, const SearchWatch& watch) {
    auto& search = space.search;
    SearchSpace described;
    described.name = space.name;
    described.axes = search.axes();
    explorer_.space(
        std::move(described), [&](std::span<const uint32_t> ids) { return search.resolve(ids); },
        [&](size_t axis, uint32_t id) { return search.text(axis, id); },
        [&](std::span<const uint32_t> ids) { return search.source(ids, "chosen"); });
    if (next_ > space.first) search.seek(next_ - space.first);
    for (uint64_t looked = 0; search.next(); ++looked) {
      if (watch.stop) return false;
      const auto& p = search.point();
      uint64_t number = space.first + p.number;
      if (looked % kLookUpEvery == 0) {
        watch.progress(number, points_);
        keepNowAndThen();
      }
      if (auto decided = explorer_.point({number, p.ids, p.pruned, p.refused, p.decided}))
        explorer_.alike(search.pass(*decided));
      next_ = space.first + search.point().number + 1;
    }
    return true;
  }

  /// A state that cannot be written is no reason to stop a search that may well end.
  void keepNowAndThen() {
    if (std::chrono::steady_clock::now() - saved_ >= order_.saveEvery) keep();
  }

  const SearchOrder& order_;
  OutputFile state_;
  std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
  std::string key_;
  Explorer explorer_;
  std::deque<Space> spaces_;
  uint64_t points_ = 0;  ///< of all spaces
  uint64_t next_ = 0;    ///< number of the first point that is not done
};

/// How much of a number one point needs.
Requirement answerAt(Search& search, const std::vector<uint32_t>& ids, size_t f) {
  Requirement answer;
  const auto& find = search.finds()[f];
  auto now = search.valueOf(ids, f);
  if (!now || now->base() <= 0) {
    answer.obstacle = "the point has no such number above zero";
    return answer;
  }
  double least = find.least.base(), most = find.most.base();
  if (!(least > 0 && most > least)) {
    least = now->base() / kReach;
    most = now->base() * kReach;
  }
  answer = requirementOf([&](double x) { return search.resolveWith(ids, f, x); }, find.minimum, least, most);
  answer.now = now->text();
  answer.text = humanize(answer.value, now->dimension);
  return answer;
}

RequirementTable requirementsOf(Search& search, const std::string& name, const std::string& space,
                                const std::atomic<bool>& stop) {
  RequirementTable out;
  out.name = name;
  out.space = space;
  out.axes = search.axes();
  for (const auto& f : search.finds()) out.wanted.push_back({f.path, f.minimum});
  while (!stop && search.next()) {
    const auto& p = search.point();
    if (p.pruned || p.refused) {
      out.pruned += 1 + search.pass(p.decided);
      continue;
    }
    std::vector<uint32_t> ids(p.ids.begin(), p.ids.end());
    auto& row = out.rows.emplace_back();
    row.number = p.number;
    for (size_t i = 0; i < ids.size(); ++i) row.values.push_back(search.text(i, ids[i]));
    for (size_t f = 0; f < search.finds().size(); ++f) row.answers.push_back(answerAt(search, ids, f));
  }
  return out;
}

}  // namespace

const FileKind kSearchState = {"the state of a search", [](std::string_view content) {
                                 return CheckpointReader(content.substr(0, content.find('\n'))).word() == kStateFormat;
                               }};

SearchRun runSearch(Session& session, Object* explore, const SearchOrder& order, const SearchWatch& watch) {
  Walk walk(session, explore, order);
  SearchRun out;
  out.error = walk.restore();
  if (!out.error.empty()) return out;
  out.stopped = !walk.run(watch);
  if (out.stopped) out.unsaved = walk.keep();
  out.result = walk.finish();
  if (!out.stopped) walk.forget();
  return out;
}

std::vector<RequirementTable> findRequirements(Session& session, Object* explore, const std::atomic<bool>& stop) {
  std::vector<RequirementTable> out;
  for (const auto& space : spacesOf(session, explore)) {
    Search search(session.evaluator, explore, space);
    if (!search.finds().empty()) out.push_back(requirementsOf(search, explore->label, space, stop));
  }
  return out;
}

}  // namespace afdc
