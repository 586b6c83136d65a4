// Records of real hardware against the default evaluator.
#include <fmt/format.h>

#include <algorithm>

#include "fidelity/fidelity.h"
#include "fidelity/predict.h"

namespace afdc {

namespace {

/// Why a record says nothing about an evaluator of tensor-parallel serving; "" where it does.
std::string excluded(const Record& r, const Harnesses& known) {
  if (auto why = known.excluded(r.engine); !why.empty()) return fmt::format("excluded: {}", why);
  if (r.completeness == "C" || r.completeness == "D")
    return "excluded: completeness C or D (inconsistent or not specified)";
  return "";
}

constexpr double kFarFromRoofline = 10;

std::string regimeOf(const Record& r) {
  if (r.mode == "pd") return "P/D";
  if (r.mode == "prefill_only" || r.mode == "decode_only") return "one phase";
  switch (r.load) {
    case Record::Load::Batch: return "static batch";
    case Record::Load::Offline: return "offline";
    case Record::Load::Closed: return "closed loop";
    case Record::Load::Rate: return "open loop";
    case Record::Load::Step: return "one phase";
    case Record::Load::Unknown: break;
  }
  return "unknown";
}

}  // namespace

std::string scoreMeasured(const FidelityInput& input, Scoreboard& board) {
  Predictor predictor(input.stdlib);
  if (!predictor.known().error.empty()) return predictor.known().error;
  auto records = readRecords(input.root, predictor.known());
  if (records.empty()) return "no records in it";
  board.byGroups();
  std::vector<std::string> impossible;
  size_t otherwise = 0;  // whose time per token is another than that of decode steps
  for (const auto& r : records) {
    board.begin(r.id);
    if (auto why = excluded(r, predictor.known()); !why.empty()) {
      board.skip(r.id, why);
      continue;
    }
    if (r.load == Record::Load::Unknown || (r.input <= 0 && r.context <= 0)) {
      board.skip(r.id, "it does not say its load");
      continue;
    }
    auto p = predictor.predict(r);
    if (!p.error.empty()) {
      board.skip(r.id, p.error);
      continue;
    }
    auto measured = r.metrics.find("tpot");
    double tpot = measured != r.metrics.end() ? measured->second
                  : r.metrics.count("e2e") && r.load == Record::Load::Batch
                      ? r.metrics.at("e2e") / std::max(1.0, r.output)
                      : 0;
    double roofline = tpot > 0 ? predictor.rooflineTpot(r) : 0;
    if (tpot > 0 && roofline < tpot / kFarFromRoofline) {
      board.skip(r.id, "excluded: the roofline is under a tenth of the measured time per token");
      continue;
    }
    auto group = r.group();
    std::vector<std::string> missing;
    for (const auto& [name, value] : r.metrics)
      if (!p.metrics.count(name)) missing.push_back(name);
    if (!missing.empty()) {
      board.skip(r.id, fmt::format("no prediction of `{}`", missing.front()));
      continue;
    }
    if (r.per_token != Record::PerToken::Decode)
      ++otherwise;
    else if (roofline > tpot)
      impossible.push_back(r.id);
    for (const auto& [name, value] : r.metrics) {
      // Total and output throughput say the same of one record; prefill times and rates too.
      std::string metric = name == "total_throughput" ? "throughput" : name == "prefill_time" ? "prefill" : name;
      if (r.load == Record::Load::Batch && r.metrics.count("e2e") && name == "total_throughput") continue;
      board.score(metric, group, p.metrics.at(name), value);
      board.regime(regimeOf(r), metric, group, p.metrics.at(name), value);
    }
  }
  if (!input.kernels.empty())
    board.note(
        "the tables of --kernels are not used: engines were fitted with the devices' curves, which are made of such "
        "tables (std.kernels)");
  if (otherwise > 0)
    board.note(fmt::format(
        "scored rows whose client divides the time to a request's last token that it saw, first one included, by its "
        "tokens: `tpot` is predicted so too: {}",
        otherwise));
  if (!impossible.empty())
    board.note(fmt::format(
        "scored rows whose time per token is below the roofline of a decode step of all their sequences, so that their "
        "load, precision or clock is another than they say: {} (first: {})",
        impossible.size(), impossible.front()));
  return "";
}

}  // namespace afdc
