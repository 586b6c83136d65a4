#include "backends/report/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/report/printable.h"
#include "support/escape.h"
#include "support/quantity.h"
#include "support/terminal.h"
#include "support/text.h"

namespace afdc {
namespace {

constexpr size_t kWidth = 100;

class Report {
 public:
  Report(const Results& r, bool color) : r_(r), color_(color) {}

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
    return std::move(out_);
  }

 private:
  std::string paint(const char* code, std::string_view text) const {
    return color_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
  static std::string time(double s) { return humanize(s, Dimension::of(Base::Time)); }
  static std::string bytes(double b) { return humanize(b, Dimension::of(Base::Bytes)); }
  static std::string grouped(double v) {
    std::string digits = fmt::format("{:.0f}", v), out;
    for (size_t i = 0; i < digits.size(); ++i) {
      if (i > 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-') out += ' ';
      out += digits[i];
    }
    return out;
  }
  static std::string pad(std::string text, size_t width) {
    size_t have = columnWidth(text);
    return have < width ? text + std::string(width - have, ' ') : text;
  }
  void heading(std::string_view text) { out_ += "\n" + paint("1", text) + "\n"; }
  static std::string bar(double share, size_t width) {
    static constexpr const char* eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    double units = std::clamp(share, 0.0, 1.0) * static_cast<double>(width);
    auto whole = static_cast<size_t>(units);
    std::string out;
    for (size_t i = 0; i < whole; ++i) out += "█";
    if (whole < width) out += eighths[static_cast<size_t>((units - static_cast<double>(whole)) * 8)];
    return out;
  }
  void wrapped(std::string_view first, const std::string& text) {
    std::string line(first);
    size_t indent = columnWidth(first), used = indent;
    bool fresh = true;
    for (size_t i = 0; i < text.size();) {
      size_t end = std::min(text.find(' ', i), text.size());
      std::string word = text.substr(i, end - i);
      if (!fresh && used + 1 + columnWidth(word) > kWidth) {
        out_ += line + "\n";
        line = std::string(indent, ' ');
        used = indent;
        fresh = true;
      }
      line += (fresh ? "" : " ") + word;
      used += columnWidth(word) + (fresh ? 0 : 1);
      fresh = false;
      i = end + 1;
    }
    out_ += line + "\n";
  }

  /// A line of 100 columns has no room for folders.
  static std::string fileName(const std::string& place) {
    return place.substr(place.rfind('/') == std::string::npos ? 0 : place.rfind('/') + 1);
  }

  void title() {
    out_ += paint("1", r_.scenario) + "\n";
    wrapped("  ", fmt::format("{} on {}, {}, load {}", r_.model, r_.hardware, r_.mode, r_.workload));
  }

  void metrics() {
    const auto& m = r_.metrics;
    heading("Result");
    std::vector<std::pair<std::string, std::string>> left, right;
    auto row = [](auto& side, std::string name, const std::optional<double>& v, auto&& show) {
      side.emplace_back(std::move(name), v ? show(*v) : "unknown");
    };
    row(left, "time to first token", m.ttft_mean_s, time);
    row(left, "time per output token", m.tpot_mean_s, time);
    row(left, "end to end", m.e2e_mean_s, time);
    row(left, "tokens/s for one user", m.interactivity_tokens_per_s, [](double v) { return significant(v, 4); });
    row(left, "requests in the system", m.concurrency, [](double v) { return significant(v, 4); });
    if (m.running_slots && m.concurrency && *m.running_slots < *m.concurrency * 0.999)
      row(left, "  of these running", m.running_slots, [](double v) { return significant(v, 4); });
    row(right, "output tokens/s", m.output_tokens_per_s, grouped);
    row(right, "  per device", m.output_tokens_per_s_per_device, [](double v) { return significant(v, 4); });
    row(right, "all tokens/s", m.total_tokens_per_s, grouped);
    if (m.capacity_requests_per_s)
      row(right, "capacity, requests/s", m.capacity_requests_per_s, [](double v) { return significant(v, 4); });
    row(right, "price, USD/h", m.usd_per_hour, [](double v) { return fmt::format("{:.2f}", v); });
    row(right, "USD per million output", m.usd_per_million_output_tokens,
        [](double v) { return fmt::format("{:.3f}", v); });
    row(right, "USD per million tokens", m.usd_per_million_tokens, [](double v) { return fmt::format("{:.3f}", v); });
    for (size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
      std::string line = "  ";
      if (i < left.size())
        line += fmt::format("{:<26}{:>14}", left[i].first, left[i].second);
      else
        line += std::string(40, ' ');
      if (i < right.size()) line += fmt::format("      {:<26}{:>14}", right[i].first, right[i].second);
      while (!line.empty() && line.back() == ' ') line.pop_back();
      out_ += line + "\n";
    }
    if (!r_.bottleneck.empty()) wrapped("  bottleneck  ", r_.bottleneck);
  }

  void slo() {
    if (r_.slo.empty()) return;
    heading("Promises");
    for (const auto& s : r_.slo) {
      const char* word = s.verdict == Verdict::Pass ? "pass" : s.verdict == Verdict::Fail ? "FAIL" : "unknown";
      const char* code = s.verdict == Verdict::Pass ? "32" : s.verdict == Verdict::Fail ? "1;31" : "33";
      std::string value;
      if (s.value && !s.unit.empty())
        if (auto unit = parseUnit(s.unit))
          value = s.unit == "1" ? significant(*s.value, 4) : humanize(*s.value, unit->dimension);
      std::string margin =
          s.margin ? fmt::format("margin {}{}%", *s.margin >= 0 ? "+" : "", significant(100 * *s.margin, 3)) : "";
      // A long promise has a line of its own.
      std::string expect = s.expect;
      if (columnWidth(expect) > 34) {
        wrapped("           ", expect);
        expect.clear();
      }
      out_ += fmt::format("  {} {:<34} {:>12}  {:<14} {}\n", paint(code, fmt::format("{:<8}", word)), expect, value,
                          margin, fileName(s.place));
    }
  }

  void roles() {
    if (r_.roles.size() < 2) return;
    heading("Roles");
    for (const auto& role : r_.roles) {
      out_ += fmt::format("  {:<12}{:>12} a step{}\n", role.name, time(role.step_s),
                          role.busy ? fmt::format(", busy {}%", significant(100 * *role.busy, 3)) : "");
      wrapped("              ", role.hardware);
      if (!role.bottleneck.empty()) wrapped("              ", role.bottleneck);
    }
    if (r_.transfer_s) out_ += fmt::format("  {:<12}{:>12} a prompt\n", "KV transfer", time(*r_.transfer_s));
  }

  void attentionFfn(const AfdResult& a) {
    heading(fmt::format("Attention and FFN of {}, one microbatch in one layer ({} microbatches)", a.role,
                        significant(a.microbatches, 4)));
    double largest = std::max({a.attention_s, a.to_ffn_s, a.ffn_s, a.to_attention_s, a.budget_s});
    auto line = [&](const char* what, double s) {
      out_ += fmt::format("  {:<26}{:>12}  {}\n", what, time(s), bar(s / largest, 40));
    };
    line("attention", a.attention_s);
    line("attention to FFN", a.to_ffn_s);
    line("FFN", a.ffn_s);
    line("FFN to attention", a.to_attention_s);
    line("TPOT / (3 layers)", a.budget_s);
    out_ += "  time per output token with\n";
    for (const auto& v : a.sensitivities) out_ += fmt::format("    {:<32}{:>12}\n", v.what, time(v.tpot_s));
  }

  void memory() {
    heading("Memory per device");
    for (const auto& m : r_.memory) {
      if (r_.memory.size() > 1) out_ += fmt::format("  {}\n", m.role);
      auto line = [&](std::string_view what, double b) {
        if (b <= 0) return;
        out_ += fmt::format("  {:<26}{:>12}  {:>5}%  {}\n", what, bytes(b), fmt::format("{:.1f}", 100 * b / m.capacity),
                            bar(b / m.capacity, 40));
      };
      for (const auto& [cls, b] : m.weights_by_class)
        if (b > 0.002 * m.weights) line(fmt::format("weights, {}", cls), b);
      line("KV cache in use", m.kv);
      line("activations", m.activations);
      line("engine's reserve", m.reserve);
      line("sum", m.used());
      out_ += fmt::format("  {:<26}{:>12}  of {}\n", "usable by the engine", bytes(m.available), bytes(m.capacity));
      if (m.kv_capacity_tokens > 0)
        out_ += fmt::format("  {:<26}{:>12}\n", "room for tokens of KV", grouped(m.kv_capacity_tokens));
    }
  }

  void breakdown(const Breakdown& b) {
    heading(fmt::format("One {} step{}: {}{}", b.step,
                        b.role.empty() || b.role == b.step ? "" : fmt::format(" of {}", b.role), time(b.seconds),
                        b.overlapping ? " (busy times of groups and links, which overlap)" : ""));
    for (const auto& row : b.rows) {
      double share = row.seconds / b.seconds;
      if (share < 0.0005) continue;
      const char* bound = row.network_s > row.memory_s && row.network_s > row.compute_s ? "network"
                          : row.compute_s > row.memory_s                                ? "compute"
                          : row.memory_s > 0                                            ? "memory"
                                                                                        : "host";
      out_ += fmt::format("  {:<{}}{:>12}  {:>5}%  {:<8} {}\n", row.cls, b.overlapping ? 20 : 16, time(row.seconds),
                          fmt::format("{:.1f}", 100 * share), bound, bar(share, 40));
    }
  }

  /// Only where there is something to say: the roofline has one source for all.
  void sources() {
    bool all = std::all_of(r_.sources.begin(), r_.sources.end(), [](const auto& s) { return s.source == "roofline"; });
    if (all) return;
    heading("Where the times come from");
    for (size_t i = 0; i < r_.sources.size();) {
      const auto& first = r_.sources[i];
      std::string line;
      for (; i < r_.sources.size() && r_.sources[i].cls == first.cls && r_.sources[i].role == first.role; ++i)
        line += fmt::format("{}{} {}%", line.empty() ? "" : ", ", r_.sources[i].source,
                            significant(100 * r_.sources[i].share, 3));
      out_ += fmt::format("  {:<26}{}\n", first.role.empty() ? first.cls : first.role + " " + first.cls, line);
    }
  }

  void assumptions() {
    if (r_.assumptions.empty()) return;
    heading("Assumed");
    for (const auto& a : r_.assumptions)
      wrapped("  - ", a.from.empty() ? a.what : fmt::format("{} ({})", a.what, a.from));
  }

  const Results& r_;
  bool color_;
  std::string out_;
};

}  // namespace

std::string besideReport(const Results& results, const OtherTool& other, bool color) {
  const auto r = printable(results);
  auto time = [](double s) { return humanize(s, Dimension::of(Base::Time)); };
  auto bytes = [](double b) { return humanize(b, Dimension::of(Base::Bytes)); };
  std::string head = fmt::format("{}: afdc beside {}", r.scenario, other.profile);
  std::string out = color ? fmt::format("\x1b[1m{}\x1b[0m\n", head) : head + "\n";
  out += fmt::format("  {:<26}{:>14}{:>16}{:>10}\n", "", "afdc", other.profile, "ratio");
  auto row = [&](const char* what, const std::optional<double>& ours, double theirs, auto&& show) {
    if (!ours || theirs <= 0) return;
    out += fmt::format("  {:<26}{:>14}{:>16}{:>10}\n", what, show(*ours), show(theirs), significant(theirs / *ours, 3));
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
  out += "  why they differ\n";
  for (const auto& reason : other.reasons) out += fmt::format("  - {}\n", onOneLine(reason));
  return out;
}

std::string comparisonReport(const std::vector<Results>& all, bool color) {
  std::vector<Results> results;
  for (const auto& r : all) results.push_back(printable(r));
  size_t width = 8;
  for (const auto& r : results) width = std::max(width, r.scenario.size());
  auto time = [](const std::optional<double>& v) {
    return v ? humanize(*v, Dimension::of(Base::Time)) : std::string("unknown");
  };
  auto number = [](const std::optional<double>& v, int digits) { return v ? significant(*v, digits) : "unknown"; };
  std::string head = fmt::format("{:<{}}  {:>7}  {:>10}  {:>10}  {:>10}  {:>9}  {}", "scenario", width, "devices",
                                 "TTFT", "TPOT", "tok/s/dev", "USD/Mtok", "promises");
  std::string out = color ? fmt::format("\x1b[1m{}\x1b[0m\n", head) : head + "\n";
  for (const auto& r : results) {
    size_t kept = 0;
    for (const auto& s : r.slo) kept += s.verdict == Verdict::Pass;
    std::string promises = r.slo.empty() ? "none" : fmt::format("{} of {} kept", kept, r.slo.size());
    out += fmt::format("{:<{}}  {:>7}  {:>10}  {:>10}  {:>10}  {:>9}  {}\n", r.scenario, width,
                       significant(r.devices, 6), time(r.metrics.ttft_mean_s), time(r.metrics.tpot_mean_s),
                       number(r.metrics.output_tokens_per_s_per_device, 4),
                       number(r.metrics.usd_per_million_output_tokens, 3), promises);
  }
  out += "\n";
  for (const auto& r : results) out += fmt::format("{:<{}}  {}\n", r.scenario, width, r.bottleneck);
  return out;
}

std::string textReport(const Results& results, bool color) {
  const auto shown = printable(results);
  return Report(shown, color).run();
}

}  // namespace afdc
