#include "driver/calibrate.h"

#include <fmt/format.h>

#include <cstdio>

#include "fidelity/calibrate.h"
#include "frontend/syntax/format.h"
#include "support/csv.h"
#include "support/escape.h"
#include "support/files.h"
#include "support/output_file.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr std::string_view kFitted = "// Fitted by `afdc calibrate`";

/// People go on from it: what they changed is not written over.
constexpr FileKind kFittedFile = {"a module as `afdc calibrate` wrote it",
                                  [](std::string_view content) { return unchanged(kFitted, content); }};

void declare(Arguments& arguments, CalibrateOptions& o) {
  arguments.oneOrMore(
      "FILE", o.files,
      "measurements: CSV with gpu, model, engine, tp, isl, osl, concurrency | batch | requests, tpot_ms, "
      "ttft_ms, e2e_s, output_tok_s; or records as JSON");
  arguments.option("-o", "FILE.afd", o.to, "write the fitted runtimes and devices here");
  arguments.flag("--force", o.force, "replace a file that is not from here, or that was changed since");
  arguments.flag("--leave-one-out", o.leaveOneOut,
                 "predict also each device's and each model's records by a fit to the others");
  stdlibOption(arguments, o.stdlib);
}

/// Adds the measurements of a file; returns why it cannot be read, or "".
std::string readInto(std::vector<Record>& records, const std::string& path, const Harnesses& known) {
  auto file = readSource(path);
  if (!file.error.empty()) return fmt::format("{}: {}", path, file.error);
  if (path.ends_with(".csv")) {
    auto csv = parseCsv(file.text);
    for (size_t i = 0; i < csv.rows.size(); ++i) records.push_back(fromRow(csv, i));
    return "";
  }
  auto document = parseJson(file.text);
  if (!document.error.empty()) return fmt::format("{} {}", path, document.error);
  auto more = readRecords(document.root, known);
  records.insert(records.end(), more.begin(), more.end());
  return "";
}

/// Why none of the records can be predicted, by the example of the first.
std::string obstacle(Predictor& predictor, const std::vector<Record>& records) {
  for (const auto& r : records)
    if (auto text = predictor.deployment(r); !text.error.empty()) return fmt::format("{}: {}", r.id, text.error);
  return "no record can be expressed";
}

}  // namespace

Output runCalibrate(const CalibrateOptions& o) {
  Predictor predictor(o.stdlib);
  if (!predictor.known().error.empty()) return failure("calibrate", predictor.known().error);
  std::vector<Record> records;
  for (const auto& path : o.files)
    if (auto problem = readInto(records, path, predictor.known()); !problem.empty())
      return failure("calibrate", problem);
  if (records.empty())
    return failure("calibrate", "no measurements in these files; see afdc calibrate --help for the columns");
  OutputFile file(o.to, kFittedFile, o.force);
  if (auto obstacle = o.to.empty() ? "" : file.obstacle(o.files); !obstacle.empty()) foretell("calibrate", obstacle);
  auto report = fitRecords(predictor, records, {o.leaveOneOut},
                           [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); });
  if (report.records == 0)
    return {kFindings, "", fmt::format("afdc calibrate: nothing to fit: {}\n", obstacle(predictor, records))};
  std::vector<std::string> names;
  for (const auto& path : o.files) names.push_back(onOneLine(path.substr(path.rfind('/') + 1)));
  auto heading = fmt::format("{}, by afdc {}", kFitted, AFDC_VERSION);
  auto text = formatSource(overlay(report, joinWords(names)));
  Output out;
  auto problem = o.to.empty() ? "" : file.write(sealed(heading, text), o.files);
  if (!problem.empty()) addFailure(out, "calibrate", problem);
  if (o.to.empty() || !problem.empty()) {
    out.out = text;
    return out;
  }
  out.out = fmt::format("{}: {} of {} records, loss {} -> {}\n", o.to, report.records, records.size(),
                        significant(report.before, 4), significant(report.after, 4));
  for (const auto& [metric, median] : report.medians)
    out.out += fmt::format("  {:<18} {}\n", metric, medianText(report, metric));
  return out;
}

Command calibrateCommand() {
  return {.name = "calibrate",
          .purpose = Purpose::Measure,
          .what = "fit a runtime's overheads and a device's corrections to measurements",
          .usage = {"afdc calibrate FILE... [OPTIONS]"},
          .about =
              "Looks for the figures with which the predictions come nearest to what was measured, and writes them as "
              "a module that a deployment imports in place of the library's runtime.",
          .examples = {{"afdc calibrate examples/measurements/serving.csv -o overlay.afd",
                        "fit a runtime to your measurements"}},
          .bind = bound(declare, runCalibrate)};
}

}  // namespace afdc
