#include "fidelity/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "fidelity/fitter.h"
#include "support/statistics.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr std::string_view kHost = "measured.host";  ///< the correction that is not the device's own
constexpr size_t kPerGroup = 20;                     ///< records of a group that a fit looks at, spread evenly

std::string architectureOf(const Sample& s) { return deviceOf(s).kernels ? deviceOf(s).kernels->architecture : ""; }

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
  std::map<std::string, double> out;
  for (const auto& [metric, byGroup] : errors) {
    std::vector<double> medians;
    for (const auto& [group, e] : byGroup) medians.push_back(median(e));
    out[metric] = median(medians);
  }
  return out;
}

std::vector<Sample> samplesOf(Predictor& predictor, const std::vector<Record>& records) {
  std::map<std::string, std::vector<const Record*>> groups;
  for (const auto& r : records) {
    if (r.completeness == "C" || r.completeness == "D" || r.metrics.empty()) continue;
    if (!predictor.known().excluded(r.engine).empty()) continue;
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

/// What an engine has for each parameter, within the range that a fit keeps to.
Figures figuresIn(EngineConfig engine, std::span<const FitParameter> parameters) {
  Figures out;
  for (const auto& p : parameters) out.push_back(std::clamp(p.in(engine), p.low, p.high));
  return out;
}

/// The figures that the runtimes and devices of these samples come with.
FittedFigures libraryFigures(const std::vector<Sample>& samples) {
  FittedFigures out;
  for (const auto& s : samples) {
    const auto& engine = s.built->roles.front().engine();
    out.runtimes[s.runtime] = figuresIn(engine, kRuntimeParameters);
    out.devices[s.device] = figuresIn(engine, kDeviceParameters);
  }
  return out;
}

/// Corrections of devices that a fit did not see: the mean of those that it saw of their architecture, as the standard
/// library gives a device without measurements those of its chip. But for the host's: it belongs to the machines that
/// were measured.
void takeFromKin(FittedFigures& fit, const std::vector<Sample>& seen, const std::vector<Sample>& unseen) {
  std::map<std::string, std::string> architecture;
  for (const auto& s : seen) architecture[s.device] = architectureOf(s);
  std::map<std::string, Figures> taken;
  for (const auto& s : unseen) {
    if (fit.devices.contains(s.device) || hasOwnCurves(s)) continue;
    Figures sum(kDeviceParameters.size(), 0);
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
                                      const std::function<std::string(const Sample&)>& part, Tasks& tasks,
                                      const std::function<void(const std::string&)>& progress) {
  std::set<std::string> parts;
  for (const auto& s : samples) parts.insert(part(s));
  Errors errors;
  for (const auto& name : parts) {
    std::vector<Sample> in, out;
    for (const auto& s : samples) (part(s) == name ? out : in).push_back(s);
    progress(fmt::format("without {}: {} records", name, in.size()));
    Fitter fitter(in, tasks);
    fitter.startFrom(whole);
    fitter.run({{0.2, 1}, {0.06, 1}}, [](const std::string&) {});
    fitter.keepTwo();
    FittedFigures fit = fitter.figures();
    takeFromKin(fit, in, out);
    borrowKernels(fit, in, out);
    for (const auto& s : out) addPriors(fit, s);
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
  Tasks tasks;
  Fitter fresh(samples, tasks), known(samples, tasks);
  report.before = fresh.loss();
  fresh.run({{0.5, 3}, {0, 1}, {0.5, 9}, {0.2, 10}}, progress);
  fresh.keepTwo();
  fresh.run({{0.2, 8}, {0.08, 12}, {0.04, 10}, {0.02, 6}}, progress);
  // The loss has several valleys, and one parameter at a time leads into one of them: from the figures that the library
  // has it may be a deeper one.
  progress("from the library's figures");
  known.startFrom(libraryFigures(samples));
  known.run({{0.5, 2}, {0.2, 4}}, progress);
  known.keepTwo();
  known.run({{0.08, 6}, {0.04, 6}, {0.02, 4}}, progress);
  const auto& best = known.loss() < fresh.loss() ? known : fresh;
  report.after = best.loss();
  report.fit = best.figures();
  Errors errors;
  addErrors(samples, report.fit, errors);
  report.medians = mediansOf(errors);
  if (!options.leaveOut) return report;
  report.withoutDevice = leftOut(
      samples, report.fit, [](const Sample& s) { return s.built->device; }, tasks, progress);
  std::map<std::string, size_t> models;
  for (const auto& s : samples) models.emplace(s.record->model, 0);
  size_t index = 0;
  for (auto& [name, which] : models) which = index++ % kModelParts;
  report.withoutModel = leftOut(
      samples, report.fit,
      [&](const Sample& s) { return fmt::format("models, part {}", models.at(s.record->model) + 1); }, tasks, progress);
  return report;
}

}  // namespace afdc
