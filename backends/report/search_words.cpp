#include "backends/report/search_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/report/search_table.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr size_t kNamed = 4;  ///< so many models, loads or kinds of hardware are named; more are counted

/// The point that speaks for a search: its best, or the one that comes nearest to all promises.
const FoundPoint* foremost(const SearchResult& r) {
  if (!r.best.empty()) return &r.best[0];
  return r.nearest ? &r.nearest->point : nullptr;
}

/// The points of which there is a whole result, the foremost one first.
std::vector<const Results*> wholeResults(const SearchResult& r) {
  std::vector<const Results*> out;
  auto add = [&](const FoundPoint& p) {
    if (p.results) out.push_back(&*p.results);
  };
  for (const auto& p : r.best) add(p);
  for (const auto& space : r.spaces)
    if (space.best) add(*space.best);
  if (r.nearest) add(r.nearest->point);
  return out;
}

/// What the results say in one of their texts, each once: "A", "A; B", "A; B; C; D; 3 more".
std::string saidBy(const std::vector<const Results*>& all, std::string Results::*text) {
  std::vector<std::string> out;
  for (const auto* results : all)
    if (std::find(out.begin(), out.end(), results->*text) == out.end()) out.push_back(results->*text);
  if (out.size() > kNamed + 1) {
    size_t more = out.size() - kNamed;
    out.resize(kNamed);
    out.push_back(fmt::format("{} more", more));
  }
  return fmt::format("{}", fmt::join(out, "; "));
}

std::vector<std::string> promisesWith(const FoundPoint& p, Verdict verdict) {
  std::vector<std::string> out;
  for (const auto& promise : p.promises)
    if (promise.verdict == verdict) out.push_back(promise.text);
  return out;
}

std::string keepingText(const FoundPoint& p) {
  auto unknown = promisesWith(p, Verdict::Unknown);
  if (unknown.empty()) return "keeps its promises";
  return fmt::format("whether it keeps {} cannot be said", joinWords(unknown));
}

/// A figure and its unit stay on one line.
std::string unbroken(std::string_view text) {
  std::string out;
  for (char c : text) out += c == ' ' ? std::string("\u00a0") : std::string(1, c);
  return out;
}

/// "main 4 x tp 2 on 8 x H100_SXM"
std::string placeText(const SearchResult& r, const FoundPoint& p) {
  std::string out = deploymentText(r, p);
  if (const auto& space = r.spaces[p.space].name; !space.empty()) out = space + (out.empty() ? "" : ": " + out);
  if (p.results && !p.results->hardware.empty()) out += (out.empty() ? "" : " on ") + p.results->hardware;
  return out.empty() ? fmt::format("point {}", p.number) : out;
}

std::vector<std::string> variedPaths(const SearchResult& r) {
  std::vector<std::string> out;
  for (const auto& space : r.spaces)
    for (const auto& axis : space.axes)
      if (std::find(out.begin(), out.end(), axis) == out.end()) out.push_back(axis);
  return out;
}

/// "Chat, 32 requests in the system at the best point"
std::string loadText(const SearchResult& r, const std::vector<const Results*>& whole) {
  std::string out = saidBy(whole, &Results::workload);
  if (whole.empty() || !whole[0]->metrics.concurrency) return out;
  return fmt::format("{}, {} requests in the system at the {} point", out,
                     significant(*whole[0]->metrics.concurrency, 4), r.best.empty() ? "nearest" : "best");
}

}  // namespace

std::vector<std::string> brokenBy(const FoundPoint& p) { return promisesWith(p, Verdict::Fail); }

std::string answerText(const SearchResult& r) {
  if (r.best.empty()) {
    auto advice = adviceOf(r);
    return "No point keeps its promises" + (advice.empty() ? "" : ". " + advice[0]);
  }
  const auto& p = r.best[0];
  const auto& m = p.metrics;
  std::vector<std::string> figures;
  if (m.output_tokens_per_s && m.output_tokens_per_s_per_device)
    figures.push_back(fmt::format("{} tok/s ({} per device)", groupedText(*m.output_tokens_per_s),
                                  significant(*m.output_tokens_per_s_per_device, 4)));
  if (m.ttft_mean_s) figures.push_back("TTFT " + timeText(*m.ttft_mean_s));
  if (m.tpot_mean_s) figures.push_back("TPOT " + timeText(*m.tpot_mean_s));
  if (m.usd_per_million_output_tokens)
    figures.push_back(significant(*m.usd_per_million_output_tokens, 3) + " USD per million output tokens");
  for (auto& figure : figures) figure = unbroken(figure);
  if (!p.promises.empty()) figures.push_back(keepingText(p));
  return fmt::format("Best: {}: {}", placeText(r, p), fmt::join(figures, ", "));
}

std::vector<Figure> factsOf(const SearchResult& r) {
  std::vector<Figure> out;
  auto add = [&](const char* name, std::string text) {
    if (!text.empty()) out.push_back({name, std::move(text)});
  };
  auto whole = wholeResults(r);
  add("Model", saidBy(whole, &Results::model));
  add("Hardware", saidBy(whole, &Results::hardware));
  add("Load", loadText(r, whole));
  if (const auto* point = foremost(r)) {
    std::vector<std::string> promises;
    for (const auto& promise : point->promises) promises.push_back(promise.text);
    add("Promises", promises.empty() ? "none" : joinWords(promises));
  }
  add("Best is", goalsText(r));
  add("Varied", joinWords(variedPaths(r)));
  add("Points", countsText(r));
  return out;
}

}  // namespace afdc
