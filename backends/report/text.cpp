#include "backends/report/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/quantity.h"
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
    memory();
    for (const auto& b : r_.breakdowns) breakdown(b);
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
  /// Width in columns, not bytes: the bars are multi-byte.
  static size_t columns(std::string_view text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(),
                                             [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
  }
  static std::string pad(std::string text, size_t width) {
    size_t have = columns(text);
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
    size_t indent = columns(first), used = indent;
    bool fresh = true;
    for (size_t i = 0; i < text.size();) {
      size_t end = std::min(text.find(' ', i), text.size());
      std::string word = text.substr(i, end - i);
      if (!fresh && used + 1 + columns(word) > kWidth) {
        out_ += line + "\n";
        line = std::string(indent, ' ');
        used = indent;
        fresh = true;
      }
      line += (fresh ? "" : " ") + word;
      used += columns(word) + (fresh ? 0 : 1);
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
      if (columns(expect) > 34) {
        wrapped("           ", expect);
        expect.clear();
      }
      out_ += fmt::format("  {} {:<34} {:>12}  {:<14} {}\n", paint(code, fmt::format("{:<8}", word)), expect, value,
                          margin, fileName(s.place));
    }
  }

  void memory() {
    heading("Memory per device");
    for (const auto& m : r_.memory) {
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
    heading(fmt::format("One {} step: {}", b.step, time(b.seconds)));
    for (const auto& row : b.rows) {
      double share = row.seconds / b.seconds;
      const char* bound = row.network_s > row.memory_s && row.network_s > row.compute_s ? "network"
                          : row.compute_s > row.memory_s                                ? "compute"
                          : row.memory_s > 0                                            ? "memory"
                                                                                        : "host";
      out_ += fmt::format("  {:<16}{:>12}  {:>5}%  {:<8} {}\n", row.cls, time(row.seconds),
                          fmt::format("{:.1f}", 100 * share), bound, bar(share, 40));
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

std::string textReport(const Results& results, bool color) { return Report(results, color).run(); }

}  // namespace afdc
