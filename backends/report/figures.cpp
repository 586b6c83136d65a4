#include "backends/report/figures.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/quantity.h"
#include "support/text.h"

namespace afdc {

std::string timeText(double seconds) { return humanize(seconds, Dimension::of(Base::Time)); }
std::string timeText(const std::optional<double>& seconds) { return seconds ? timeText(*seconds) : "unknown"; }
std::string bytesText(double bytes) { return humanize(bytes, Dimension::of(Base::Bytes)); }

std::string groupedText(double value) {
  std::string digits = fmt::format("{:.0f}", value), out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-') out += ' ';
    out += digits[i];
  }
  return out;
}

Headlines headlinesOf(const Results& results) {
  const auto& m = results.metrics;
  Headlines out;
  auto row = [](auto& side, const char* name, const std::optional<double>& v, auto&& show) {
    side.push_back({name, v ? show(*v) : "unknown"});
  };
  auto time = [](double v) { return timeText(v); };
  auto four = [](double v) { return significant(v, 4); };
  auto price = [](double v) { return fmt::format("{:.3f}", v); };
  row(out.user, "time to first token", m.ttft_mean_s, time);
  row(out.user, "time per output token", m.tpot_mean_s, time);
  row(out.user, "end to end", m.e2e_mean_s, time);
  row(out.user, "tokens/s for one user", m.interactivity_tokens_per_s, four);
  row(out.user, "requests in the system", m.concurrency, four);
  if (m.running_slots && m.concurrency && *m.running_slots < *m.concurrency * 0.999)
    row(out.user, "  of these running", m.running_slots, four);
  row(out.whole, "output tokens/s", m.output_tokens_per_s, groupedText);
  row(out.whole, "  per device", m.output_tokens_per_s_per_device, four);
  row(out.whole, "all tokens/s", m.total_tokens_per_s, groupedText);
  if (m.capacity_requests_per_s) row(out.whole, "capacity, requests/s", m.capacity_requests_per_s, four);
  row(out.whole, "price, USD/h", m.usd_per_hour, [](double v) { return fmt::format("{:.2f}", v); });
  row(out.whole, "USD per million output", m.usd_per_million_output_tokens, price);
  row(out.whole, "USD per million tokens", m.usd_per_million_tokens, price);
  return out;
}

VerdictText verdictText(const SloResult& slo) {
  VerdictText out;
  out.word = slo.verdict == Verdict::Pass ? "pass" : slo.verdict == Verdict::Fail ? "FAIL" : "unknown";
  if (slo.value && !slo.unit.empty())
    if (auto unit = parseUnit(slo.unit))
      out.value = slo.unit == "1" ? significant(*slo.value, 4) : humanize(*slo.value, unit->dimension);
  if (slo.margin) out.margin = fmt::format("{}{}%", *slo.margin >= 0 ? "+" : "", significant(100 * *slo.margin, 3));
  return out;
}

std::string promisesText(const Results& r) {
  auto kept = std::count_if(r.slo.begin(), r.slo.end(), [](const auto& s) { return s.verdict == Verdict::Pass; });
  return r.slo.empty() ? "none" : fmt::format("{} of {} kept", kept, r.slo.size());
}

std::vector<std::pair<std::string, double>> memoryParts(const RoleMemory& m) {
  std::vector<std::pair<std::string, double>> out;
  auto part = [&](std::string what, double bytes) {
    if (bytes > 0) out.emplace_back(std::move(what), bytes);
  };
  for (const auto& [cls, bytes] : m.weights_by_class)
    if (bytes > 0.002 * m.weights) part(fmt::format("weights, {}", cls), bytes);
  part("KV cache in use", m.kv);
  part("activations", m.activations);
  part("engine's reserve", m.reserve);
  part("sum", m.used());
  return out;
}

std::string stepTitle(const Breakdown& b) {
  return fmt::format("One {} step{}: {}{}", b.step,
                     b.role.empty() || b.role == b.step ? "" : fmt::format(" of {}", b.role), timeText(b.seconds),
                     b.overlapping ? " (busy times of groups and links, which overlap)" : "");
}

const char* boundOf(const BreakdownRow& row) {
  return row.network_s > row.memory_s && row.network_s > row.compute_s ? "network"
         : row.compute_s > row.memory_s                                ? "compute"
         : row.memory_s > 0                                            ? "memory"
                                                                       : "host";
}

}  // namespace afdc
