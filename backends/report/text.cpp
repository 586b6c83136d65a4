#include "backends/report/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/report/figures.h"
#include "backends/report/printable.h"
#include "support/escape.h"
#include "support/text.h"
#include "support/text_table.h"

namespace afdc {
namespace {

class Report {
 public:
  Report(const Results& r, const Screen& screen)
      : r_(r), screen_(screen), barWidth_(std::clamp<size_t>(screen.width - 60, 20, 60)) {}

  std::string run() {
    title();
    metrics();
    slo();
    roles();
    for (const auto& a : r_.afd) attentionFfn(a);
    memory();
    for (const auto& b : r_.breakdowns) breakdown(b);
    sources();
    assumptions();
    return within(out_, screen_.width);
  }

 private:
  std::string paint(const char* code, std::string_view text) const {
    return screen_.color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
  void heading(std::string_view text) { out_ += "\n" + screen_.bold(afdc::wrapped("", text, screen_.width)); }
  std::string bar(double share) const {
    static constexpr const char* eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    double units = std::clamp(share, 0.0, 1.0) * static_cast<double>(barWidth_);
    auto whole = static_cast<size_t>(units);
    std::string out;
    for (size_t i = 0; i < whole; ++i) out += "█";
    if (whole < barWidth_) out += eighths[static_cast<size_t>((units - static_cast<double>(whole)) * 8)];
    return out;
  }
  void wrapped(std::string_view first, const std::string& text) { out_ += afdc::wrapped(first, text, screen_.width); }
  /// A name of a row, whose author may have made it longer than its column.
  static std::string label(std::string_view name, size_t width) { return padded(shortened(name, width), width); }

  static std::string fileName(const std::string& place) {
    return place.substr(place.rfind('/') == std::string::npos ? 0 : place.rfind('/') + 1);
  }

  void title() {
    out_ += screen_.bold(afdc::wrapped("", r_.scenario, screen_.width));
    wrapped("  ", fmt::format("{} on {}, {}, load {}", r_.model, r_.hardware, r_.mode, r_.workload));
  }

  void metrics() {
    heading("Result");
    auto [left, right] = headlinesOf(r_);
    // Two columns of names and figures, closer together on a narrow terminal.
    bool narrow = screen_.width < 90;
    size_t name = narrow ? 23 : 26, figure = narrow ? 13 : 14, gap = narrow ? 4 : 6;
    auto cell = [&](const auto& side, size_t i) {
      return i < side.size() ? padded(side[i].name, name) + paddedLeft(side[i].value, figure)
                             : std::string(name + figure, ' ');
    };
    for (size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
      std::string line = "  " + cell(left, i) + std::string(gap, ' ') + cell(right, i);
      out_ += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    if (!r_.bottleneck.empty()) wrapped("  bottleneck  ", r_.bottleneck);
  }

  void slo() {
    if (r_.slo.empty()) return;
    heading("Promises");
    for (const auto& s : r_.slo) {
      const char* code = s.verdict == Verdict::Pass ? "32" : s.verdict == Verdict::Fail ? "1;31" : "33";
      auto [word, value, margin] = verdictText(s);
      if (!margin.empty()) margin = "margin " + margin;
      // A long promise has a line of its own.
      std::string expect = s.expect;
      if (columnWidth(expect) > 34) {
        wrapped("           ", expect);
        expect.clear();
      }
      std::string line = fmt::format("  {} {} {:>12}  {:<14}", paint(code, fmt::format("{:<8}", word)),
                                     padded(expect, 34), value, margin);
      // Where it stands in the file is what a narrow terminal can do without.
      std::string place = fileName(s.place);
      bool room = columnWidth(line) + 1 + columnWidth(place) <= screen_.width;
      line += room ? " " + place : "";
      out_ += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
  }

  void roles() {
    if (r_.roles.size() < 2) return;
    heading("Roles");
    for (const auto& role : r_.roles) {
      out_ += fmt::format("  {:<12}{:>12} a step{}\n", role.name, timeText(role.step_s),
                          role.busy ? fmt::format(", busy {}%", significant(100 * *role.busy, 3)) : "");
      wrapped("              ", role.hardware);
      if (!role.bottleneck.empty()) wrapped("              ", role.bottleneck);
    }
    if (r_.transfer_s) out_ += fmt::format("  {:<12}{:>12} a prompt\n", "KV transfer", timeText(*r_.transfer_s));
  }

  void attentionFfn(const AfdResult& a) {
    heading(fmt::format("Attention and FFN of {}, one microbatch in one layer ({} microbatches)", a.role,
                        significant(a.microbatches, 4)));
    double largest = std::max({a.attention_s, a.to_ffn_s, a.ffn_s, a.to_attention_s, a.budget_s});
    auto line = [&](const char* what, double s) {
      out_ += fmt::format("  {:<26}{:>12}  {}\n", what, timeText(s), bar(s / largest));
    };
    line("attention", a.attention_s);
    line("attention to FFN", a.to_ffn_s);
    line("FFN", a.ffn_s);
    line("FFN to attention", a.to_attention_s);
    line("TPOT / (3 layers)", a.budget_s);
    out_ += "  time per output token with\n";
    for (const auto& v : a.sensitivities) out_ += fmt::format("    {:<32}{:>12}\n", v.what, timeText(v.tpot_s));
  }

  void memory() {
    heading("Memory per device");
    for (const auto& m : r_.memory) {
      if (r_.memory.size() > 1) out_ += fmt::format("  {}\n", m.role);
      auto line = [&](std::string_view what, double b) {
        out_ += fmt::format("  {}{:>12}  {:>5}%  {}\n", label(what, 26), bytesText(b),
                            fmt::format("{:.1f}", 100 * b / m.capacity), bar(b / m.capacity));
      };
      for (const auto& [what, b] : memoryParts(m)) line(what, b);
      out_ +=
          fmt::format("  {:<26}{:>12}  of {}\n", "usable by the engine", bytesText(m.available), bytesText(m.capacity));
      if (m.unused > 0) line("left unused by its setting", m.unused);
      if (m.kv_capacity_tokens > 0)
        out_ += fmt::format("  {:<26}{:>12}  in requests of {} each\n", "room for tokens of KV",
                            groupedText(m.kv_capacity_tokens), groupedText(m.kv_capacity_at_tokens));
    }
  }

  void breakdown(const Breakdown& b) {
    heading(stepTitle(b));
    for (const auto& row : b.rows) {
      double share = row.seconds / b.seconds;
      if (share < 0.0005) continue;
      out_ += fmt::format("  {}{:>12}  {:>5}%  {:<8} {}\n", label(row.cls, b.overlapping ? 20 : 16),
                          timeText(row.seconds), fmt::format("{:.1f}", 100 * share), boundOf(row), bar(share));
    }
  }

  /// Only where there is something to say: the roofline has one source for all.
  void sources() {
    bool all = std::all_of(r_.sources.begin(), r_.sources.end(), [](const auto& s) { return s.source == "roofline"; });
    if (all) return;
    heading("Where the times come from");
    size_t width = 26;
    for (const auto& s : r_.sources) width = std::max(width, s.role.size() + s.cls.size() + 2);
    for (size_t i = 0; i < r_.sources.size();) {
      const auto& first = r_.sources[i];
      std::string from;
      for (; i < r_.sources.size() && r_.sources[i].cls == first.cls && r_.sources[i].role == first.role; ++i)
        from += fmt::format("{}{} {}%", from.empty() ? "" : ", ", r_.sources[i].source,
                            significant(100 * r_.sources[i].share, 3));
      wrapped("  " + padded(first.role.empty() ? first.cls : first.role + " " + first.cls, width), from);
    }
  }

  void assumptions() {
    if (r_.assumptions.empty()) return;
    heading("Assumed");
    for (const auto& a : r_.assumptions)
      wrapped("  - ", a.from.empty() ? a.what : fmt::format("{} ({})", a.what, a.from));
  }

  const Results& r_;
  Screen screen_;
  size_t barWidth_;
  std::string out_;
};

}  // namespace

std::string besideReport(const Results& results, const OtherTool& other, const Screen& screen) {
  const auto r = printable(results);
  std::string out =
      screen.bold(wrapped("", fmt::format("{}: afdc beside {}", r.scenario, other.profile), screen.width));
  auto time = [](double v) { return timeText(v); };
  auto bytes = [](double v) { return bytesText(v); };
  using Kind = TextTable::Kind;
  TextTable table({{"", Kind::Text, true, 26},
                   {"afdc", Kind::Number, true, 12},
                   {other.profile, Kind::Number, true, 14},
                   {"ratio", Kind::Number, true, 8}},
                  2);
  auto row = [&](const char* what, const std::optional<double>& ours, double theirs, auto&& show) {
    if (ours && theirs > 0) table.row({what, show(*ours), show(theirs), significant(theirs / *ours, 3)});
  };
  row("time to first token", r.metrics.ttft_mean_s, other.ttft, time);
  row("time per output token", r.metrics.tpot_mean_s, other.tpot, time);
  row("end to end", r.metrics.e2e_mean_s, other.e2e, time);
  row("output tokens/s", r.metrics.output_tokens_per_s, other.output_tokens_per_s,
      [](double v) { return significant(v, 5); });
  if (!r.memory.empty()) {
    row("weights per device", std::optional(r.memory.back().weights), other.weights, bytes);
    row("KV cache per device", std::optional(r.memory.back().kv), other.kv, bytes);
  }
  out += table.text({false, screen.width}) + "  why they differ\n";
  for (const auto& reason : other.reasons) out += wrapped("  - ", onOneLine(reason), screen.width);
  return out;
}

std::string comparisonReport(const std::vector<Results>& all, const Screen& screen) {
  std::vector<Results> results;
  for (const auto& r : all) results.push_back(printable(r));
  auto number = [](const std::optional<double>& v, int digits) { return v ? significant(*v, digits) : "unknown"; };
  using Kind = TextTable::Kind;
  TextTable table({{"scenario", Kind::Text},
                   {"devices", Kind::Number, true, 7},
                   {"TTFT", Kind::Number, true, 10},
                   {"TPOT", Kind::Number, true, 10},
                   {"tok/s/dev", Kind::Number, true, 10},
                   {"USD/Mtok", Kind::Number, false, 9},
                   {"promises", Kind::Text}});
  size_t width = 8;
  for (const auto& r : results) {
    table.row({r.scenario, significant(r.devices, 6), timeText(r.metrics.ttft_mean_s), timeText(r.metrics.tpot_mean_s),
               number(r.metrics.output_tokens_per_s_per_device, 4), number(r.metrics.usd_per_million_output_tokens, 3),
               promisesText(r)});
    width = std::max(width, columnWidth(r.scenario));
  }
  std::string out = table.text(screen) + "\n";
  for (const auto& r : results) out += wrapped(padded(r.scenario, width) + "  ", r.bottleneck, screen.width);
  return within(out, screen.width);
}

std::string textReport(const Results& results, const Screen& screen) {
  const auto shown = printable(results);
  return Report(shown, screen).run();
}

}  // namespace afdc
