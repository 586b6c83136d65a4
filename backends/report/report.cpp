// Our own report as files: what `afdc eval` prints, and its JSON.
#include "backends/report/report.h"

#include "backends/report/text.h"

namespace afdc::emit {

namespace {

constexpr auto kAbilities = allBut({{Construct::Pipeline, How::Lossy, "only the deployment is evaluated"}});

void write(const Input& in, Emission& out) {
  out.file("report.txt") = textReport(in.results, {});
  out.file("report.json") = toJson({in.results});
}

}  // namespace

const Target kReport = {"report", "the report", "results JSON 1 (docs/results.md)", kAbilities, {}, write};

}  // namespace afdc::emit
