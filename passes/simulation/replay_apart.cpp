// The replay of a finite run with prefill and decode on engines of their own: every engine steps by its own clock, and
// the one whose next step begins first goes first.
#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <vector>

#include "passes/simulation/front_end.h"
#include "passes/simulation/prompt_batch.h"
#include "passes/simulation/replay.h"

namespace afdc {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// Computes prompts, chunk by chunk in the order of arrival.
struct PromptEngine {
  struct Prompt {
    size_t request, rank;
    double left;  ///< tokens to compute
  };
  FrontEnd front;
  std::vector<double> tokens;   ///< to compute on each data-parallel rank
  double began = 0, clock = 0;  ///< of its last step: when it began and ended
  double portFree = 0;          ///< when its port has sent what it had
  std::deque<Prompt> waiting = {};

  /// On the rank with the least to compute.
  void receive(size_t request, double input) {
    auto least = std::min_element(tokens.begin(), tokens.end());
    *least += input;
    waiting.push_back({request, static_cast<size_t>(least - tokens.begin()), input});
  }

  double nextStep() const {
    if (!waiting.empty()) return clock;
    return front.empty() ? kNever : std::max(clock, front.next());
  }
  size_t load() const { return waiting.size() + front.size(); }
};

/// Decodes what has arrived. Running sequences advance together, so that each is known by the count of steps, since the
/// engine began, at which it ends.
struct TokenEngine {
  double began = 0, clock = 0, steps = 0;
  Agenda coming = {}, running = {};

  double nextStep() const {
    if (!running.empty()) return clock;
    return coming.empty() ? kNever : std::max(clock, coming.top().first);
  }
  size_t load() const { return coming.size() + running.size(); }
};

class Run {
 public:
  Run(const PromptSide& prompt, double promptReplicas, const TokenSide& token, double tokenReplicas,
      const TransferConfig& transfer, const ReplayLoad& load)
      : load_(load),
        prompt_(prompt),
        token_(token),
        prompts_(*prompt.role, load.lengths),
        handover_(handOver(prompt, token, transfer)),
        progress_(token.role->progress()),
        slots_(token.times.sequences(token.times.size() - 1) * token.role->engine().degrees.pp),
        requests_(requestsOf(load)) {
    FrontEnd front(prompt.role->engine().runtime.front_serial);
    std::vector<double> ranks(static_cast<size_t>(prompt.role->engine().degrees.dp), 0);
    promptEngines_.resize(static_cast<size_t>(promptReplicas), {front, ranks});
    tokenEngines_.resize(static_cast<size_t>(tokenReplicas));
  }

  std::optional<ReplayResult> go() {
    while (sent_ < requests_.size() && static_cast<double>(sent_) < load_.concurrency) send(0);
    for (size_t step = 0; finished_ < requests_.size(); ++step) {
      if (step >= kReplaySteps) return std::nullopt;
      auto& p = *earliest(promptEngines_);
      auto& t = *earliest(tokenEngines_);
      if (p.nextStep() <= t.nextStep()) {
        compute(p);
        continue;
      }
      const auto* other = earliest(tokenEngines_, &t);
      decode(t, std::min(p.nextStep(), other ? other->nextStep() : kNever));
    }
    return summarize(requests_, load_);
  }

 private:
  /// The engine whose next step begins first, of all but one; null where there is no other.
  template <class Engine>
  static Engine* earliest(std::vector<Engine>& engines, const Engine* but = nullptr) {
    Engine* best = nullptr;
    for (auto& e : engines)
      if (&e != but && (!best || e.nextStep() < best->nextStep())) best = &e;
    return best;
  }
  template <class Engine>
  static Engine& leastLoaded(std::vector<Engine>& engines) {
    return *std::min_element(engines.begin(), engines.end(),
                             [](const auto& a, const auto& b) { return a.load() < b.load(); });
  }

  void send(double now) {
    auto& r = requests_[sent_];
    r.started = now;
    double way = prompt_.role->engine().runtime.wayIn(load_.lengths.cached + r.input, r.way);
    leastLoaded(promptEngines_).front.send(now, sent_++, way);
  }

  /// One step of prompts: as many as the budget of all ranks takes.
  void compute(PromptEngine& e) {
    const auto& config = prompt_.role->engine();
    double now = e.nextStep();
    double scheduled = config.runtime.host_async && !e.waiting.empty() ? e.began : now;
    while (auto request = e.front.take(scheduled)) e.receive(*request, requests_[*request].input);
    PromptBatch batch(config);
    for (auto& prompt : e.waiting) {
      const auto& request = requests_[prompt.request];
      double chunk = batch.take(prompt.rank, load_.lengths.cached + request.input - prompt.left, prompt.left);
      prompt.left -= chunk, e.tokens[prompt.rank] -= chunk;
    }
    e.began = now, e.clock = now + prompts_.step({batch.group()});
    std::erase_if(e.waiting, [&](const auto& prompt) {
      if (prompt.left > 0) return false;
      handOn(e, prompt.request);
      return true;
    });
  }

  /// A computed prompt's cache goes to the decode engine with the least to do; a port sends one after another.
  void handOn(PromptEngine& e, size_t request) {
    auto& r = requests_[request];
    if (!token_.role->engine().runtime.firstTokenByDecode() || r.output <= 1) r.first = e.clock;
    if (r.output <= 1) return finish(request, e.clock);
    double begins = std::max(e.clock, e.portFree);
    e.portFree = begins + handover_.flow / prompt_.role->engine().degrees.dp;
    leastLoaded(tokenEngines_).coming.emplace(begins + handover_.exposed, request);
  }

  /// Decode steps until somebody ends, or comes, or an event elsewhere may send somebody.
  void decode(TokenEngine& e, double horizon) {
    bool async = token_.role->engine().runtime.host_async;
    double now = e.nextStep(), scheduled = async && !e.running.empty() ? e.began : now;
    std::vector<size_t> fresh;
    while (!e.coming.empty() && e.coming.top().first <= scheduled && static_cast<double>(e.running.size()) < slots_) {
      size_t request = e.coming.top().second;
      e.coming.pop();
      e.running.emplace(e.steps + std::max(1.0, std::ceil((requests_[request].output - 1) / progress_)), request);
      fresh.push_back(request);
    }
    double one = token_.times(static_cast<double>(e.running.size()) / token_.role->engine().degrees.pp);
    double until = horizon;
    if (!e.coming.empty() && static_cast<double>(e.running.size()) < slots_)
      until = std::min(until, e.coming.top().first + (async ? one : 0));
    double steps = std::max(1.0, std::min(e.running.top().first - e.steps, std::ceil((until - now) / one)));
    if (token_.role->engine().runtime.firstTokenByDecode())
      for (size_t request : fresh) requests_[request].first = now + one;
    e.clock = now + steps * one, e.began = e.clock - one;
    e.steps += steps;
    while (!e.running.empty() && e.running.top().first <= e.steps) {
      size_t request = e.running.top().second;
      e.running.pop();
      finish(request, e.clock);
    }
  }

  void finish(size_t request, double now) {
    requests_[request].finished = now;
    ++finished_;
    if (sent_ < requests_.size()) send(now);
  }

  const ReplayLoad& load_;
  const PromptSide& prompt_;
  const TokenSide& token_;
  Schedule prompts_;
  Handover handover_;
  double progress_, slots_;
  std::vector<Replayed> requests_;
  std::vector<PromptEngine> promptEngines_;
  std::vector<TokenEngine> tokenEngines_;
  size_t sent_ = 0, finished_ = 0;
};

}  // namespace

std::optional<ReplayResult> replayApart(const PromptSide& prompt, double promptReplicas, const TokenSide& token,
                                        double tokenReplicas, const TransferConfig& transfer, const ReplayLoad& load) {
  if (!(load.requests <= kReplaySteps)) return std::nullopt;
  return Run(prompt, promptReplicas, token, tokenReplicas, transfer, load).go();
}

}  // namespace afdc
