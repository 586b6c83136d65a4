#include "passes/simulation/replay.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <vector>

#include "passes/simulation/front_end.h"
#include "passes/simulation/prompt_batch.h"
#include "support/statistics.h"

namespace afdc {

namespace {

/// n quantiles, as even as they get, in no order: in an order of their own users would keep out of each other's way.
std::vector<double> quantiles(size_t n, uint32_t seed) {
  std::vector<double> out(n);
  for (size_t i = 0; i < n; ++i) out[i] = (static_cast<double>(i) + 0.5) / static_cast<double>(n);
  std::mt19937 random(seed);
  for (size_t i = n; i > 1; --i) std::swap(out[i - 1], out[random() % i]);
  return out;
}

struct Request : Replayed {
  double done = 0;       ///< prompt tokens computed
  double cached = 0;     ///< prompt tokens that were there before it came
  double context = 0;    ///< tokens in the cache
  double left = 0;       ///< output tokens to come
  double generated = 0;  ///< before a preemption
  size_t rank = 0;       ///< data-parallel
};

/// What a data-parallel rank has to do.
struct Rank {
  double prompts = 0, running = 0;  ///< requests
  double tokens = 0;                ///< of its prompts, to compute
  bool operator<(const Rank& o) const {
    double mine = prompts + running, its = o.prompts + o.running;
    return mine != its ? mine < its : tokens < o.tokens;
  }
};

class Run {
 public:
  Run(const Role& role, const ReplayLoad& load)
      : e_(role.engine()),
        schedule_(role, load.lengths),
        load_(load),
        progress_(role.progress()),
        width_(role.verifiedTokens()),
        front_(e_.runtime.front_serial) {
    double D = e_.degrees.dp, whole = load.lengths.input + load.lengths.output;
    ranks_.resize(static_cast<size_t>(D));
    budget_ = e_.max_tokens * D;
    slots_ = e_.max_seqs * D;
    ahead_ = e_.runtime.no_evict() ? 1 : estimates() ? kFirstRatio : 0;
    capacity_ = role.kvBudget / sequenceBytes(role.holder(), whole) * whole * D;
  }

  std::optional<ReplayResult> go() {
    auto total = static_cast<size_t>(std::max(1.0, std::round(load_.requests)));
    for (auto& r : requestsOf(load_)) all_.push_back({r, 0, load_.lengths.cached});
    findRepeated();
    if (load_.interval > 0)
      while (next_ < total) send(static_cast<double>(next_) * load_.interval);
    while (next_ < total && static_cast<double>(next_) < load_.concurrency) send(now_);
    for (size_t step = 0; finished_ < total; ++step) {
      if (step >= kReplaySteps) return std::nullopt;
      if (!advance()) return std::nullopt;
    }
    return summary();
  }

 private:
  /// Prompts that were sent before: all but the last block is there.
  void findRepeated() {
    if (load_.prompts <= 0) return;
    for (auto i = static_cast<size_t>(load_.prompts); i < all_.size(); ++i) {
      double fresh = std::min(all_[i].input, e_.kv_block);
      all_[i].cached += all_[i].input - fresh, all_[i].input = fresh;
    }
  }
  /// The client sends the next request.
  void send(double at) {
    auto& r = all_[next_];
    r.started = at;
    front_.send(at, next_++, e_.runtime.wayIn(r.cached + r.input, r.way));
  }
  /// Requests that the next step can have; with nothing else to do, the scheduler waits for one. One that works beside
  /// the device puts a step together when the one before it begins: who comes while that runs is in the one after.
  void receive() {
    if (front_.empty()) return;
    if (decoded_ < e_.runtime.poll_steps && !running_.empty()) return;
    decoded_ = 0;
    bool idle = waiting_.empty() && prompts_.empty() && running_.empty();
    if (idle) now_ = std::max(now_, front_.next());
    double scheduled = e_.runtime.host_async && !idle ? began_ : now_;
    while (auto request = front_.take(scheduled)) waiting_.push_back(*request);
  }
  /// Lets n steps pass that take as long as each other.
  void pass(double n, double step) {
    now_ += n * step;
    began_ = now_ - step;
  }
  double held() const {
    double sum = 0;
    for (size_t i : running_) sum += all_[i].context + ahead(all_[i].left);
    for (size_t i : prompts_) sum += reserved(all_[i]);
    return sum;
  }
  /// Of tokens to come, those that are kept free before a request is taken in.
  double ahead(double left) const { return ahead_ * left; }
  /// SGLang expects a share of the tokens that running requests may still write: less with every decode step, and after
  /// it had to take blocks back what they have written until then (new_token_ratio in scheduler.py and
  /// schedule_batch.py; its SGLANG_INIT_NEW_TOKEN_RATIO, _MIN_NEW_TOKEN_RATIO_FACTOR, _NEW_TOKEN_RATIO_DECAY_STEPS,
  /// _RETRACT_DECODE_STEPS).
  static constexpr double kFirstRatio = 0.7, kLeastRatio = 0.14 * kFirstRatio, kDecaySteps = 600, kRetractSteps = 20;
  bool estimates() const { return e_.runtime.kv_policy == RuntimeModel::KvPolicy::Estimated; }
  void expectLess(double steps) {
    if (estimates()) ahead_ = std::max(kLeastRatio, ahead_ - steps * (kFirstRatio - kLeastRatio) / kDecaySteps);
  }
  void expectMore() {
    if (!estimates()) return;
    double written = 0, allowed = 0;
    for (size_t i : running_) {
      const auto& r = all_[i];
      written += r.output - r.left + r.generated + kRetractSteps, allowed += r.output + r.generated;
    }
    if (allowed > 0) ahead_ = std::min(1.0, written / allowed);
  }
  double reserved(const Request& r) const { return r.cached + r.input + ahead(r.output); }

  /// One step, or a stretch of decode steps in which nobody comes or goes. False: a request can never run.
  bool advance() {
    receive();
    double taken = e_.runtime.no_evict() ? promised_ : held();
    while (!waiting_.empty() && static_cast<double>(running_.size() + prompts_.size()) < slots_) {
      auto& r = all_[waiting_.front()];
      if (taken + reserved(r) > capacity_) {
        if (running_.empty() && prompts_.empty()) return false;
        break;
      }
      // Prompts queue for the budget; taking more of them in than it serves would change nothing.
      if (pendingTokens() >= budget_) break;
      taken += reserved(r);
      promised_ += reserved(r);
      auto rank = std::min_element(ranks_.begin(), ranks_.end());
      r.rank = static_cast<size_t>(rank - ranks_.begin());
      ++rank->prompts, rank->tokens += r.input;
      prompts_.push_back(waiting_.front());
      waiting_.pop_front();
    }
    if (prompts_.empty())
      decode();
    else
      mixed();
    return true;
  }

  /// Prompt tokens that the next step could take.
  double pendingTokens() const {
    double sum = 0;
    for (const auto& rank : ranks_) sum += std::min(rank.tokens, e_.max_tokens);
    return sum;
  }

  void mixed() {
    bool stall = e_.runtime.prefill_first();
    double n = stall ? 0 : static_cast<double>(running_.size());
    PromptBatch batch(e_);
    if (n > 0)
      for (size_t rank = 0; rank < ranks_.size(); ++rank) batch.occupy(rank, ranks_[rank].running * width_);
    std::vector<std::pair<size_t, double>> chunks;
    for (size_t i : prompts_) {
      auto& r = all_[i];
      double chunk = batch.take(r.rank, r.cached + r.done, r.input - r.done);
      if (chunk > 0) chunks.emplace_back(i, chunk);
    }
    if (batch.empty()) return decode();  // whole prompts wait for room beside the decodes
    BatchState state = {batch.group()};
    if (n > 0) state.insert(state.begin(), decoding());
    pass(1, schedule_.step(state));
    decoded_ = e_.runtime.poll_steps;  // after a prompt, an engine looks at once
    if (n > 0) {
      expectLess(1);
      emit(1);
    }
    for (auto [i, chunk] : chunks) {
      auto& r = all_[i];
      r.done += chunk;
      ranks_[r.rank].tokens -= chunk;
      if (r.done < r.input) continue;
      --ranks_[r.rank].prompts, ++ranks_[r.rank].running;
      prompts_.erase(std::find(prompts_.begin(), prompts_.end(), i));
      if (r.first == 0) r.first = now_;
      r.context = r.cached + r.input + 1;
      r.left = r.output - 1;
      if (r.left <= 0)
        finish(i);
      else
        running_.push_back(i);
    }
  }

  void decode() {
    double least = INFINITY;
    for (size_t i : running_) least = std::min(least, all_[i].left);
    Group group = decoding();
    double n = group.count, mean = group.past;
    double steps = std::max(1.0, std::ceil(least / progress_ - 1e-9));
    if (!e_.runtime.no_evict()) {
      double room = std::floor((capacity_ - n * mean) / (n * progress_));
      if (room < 1 && running_.size() > 1) return preempt();
      steps = std::min(steps, std::max(1.0, room));
    }
    // Contexts grow on the way: stretches are short against them.
    steps = std::min(steps, std::max(16.0, std::floor(0.1 * mean)));
    if (!front_.empty()) {
      double one = schedule_.step({group});
      double until = std::ceil((front_.next() - now_) / one) + (e_.runtime.host_async ? 1 : 0);
      until = std::max(until, e_.runtime.poll_steps - decoded_);
      steps = std::min(steps, std::max(1.0, until));
    }
    group.past += (steps - 1) / 2 * progress_;
    pass(steps, schedule_.step({group}));
    decoded_ += steps;
    expectLess(steps);
    emit(steps);
  }

  /// The running sequences as one group: mean context and its deviation.
  Group decoding() const {
    double sum = 0, squares = 0, n = static_cast<double>(running_.size());
    for (size_t i : running_) sum += all_[i].context, squares += all_[i].context * all_[i].context;
    double mean = sum / n, busiest = 0;
    for (const auto& rank : ranks_) busiest = std::max(busiest, rank.running);
    return {n, 1, mean, 1, false, std::sqrt(std::max(0.0, squares / n - mean * mean)), busiest};
  }

  /// Every running sequence gets the tokens of `steps` steps.
  void emit(double steps) {
    std::vector<size_t> still;
    std::vector<size_t> over;
    for (size_t i : running_) {
      auto& r = all_[i];
      r.left -= steps * progress_;
      r.context += steps * progress_;
      (r.left <= 1e-9 ? over : still).push_back(i);
    }
    running_ = std::move(still);
    for (size_t i : over) finish(i);
  }

  /// The youngest gives its blocks back and computes its prompt and outputs again later.
  void preempt() {
    size_t i = running_.back();
    running_.pop_back();
    auto& r = all_[i];
    --ranks_[r.rank].running;
    r.input = r.context - r.cached;
    r.done = 0;
    r.generated += r.output - r.left;
    r.output = r.left;
    waiting_.push_front(i);
    expectMore();
  }

  void finish(size_t i) {
    promised_ -= reserved(all_[i]);
    --ranks_[all_[i].rank].running;
    all_[i].finished = now_;
    ++finished_;
    if (next_ < all_.size()) send(now_);
  }

  ReplayResult summary() const {
    std::vector<Replayed> requests;
    for (const auto& r : all_) {
      requests.push_back(r);
      requests.back().output += r.generated;
    }
    return summarize(requests, load_);
  }

  const EngineConfig& e_;
  Schedule schedule_;
  const ReplayLoad& load_;
  double progress_, width_;
  double budget_ = 0, slots_ = 0, capacity_ = 0;
  double ahead_ = 0;            ///< share of tokens to come
  double decoded_ = 0;          ///< decode steps since the scheduler looked for requests
  double now_ = 0, began_ = 0;  ///< s: when the next step begins, and when the last one did
  double promised_ = 0;
  size_t next_ = 0, finished_ = 0;
  std::vector<Request> all_;
  std::vector<Rank> ranks_;
  FrontEnd front_;
  std::deque<size_t> waiting_;
  std::vector<size_t> prompts_, running_;
};

/// Answers of a chat service: tokens of the shortest 0, 2, 5, ... % of 12 031 requests (Mooncake's conversation trace,
/// kvcache-ai/Mooncake FAST25-release; mean 343). Many are short, most are near the mean, few are far longer.
constexpr std::pair<double, double> kAnswers[] = {{0, 1},      {0.02, 3},    {0.05, 10},    {0.1, 24},  {0.15, 46},
                                                  {0.2, 100},  {0.25, 157},  {0.3, 213},    {0.4, 291}, {0.5, 350},
                                                  {0.6, 399},  {0.7, 447},   {0.8, 504},    {0.9, 597}, {0.95, 698},
                                                  {0.98, 892}, {0.99, 1119}, {0.999, 2000}, {1, 2000}};
constexpr double kMeanAnswer = 343;
/// Clients that draw from chat data sets leave out what is shorter (vllm bench serve, min_len).
constexpr double kShortest = 4;

double answer(double quantile) {
  const auto* above = std::upper_bound(std::begin(kAnswers), std::end(kAnswers) - 1, quantile,
                                       [](double q, const auto& point) { return q < point.first; });
  const auto* below = above - 1;
  double share = (quantile - below->first) / (above->first - below->first);
  return (below->second + share * (above->second - below->second)) / kMeanAnswer;
}

double prompt(double quantile) { return -std::log(std::max(1 - quantile, 1e-3)); }

}  // namespace

std::vector<Replayed> requestsOf(const ReplayLoad& load) {
  std::vector<Replayed> out(static_cast<size_t>(std::max(1.0, std::round(load.requests))));
  auto inputs = quantiles(out.size(), 1), outputs = quantiles(out.size(), 2), ways = quantiles(out.size(), 3);
  for (size_t i = 0; i < out.size(); ++i) {
    double u = inputs[i], v = outputs[i];
    auto length = [&](double mean, double quantile, double (*shape)(double)) {
      if (load.conversations) return std::max(std::min(kShortest, mean), std::round(mean * shape(quantile)));
      return std::max(1.0, std::round(mean * (1 + load.spread * (2 * quantile - 1))));
    };
    out[i].input = length(load.lengths.fresh(), u, prompt);
    out[i].output = length(load.lengths.output, v, answer);
    out[i].way = 2 * ways[i];
  }
  return out;
}

ReplayResult summarize(const std::vector<Replayed>& requests, const ReplayLoad& load) {
  ReplayResult out;
  std::vector<double> ttft, tpot;
  double n = static_cast<double>(requests.size());
  for (const auto& r : requests) {
    ttft.push_back(r.first - r.started);
    out.ttft_mean += ttft.back() / n;
    out.e2e_mean += (r.finished - r.started) / n;
    out.e2e_per_token += (r.finished - r.started) / r.output / n;
    out.ttft_per_token += (r.first - r.started) / r.output / n;
    out.duration = std::max(out.duration, r.finished);
    out.output_tokens += r.output;
    if (load.lengths.output > 1 && r.output > 1) tpot.push_back((r.finished - r.first) / (r.output - 1));
  }
  for (double t : tpot) out.tpot_mean += t / static_cast<double>(tpot.size());
  out.ttft_median = median(ttft);
  out.tpot_median = median(tpot);
  out.requests_per_s = n / out.duration;
  out.output_tokens_per_s = out.output_tokens / out.duration;
  return out;
}

std::optional<ReplayResult> replay(const Role& role, const ReplayLoad& load) {
  if (!(load.requests <= kReplaySteps)) return std::nullopt;
  return Run(role, load).go();
}

}  // namespace afdc
