// The requests of a finite run: how long they are, when they are sent, and what became of them.
#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "passes/steady/schedule.h"

namespace afdc {

struct ReplayLoad {
  Count requests = 1, concurrency = 1;  ///< of one replica; concurrency = requests: all at once
  Lengths lengths;                      ///< means
  double spread = 0;                    ///< lengths lie evenly within ± this share of the mean
  double interval = 0;                  ///< s from one request to the next, on one engine; 0: a closed loop
  /// On one engine, clients send so many prompts in turn; who sends one again finds it in the cache. 0: all differ.
  Count prompts = 0;
  /// Lengths of a data set of conversations of which only the means are known: the shape of another's answers.
  std::optional<AnswerLengths> conversations = {};
};

/// One request of a run, as it goes through the engines.
struct Request {
  double input = 0, output = 0;  ///< tokens; of the prompt, those that are to be computed
  /// Its way to the scheduler, of the mean: evenly between none and twice as much. Without that, requests that once
  /// shared a step would end, and the next ones come, in the same instant for ever.
  double way = 1;
  double cached = 0;                            ///< prompt tokens that were in the cache before it came
  double started = 0, first = 0, finished = 0;  ///< s: it was sent, its first token came, its last did

  // What the engine that has it keeps of it.
  double done = 0;       ///< prompt tokens computed
  double generated = 0;  ///< output tokens written before its blocks were taken back
  size_t rank = 0;       ///< data-parallel
};

/// The requests of a load, their lengths as even as they get and shuffled, always the same way. Of conversations,
/// prompts are exponential, which assumes nothing but their mean, and answers have the shape that is given.
std::vector<Request> requestsOf(const ReplayLoad& load);
/// Clients send `prompts` different ones in turn: of one that was sent before, all but the last block is in the cache.
void findRepeatedPrompts(std::vector<Request>& requests, Count prompts, double block);

struct ReplayResult {
  double ttft_mean = 0, ttft_median = 0, tpot_mean = 0, tpot_median = 0, e2e_mean = 0;  ///< s
  /// s: means of a request's time, and of its time to the first token, over its tokens.
  double e2e_per_token = 0, ttft_per_token = 0;
  double duration = 0;  ///< s
  double output_tokens = 0;
  double requests_per_s = 0, output_tokens_per_s = 0;
};
ReplayResult summarize(const std::vector<Request>& requests, const ReplayLoad& load);

}  // namespace afdc
