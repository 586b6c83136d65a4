#include "passes/simulation/engine.h"

#include <algorithm>
#include <cmath>

#include "passes/simulation/prompt_batch.h"

namespace afdc {

Engine::Engine(const Role& role, const Lengths& mean, std::vector<Request>& requests, CacheRoom room)
    : e_(role.engine()),
      schedule_(role, mean),
      requests_(requests),
      room_(room),
      progress_(role.progress()),
      width_(role.verifiedTokens()),
      slots_(static_cast<size_t>(e_.max_seqs * e_.degrees.dp)),
      budget_(e_.max_tokens * e_.degrees.dp),
      pollSteps_(e_.runtime.poll_steps),
      front_(e_.runtime.front_serial),
      ranks_(static_cast<size_t>(e_.degrees.dp)),
      running_(requests, progress_) {}

Engine::Engine(const Role& role, const Lengths& mean, std::vector<Request>& requests)
    : Engine(role, mean, requests, CacheRoom(role, mean)) {}

Engine::Engine(const PromptSide& side, const Lengths& mean, std::vector<Request>& requests)
    : Engine(*side.role, mean, requests, CacheRoom()) {
  keepsPrompts_ = false;
  slots_ = std::numeric_limits<size_t>::max();
  budget_ = INFINITY;
}

Engine::Engine(const TokenSide& side, const Lengths& mean, std::vector<Request>& requests)
    : Engine(*side.role, mean, requests, CacheRoom()) {
  times_ = &side.times;
  slots_ = static_cast<size_t>(times_->sequences(times_->size() - 1) * e_.degrees.pp);
  pollSteps_ = 1;
}

void Engine::arrive(double now, size_t request) {
  const auto& r = requests_[request];
  front_.send(now, request, e_.runtime.wayIn(r.cached + r.input, r.way));
}

double Engine::wakeAt() const {
  if (!idle()) return now_;
  return front_.empty() ? kNever : std::max(now_, front_.next());
}

bool Engine::step(double horizon) {
  done_.clear();
  receive();
  if (!takeIn()) return false;
  prompts_.empty() ? decodeSteps(horizon) : mixedStep();
  return true;
}

/// Requests that the next step can have; with nothing else to do, the scheduler waits for one. With host.async the
/// next step was put together when the last one began: a request that has come since then is not in it.
void Engine::receive() {
  if (front_.empty()) return;
  if (unlooked_ < pollSteps_ && !running_.empty()) return;
  unlooked_ = 0;
  bool waits = idle();
  if (waits) now_ = std::max(now_, front_.next());
  double scheduled = e_.runtime.host_async && !waits ? began_ : now_;
  while (auto request = front_.take(scheduled)) waiting_.push_back(*request);
}

/// From the queue, in the order of arrival, what slots, caches and the budget of prompts have room for. False: the
/// first request does not even fit alone.
bool Engine::takeIn() {
  if (waiting_.empty()) return true;
  double taken = room_.taken(requests_, prompts_, running_);
  while (!waiting_.empty() && running_.size() + prompts_.size() < slots_) {
    size_t i = waiting_.front();
    auto& r = requests_[i];
    double reserved = room_.reserves(r);
    if (!room_.fits(taken + reserved)) return !running_.empty() || !prompts_.empty();
    if (seesEnoughPrompts()) return true;
    taken += reserved;
    room_.takeIn(r);
    auto& rank = lightestRank();
    r.rank = static_cast<size_t>(&rank - ranks_.data());
    if (r.done < r.input) {
      ++rank.prompts;
      rank.tokens += r.input;
      prompts_.push_back(i);
    } else {
      ++rank.running;
      running_.join(i);
      handedOver_.push_back(i);
    }
    waiting_.pop_front();
  }
  return true;
}

/// Prompts queue for the budget of tokens; taking more of them in than the next step serves would change nothing.
bool Engine::seesEnoughPrompts() const {
  double next = 0;
  for (const auto& rank : ranks_) next += std::min(rank.tokens, e_.max_tokens);
  return next >= budget_;
}

/// Requests go to the rank with the fewest; where they do not stay, to the one with the fewest tokens to compute.
Engine::Rank& Engine::lightestRank() {
  return *std::min_element(ranks_.begin(), ranks_.end(), [&](const Rank& a, const Rank& b) {
    if (keepsPrompts_ && a.requests() != b.requests()) return a.requests() < b.requests();
    return a.tokens < b.tokens;
  });
}

/// A step with chunks of prompts, beside the decoding sequences or, where the scheduler puts prompts first, without.
void Engine::mixedStep() {
  bool decodes = !e_.runtime.prefill_first() && !running_.empty();
  PromptBatch batch(e_);
  if (decodes)
    for (size_t rank = 0; rank < ranks_.size(); ++rank)
      batch.occupy(rank, static_cast<double>(ranks_[rank].running) * width_);
  for (size_t i : prompts_) {
    auto& r = requests_[i];
    double chunk = batch.take(r.rank, r.cached + r.done, r.input - r.done);
    r.done += chunk;
    ranks_[r.rank].tokens -= chunk;
  }
  if (batch.empty()) return decodeSteps(kNever);  // whole prompts wait for room beside the decodes
  BatchState state = {batch.group()};
  if (decodes) state.insert(state.begin(), decoding());
  pass(1, schedule_.step(state));
  unlooked_ = pollSteps_;  // after a prompt, an engine looks at once
  if (decodes) {
    room_.afterDecoding(1);
    endDecodes(1);
  }
  endPrompts();
}

/// Prompts that are computed now: they have their first token and go on decoding, or leave for another engine.
void Engine::endPrompts() {
  auto computed = [&](size_t i) { return requests_[i].done >= requests_[i].input; };
  for (size_t i : prompts_) {
    if (!computed(i)) continue;
    auto& r = requests_[i];
    auto& rank = ranks_[r.rank];
    --rank.prompts;
    ++rank.running;
    if (keepsPrompts_ && r.first == 0) r.first = now_;
    if (keepsPrompts_ && r.output > 1)
      running_.join(i);
    else
      leave(i);
  }
  std::erase_if(prompts_, computed);
}

void Engine::decodeSteps(double horizon) {
  Group group = decoding();
  if (room_.stepsLeft(group.count, group.past, progress_) < 1 && running_.size() > 1) return takeBackYoungest();
  double steps = stretch(group, horizon), began = now_;
  group.past += (steps - 1) / 2 * progress_;
  double one = decodeTime(group);
  pass(steps, one);
  unlooked_ += steps;
  room_.afterDecoding(steps);
  for (size_t i : handedOver_)
    if (requests_[i].first == 0) requests_[i].first = began + one;
  handedOver_.clear();
  endDecodes(steps);
}

/// Decode steps from here on that are as long as each other: none of these sequences ends before the last of them, and
/// nobody joins.
double Engine::stretch(const Group& group, double horizon) const {
  double steps = std::min(running_.stepsToEnd(), std::max(1.0, room_.stepsLeft(group.count, group.past, progress_)));
  // Contexts grow on the way: where they count, stretches are short against them.
  if (!times_) steps = std::min(steps, std::max(16.0, std::floor(0.1 * group.past)));
  // A full engine takes nobody in; by contexts, its stretch is cut all the same, which makes it more exact.
  bool joined = !front_.empty() && !(times_ && running_.size() >= slots_);
  if (!joined && horizon == kNever) return steps;
  double one = decodeTime(group), until = std::ceil((horizon - now_) / one);
  if (joined) {
    double comes = std::ceil((front_.next() - now_) / one) + (e_.runtime.host_async ? 1 : 0);
    until = std::min(until, std::max(comes, pollSteps_ - unlooked_));
  }
  return std::min(steps, std::max(1.0, until));
}

/// The running sequences as one group: how many, and where contexts count, their mean and its deviation.
Group Engine::decoding() const {
  double sum = 0, squares = 0, n = static_cast<double>(running_.size());
  if (times_) return {.count = n};
  running_.each([&](const Request& r, double written) {
    double context = r.cached + r.input + written;
    sum += context;
    squares += context * context;
  });
  size_t busiest = 0;
  for (const auto& rank : ranks_) busiest = std::max(busiest, rank.running);
  double mean = sum / n, deviation = std::sqrt(std::max(0.0, squares / n - mean * mean));
  return {n, 1, mean, 1, false, deviation, static_cast<double>(busiest)};
}

double Engine::decodeTime(const Group& group) const {
  return times_ ? (*times_)(group.count / e_.degrees.pp) : schedule_.step({group});
}

/// The running sequences have taken `steps` steps; those that have all of their tokens leave.
void Engine::endDecodes(double steps) {
  running_.pass(steps);
  while (auto ended = running_.takeEnded()) leave(*ended);
}

/// The youngest gives its blocks back and computes its prompt and outputs again later.
void Engine::takeBackYoungest() {
  auto [i, written] = running_.takeBackYoungest();
  auto& r = requests_[i];
  --ranks_[r.rank].running;
  r.input += written;
  r.done = 0;
  r.generated += written;
  r.output -= written;
  waiting_.push_front(i);
  room_.afterTakingBack(running_);
}

void Engine::leave(size_t i) {
  room_.leave(requests_[i]);
  --ranks_[requests_[i].rank].running;
  done_.push_back(i);
}

/// Lets steps pass that take so many seconds each.
void Engine::pass(double steps, double seconds) {
  double before = now_;
  now_ += steps * seconds;
  began_ = steps > 1 ? now_ - seconds : before;
}

}  // namespace afdc
