#include "fidelity/fitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "support/text.h"

namespace afdc {

namespace {

constexpr double kHuber = 0.1;                          ///< in log ratio (fitting: Huber loss)
constexpr double kFar = 0.7;                            ///< likewise
constexpr double kFloorTpot = 0.03, kFloorTtft = 0.10;  ///< noise of repeated measurements
constexpr double kMostDeviceStep = 0.15;                ///< in log space: corrections of devices are small
constexpr double kGain = 1e-9;                          ///< of loss, below which a change is none

/// Huber's loss up to a factor of two; what is further off has another cause than these figures and does not pull at
/// them.
double huber(double x) {
  double a = std::min(std::fabs(x), kFar);
  return a <= kHuber ? a * a / 2 : kHuber * (a - kHuber / 2);
}

/// Values of a parameter over its range, evenly in log space.
std::vector<double> wholeRange(const FitParameter& p) {
  constexpr size_t n = 9;
  std::vector<double> out;
  for (size_t i = 0; i < n; ++i)
    out.push_back(p.low * std::pow(p.high / p.low, static_cast<double>(i) / static_cast<double>(n - 1)));
  return out;
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace

const Device& deviceOf(const Sample& s) { return s.built->roles.front().engine().device; }
bool hasOwnCurves(const Sample& s) { return deviceOf(s).kernels && deviceOf(s).kernels->own; }

Figures priorsOf(std::span<const FitParameter> parameters) {
  Figures out;
  for (const auto& p : parameters) out.push_back(p.prior);
  return out;
}

void addPriors(FittedFigures& figures, const Sample& s) {
  figures.runtimes.try_emplace(s.runtime, priorsOf(kRuntimeParameters));
  figures.devices.try_emplace(s.device, priorsOf(kDeviceParameters));
}

namespace {

/// The figures found for a name go into the engine; none for a name that the fit does not have.
void put(std::span<const FitParameter> parameters, const std::map<std::string, Figures>& fitted,
         const std::string& name, EngineConfig& e) {
  auto found = fitted.find(name);
  if (found == fitted.end()) return;
  for (size_t p = 0; p < parameters.size(); ++p) parameters[p].in(e) = found->second[p];
}

}  // namespace

void FittedFigures::apply(const std::string& runtime, const std::string& device, EngineConfig& e) const {
  put(kRuntimeParameters, runtimes, runtime, e);
  put(kDeviceParameters, devices, device, e);
  if (auto found = kernels.find({runtime, device}); found != kernels.end()) e.device.kernels->curves = found->second;
}

/// The ridge counts as one record's worth of evidence among many.
double Fitter::Group::ridge(size_t parameter, double value) const {
  const auto& p = parameters[parameter];
  double z = std::log(value / p.prior) / p.sigma;
  return 0.0003 * z * z / 2 * std::max(1.0, weight);
}

Fitter::Fitter(std::vector<Sample> samples, Tasks& tasks) : tasks_(tasks), samples_(std::move(samples)) {
  std::set<std::string> measured;  // devices
  for (const auto& s : samples_) {
    addPriors(figures_, s);
    if (hasOwnCurves(s)) measured.insert(s.device);
  }
  for (auto& [name, values] : figures_.runtimes)
    runtimes_.push_back(
        groupOf(kRuntimeParameters, values, [&name = name](const Sample& s) { return s.runtime == name; }));
  for (auto& [name, values] : figures_.devices)
    if (!measured.contains(name))
      devices_.emplace(
          name, groupOf(kDeviceParameters, values, [&name = name](const Sample& s) { return s.device == name; }));
  takeLosses();
}

Fitter::Group Fitter::groupOf(std::span<const FitParameter> parameters, Figures& values,
                              const std::function<bool(const Sample&)>& concerned) const {
  Group group{parameters, &values, {}, {}, 0};
  for (size_t i = 0; i < samples_.size(); ++i) {
    if (!concerned(samples_[i])) continue;
    group.samples.push_back(i);
    group.weight += samples_[i].weight;
  }
  return group;
}

double Fitter::loss() const { return sum(losses_); }

void Fitter::startFrom(const FittedFigures& known) {
  for (auto& [name, values] : figures_.runtimes)
    if (auto found = known.runtimes.find(name); found != known.runtimes.end()) values = found->second;
  for (auto& [name, group] : devices_) {
    auto found = known.devices.find(name);
    if (found == known.devices.end()) continue;
    *group.values = found->second;
    std::set<size_t> unused;
    for (size_t p = 0; p < found->second.size(); ++p)
      if (found->second[p] == group.parameters[p].prior) unused.insert(p);
    if (unused.size() < found->second.size()) group.held = unused;
  }
  takeLosses();
}

/// Pattern search in log space, one parameter at a time. With no step: over the whole range of each, for what another
/// time hides does not answer to small steps.
bool Fitter::improve(Group& group, double step) {
  auto& values = *group.values;
  bool better = false;
  for (size_t p = 0; p < values.size(); ++p) {
    if (group.held.contains(p)) continue;
    const auto& parameter = group.parameters[p];
    std::vector<double> trials = {values[p] * std::exp(step), values[p] * std::exp(-step)};
    if (step == 0) trials = wholeRange(parameter);
    for (double wanted : trials) {
      double old = values[p], trial = std::clamp(wanted, parameter.low, parameter.high);
      if (trial == old) continue;
      double before = group.ridge(p, old), after = group.ridge(p, trial);
      for (size_t i : group.samples) before += losses_[i];
      values[p] = trial;
      auto fresh = lossesOf(group.samples);
      for (double l : fresh) after += l;
      if (after >= before - kGain) {
        values[p] = old;
        continue;
      }
      for (size_t k = 0; k < fresh.size(); ++k) losses_[group.samples[k]] = fresh[k];
      better = true;
      if (step > 0) break;
    }
  }
  return better;
}

void Fitter::run(const Steps& plan, const std::function<void(const std::string&)>& progress) {
  for (auto [step, rounds] : plan)
    for (int round = 0; round < rounds; ++round) {
      bool better = false;
      for (auto& group : runtimes_) better |= improve(group, step);
      for (auto& [name, group] : devices_) better |= improve(group, std::min(step, kMostDeviceStep));
      progress(fmt::format("step {}: loss {}", significant(step, 2), significant(loss(), 5)));
      if (!better) break;
    }
}

void Fitter::keepTwo() {
  for (auto& [name, group] : devices_) {
    auto& values = *group.values;
    while (group.held.size() + 2 < values.size()) {
      size_t least = 0;
      double best = INFINITY;
      for (size_t p = 0; p < values.size(); ++p) {
        if (group.held.contains(p)) continue;
        double old = std::exchange(values[p], group.parameters[p].prior), without = sum(lossesOf(group.samples));
        values[p] = old;
        if (without >= best) continue;
        best = without;
        least = p;
      }
      values[least] = group.parameters[least].prior;
      group.held.insert(least);
    }
    auto fresh = lossesOf(group.samples);
    for (size_t k = 0; k < fresh.size(); ++k) losses_[group.samples[k]] = fresh[k];
  }
}

void Fitter::takeLosses() {
  std::vector<size_t> all(samples_.size());
  std::iota(all.begin(), all.end(), size_t{0});
  losses_ = lossesOf(all);
}

/// Losses of some samples, on all cores: each by itself, so their order does not matter.
std::vector<double> Fitter::lossesOf(const std::vector<size_t>& which) const {
  std::vector<double> out(which.size());
  tasks_.forEach(which.size(), [&](size_t i, size_t) { out[i] = lossOf(samples_[which[i]]); });
  return out;
}

double Fitter::lossOf(const Sample& s) const {
  auto p = Predictor::predict(*s.record, *s.built, [&](EngineConfig& e) { figures_.apply(s.runtime, s.device, e); });
  if (!p.error.empty()) return 0;
  double sum = 0, weights = 0;
  for (const auto& [name, measured] : s.record->metrics) {
    auto found = p.metrics.find(name);
    if (found == p.metrics.end() || name == "total_throughput") continue;
    bool ttft = name.starts_with("ttft");
    double x = std::log(found->second / measured), floor = ttft ? kFloorTtft : kFloorTpot;
    // Errors below the noise of repeated runs count less and less.
    double w = ttft ? 0.5 : 1;
    sum += w * huber(std::isfinite(x) ? std::copysign(std::max(0.0, std::fabs(x) - floor / 2), x) : 10);
    weights += w;
  }
  return weights > 0 ? s.weight * sum / weights : 0;
}

}  // namespace afdc
