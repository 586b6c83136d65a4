#include "passes/search/explore.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "passes/evaluation/passes.h"
#include "passes/evaluation/sensitivity.h"
#include "passes/evaluation/verdicts.h"
#include "passes/search/checkpoint.h"
#include "support/hash.h"
#include "support/text.h"

namespace afdc {

using namespace ir;

namespace {

constexpr size_t kChunk = 1024;

bool sameBits(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

}  // namespace

Explorer::Explorer(std::string name, Options options) : options_(options), tasks_(options.threads) {
  r_.name = std::move(name);
  tallies_.resize(tasks_.workers() - 1);
}

void Explorer::space(SearchSpace space, PointModel::Resolve resolve, Text text, Source source) {
  if (!filling_.jobs.empty()) hand();
  filling_.space = spaces_.size();
  own_.space = spaces_.size();
  r_.spaces.push_back(std::move(space));
  spaces_.push_back({PointModel(resolve), std::move(resolve), std::move(text), std::move(source)});
}

std::optional<uint64_t> Explorer::point(const Next& next) {
  ++r_.points;
  PointModel::Job job;
  const auto* why = next.pruned ? next.pruned : next.refused;
  uint64_t decided = next.decided;
  if (!why) {
    job = spaces_.back().model.prepare(next.ids);
    why = job.refused, decided = job.decided;
  }
  if (why) {
    lastCount_ = next.pruned ? &own_.pruned : &own_.refused;
    own_.space = spaces_.size() - 1;  // it may have computed a chunk of another space meanwhile
    lastReason_ = &reasonOf(own_, why, next.number, next.ids);
    ++*lastCount_;
    return decided;
  }
  if (r_.goals.empty())
    for (const auto& goal : job.judge->goals) {
      maximize_.push_back(goal.maximize);
      r_.goals.push_back({goal.text, goal.maximize});
    }
  if (options_.verify > 0 && evaluated_++ % options_.verify == 0) {
    whole(spaces_.size() - 1, next.ids, figuresOf(job));
    ++r_.verified;
  }
  filling_.jobs.push_back(job);
  filling_.numbers.push_back(next.number);
  filling_.ids.insert(filling_.ids.end(), next.ids.begin(), next.ids.end());
  if (filling_.jobs.size() >= kChunk) hand();
  return std::nullopt;
}

void Explorer::alike(uint64_t n) {
  r_.points += n;
  *lastCount_ += n;
  lastReason_->count += n;
}

void Explorer::hand() {
  Chunk full = std::exchange(filling_, {});
  filling_.space = full.space;
  filling_.jobs.reserve(kChunk), filling_.numbers.reserve(kChunk), filling_.ids.reserve(full.ids.size());
  tasks_.give([this, chunk = std::move(full)](size_t worker) { computeAs(worker, chunk); });
}

void Explorer::computeAs(size_t worker, const Chunk& chunk) {
  if (worker == 0) return compute(chunk, own_);
  auto& tally = tallies_[worker - 1];
  auto before = Role::stepsTimed();
  compute(chunk, tally);
  tally.steps += Role::stepsTimed() - before;
}

void Explorer::compute(const Chunk& chunk, Tally& tally) const {
  if (chunk.jobs.empty()) return;
  // The thread that gives chunks may be adding a space meanwhile: what a point needs is in its chunk.
  std::span<const uint32_t> ids(chunk.ids);
  size_t axes = ids.size() / chunk.jobs.size();
  tally.space = chunk.space;
  for (size_t i = 0; i < chunk.jobs.size(); ++i)
    take(chunk.jobs[i], chunk.numbers[i], ids.subspan(i * axes, axes), tally);
}

Explorer::Reason& Explorer::reasonOf(Tally& tally, const std::string* text, uint64_t number,
                                     std::span<const uint32_t> ids) const {
  auto& why = tally.why[text];
  ++why.count;
  if (number < why.first) why.first = number, why.firstSpace = tally.space, why.firstIds.assign(ids.begin(), ids.end());
  return why;
}

namespace {

/// What a point's figures say of its promises.
struct Hearing {
  const std::vector<double>* values;  ///< of all expressions of the judge
  bool broken = false, undecided = false;
};

/// Asks the promises of the scenario, then those of the search, which may ask whether the former are kept. `hear` is
/// told of each one's verdict.
template <class Hear>
Hearing hearing(const Judge& judge, const PointFigures& figures, Hear&& hear) {
  Checks::Facts facts{figures.metrics, figures.memoryUsed, std::nullopt};
  Hearing out{&judge.checks.evaluate(facts)};
  auto ask = [&](const Judge::Promise& p) {
    double holds = (*out.values)[p.holds.index];
    auto verdict = std::isnan(holds) ? Verdict::Unknown : holds != 0 ? Verdict::Pass : Verdict::Fail;
    out.undecided = out.undecided || verdict == Verdict::Unknown;
    out.broken = out.broken || verdict == Verdict::Fail;
    hear(p, verdict, *out.values);
  };
  for (const auto& p : judge.slo) ask(p);
  if (judge.checks.asksSlo() && !judge.slo.empty()) {
    facts.sloSatisfied = out.broken ? std::optional(0.0) : out.undecided ? std::nullopt : std::optional(1.0);
    out.values = &judge.checks.evaluate(facts);
  }
  for (const auto& p : judge.expects) ask(p);
  return out;
}

}  // namespace

void Explorer::take(const PointModel::Job& job, uint64_t number, std::span<const uint32_t> ids, Tally& t) const {
  auto figures = figuresOf(job);
  if (figures.refused) {
    ++t.refused;
    reasonOf(t, figures.refused, number, ids);
    return;
  }
  const auto& judge = *job.judge;
  double worst = 0;
  auto count = [&](const Judge::Promise& p, Verdict verdict, const std::vector<double>& values) {
    if (verdict != Verdict::Fail) return;
    auto& why = reasonOf(t, &p.text, number, ids);
    if (!p.low.valid()) {
      worst = NAN;
      return;
    }
    double bound = values[p.bound.index];
    double margin = bound != 0 ? (values[p.high.index] - values[p.low.index]) / std::fabs(bound) : NAN;
    worst = std::min(worst, margin);
    if (margin > why.nearest || (margin == why.nearest && number < why.nearestPoint))
      why.nearest = margin, why.nearestPoint = number, why.nearestSpace = t.space,
      why.nearestIds.assign(ids.begin(), ids.end());
  };
  auto [values, broken, undecided] = hearing(judge, figures, count);
  auto& space = spaceOf(t);
  auto tpot = figures.metrics.tpot_mean_s, ttft = figures.metrics.ttft_mean_s,
       throughput = figures.metrics.output_tokens_per_s_per_device;
  if (tpot && ttft && throughput) {
    space.all.add(*tpot, *ttft, *throughput, number, ids);
    if (!broken) space.keeping.add(*tpot, *ttft, *throughput, number, ids);
  }
  if (broken) {
    if (t.kept == 0) keepNearer(t, worst, number, t.space, ids);
    ++t.broken;
    return;
  }
  t.undecided += undecided;
  ++t.kept, ++space.kept;
  t.goals.clear();
  for (const auto& goal : judge.goals) t.goals.push_back((*values)[goal.value.index]);
  space.ranking.add(number, t.space, t.goals, ids);
}

Explorer::Tally::Space& Explorer::spaceOf(Tally& t) const {
  while (t.spaces.size() <= t.space) t.spaces.push_back({Ranking(maximize_, options_.top), {}, {}, 0});
  return t.spaces[t.space];
}

void Explorer::keepNearer(Tally& t, double margin, uint64_t number, size_t space, std::span<const uint32_t> ids) {
  if (!(margin > t.nearestMargin || (margin == t.nearestMargin && number < t.nearest.number))) return;
  t.nearestMargin = margin;
  t.nearest.number = number, t.nearest.space = space;
  t.nearest.ids.assign(ids.begin(), ids.end());
}

void Explorer::merge(Tally& into, Tally& from) const {
  into.pruned += from.pruned, into.refused += from.refused, into.broken += from.broken;
  into.undecided += from.undecided, into.kept += from.kept, into.steps += from.steps;
  for (auto& [text, reason] : from.why) {
    auto& why = into.why[text];
    why.count += reason.count;
    if (reason.first < why.first)
      why.first = reason.first, why.firstSpace = reason.firstSpace, why.firstIds = reason.firstIds;
    if (reason.nearest > why.nearest || (reason.nearest == why.nearest && reason.nearestPoint < why.nearestPoint))
      why.nearest = reason.nearest, why.nearestPoint = reason.nearestPoint, why.nearestSpace = reason.nearestSpace,
      why.nearestIds = reason.nearestIds;
  }
  if (!from.nearest.ids.empty())
    keepNearer(into, from.nearestMargin, from.nearest.number, from.nearest.space, from.nearest.ids);
  for (size_t i = 0; i < from.spaces.size(); ++i) {
    into.space = i;
    auto& space = spaceOf(into);
    space.ranking.add(from.spaces[i].ranking);
    space.all.add(from.spaces[i].all);
    space.keeping.add(from.spaces[i].keeping);
    space.kept += from.spaces[i].kept;
  }
}

std::vector<std::string> Explorer::words(size_t space, std::span<const uint32_t> ids) const {
  std::vector<std::string> out;
  for (size_t i = 0; i < ids.size(); ++i) out.push_back(spaces_[space].text(i, ids[i]));
  return out;
}

std::string Explorer::idOf(size_t space, const std::vector<std::string>& words) const {
  const auto& name = r_.spaces[space].name;
  const auto& axes = r_.spaces[space].axes;
  std::string all = name + "\n";
  for (size_t i = 0; i < axes.size(); ++i) all += fmt::format("{} = {}\n", axes[i], words[i]);
  return sha256(all).substr(0, 32);
}

/// A point worth showing.
FoundPoint Explorer::found(const Candidate& c) {
  auto job = spaces_[c.space].model.prepare(c.ids);
  auto figures = figuresOf(job);
  FoundPoint out;
  out.number = c.number, out.space = c.space;
  out.values = words(c.space, c.ids);
  out.id = idOf(c.space, out.values);
  out.goals = c.goals;
  out.metrics = figures.metrics;
  out.devices = figures.devices;
  if (options_.sources) out.source = spaces_[c.space].source(c.ids);
  hearing(*job.judge, figures, [&](const Judge::Promise& p, Verdict verdict, const std::vector<double>&) {
    out.promises.push_back({p.condition, verdict});
  });
  return out;
}

std::optional<Results> Explorer::whole(size_t space, std::span<const uint32_t> ids, const PointFigures& figures) {
  auto resolved = spaces_[space].resolve(ids);
  SourceManager sources;
  Diagnostics diags(sources);
  std::optional<Results> results;
  if (resolved.scenario) results = runPasses(*resolved.scenario, "", diags).results;
  bool same = results.has_value() == (figures.refused == nullptr);
  if (!same || !results) {
    r_.differing += !same;
    return results;
  }
  same = same && results->devices == figures.devices;
  for (const auto& metric : namedMetrics()) {
    auto a = metric.get(results->metrics), b = metric.get(figures.metrics);
    same = same && a.has_value() == b.has_value() && (!a || sameBits(*a, *b));
  }
  r_.differing += !same;
  return results;
}

std::optional<Results> Explorer::explained(const Candidate& c) {
  auto results = whole(c.space, c.ids, figuresOf(spaces_[c.space].model.prepare(c.ids)));
  auto resolved = spaces_[c.space].resolve(c.ids);
  if (results && resolved.scenario) results->sensitivities = sensitivities(*resolved.scenario);
  return results;
}

NearMiss Explorer::miss(const Candidate& c) {
  NearMiss out{found(c), {}};
  auto results = explained(c);
  if (!results) return out;
  for (const auto& promise : results->slo) {
    if (promise.verdict != Verdict::Fail || !promise.margin) continue;
    NearMiss::Broken one;
    one.promise = promise.expect;
    one.margin = *promise.margin;
    if (promise.value) {
      auto unit = parseUnit(promise.unit);
      one.value = humanize(*promise.value, unit ? unit->dimension : Dimension{});
    }
    // Of what can be bought or set, what moves this figure most; the load is what is asked for.
    auto answer = [&](const Sensitivity& s) {
      return promise.expect.find("ttft") != std::string::npos   ? s.ttft
             : promise.expect.find("tpot") != std::string::npos ? s.tpot
                                                                : s.throughput;
    };
    for (const auto& s : results->sensitivities) {
      bool fitted = s.field.find(".kernels.") != std::string::npos || s.field.find(".measured.") != std::string::npos ||
                    s.field.find(".runtime.") != std::string::npos;
      if (s.field.starts_with("workload.") || fitted) continue;
      if (std::fabs(answer(s)) <= std::fabs(one.elasticity)) continue;
      one.field = s.field, one.now = s.value, one.elasticity = answer(s);
    }
    out.broken.push_back(std::move(one));
  }
  out.point.results = std::move(results);
  return out;
}

/// All points computed, all tallies one. A ranking of candidates is itself a ranking: no order of threads shows, and
/// not how often this is done.
void Explorer::settle() {
  if (!filling_.jobs.empty()) hand();
  tasks_.finish();
  for (auto& tally : tallies_) {
    merge(own_, tally);
    tally = {};
  }
}

std::string Explorer::save() {
  settle();
  CheckpointWriter out;
  out.number(r_.goals.size());
  for (const auto& g : r_.goals) out.number(g.maximize), out.word(g.text);
  out.line();
  for (uint64_t n : {r_.points, own_.pruned, own_.refused, own_.broken, own_.undecided, own_.kept}) out.number(n);
  out.real(own_.nearestMargin), out.number(own_.nearest.number), out.number(own_.nearest.space);
  out.ids(own_.nearest.ids);
  out.line();
  out.number(own_.why.size());
  for (const auto& [text, why] : own_.why) {
    out.line();
    out.word(*text), out.number(why.count), out.number(why.first), out.number(why.firstSpace), out.ids(why.firstIds);
    out.real(why.nearest), out.number(why.nearestPoint), out.number(why.nearestSpace), out.ids(why.nearestIds);
  }
  out.line();
  out.number(own_.spaces.size());
  for (const auto& space : own_.spaces) {
    out.number(space.kept);
    for (const auto* list : {&space.ranking.best(), &space.ranking.front()}) {
      out.line();
      out.number(list->size());
      for (const auto& c : *list) out.number(c.number), out.number(c.space), out.reals(c.goals), out.ids(c.ids);
    }
    for (const auto* landscape : {&space.all, &space.keeping}) {
      out.line();
      out.number(landscape->cells().size());
      for (const auto& c : landscape->cells())
        out.real(c.throughput), out.real(c.tpot), out.number(c.number), out.ids(c.ids);
    }
  }
  out.line();
  return out.take();
}

bool Explorer::load(const std::string& saved) {
  CheckpointReader in(saved);
  for (uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    bool maximize = in.number() != 0;
    maximize_.push_back(maximize);
    r_.goals.push_back({in.word(), maximize});
  }
  for (uint64_t* n : {&r_.points, &own_.pruned, &own_.refused, &own_.broken, &own_.undecided, &own_.kept})
    *n = in.number();
  own_.nearestMargin = in.real(), own_.nearest.number = in.number(), own_.nearest.space = in.number();
  own_.nearest.ids = in.ids();
  for (uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    auto& why = own_.why[&loaded_.emplace_back(in.word())];
    why.count = in.number(), why.first = in.number(), why.firstSpace = in.number(), why.firstIds = in.ids();
    why.nearest = in.real(), why.nearestPoint = in.number(), why.nearestSpace = in.number(), why.nearestIds = in.ids();
  }
  uint64_t spaces = in.number();
  for (size_t i = 0; i < spaces && in.ok(); ++i) {
    own_.space = i;
    auto& space = spaceOf(own_);
    space.kept = in.number();
    for (int list = 0; list < 2; ++list)
      for (uint64_t n = in.number(); n > 0 && in.ok(); --n) {
        uint64_t number = in.number(), at = in.number();
        auto goals = in.reals();
        auto ids = in.ids();
        if (goals.size() != maximize_.size()) return false;
        space.ranking.add(number, at, goals, ids);
      }
    for (auto* landscape : {&space.all, &space.keeping}) {
      uint64_t cells = in.number();
      for (size_t c = 0; c < cells && in.ok(); ++c) {
        Landscape::Cell cell;
        cell.throughput = in.real(), cell.tpot = in.real(), cell.number = in.number();
        cell.ids = in.ids();
        landscape->put(c, std::move(cell));
      }
    }
  }
  return in.ok() && in.done();
}

SearchResult Explorer::finish() {
  settle();
  r_.steps = own_.steps + Role::stepsTimed() - stepsBefore_;
  r_.pruned = own_.pruned, r_.refused = own_.refused, r_.broken = own_.broken, r_.undecided = own_.undecided,
  r_.kept = own_.kept;
  auto add = [&](const std::string& text, const Reason& reason) {
    auto& why = r_.why[text];
    bool earlier = why.count == 0 || reason.first < why.first;
    why.count += reason.count;
    if (earlier) why.first = reason.first;
    // One text may have two reasons, from before an interruption and from after it.
    if (reason.nearest > why.nearest || (reason.nearest == why.nearest && reason.nearestPoint < why.nearestPoint))
      why.nearest = reason.nearest, why.nearestPoint = reason.nearestPoint, why.nearestSpace = reason.nearestSpace,
      why.nearestValues = words(reason.nearestSpace, reason.nearestIds);
    if (!earlier || reason.firstIds.empty() || !text.starts_with("AFD")) return;
    // What would be said of the first point, were it evaluated alone.
    auto resolved = spaces_[reason.firstSpace].resolve(reason.firstIds);
    SourceManager sources;
    Diagnostics diags(sources);
    if (resolved.scenario) runPasses(*resolved.scenario, "", diags);
    if (const auto* error = diags.firstError()) {
      why.example = error->message;
      why.help.clear();
      for (const auto& help : error->helps) why.help += (why.help.empty() ? "" : "; ") + help;
    }
  };
  for (const auto& [text, reason] : own_.why) add(*text, reason);
  Ranking overall(maximize_, options_.top);
  for (size_t i = 0; i < own_.spaces.size(); ++i) {
    const auto& ranking = own_.spaces[i].ranking;
    overall.add(ranking);
    r_.spaces[i].kept = own_.spaces[i].kept;
    if (ranking.best().empty()) continue;
    const auto& first = ranking.best()[0];
    r_.spaces[i].best = found(first);
    if (options_.explain) r_.spaces[i].best->results = explained(first);
  }
  for (const auto& c : overall.best()) {
    auto& point = r_.best.emplace_back(found(c));
    bool first = r_.best.size() == 1;
    point.results = options_.explain && first ? explained(c)
                                              : whole(c.space, c.ids, figuresOf(spaces_[c.space].model.prepare(c.ids)));
  }
  for (const auto& c : overall.front()) r_.front.push_back(found(c));
  drawMap();
  if (r_.kept == 0 && !own_.nearest.ids.empty()) r_.nearest = miss(own_.nearest);
  for (const auto& space : spaces_) {
    const auto& made = space.model.counts();
    r_.resolved += made.resolved, r_.roles += made.roles, r_.sides += made.sides;
  }
  return std::move(r_);
}

/// Which space serves most at each promise, and each space's own offer.
void Explorer::drawMap() {
  std::vector<std::vector<const Landscape::Cell*>> offers;
  for (size_t i = 0; i < own_.spaces.size(); ++i) {
    const auto& space = own_.spaces[i];
    offers.push_back(space.all.reachable());
    for (const auto* list : {&space.all, &space.keeping})
      for (const auto* cell : list->front())
        (list == &space.all ? r_.spaces[i].offer : r_.spaces[i].keeping)
            .push_back(found({cell->number, i, {}, cell->ids}));
  }
  for (size_t at = 0; at < Landscape::kTpot * Landscape::kTtft; ++at) {
    SearchResult::Cell cell{Landscape::tpotAt(at / Landscape::kTtft), Landscape::ttftAt(at % Landscape::kTtft), {}};
    bool any = false;
    for (const auto& offer : offers) {
      cell.throughput.push_back(offer[at] ? offer[at]->throughput : 0);
      any = any || offer[at];
    }
    if (any) r_.map.push_back(std::move(cell));
  }
}

}  // namespace afdc
