#include "passes/simulation/replay.h"

#include <algorithm>
#include <vector>

#include "passes/simulation/engine.h"

namespace afdc {

std::optional<ReplayResult> replay(const Role& role, const ReplayLoad& load) {
  if (load.requests > kReplaySteps) return std::nullopt;
  auto requests = requestsOf(load);
  findRepeatedPrompts(requests, load.prompts, role.engine().kv_block);
  Engine engine(role, load.lengths, requests);
  size_t sent = 0, answered = 0;
  auto send = [&](double now) {
    requests[sent].started = now;
    engine.arrive(now, sent++);
  };
  if (load.interval > 0)
    while (sent < requests.size()) send(static_cast<double>(sent) * load.interval);
  while (sent < requests.size() && sent < load.concurrency) send(0);
  for (size_t step = 0; answered < requests.size(); ++step) {
    if (step >= kReplaySteps || !engine.step()) return std::nullopt;
    for (size_t i : engine.done()) {
      requests[i].finished = engine.clock();
      ++answered;
      if (sent < requests.size()) send(engine.clock());
    }
  }
  return summarize(requests, load);
}

namespace {

/// A closed loop of clients on engines that compute prompts and engines that decode. Every engine steps by its own
/// clock, and the one whose next step begins first goes first.
class ApartRun {
 public:
  ApartRun(const PromptSide& prompt, size_t promptReplicas, const TokenSide& token, size_t tokenReplicas,
           const TransferConfig& transfer, const ReplayLoad& load)
      : load_(load),
        handover_(handOver(prompt, token, transfer)),
        between_(handover_.flow / prompt.role->engine().degrees.dp),
        firstByDecode_(token.role->engine().runtime.firstTokenByDecode()),
        requests_(requestsOf(load)),
        portFree_(promptReplicas, 0) {
    for (size_t i = 0; i < promptReplicas; ++i) prefills_.emplace_back(prompt, load.lengths, requests_);
    for (size_t i = 0; i < tokenReplicas; ++i) decodes_.emplace_back(token, load.lengths, requests_);
  }

  std::optional<ReplayResult> go() {
    while (sent_ < requests_.size() && sent_ < load_.concurrency) send(0);
    for (size_t step = 0; answered_ < requests_.size(); ++step) {
      if (step >= kReplaySteps) return std::nullopt;
      auto& prefill = *earliest(prefills_);
      auto& decode = *earliest(decodes_);
      if (prefill.wakeAt() <= decode.wakeAt()) {
        prefill.step();
        for (size_t i : prefill.done()) handOn(prefill, i);
      } else {
        const auto* other = earliest(decodes_, &decode);
        decode.step(std::min(prefill.wakeAt(), other ? other->wakeAt() : kNever));
        for (size_t i : decode.done()) answer(i, decode.clock());
      }
    }
    return summarize(requests_, load_);
  }

 private:
  /// The engine whose next step begins first, of all but one; null where there is no other.
  static Engine* earliest(std::vector<Engine>& engines, const Engine* but = nullptr) {
    Engine* best = nullptr;
    for (auto& e : engines)
      if (&e != but && (!best || e.wakeAt() < best->wakeAt())) best = &e;
    return best;
  }
  static Engine& leastLoaded(std::vector<Engine>& engines) {
    return *std::min_element(engines.begin(), engines.end(),
                             [](const auto& a, const auto& b) { return a.load() < b.load(); });
  }

  void send(double now) {
    requests_[sent_].started = now;
    leastLoaded(prefills_).arrive(now, sent_++);
  }

  /// A computed prompt's cache goes to the decode engine with the least to do; a port sends one after another.
  void handOn(const Engine& from, size_t i) {
    auto& r = requests_[i];
    double now = from.clock();
    bool only = r.output <= 1;
    if (only || !firstByDecode_) r.first = now;
    if (only) return answer(i, now);
    double& free = portFree_[static_cast<size_t>(&from - prefills_.data())];
    double begins = std::max(now, free);
    free = begins + between_;
    leastLoaded(decodes_).handOver(begins + handover_.exposed, i);
  }

  void answer(size_t i, double now) {
    requests_[i].finished = now;
    ++answered_;
    if (sent_ < requests_.size()) send(now);
  }

  const ReplayLoad& load_;
  Handover handover_;
  double between_;  ///< s from one cache's departure by a replica's ports to the next one's
  bool firstByDecode_;
  std::vector<Request> requests_;
  std::vector<double> portFree_;  ///< when the ports of each prefill replica have sent what they had
  std::vector<Engine> prefills_, decodes_;
  size_t sent_ = 0, answered_ = 0;
};

}  // namespace

std::optional<ReplayResult> replayApart(const PromptSide& prompt, Count promptReplicas, const TokenSide& token,
                                        Count tokenReplicas, const TransferConfig& transfer, const ReplayLoad& load) {
  if (load.requests > kReplaySteps) return std::nullopt;
  return ApartRun(prompt, static_cast<size_t>(promptReplicas), token, static_cast<size_t>(tokenReplicas), transfer,
                  load)
      .go();
}

}  // namespace afdc
