// One replica of an engine in a run: it takes requests in, puts its steps together and lets them pass. It works by a
// clock of its own: whoever drives it asks when its next step begins, lets it take the step, and carries on the
// requests that it is done with.
#pragma once
#include <deque>
#include <limits>
#include <span>
#include <vector>

#include "passes/simulation/cache_room.h"
#include "passes/simulation/front_end.h"
#include "passes/simulation/running_sequences.h"
#include "passes/steady/disaggregated.h"

namespace afdc {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

class Engine {
 public:
  /// One that does all of a request, by the contexts that its sequences really have.
  Engine(const Role& role, const Lengths& mean, std::vector<Request>& requests);
  /// One that computes prompts only. Its caches are not counted: they leave with the prompts.
  Engine(const PromptSide& side, const Lengths& mean, std::vector<Request>& requests);
  /// One that decodes what has been computed elsewhere, by step times of the mean context; its caches have room for as
  /// many sequences as those go up to.
  Engine(const TokenSide& side, const Lengths& mean, std::vector<Request>& requests);

  /// A client sends a request: it goes through the front end.
  void arrive(double now, size_t request);
  /// A request whose prompt was computed elsewhere reaches the scheduler, with its cache, at `at`.
  void handOver(double at, size_t request) { front_.passBy(at, request); }

  /// When its next step begins if nobody else comes; kNever when it has nothing to do.
  double wakeAt() const;
  /// One step, or a stretch of decode steps in which nobody comes or goes, and which begins no step after `horizon`: an
  /// event elsewhere may send somebody then. False: a request can never run.
  bool step(double horizon = kNever);
  /// When its last step ended.
  double clock() const { return now_; }
  /// The requests that it was done with at the end of that.
  std::span<const size_t> done() const { return done_; }
  /// Requests that it has.
  size_t load() const { return front_.size() + waiting_.size() + prompts_.size() + running_.size(); }

 private:
  /// What a data-parallel rank has to do.
  struct Rank {
    size_t prompts = 0, running = 0;  ///< requests
    double tokens = 0;                ///< of its prompts, to compute
    size_t requests() const { return prompts + running; }
  };

  Engine(const Role& role, const Lengths& mean, std::vector<Request>& requests, CacheRoom room);
  bool idle() const { return waiting_.empty() && prompts_.empty() && running_.empty(); }
  void receive();
  bool takeIn();
  bool seesEnoughPrompts() const;
  Rank& lightestRank();
  void mixedStep();
  void endPrompts();
  void decodeSteps(double horizon);
  Group decoding() const;
  double decodeTime(const Group& running) const;
  double stretch(const Group& running, double horizon) const;
  void endDecodes(double steps);
  void takeBackYoungest();
  void leave(size_t request);
  void pass(double steps, double seconds);

  const EngineConfig& e_;
  Schedule schedule_;
  std::vector<Request>& requests_;
  CacheRoom room_;
  double progress_, width_;  ///< of a decoding sequence in a step: tokens that it yields, and that it computes
  const DecodeTimes* times_ = nullptr;  ///< of decode steps; null: by their contexts
  bool keepsPrompts_ = true;            ///< does it decode the prompts that it computes?
  size_t slots_;                        ///< most requests that it works on
  double budget_;                       ///< prompt tokens of all ranks that it takes in before the next step
  double pollSteps_;                    ///< decode steps from one look for requests to the next
  double unlooked_ = 0;                 ///< decode steps since the last look
  double now_ = 0, began_ = 0;          ///< s: the last step ended, and began
  FrontEnd front_;
  std::vector<Rank> ranks_;
  std::deque<size_t> waiting_;
  std::vector<size_t> prompts_;
  RunningSequences running_;
  std::vector<size_t> handedOver_;  ///< of the running: their prompts came computed, and they await a step
  std::vector<size_t> done_;
};

}  // namespace afdc
