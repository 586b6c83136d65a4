// explore: what a search finds. Points are given one at a time and computed by all cores; what is kept is a ranking, a
// front of trade-offs and counts, whatever their number, and the same whatever the number of threads.
#pragma once
#include <deque>
#include <memory>
#include <unordered_map>

#include "passes/search/landscape.h"
#include "passes/search/points.h"
#include "passes/search/ranking.h"
#include "results/search.h"
#include "support/tasks.h"

namespace afdc {

class Explorer {
 public:
  struct Options {
    size_t top = 10;       ///< best points to keep
    size_t threads = 0;    ///< 0: as many as there are cores
    bool explain = false;  ///< sensitivities of the best, and the best of each space evaluated whole
    bool sources = false;  ///< write the kept points out as files
    size_t verify =
        0;  ///< every so many points, one is evaluated whole as well and must give the same figures; 0: none
  };
  using Text = std::function<std::string(size_t axis, uint32_t id)>;
  using Source = std::function<std::string(std::span<const uint32_t> ids)>;
  Explorer(std::string name, Options options);

  /// Points from here on are of this space. `resolve`, `text` and `source` make scenarios, words and files of a point's
  /// values; they are asked by the calling thread only.
  void space(SearchSpace space, PointModel::Resolve resolve, Text text, Source source);

  /// A point and why it is not to be looked at, if so (words that live as long as the explorer).
  struct Next {
    uint64_t number = 0;
    std::span<const uint32_t> ids;
    const std::string *pruned = nullptr, *refused = nullptr;
    uint64_t decided = 0;  ///< axes that decide so
  };
  /// Nothing for a point that gets figures of its own; else the axes on which others may agree with it and then come to
  /// the same end without being looked at.
  std::optional<uint64_t> point(const Next& next);
  /// `n` more points come to the end of the last one.
  void alike(uint64_t n);
  /// What has been found up to here; more points may follow.
  std::string save();
  /// Goes on from what `save` gave, before the first point of any space. False: it is damaged.
  bool load(const std::string& saved);
  SearchResult finish();

 private:
  struct Reason {
    uint64_t count = 0, first = ~uint64_t{0};
    size_t firstSpace = 0;
    std::vector<uint32_t> firstIds;
    double nearest = -1e300;
    uint64_t nearestPoint = 0;
    size_t nearestSpace = 0;
    std::vector<uint32_t> nearestIds;
  };
  /// What one thread has seen.
  struct Tally {
    uint64_t pruned = 0, refused = 0, broken = 0, undecided = 0, kept = 0, steps = 0;
    std::unordered_map<const std::string*, Reason> why;
    Candidate nearest;  ///< that breaks promises, by the one it misses most
    double nearestMargin = -1e300;
    /// What is kept of a space.
    struct Space {
      Ranking ranking;
      Landscape all, keeping;  ///< of all points, and of those that keep their promises
      uint64_t kept = 0;
    };
    std::vector<Space> spaces;
    std::vector<double> goals;  ///< of the point in hand
    size_t space = 0;
  };
  struct Chunk {
    size_t space = 0;
    std::vector<PointModel::Job> jobs;
    std::vector<uint64_t> numbers;
    std::vector<uint32_t> ids;
  };

  void compute(const Chunk& chunk, Tally& tally) const;
  static void keepNearer(Tally& tally, double margin, uint64_t number, size_t space, std::span<const uint32_t> ids);
  void take(const PointModel::Job& job, uint64_t number, std::span<const uint32_t> ids, Tally& tally) const;
  void merge(Tally& into, Tally& from) const;
  Reason& reasonOf(Tally& tally, const std::string* text, uint64_t number, std::span<const uint32_t> ids) const;
  /// Of the space that the tally's points are in.
  Tally::Space& spaceOf(Tally& tally) const;
  void hand();
  void computeAs(size_t worker, const Chunk& chunk);
  FoundPoint found(const Candidate& candidate);
  std::optional<Results> explained(const Candidate& candidate);
  NearMiss miss(const Candidate& candidate);
  void settle();
  void drawMap();
  /// A point evaluated as `afdc eval` does it, and whether these are its figures to the bit.
  std::optional<Results> whole(size_t space, std::span<const uint32_t> ids, const PointFigures& figures);
  std::vector<std::string> words(size_t space, std::span<const uint32_t> ids) const;
  std::string idOf(size_t space, const std::vector<std::string>& words) const;

  struct Space {
    PointModel model;
    PointModel::Resolve resolve;
    Text text;
    Source source;
  };
  std::deque<Space> spaces_;
  Options options_;
  SearchResult r_;
  std::vector<bool> maximize_;  ///< of the goals
  uint64_t stepsBefore_ = Role::stepsTimed();
  std::deque<std::string> loaded_;  ///< words of reasons from before
  uint64_t evaluated_ = 0;
  uint64_t* lastCount_ = nullptr;  ///< of points that came to the last one's end
  Reason* lastReason_ = nullptr;

  Chunk filling_;
  Tally own_;
  std::deque<Tally> tallies_;  ///< of the other workers, from the first
  Tasks tasks_;                ///< the last member: its threads write into the ones above
};

}  // namespace afdc
