#include "passes/replay.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

namespace afdc {

namespace {

struct Request {
  double input = 0, output = 0;
  double started = 0, first = 0, finished = 0;
  double done = 0;       ///< prompt tokens computed
  double context = 0;    ///< tokens in the cache
  double left = 0;       ///< output tokens to come
  double generated = 0;  ///< before a preemption
};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

class Run {
 public:
  Run(const Role& role, const ReplayLoad& load)
      : e_(role.engine()),
        schedule_(role, load.lengths),
        load_(load),
        progress_(role.progress()),
        width_(role.verifiedTokens()) {
    double D = e_.degrees.dp, whole = load.lengths.input + load.lengths.output;
    budget_ = e_.max_tokens * D;
    slots_ = e_.max_seqs * D;
    capacity_ = role.kvBudget / sequenceBytes(role.holder(), whole) * whole * D;
    serial_ = e_.runtime.front_serial + e_.runtime.front_per_token * load.lengths.input;
  }

  std::optional<ReplayResult> go() {
    auto total = static_cast<size_t>(std::max(1.0, std::round(load_.requests)));
    all_.resize(total);
    for (size_t i = 0; i < total; ++i) {
      // Lengths in a fixed order that mixes short and long: multiples of the golden ratio, inputs and outputs apart.
      double u = std::fmod(static_cast<double>(i) * 0.6180339887498949 + 0.5, 1.0);
      double v = std::fmod(static_cast<double>(i) * 0.7548776662466927 + 0.25, 1.0);
      auto length = [&](double mean, double quantile) {
        double factor =
            load_.exponential ? -std::log(std::max(1 - quantile, 1e-3)) : 1 + load_.spread * (2 * quantile - 1);
        return std::max(1.0, std::round(mean * factor));
      };
      all_[i].input = length(load_.lengths.fresh(), u);
      all_[i].output = length(load_.lengths.output, v);
    }
    while (next_ < total && static_cast<double>(next_) < load_.concurrency) send();
    for (size_t step = 0; finished_ < total; ++step) {
      if (step >= kReplaySteps) return std::nullopt;
      if (!advance()) return std::nullopt;
    }
    return summary();
  }

 private:
  /// The client sends the next request. The front end works on those that it has in turns, as event loops do: each goes
  /// as far in a second as its share, so that requests which come together are handed on together. They are alike, so the
  /// first to come is the first to go.
  void send() {
    shareUntil(now_);
    all_[next_].started = now_;
    front_.emplace_back(served_ + serial_, next_++);
  }
  /// Lets the front end work until `t`; what is ready comes to the scheduler `front_fixed` later.
  void shareUntil(double t) {
    while (!front_.empty()) {
      double n = static_cast<double>(front_.size()), ready = frontAt_ + (front_.front().first - served_) * n;
      if (ready > t + 1e-12 * n) {
        served_ += (t - frontAt_) / n;
        break;
      }
      served_ = front_.front().first, frontAt_ = ready;
      coming_.emplace_back(ready + e_.runtime.front_fixed, front_.front().second);
      front_.pop_front();
    }
    frontAt_ = std::max(frontAt_, t);
  }
  /// When the front end is ready with its next request, if nobody else comes.
  double nextComing() {
    if (!coming_.empty()) return coming_.front().first;
    double n = static_cast<double>(front_.size());
    return frontAt_ + (front_.front().first - served_) * n + e_.runtime.front_fixed;
  }
  bool nobodyComes() const { return coming_.empty() && front_.empty(); }
  /// Requests that have reached the scheduler by now; with nothing else to do, it waits for the next one.
  void receive() {
    shareUntil(now_);
    if (nobodyComes()) return;
    if (decoded_ < e_.runtime.poll_steps && !running_.empty()) return;
    decoded_ = 0;
    if (waiting_.empty() && prompts_.empty() && running_.empty()) now_ = std::max(now_, nextComing()), shareUntil(now_);
    for (; !coming_.empty() && coming_.front().first <= now_; coming_.pop_front())
      waiting_.push_back(coming_.front().second);
  }
  double held() const {
    double sum = 0;
    for (size_t i : running_) sum += all_[i].context + ahead(all_[i].left);
    for (size_t i : prompts_) sum += reserved(all_[i]);
    return sum;
  }
  /// Of tokens to come, those that are kept free before a request is taken in.
  double ahead(double left) const { return e_.runtime.kv_ahead * left; }
  double reserved(const Request& r) const { return load_.lengths.cached + r.input + ahead(r.output); }

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
      prompts_.push_back(waiting_.front());
      waiting_.pop_front();
    }
    if (prompts_.empty())
      decode();
    else
      mixed();
    return true;
  }

  double pendingTokens() const {
    double sum = 0;
    for (size_t i : prompts_) sum += all_[i].input - all_[i].done;
    return sum;
  }

  void mixed() {
    bool stall = e_.runtime.prefill_first;
    double n = stall ? 0 : static_cast<double>(running_.size()), room = std::max(1.0, budget_ - n * width_);
    double count = 0, fresh = 0, past = 0, ending = 0;
    std::vector<std::pair<size_t, double>> chunks;
    for (size_t i : prompts_) {
      if (room < 1) break;
      double chunk = std::min({all_[i].input - all_[i].done, room, e_.max_tokens});
      room -= chunk;
      chunks.emplace_back(i, chunk);
      ++count, fresh += chunk, past += load_.lengths.cached + all_[i].done;
      ending += all_[i].done + chunk >= all_[i].input;
    }
    BatchState state = {{count, fresh / count, past / count, ending / count}};
    if (n > 0) state.insert(state.begin(), decoding());
    now_ += schedule_.step(state);
    decoded_ = e_.runtime.poll_steps;  // after a prompt, an engine looks at once
    if (n > 0) emit(1);
    for (auto [i, chunk] : chunks) {
      auto& r = all_[i];
      r.done += chunk;
      if (r.done < r.input) continue;
      prompts_.erase(std::find(prompts_.begin(), prompts_.end(), i));
      if (r.first == 0) r.first = now_;
      r.context = load_.lengths.cached + r.input + 1;
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
    if (!nobodyComes()) {
      double one = schedule_.step({group});
      double until = std::max(e_.runtime.poll_steps - decoded_, std::ceil((nextComing() - now_) / one));
      steps = std::min(steps, std::max(1.0, until));
    }
    group.past += (steps - 1) / 2 * progress_;
    now_ += steps * schedule_.step({group});
    decoded_ += steps;
    emit(steps);
  }

  /// The running sequences as one group: mean context and its deviation.
  Group decoding() const {
    double sum = 0, squares = 0, n = static_cast<double>(running_.size());
    for (size_t i : running_) sum += all_[i].context, squares += all_[i].context * all_[i].context;
    double mean = sum / n;
    return {n, 1, mean, 1, false, std::sqrt(std::max(0.0, squares / n - mean * mean))};
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
    r.input = r.context - load_.lengths.cached;
    r.done = 0;
    r.generated += r.output - r.left;
    r.output = r.left;
    waiting_.push_front(i);
  }

  void finish(size_t i) {
    promised_ -= reserved(all_[i]);
    all_[i].finished = now_;
    ++finished_;
    if (next_ < all_.size()) send();
  }

  ReplayResult summary() const {
    ReplayResult out;
    std::vector<double> ttft, tpot;
    double tokens = 0, n = static_cast<double>(all_.size()), first = std::min(n, std::round(load_.concurrency));
    size_t index = 0;
    for (const auto& r : all_) {
      ttft.push_back(r.first - r.started);
      out.ttft_mean += ttft.back() / n;
      bool burst = static_cast<double>(index++) < first;
      (burst ? out.ttft_first : out.ttft_later) += ttft.back() / (burst ? first : n - first);
      out.e2e_mean += (r.finished - r.started) / n;
      tokens += load_.lengths.output;
      double outputs = r.output + r.generated - 1;
      if (load_.lengths.output > 1 && outputs > 0) tpot.push_back((r.finished - r.first) / outputs);
    }
    for (double t : tpot) out.tpot_mean += t / static_cast<double>(tpot.size());
    out.ttft_median = median(ttft);
    out.tpot_median = median(tpot);
    out.duration = now_;
    out.requests_per_s = n / out.duration;
    out.output_tokens_per_s = tokens / out.duration;
    return out;
  }

  const EngineConfig& e_;
  Schedule schedule_;
  const ReplayLoad& load_;
  double progress_, width_;
  double budget_ = 0, slots_ = 0, capacity_ = 0, serial_ = 0;
  double frontAt_ = 0, served_ = 0;  ///< the front end's clock; seconds of work that each request there has had
  double decoded_ = 0;  ///< decode steps since the scheduler looked for requests
  double now_ = 0, promised_ = 0;
  size_t next_ = 0, finished_ = 0;
  std::vector<Request> all_;
  std::deque<std::pair<double, size_t>> front_;   ///< served_ at which each is ready
  std::deque<std::pair<double, size_t>> coming_;  ///< when the scheduler sees them
  std::deque<size_t> waiting_;
  std::vector<size_t> prompts_, running_;
};

}  // namespace

std::optional<ReplayResult> replay(const Role& role, const ReplayLoad& load) { return Run(role, load).go(); }

}  // namespace afdc
