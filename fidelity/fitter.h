// The search for the figures that explain samples best. Deterministic: no random numbers, and sums in one order
// whatever the number of threads.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fidelity/calibrate.h"
#include "support/tasks.h"

namespace afdc {

/// A record that a fit looks at.
struct Sample {
  const Record* record;
  const Built* built;   ///< its deployment
  std::string runtime;  ///< whose figures it bears on
  std::string device;   ///< the chip, where products share one: their corrections are one
  double weight;        ///< of its loss
};

const Device& deviceOf(const Sample& sample);
/// Were the curves of its kernels measured on this very device?
bool hasOwnCurves(const Sample& sample);

/// The sample's runtime and device at their priors, where the figures do not have them.
void addPriors(FittedFigures& figures, const Sample& sample);

class Fitter {
 public:
  /// All figures at their priors.
  Fitter(std::vector<Sample> samples, Tasks& tasks);

  /// How badly the figures explain the samples: the weighted sum of their losses.
  double loss() const;
  const FittedFigures& figures() const { return figures_; }

  /// Goes on from figures that another fit found, with that one's choice of corrections; what it does not have stays at
  /// the prior.
  void startFrom(const FittedFigures& known);

  /// A step in log space, and at most how many rounds it is tried in.
  using Steps = std::vector<std::pair<double, int>>;
  void run(const Steps& plan, const std::function<void(const std::string&)>& progress);

  /// Of each device's corrections, those that are missed least go back to their prior and stay there, until two are
  /// left.
  void keepTwo();

 private:
  /// The figures of one runtime or one device, with the samples that they bear on.
  struct Group {
    std::span<const FitParameter> parameters;
    Figures* values;
    std::set<size_t> held;        ///< parameters that stay where they are
    std::vector<size_t> samples;  ///< by their index
    double ridge(size_t parameter, double value) const;
    double weight = 0;  ///< of the samples
  };
  Group groupOf(std::span<const FitParameter> parameters, Figures& values,
                const std::function<bool(const Sample&)>& concerned) const;
  bool improve(Group& group, double step);
  std::vector<double> lossesOf(const std::vector<size_t>& which) const;
  double lossOf(const Sample& sample) const;
  void takeLosses();

  Tasks& tasks_;
  std::vector<Sample> samples_;
  std::vector<double> losses_;  ///< of the samples, with the figures as they are
  FittedFigures figures_;
  std::vector<Group> runtimes_;
  std::map<std::string, Group> devices_;  ///< without those whose kernels were measured: they have no corrections
};

}  // namespace afdc
