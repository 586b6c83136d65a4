#include "passes/profiles/adopt.h"

namespace afdc {

void adopt(const ProfileAnswer& answer, Results& results) {
  Results::Metrics m;
  m.ttft_mean_s = answer.ttft;
  if (answer.tpot > 0) {
    m.tpot_mean_s = answer.tpot;
    m.interactivity_tokens_per_s = 1 / answer.tpot;
  }
  m.e2e_mean_s = answer.e2e;
  m.output_tokens_per_s = answer.output_tokens_per_s;
  if (results.devices_paid > 0) m.output_tokens_per_s_per_device = answer.output_tokens_per_s / results.devices_paid;
  // The load and the price of the hardware are the scenario's own, whoever answers.
  m.concurrency = results.metrics.concurrency;
  m.usd_per_hour = results.metrics.usd_per_hour;
  if (m.usd_per_hour) m.usd_per_million_output_tokens = *m.usd_per_hour / 3600 / answer.output_tokens_per_s * 1e6;
  results.profile = answer.profile;
  results.metrics = m;
  results.breakdowns.clear();
  results.roles.clear();
  results.afd.clear();
  results.memory.clear();
  results.slo.clear();
  results.bottleneck.clear();
  results.assumptions.clear();
  for (const auto& reason : answer.reasons) results.assumptions.push_back({reason, "profile " + answer.profile});
}

}  // namespace afdc
