#include <fmt/format.h>

#include <cstdio>

#include "driver/commands.h"
#include "fidelity/calibrate.h"
#include "frontend/syntax/format.h"
#include "support/csv.h"
#include "support/files.h"
#include "support/text.h"

namespace afdc {

Output runCalibrate(const Options& o) {
  std::vector<Record> records;
  for (const auto& path : o.files) {
    auto file = readSource(path);
    if (!file.error.empty()) return {kUsage, "", fmt::format("afdc calibrate: {}: {}\n", path, file.error)};
    if (path.ends_with(".csv")) {
      auto csv = parseCsv(file.text);
      for (size_t i = 0; i < csv.rows.size(); ++i) records.push_back(fromRow(csv, i));
    } else {
      auto document = parseJson(file.text);
      if (!document.error.empty()) return {kUsage, "", fmt::format("afdc calibrate: {} {}\n", path, document.error)};
      auto more = readRecords(document.root);
      records.insert(records.end(), more.begin(), more.end());
    }
  }
  if (records.empty())
    return {kUsage, "", "afdc calibrate: no measurements in these files; see afdc calibrate --help for the columns\n"};
  Predictor predictor(o.stdlib);
  auto report = fitRecords(predictor, records, {o.leaveOut},
                           [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); });
  if (report.records == 0) {
    std::string why = "no record can be expressed";
    for (const auto& r : records)
      if (auto text = predictor.deployment(r); !text.error.empty()) {
        why = fmt::format("{}: {}", r.id, text.error);
        break;
      }
    return {kFindings, "", fmt::format("afdc calibrate: nothing to fit: {}\n", why)};
  }
  std::vector<std::string> names;
  for (const auto& path : o.files) names.push_back(path.substr(path.rfind('/') + 1));
  auto text = formatSource(overlay(report, joinWords(names)));
  Output out;
  if (o.path.empty()) {
    out.out = text;
  } else {
    if (auto error = writeWhole(o.path, text); !error.empty()) return {kUsage, "", "afdc calibrate: " + error + "\n"};
    out.out = fmt::format("{}: {} of {} records, loss {} -> {}\n", o.path, report.records, records.size(),
                          significant(report.before, 4), significant(report.after, 4));
    for (const auto& [metric, median] : report.medians)
      out.out += fmt::format("  {:<18} {}\n", metric, medianText(report, metric));
  }
  return out;
}

}  // namespace afdc
