// A finite run, replayed over step times: requests one by one, steps that are alike taken together. Deterministic; for
// what closed forms say badly: all requests at once, a few waves, medians (semantics §6).
#pragma once
#include <optional>

#include <vector>

#include "passes/steady/disaggregated.h"
#include "passes/steady/schedule.h"

namespace afdc {

struct ReplayLoad {
  double requests = 1, concurrency = 1;  ///< of one replica; concurrency = requests: all at once
  Lengths lengths;                       ///< means
  double spread = 0;                     ///< lengths lie evenly within ± this share of the mean
  double interval = 0;                   ///< s from one request to the next, on one engine; 0: a closed loop
  /// On one engine, clients send so many prompts in turn; who sends one again finds it in the cache. 0: all differ.
  double prompts = 0;
  /// Lengths of a data set of conversations of which only the means are known (see requestsOf).
  bool conversations = false;
};

struct ReplayResult {
  double ttft_mean = 0, ttft_median = 0, tpot_mean = 0, tpot_median = 0, e2e_mean = 0;  ///< s
  /// s: means of a request's time, and of its time to the first token, over its tokens.
  double e2e_per_token = 0, ttft_per_token = 0;
  double duration = 0;  ///< s
  double output_tokens = 0;
  double requests_per_s = 0, output_tokens_per_s = 0;
};

/// One request of a run.
struct Replayed {
  double input = 0, output = 0;  ///< tokens
  /// Its way to the scheduler, of the mean: evenly between none and twice as much. Without that, requests that once
  /// shared a step would end, and the next ones come, in the same instant for ever.
  double way = 1;
  double started = 0, first = 0, finished = 0;  ///< s
};
/// The requests of a load, their lengths as even as they get and shuffled, always the same way. Of conversations,
/// prompts are exponential, which assumes nothing but their mean; answers have the shape of those of a public chat
/// service.
std::vector<Replayed> requestsOf(const ReplayLoad& load);
ReplayResult summarize(const std::vector<Replayed>& requests, const ReplayLoad& load);

/// nullopt: a request does not fit, or the run has more than `kReplaySteps` requests or would take as many steps.
inline constexpr size_t kReplaySteps = 400'000;
std::optional<ReplayResult> replay(const Role& role, const ReplayLoad& load);
/// Prefill and decode apart; the load is that of all replicas together.
std::optional<ReplayResult> replayApart(const PromptSide& prompt, double promptReplicas, const TokenSide& token,
                                        double tokenReplicas, const TransferConfig& transfer, const ReplayLoad& load);

}  // namespace afdc
