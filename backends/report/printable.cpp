#include "backends/report/printable.h"

#include "support/escape.h"

namespace afdc {

namespace {

template <class... Texts>
void onOneLineEach(Texts&... texts) {
  ((texts = onOneLine(texts)), ...);
}

void clean(std::vector<std::string>& texts) {
  for (auto& text : texts) onOneLineEach(text);
}

void clean(FoundPoint& p) {
  clean(p.values);
  for (auto& promise : p.promises) onOneLineEach(promise.text);
  if (p.results) *p.results = printable(std::move(*p.results));
}

void clean(std::vector<FoundPoint>& points) {
  for (auto& p : points) clean(p);
}

void clean(SearchSpace& space) {
  onOneLineEach(space.name);
  clean(space.axes);
  if (space.best) clean(*space.best);
  clean(space.offer);
  clean(space.keeping);
}

void clean(NearMiss& near) {
  clean(near.point);
  for (auto& b : near.broken) onOneLineEach(b.promise, b.value, b.field, b.now);
}

}  // namespace

Results printable(Results r) {
  onOneLineEach(r.scenario, r.model, r.deployment, r.workload, r.hardware, r.mode, r.bottleneck);
  for (auto& x : r.roles) onOneLineEach(x.name, x.hardware, x.bottleneck);
  for (auto& x : r.afd) {
    onOneLineEach(x.role, x.bottleneck);
    for (auto& s : x.sensitivities) onOneLineEach(s.what);
  }
  for (auto& x : r.sources) onOneLineEach(x.role, x.cls, x.source);
  for (auto& x : r.memory) onOneLineEach(x.role);
  for (auto& x : r.breakdowns) onOneLineEach(x.step, x.role);
  for (auto& x : r.slo) onOneLineEach(x.expect, x.message, x.place);
  for (auto& x : r.assumptions) onOneLineEach(x.what, x.from);
  for (auto& x : r.sensitivities) onOneLineEach(x.field, x.value);
  return r;
}

SearchResult printable(SearchResult r) {
  onOneLineEach(r.name);
  for (auto& space : r.spaces) clean(space);
  for (auto& goal : r.goals) onOneLineEach(goal.text);
  if (r.nearest) clean(*r.nearest);
  std::map<std::string, SearchReason> why;
  for (auto& [text, reason] : r.why) {
    onOneLineEach(reason.example, reason.help);
    clean(reason.nearestValues);
    why.emplace(onOneLine(text), std::move(reason));
  }
  r.why = std::move(why);
  clean(r.best);
  clean(r.front);
  return r;
}

}  // namespace afdc
