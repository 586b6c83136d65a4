// Our own report as files: what `afdc eval` prints, and its JSON.
#include "backends/report/report.h"

#include "backends/report/text.h"

namespace afdc::emit {

namespace {

constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode},   {Construct::AttentionFfn},
    {Construct::TensorParallel},  {Construct::PipelineParallel},
    {Construct::DataParallel},    {Construct::ContextParallel},
    {Construct::ExpertParallel},  {Construct::Replicas},
    {Construct::MixedHardware},   {Construct::Moe},
    {Construct::LatentAttention}, {Construct::WindowedAttention},
    {Construct::StateSpace},      {Construct::OtherMixer},
    {Construct::ReducedWeights},  {Construct::ReducedKv},
    {Construct::MtpDrafts},       {Construct::DraftModel},
    {Construct::Offload},         {Construct::PrefixReuse},
    {Construct::ClosedLoop},      {Construct::OpenLoop},
    {Construct::StaticBatch},     {Construct::RecordedTrace},
    {Construct::Spread},          {Construct::Turns},
    {Construct::Promises},        {Construct::Pipeline, How::Lossy, "only the deployment is evaluated"},
};

void write(const Input& in, Emission& out) {
  out.file("report.txt") = textReport(in.results, false);
  out.file("report.json") = toJson({in.results});
}

}  // namespace

const Target kReport = {"report", "the report", "results JSON 1 (docs/results.md)", kAbilities, {}, write};

}  // namespace afdc::emit
