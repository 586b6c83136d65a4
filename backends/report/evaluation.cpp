#include "backends/report/evaluation.h"

#include <fmt/format.h>

#include "backends/report/embedded.h"
#include "backends/report/figures.h"
#include "backends/report/page.h"
#include "backends/report/tables.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc {

namespace {

std::string sentenceOf(const Results& r) {
  return fmt::format("{} on {}, {}, load {}", r.model, r.hardware, r.mode, r.workload);
}

WordTable headlineTable(const Results& r) {
  auto [user, whole] = headlinesOf(r);
  WordTable out{{"for one user", "", "in all", ""}, {}};
  auto cell = [](const std::vector<Figure>& side, size_t i) { return i < side.size() ? side[i] : Figure{}; };
  for (size_t i = 0; i < std::max(user.size(), whole.size()); ++i)
    out.rows.push_back({cell(user, i).name, cell(user, i).value, cell(whole, i).name, cell(whole, i).value});
  return out;
}

WordTable promiseTable(const Results& r) {
  WordTable out{{"promise", "", "figure", "margin"}, {}};
  for (const auto& s : r.slo) {
    auto [word, value, margin] = verdictText(s);
    out.rows.push_back({s.expect, word, value, margin});
  }
  return out;
}

WordTable memoryTable(const RoleMemory& m) {
  WordTable out{{"memory of a device" + (m.role.empty() ? "" : " of " + m.role), "", "of it"}, {}};
  auto line = [&](const std::string& what, double bytes) {
    out.rows.push_back({what, bytesText(bytes), fmt::format("{:.1f} %", 100 * bytes / m.capacity)});
  };
  for (const auto& [what, bytes] : memoryParts(m)) line(what, bytes);
  line("usable by the engine", m.available);
  if (m.unused > 0) line("left unused by its setting", m.unused);
  if (m.kv_capacity_tokens > 0)
    out.rows.push_back({fmt::format("room for tokens of KV, in requests of {}", groupedText(m.kv_capacity_at_tokens)),
                        groupedText(m.kv_capacity_tokens), ""});
  return out;
}

WordTable stepTable(const Breakdown& b) {
  WordTable out{{stepTitle(b), "", "of it", "bound by"}, {}};
  for (const auto& row : b.rows)
    if (row.seconds >= 0.0005 * b.seconds)
      out.rows.push_back(
          {row.cls, timeText(row.seconds), fmt::format("{:.1f} %", 100 * row.seconds / b.seconds), boundOf(row)});
  return out;
}

/// Several scenarios beside each other.
WordTable comparisonTable(const std::vector<Results>& all) {
  WordTable out{{"scenario", "devices", "TTFT", "TPOT", "tok/s/device", "USD/Mtok", "promises"}, {}};
  auto number = [](const std::optional<double>& v, int digits) { return v ? significant(*v, digits) : "unknown"; };
  for (const auto& r : all)
    out.rows.push_back({r.scenario, significant(r.devices, 6), timeText(r.metrics.ttft_mean_s),
                        timeText(r.metrics.tpot_mean_s), number(r.metrics.output_tokens_per_s_per_device, 4),
                        number(r.metrics.usd_per_million_output_tokens, 3), promisesText(r)});
  return out;
}

std::vector<std::string> assumptionsOf(const Results& r) {
  std::vector<std::string> out;
  for (const auto& a : r.assumptions) out.push_back(a.from.empty() ? a.what : fmt::format("{} ({})", a.what, a.from));
  return out;
}

std::string markdownOf(const Results& r) {
  std::string out = fmt::format("### {}\n\n{}\n\n{}\n", markdownText(r.scenario), markdownText(sentenceOf(r)),
                                markdownTable(headlineTable(r)));
  if (!r.bottleneck.empty()) out += fmt::format("Bottleneck: {}\n\n", markdownText(r.bottleneck));
  if (!r.slo.empty()) out += markdownTable(promiseTable(r)) + "\n";
  out += "<details><summary>Memory, steps and what was assumed</summary>\n\n";
  for (const auto& m : r.memory) out += markdownTable(memoryTable(m)) + "\n";
  for (const auto& b : r.breakdowns) out += markdownTable(stepTable(b)) + "\n";
  for (const auto& text : assumptionsOf(r)) out += "- " + markdownText(text) + "\n";
  return out + "\n</details>\n";
}

/// Side by side where there is room.
std::string headlinesHtml(const Results& r) {
  auto [user, whole] = headlinesOf(r);
  auto tableOf = [](const char* head, const std::vector<Figure>& side) {
    WordTable out{{head, ""}, {}};
    for (const auto& figure : side) out.rows.push_back({figure.name, figure.value});
    return htmlTable(out);
  };
  return fmt::format("<div class=\"grid\">{}{}</div>\n", tableOf("for one user", user), tableOf("in all", whole));
}

std::string sectionOf(const Results& r, size_t number) {
  std::string out = fmt::format("<section id=\"result-{}\"><h2>{}</h2><p>{}</p>\n{}", number, htmlText(r.scenario),
                                htmlText(sentenceOf(r)), headlinesHtml(r));
  if (!r.bottleneck.empty()) out += fmt::format("<p><b>Bottleneck:</b> {}</p>\n", htmlText(r.bottleneck));
  if (!r.slo.empty()) out += htmlTable(promiseTable(r));
  out += "</section>\n<section class=\"without-js\">\n";
  for (const auto& m : r.memory) out += htmlTable(memoryTable(m));
  for (const auto& b : r.breakdowns) out += htmlTable(stepTable(b));
  out += "<ul>\n";
  for (const auto& text : assumptionsOf(r)) out += fmt::format("<li>{}</li>\n", htmlText(text));
  return out + fmt::format("</ul></section>\n<div class=\"grid figures\" data-result=\"{}\"></div>\n", number);
}

}  // namespace

std::string evaluationMarkdown(const std::vector<Results>& all) {
  std::string out;
  if (all.size() > 1) out = markdownTable(comparisonTable(all)) + "\n";
  for (size_t i = 0; i < all.size(); ++i) out += (i ? "\n" : "") + markdownOf(all[i]);
  return out;
}

std::string evaluationHtml(const std::vector<Results>& all, const std::string& made) {
  std::string title, contents, sections;
  for (size_t i = 0; i < all.size(); ++i) {
    title += (i ? ", " : "") + all[i].scenario;
    contents += fmt::format("<li><a href=\"#result-{}\">{}</a></li>\n", i, htmlText(all[i].scenario));
    sections += sectionOf(all[i], i);
  }
  if (all.size() > 1) {
    title = fmt::format("{} scenarios", all.size());
    sections = "<section>" + htmlTable(comparisonTable(all)) + "</section>\n" + sections;
    contents = "<nav aria-label=\"Scenarios\"><ol>\n" + contents + "</ol></nav>";
  } else {
    contents.clear();
  }
  return pageOf({kEvaluationPage, title, contents, sections, made, toJson(all)});
}

}  // namespace afdc
