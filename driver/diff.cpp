#include "driver/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "backends/report/figures.h"
#include "backends/report/tables.h"
#include "ir/differences.h"
#include "results/metrics.h"
#include "session/session.h"
#include "support/document.h"
#include "support/escape.h"
#include "support/text.h"
#include "support/text_table.h"

namespace afdc {

namespace {

constexpr std::string_view kNothing = "-";  ///< what a scenario does not have

/// One of the two scenarios, with what comes of it.
struct DiffSide {
  std::string file, scenario;  ///< no scenario: the only one
  ir::Scenario said = {};
  std::optional<Results> results = {};
};

/// "deployments.afd:chat"; a file may have a colon in its name.
DiffSide sideOf(const std::string& word) {
  std::error_code error;
  size_t colon = word.rfind(':');
  if (colon == std::string::npos || std::filesystem::exists(word, error)) return {word, ""};
  return {word.substr(0, colon), word.substr(colon + 1)};
}

/// Reads and evaluates one side; what is wrong with it is said in `out`. False: there is nothing to compare.
bool evaluate(DiffSide& side, const DiffOptions& o, Output& out) {
  Session session(o.stdlib, o.allow);
  Module* module = session.loader.loadFile(side.file);
  if (module) session.evaluator.check(*module);
  std::vector<Object*> chosen;
  if (module && session.diags.errors() == 0) chosen = session.scenarios(*module, side.scenario, o.sets);
  if (chosen.size() > 1) {
    std::vector<std::string> names;
    for (auto* scenario : chosen) names.push_back(fmt::format("{}:{}", side.file, scenario->label));
    addFailure(out, "diff",
               fmt::format("{} has {} scenarios; say which: {}", side.file, chosen.size(), joinWords(names, "or")));
    return false;
  }
  if (chosen.size() == 1) {
    side.scenario = chosen[0]->label;
    side.said = session.evaluator.lowerToScenario(chosen[0]);
    if (session.diags.errors() == 0) side.results = runPasses(side.said, "", session.diags).results;
  }
  int before = out.code;
  finish(out, session.diags, o.printing);
  out.code = std::max({before, out.code, module ? int{kClean} : int{kUsage}});
  return side.results.has_value() && session.diags.errors() == 0;
}

/// A figure of both.
struct FigurePair {
  std::string name, unit;  ///< of texts there is no unit
  std::string a, b;        ///< as people read them
  std::optional<double> numberA = {}, numberB = {};
  std::optional<double> ratio() const {
    return numberA && numberB && *numberA != 0 ? std::optional(*numberB / *numberA) : std::nullopt;
  }
};

/// "p50(ttft)" is a time like ttft.
const MetricInfo* metricOf(std::string_view name) {
  size_t open = name.find('(');
  return findMetric(open == std::string_view::npos ? name : name.substr(open + 1, name.size() - open - 2));
}

std::string shownAs(const std::optional<double>& value, std::string_view unit) {
  if (!value) return "unknown";
  auto known = parseUnit(unit);
  if (!known || unit == "1") return significant(*value, 4);
  if (known->dimension == Dimension::of(Base::Time) || known->dimension == Dimension::of(Base::Bytes))
    return humanize(*value, known->dimension);
  return significant(*value / known->factor.toDouble(), 4) + " " + std::string(unit);
}

std::vector<FigurePair> comparedFigures(const Results& a, const Results& b) {
  std::vector<FigurePair> out;
  auto add = [&](std::string_view name, std::string_view unit, std::optional<double> ofA, std::optional<double> ofB) {
    if (ofA || ofB)
      out.push_back({std::string(name), std::string(unit), shownAs(ofA, unit), shownAs(ofB, unit), ofA, ofB});
  };
  add("devices", "1", static_cast<double>(a.devices), static_cast<double>(b.devices));
  for (const auto& named : namedMetrics()) {
    const auto* metric = metricOf(named.name);
    add(named.name, metric ? metric->unit : "1", named.get(a.metrics), named.get(b.metrics));
  }
  auto text = [&](std::string_view name, const std::string& ofA, const std::string& ofB) {
    if (!ofA.empty() || !ofB.empty()) out.push_back({std::string(name), "", ofA, ofB});
  };
  text("bottleneck", a.bottleneck, b.bottleneck);
  text("promises", promisesText(a), promisesText(b));
  return out;
}

/// Everything that is shown.
struct Differing {
  const DiffSide &a, &b;
  std::vector<ir::Difference> inputs;
  std::vector<FigurePair> figures;
};

std::string orNothing(const std::string& text) { return text.empty() ? std::string(kNothing) : text; }
std::string ratioText(const FigurePair& figure) {
  auto ratio = figure.ratio();
  return ratio ? "x " + significant(*ratio, 3) : "";
}
std::string headOf(const DiffSide& side) { return side.file + ":" + side.scenario; }

/// "a.afd:3:4, b.afd:7:1": of the library with its folder, of others without, for tables have no room for it.
std::string placesOf(const ir::Difference& d) {
  auto shown = [](const std::string& place) {
    return place.starts_with("std/") ? place : place.substr(place.rfind('/') + 1);
  };
  std::string a = shown(d.a.place), b = shown(d.b.place);
  return a.empty() || b.empty() ? a + b : a + ", " + b;
}

std::string asText(const Differing& answer, const Screen& screen) {
  using Kind = TextTable::Kind;
  std::string out = wrapped("A  ", onOneLine(headOf(answer.a)), screen.width) +
                    wrapped("B  ", onOneLine(headOf(answer.b)), screen.width) + "\n";
  if (answer.inputs.empty()) {
    out += "Both say the same.\n";
  } else {
    TextTable inputs({{"what differs", Kind::Text}, {"A", Kind::Number}, {"B", Kind::Number}});
    inputs.headOfWords("said at");
    for (const auto& d : answer.inputs)
      inputs.row({onOneLine(d.path), onOneLine(orNothing(d.a.text)), onOneLine(orNothing(d.b.text))},
                 onOneLine(placesOf(d)));
    out += inputs.text(screen);
  }
  TextTable figures({{"result", Kind::Text}, {"A", Kind::Number}, {"B", Kind::Number}, {"B / A", Kind::Number}});
  for (const auto& f : answer.figures)
    if (!f.unit.empty()) figures.row({f.name, f.a, f.b, ratioText(f)});
  out += "\n" + figures.text(screen);
  // Sentences have no place in columns.
  for (const auto& f : answer.figures)
    if (f.unit.empty())
      out += "\n" + wrapped("", f.name, screen.width) + wrapped("  A  ", onOneLine(f.a), screen.width) +
             wrapped("  B  ", onOneLine(f.b), screen.width);
  return out;
}

std::string asMarkdown(const Differing& answer) {
  std::string out = fmt::format("### {} and {}\n\n", markdownText(headOf(answer.a)), markdownText(headOf(answer.b)));
  WordTable inputs{{"what differs", "A", "B", "said at"}, {}};
  for (const auto& d : answer.inputs)
    inputs.rows.push_back({d.path, orNothing(d.a.text), orNothing(d.b.text), placesOf(d)});
  out += answer.inputs.empty() ? "Both say the same.\n" : markdownTable(inputs);
  WordTable figures{{"result", "A", "B", "B / A"}, {}};
  for (const auto& f : answer.figures) figures.rows.push_back({f.name, f.a, f.b, ratioText(f)});
  return out + "\n" + markdownTable(figures);
}

Document documentOf(const DiffSide& side) {
  return Document::map().set("file", side.file).set("scenario", side.scenario);
}

Document documentOf(const ir::Said& said) {
  if (said.text.empty()) return {};
  return Document::map().set("value", said.text).set("place", said.place);
}

Document documentOf(const Differing& answer) {
  auto inputs = Document::list(), figures = Document::list();
  for (const auto& d : answer.inputs)
    inputs.add(Document::map().set("path", d.path).set("a", documentOf(d.a)).set("b", documentOf(d.b)));
  auto number = [](const std::optional<double>& value) { return value ? Document(*value) : Document(); };
  for (const auto& f : answer.figures) {
    auto row = Document::map().set("name", f.name);
    if (f.unit.empty())
      row.set("a", f.a).set("b", f.b);
    else
      row.set("a", number(f.numberA)).set("b", number(f.numberB)).set("ratio", number(f.ratio()));
    figures.add(std::move(row));
  }
  return Document::map()
      .set("schema", "afd_diff")
      .set("version", 1)
      .set("a", documentOf(answer.a))
      .set("b", documentOf(answer.b))
      .set("inputs", inputs)
      .set("results", figures);
}

void declare(Arguments& arguments, DiffOptions& o) {
  arguments.required("A", o.a, "a file with one scenario, or FILE:SCENARIO");
  arguments.required("B", o.b, "what it is compared with, likewise");
  setOption(arguments, o.sets);
  formatOrMarkdownOption(arguments, o.printing);
  readingOptions(arguments, o.stdlib, o.allow);
}

}  // namespace

Output runDiff(const DiffOptions& o) {
  Output out;
  auto a = sideOf(o.a), b = sideOf(o.b);
  bool readA = evaluate(a, o, out), readB = evaluate(b, o, out);
  if (!readA || !readB) return out;
  Session session(o.stdlib);
  const auto& library = session.loader.library();
  auto named = [&](std::string_view name) { return library.find(name) != nullptr; };
  Differing answer{a, b, ir::differences(a.said, b.said, named), comparedFigures(*a.results, *b.results)};
  if (o.printing.json())
    out.out = documentOf(answer).json();
  else
    out.out = o.printing.markdown() ? asMarkdown(answer) : asText(answer, o.printing.screen);
  return out;
}

Command diffCommand() {
  return {.name = "diff",
          .purpose = Purpose::Predict,
          .what = "show where two scenarios differ, and their results side by side",
          .usage = {"afdc diff A B [OPTIONS]"},
          .about =
              "Shows what the two say differently, with the places where they say it, and what comes of each. What "
              "only follows from something else that differs is not listed. --set changes both. In JSON, figures are "
              "in base units: seconds, tokens, bytes.",
          .examples = {{"afdc diff examples/deepseek_v3_h200.afd examples/step3_afd.afd", "two files"},
                       {"afdc diff examples/disaggregation.afd:h200_chat_agg examples/disaggregation.afd:h200_chat_pd",
                        "two scenarios of one file"},
                       {"afdc diff examples/deepseek_v3_h200.afd examples/step3_afd.afd --format markdown",
                        "for a pull request"}},
          .exits = "0 whether or not they differ",
          .bind = bound(declare, runDiff)};
}

}  // namespace afdc
