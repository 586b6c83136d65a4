#include "fidelity/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <set>
#include <thread>
#include <utility>

#include "frontend/syntax/format.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr double kHuber = 0.1;                          ///< in log ratio (fitting: Huber loss)
constexpr double kFar = 0.7;                            ///< likewise
constexpr std::string_view kHost = "measured.host";     ///< the correction that is not the device's own
constexpr size_t kPerGroup = 20;                        ///< records of a group that a fit looks at, spread evenly
constexpr double kFloorTpot = 0.03, kFloorTtft = 0.10;  ///< noise of repeated measurements

/// Values of a parameter over its range, evenly in log space.
std::vector<double> wholeRange(const FitParameter& p) {
  constexpr size_t n = 9;
  std::vector<double> out;
  for (size_t i = 0; i < n; ++i)
    out.push_back(p.low * std::pow(p.high / p.low, static_cast<double>(i) / static_cast<double>(n - 1)));
  return out;
}

/// Huber's loss up to a factor of two; what is further off has another cause than these figures and does not pull at
/// them.
double huber(double x) {
  double a = std::min(std::fabs(x), kFar);
  return a <= kHuber ? a * a / 2 : kHuber * (a - kHuber / 2);
}

struct Sample {
  const Record* record;
  const Built* built;
  std::string runtime;
  std::string device;  ///< the chip, where products share one: their corrections are one
  double weight;
};

const Device& deviceOf(const Sample& s) { return s.built->roles.front().engine().device; }
/// Were the curves of its kernels measured on this very device?
bool hasOwnCurves(const Sample& s) { return deviceOf(s).kernels && deviceOf(s).kernels->own; }
std::string architectureOf(const Sample& s) { return deviceOf(s).kernels ? deviceOf(s).kernels->architecture : ""; }

/// The sample's runtime and device at their priors, where the fit does not have them.
void atPrior(FittedFigures& fit, const Sample& s) {
  if (auto [r, fresh] = fit.runtimes.try_emplace(s.runtime); fresh)
    for (size_t i = 0; i < r->second.size(); ++i) r->second[i] = kRuntimeParameters[i].prior;
  if (auto [d, fresh] = fit.devices.try_emplace(s.device); fresh)
    for (size_t i = 0; i < d->second.size(); ++i) d->second[i] = kDeviceParameters[i].prior;
}

class Fitter {
 public:
  explicit Fitter(std::vector<Sample> samples) : samples_(std::move(samples)) {
    for (const auto& s : samples_) {
      atPrior(fit_, s);
      if (hasOwnCurves(s)) own_.insert(s.device);
    }
    std::vector<size_t> all(samples_.size());
    std::iota(all.begin(), all.end(), size_t{0});
    losses_ = lossesOf(all);
  }

  double loss() const {
    double sum = 0;
    for (double l : losses_) sum += l;
    return sum;
  }

  /// Pattern search in log space, one parameter at a time, over the samples that it touches. With no step: over the
  /// whole range of each, for what another time hides does not answer to small steps.
  template <class Values, class Parameters>
  bool improve(Values& values, const Parameters& parameters, const std::function<bool(const Sample&)>& touches,
               double step, const std::set<size_t>& held = {}) {
    std::vector<size_t> mine;
    for (size_t i = 0; i < samples_.size(); ++i)
      if (touches(samples_[i])) mine.push_back(i);
    double weight = 0;
    for (size_t i : mine) weight += samples_[i].weight;
    bool better = false;
    for (size_t p = 0; p < values.size(); ++p) {
      if (held.contains(p)) continue;
      const auto& info = parameters[p];
      // The ridge counts as one record's worth of evidence among many.
      auto ridge = [&](double v) {
        double z = std::log(v / info.prior) / info.sigma;
        return 0.0003 * z * z / 2 * std::max(1.0, weight);
      };
      std::vector<double> trials = {values[p] * std::exp(step), values[p] * std::exp(-step)};
      if (step == 0) trials = wholeRange(info);
      for (double wanted : trials) {
        double old = values[p], trial = std::clamp(wanted, info.low, info.high);
        if (trial == old) continue;
        double before = ridge(old), after = ridge(trial);
        for (size_t i : mine) before += losses_[i];
        values[p] = trial;
        auto fresh = lossesOf(mine);
        for (double l : fresh) after += l;
        if (after < before - 1e-9) {
          for (size_t k = 0; k < mine.size(); ++k) losses_[mine[k]] = fresh[k];
          better = true;
          if (step > 0) break;
        } else {
          values[p] = old;
        }
      }
    }
    return better;
  }

  using Steps = std::vector<std::pair<double, int>>;  ///< in log space, each with the most rounds it gets
  void run(bool devices, const Steps& plan, const std::function<void(const std::string&)>& progress) {
    for (auto [step, rounds] : plan)
      for (int round = 0; round < rounds; ++round) {
        bool better = false;
        for (auto& [name, values] : fit_.runtimes)
          better |= improve(
              values, kRuntimeParameters, [&, n = name](const Sample& s) { return s.runtime == n; }, step);
        if (devices)
          for (auto& [name, values] : fit_.devices)
            if (!own_.contains(name))
              better |= improve(
                  values, kDeviceParameters, [&, n = name](const Sample& s) { return s.device == n; },
                  std::min(step, 0.15), held_[name]);
        progress(fmt::format("step {}: loss {}", significant(step, 2), significant(loss(), 5)));
        if (!better) break;
      }
  }

  /// Of each device's corrections, those that are missed least go back to their prior and stay there, until two are
  /// left.
  void keepTwo() {
    for (auto& [name, values] : fit_.devices) {
      if (own_.contains(name)) continue;
      std::vector<size_t> mine;
      for (size_t i = 0; i < samples_.size(); ++i)
        if (samples_[i].device == name) mine.push_back(i);
      while (held_[name].size() + 2 < values.size()) {
        size_t least = 0;
        double best = INFINITY;
        for (size_t p = 0; p < values.size(); ++p) {
          if (held_[name].contains(p)) continue;
          double old = std::exchange(values[p], kDeviceParameters[p].prior), sum = 0;
          for (double l : lossesOf(mine)) sum += l;
          values[p] = old;
          if (sum < best) best = sum, least = p;
        }
        values[least] = kDeviceParameters[least].prior;
        held_[name].insert(least);
      }
      auto fresh = lossesOf(mine);
      for (size_t k = 0; k < mine.size(); ++k) losses_[mine[k]] = fresh[k];
    }
  }

  const FittedFigures& fit() const { return fit_; }
  /// Goes on from figures that another fit found, with that one's choice of corrections; what it does not have stays at
  /// the prior.
  void startFrom(const FittedFigures& known) {
    for (auto& [name, values] : fit_.runtimes)
      if (auto found = known.runtimes.find(name); found != known.runtimes.end()) values = found->second;
    for (auto& [name, values] : fit_.devices)
      if (auto found = known.devices.find(name); found != known.devices.end()) {
        values = found->second;
        std::set<size_t> none;
        for (size_t p = 0; p < values.size(); ++p)
          if (values[p] == kDeviceParameters[p].prior) none.insert(p);
        if (none.size() < values.size()) held_[name] = none;
      }
    std::vector<size_t> all(samples_.size());
    std::iota(all.begin(), all.end(), size_t{0});
    losses_ = lossesOf(all);
  }

 private:
  /// Losses of some samples, on all cores: each by itself, so their order does not matter.
  std::vector<double> lossesOf(const std::vector<size_t>& which) const {
    std::vector<double> out(which.size());
    std::atomic<size_t> next{0};
    auto work = [&] {
      for (size_t i; (i = next.fetch_add(1)) < which.size();) out[i] = lossOf(samples_[which[i]]);
    };
    std::vector<std::jthread> others(std::max(1u, std::thread::hardware_concurrency()) - 1);
    for (auto& t : others) t = std::jthread(work);
    work();
    others.clear();
    return out;
  }

  double lossOf(const Sample& s) const {
    auto p = Predictor::predict(*s.record, *s.built, [&](EngineConfig& e) { fit_.apply(s.runtime, s.device, e); });
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

  std::set<std::string> own_;                     ///< devices whose kernels were measured: they have no corrections
  std::map<std::string, std::set<size_t>> held_;  ///< by device, the corrections that stay at their priors
  std::vector<Sample> samples_;
  std::vector<double> losses_;
  FittedFigures fit_;
};

std::string figure(const FitParameter& p, double v) { return significant(v / p.unit, 3) + p.suffix; }

}  // namespace

std::string medianText(const FitReport& report, const std::string& metric) {
  auto percent = [](double v) { return significant(100 * v, 3) + " %"; };
  auto out = "median error " + percent(report.medians.at(metric)) + " over groups";
  if (auto d = report.withoutDevice.find(metric), m = report.withoutModel.find(metric);
      d != report.withoutDevice.end() && m != report.withoutModel.end())
    out += fmt::format("; {} with its device left out of the fit, {} with its model", percent(d->second),
                       percent(m->second));
  return out;
}

std::string overlay(const FitReport& report, const std::string& sources) {
  std::string out =
      "edition 1\n// Fitted by `afdc calibrate` on " + sources + fmt::format(": {} records.\n", report.records);
  for (const auto& [metric, median] : report.medians)
    out += fmt::format("// {}: {}.\n", metric, medianText(report, metric));
  std::string names;
  for (const auto& [name, values] : report.fit.runtimes) names += (names.empty() ? "" : ", ") + name;
  out += fmt::format("import std.runtimes {{ {} }}\n", names);
  for (const auto& [name, v] : report.fit.runtimes) {
    out += fmt::format("\n// {} records.\nruntime {}_fitted extends {} {{\n", report.perRuntime.at(name), name, name);
    const auto& p = kRuntimeParameters;
    out += fmt::format("  efficiency {{ compute = {}, memory = {} }}\n", figure(p[0], v[0]), figure(p[1], v[1]));
    out += fmt::format("  launch {{ launch = {} }}\n", figure(p[2], v[2]));
    out += fmt::format("  host {{ fixed = {}, per_seq = {} }}\n", figure(p[3], v[3]), figure(p[4], v[4]));
    out += fmt::format("  front_fixed = {}\n  front_serial = {}\n  front_per_token = {}\n}}\n", figure(p[5], v[5]),
                       figure(p[6], v[6]), figure(p[7], v[7]));
  }
  for (const auto& [name, v] : report.fit.devices) {
    const auto& products = report.products.at(name);
    std::string figures;
    for (size_t p = 0; p < v.size(); ++p) {
      std::string_view path = kDeviceParameters[p].path;
      if (v[p] == kDeviceParameters[p].prior) continue;
      figures += fmt::format("{}{} = {}", figures.empty() ? "" : ", ", path.substr(path.find('.') + 1),
                             figure(kDeviceParameters[p], v[p]));
    }
    if (!figures.empty())
      out += fmt::format("\n// {} records of {}: put this into {}.\n//   measured {{ {} }}\n",
                         report.perDevice.at(name), joinWords({products.begin(), products.end()}),
                         products.size() > 1 ? "each `gpu`" : "its `gpu`", figures);
  }
  return out;
}

namespace {}  // namespace

void FittedFigures::apply(const std::string& runtime, const std::string& device, EngineConfig& e) const {
  if (auto found = runtimes.find(runtime); found != runtimes.end()) {
    const auto& v = found->second;
    auto& rt = e.runtime;
    rt.eta_compute = v[0], rt.eta_memory = v[1];
    rt.launch = v[2];
    rt.host_fixed = v[3], rt.host_per_seq = v[4];
    rt.front_fixed = v[5], rt.front_serial = v[6], rt.front_per_token = v[7];
  }
  if (auto found = devices.find(device); found != devices.end()) {
    const auto& v = found->second;
    e.device.measured_start = v[0], e.device.measured_host = v[1];
    e.device.measured_compute = v[2], e.device.measured_memory = v[3], e.device.measured_experts = v[4];
  }
  if (auto found = kernels.find({runtime, device}); found != kernels.end()) e.device.kernels->curves = found->second;
}

namespace {

/// By metric, by group: relative errors.
using Errors = std::map<std::string, std::map<std::string, std::vector<double>>>;

void addErrors(const std::vector<Sample>& samples, const FittedFigures& fit, Errors& errors) {
  for (const auto& s : samples) {
    auto p = Predictor::predict(*s.record, *s.built, [&](EngineConfig& e) { fit.apply(s.runtime, s.device, e); });
    for (const auto& [metric, value] : s.record->metrics)
      if (p.metrics.count(metric))
        errors[metric][s.record->group()].push_back(std::fabs(p.metrics.at(metric) / value - 1));
  }
}

std::map<std::string, double> mediansOf(const Errors& errors) {
  auto middle = [](std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v.empty() ? 0.0 : (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
  };
  std::map<std::string, double> out;
  for (const auto& [metric, byGroup] : errors) {
    std::vector<double> medians;
    for (const auto& [group, e] : byGroup) medians.push_back(middle(e));
    out[metric] = middle(medians);
  }
  return out;
}

std::vector<Sample> samplesOf(Predictor& predictor, const std::vector<Record>& records) {
  std::map<std::string, std::vector<const Record*>> groups;
  for (const auto& r : records) {
    if (r.completeness == "C" || r.completeness == "D" || r.engine == "llama.cpp" || r.metrics.empty()) continue;
    if (r.load == Record::Load::Unknown || r.input <= 0) continue;
    if (r.version.empty() && r.source != kYours) continue;  // figures are an engine version's
    if (r.mode == "pd") continue;  // the hand-over has figures of its own, which are not an engine's
    const auto& built = predictor.build(r);
    if (built.roles.empty()) continue;
    auto tpot = r.metrics.find("tpot");
    double measured = tpot != r.metrics.end() ? tpot->second : 0;
    if (measured <= 0 && r.load == Record::Load::Batch && r.metrics.count("e2e"))
      measured = r.metrics.at("e2e") / std::max(1.0, r.output);
    // Far slower than the roofline it is no time per token of this engine; faster, of none.
    double bound = measured > 0 ? predictor.rooflineTpot(r) : 0;
    bool decodes = r.per_token == Record::PerToken::Decode;
    if (measured > 0 && (bound < measured / 10 || (decodes && bound > measured))) continue;
    groups[r.group()].push_back(&r);
  }
  std::vector<Sample> samples;
  for (const auto& [name, all] : groups) {
    size_t n = std::min(kPerGroup, all.size());
    for (size_t i = 0; i < n; ++i) {
      const auto* r = all[i * all.size() / n];
      const auto& built = predictor.build(*r);
      // A group's weight grows with its records to one, as if records of a group differed by what groups do:
      // with equal weights, one odd record moves an engine's figures as far as ten that agree.
      const auto& chip = built.roles.front().engine().device.chip;
      samples.push_back(
          {r, &built, built.runtime, chip.empty() ? built.device : chip, 1.0 / static_cast<double>(n + 1)});
    }
  }
  return samples;
}

/// The figures that the runtimes and devices of these samples come with.
FittedFigures libraryFigures(const std::vector<Sample>& samples) {
  FittedFigures out;
  auto within = [](const auto& parameters, auto values) {
    for (size_t p = 0; p < values.size(); ++p) values[p] = std::clamp(values[p], parameters[p].low, parameters[p].high);
    return values;
  };
  for (const auto& s : samples) {
    const auto& rt = s.built->roles.front().engine().runtime;
    const auto& d = deviceOf(s);
    out.runtimes[s.runtime] =
        within(kRuntimeParameters, RuntimeFit{rt.eta_compute, rt.eta_memory, rt.launch, rt.host_fixed, rt.host_per_seq,
                                              rt.front_fixed, rt.front_serial, rt.front_per_token});
    out.devices[s.device] = within(kDeviceParameters, DeviceFit{d.measured_start, d.measured_host, d.measured_compute,
                                                                d.measured_memory, d.measured_experts});
  }
  return out;
}

/// Corrections of devices that a fit did not see: the mean of those that it saw of their architecture, as the standard
/// library gives a device without measurements those of its chip. But for the host's: it belongs to the machines that
/// were measured.
void takeFromKin(FittedFigures& fit, const std::vector<Sample>& seen, const std::vector<Sample>& unseen) {
  std::map<std::string, std::string> architecture;
  for (const auto& s : seen) architecture[s.device] = architectureOf(s);
  std::map<std::string, DeviceFit> taken;
  for (const auto& s : unseen) {
    if (fit.devices.contains(s.device) || hasOwnCurves(s)) continue;
    DeviceFit sum{};
    double kin = 0;
    for (const auto& [name, values] : fit.devices) {
      if (architecture.at(name) != architectureOf(s)) continue;
      for (size_t p = 0; p < values.size(); ++p)
        if (kDeviceParameters[p].path != kHost) sum[p] += std::log(values[p]);
      ++kin;
    }
    if (kin == 0) continue;
    for (double& v : sum) v = std::exp(v / kin);
    taken[s.device] = sum;
  }
  fit.devices.merge(taken);
}

/// A device that a fit did not see has no kernels of its own either: those of another one that were measured.
void borrowKernels(FittedFigures& fit, const std::vector<Sample>& seen, const std::vector<Sample>& unseen) {
  std::set<std::string> known;
  for (const auto& s : seen) known.insert(s.device);
  for (const auto& s : unseen) {
    if (!hasOwnCurves(s) || known.contains(s.device)) continue;
    auto kin = std::find_if(seen.begin(), seen.end(), [&](const Sample& other) {
      return hasOwnCurves(other) && other.device != s.device && other.runtime == s.runtime;
    });
    if (kin != seen.end()) fit.kernels[{s.runtime, s.device}] = deviceOf(*kin).kernels->curves;
  }
}

/// Predicts every part of the samples with a fit to the others. `part` names the part of a sample.
std::map<std::string, double> leftOut(const std::vector<Sample>& samples, const FittedFigures& whole,
                                      const std::function<std::string(const Sample&)>& part,
                                      const std::function<void(const std::string&)>& progress) {
  std::set<std::string> parts;
  for (const auto& s : samples) parts.insert(part(s));
  Errors errors;
  for (const auto& name : parts) {
    std::vector<Sample> in, out;
    for (const auto& s : samples) (part(s) == name ? out : in).push_back(s);
    progress(fmt::format("without {}: {} records", name, in.size()));
    Fitter fitter(in);
    fitter.startFrom(whole);
    fitter.run(true, {{0.2, 1}, {0.06, 1}}, [](const std::string&) {});
    fitter.keepTwo();
    FittedFigures fit = fitter.fit();
    takeFromKin(fit, in, out);
    borrowKernels(fit, in, out);
    for (const auto& s : out) atPrior(fit, s);
    Errors own;
    addErrors(out, fit, own);
    std::string line = "   ";
    for (const auto& [metric, median] : mediansOf(own)) line += fmt::format(" {} {:.1f} %", metric, 100 * median);
    progress(line);
    for (auto& [metric, groups] : own) errors[metric].merge(groups);  // a group is in one part
  }
  return mediansOf(errors);
}

/// Models are left out in this many parts, each of some of them.
constexpr size_t kModelParts = 8;

}  // namespace

FitReport fitRecords(Predictor& predictor, const std::vector<Record>& records, const FitOptions& options,
                     const std::function<void(const std::string&)>& progress) {
  FitReport report;
  auto samples = samplesOf(predictor, records);
  for (const auto& s : samples) {
    ++report.perRuntime[s.runtime], ++report.perDevice[s.device];
    report.products[s.device].insert(s.built->device);
  }
  report.records = samples.size();
  if (samples.empty()) return report;
  Fitter fresh(samples), known(samples);
  report.before = fresh.loss();
  fresh.run(true, {{0.5, 3}, {0, 1}, {0.5, 9}, {0.2, 10}}, progress);
  fresh.keepTwo();
  fresh.run(true, {{0.2, 8}, {0.08, 12}, {0.04, 10}, {0.02, 6}}, progress);
  // The loss has several valleys, and one parameter at a time leads into one of them: from the figures that the library
  // has it may be a deeper one.
  progress("from the library's figures");
  known.startFrom(libraryFigures(samples));
  known.run(true, {{0.5, 2}, {0.2, 4}}, progress);
  known.keepTwo();
  known.run(true, {{0.08, 6}, {0.04, 6}, {0.02, 4}}, progress);
  const auto& best = known.loss() < fresh.loss() ? known : fresh;
  report.after = best.loss();
  report.fit = best.fit();
  Errors errors;
  addErrors(samples, report.fit, errors);
  report.medians = mediansOf(errors);
  if (!options.leaveOut) return report;
  report.withoutDevice = leftOut(
      samples, report.fit, [](const Sample& s) { return s.built->device; }, progress);
  std::map<std::string, size_t> models;
  for (const auto& s : samples) models.emplace(s.record->model, 0);
  size_t index = 0;
  for (auto& [name, which] : models) which = index++ % kModelParts;
  report.withoutModel = leftOut(
      samples, report.fit,
      [&](const Sample& s) { return fmt::format("models, part {}", models.at(s.record->model) + 1); }, progress);
  return report;
}

}  // namespace afdc
