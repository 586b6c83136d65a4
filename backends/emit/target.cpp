#include "backends/emit/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "passes/deployment/fields.h"
#include "support/escape.h"
#include "support/hash.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr std::string_view kWords[] = {
    "prefill and decode on engines of their own",
    "attention and FFN on groups of their own",
    "tensor parallelism",
    "pipeline parallelism",
    "data-parallel attention",
    "context parallelism",
    "expert parallelism",
    "several replicas of an engine",
    "engines on different devices",
    "mixtures of experts",
    "latent attention",
    "windows of attention",
    "state-space layers",
    "mixers that other tools have no name for",
    "weights in formats other than 16 bits",
    "a KV cache in a format other than 16 bits",
    "drafts by the model's own module",
    "drafts by another model",
    "weights or caches in the host's memory",
    "shared prefixes",
    "a fixed number of users",
    "arrivals at a rate",
    "one batch, all at once",
    "a recorded trace",
    "lengths that vary",
    "conversations of several turns",
    "pipelines around the deployment",
    "promises",
};
static_assert(std::size(kWords) == static_cast<size_t>(Construct::Count));

/// Without these there is nothing left to write: half of a deployment is none.
bool isStructure(Construct construct) {
  return construct == Construct::PrefillDecode || construct == Construct::AttentionFfn;
}

/// Formats that a tool without any notion of them would read as 16 bits.
bool sixteenBit(std::string_view format) { return format == "bf16" || format == "fp16"; }

}  // namespace

std::string_view wordsOf(Construct construct) { return kWords[static_cast<size_t>(construct)]; }

double Unit::write(double value) const {
  double number = value / scale;
  if (decimals < 0) return number;
  double places = std::pow(10, decimals);
  return std::round(number * places) / places;
}

std::vector<Use> usesOf(const DeploymentView& v) {
  std::vector<Use> out;
  auto use = [&](Construct c, std::string what, std::string path) {
    out.push_back({c, std::move(what), std::move(path)});
  };
  if (v.disaggregated) use(Construct::PrefillDecode, "prefill and decode apart", "deployment");
  auto degree = [&](Construct c, const Engine& e, const char* name, Count value) {
    if (value > 1)
      use(c, fmt::format("`{} = {}` of `{}`", name, shortest(value), e.unit), e.path + ".parallel." + name);
  };
  for (const auto& e : v.engines) {
    if (e.kind == UnitKind::Attention)
      use(Construct::AttentionFfn, fmt::format("attention and FFN of `{}` apart", e.owner), e.owner);
    degree(Construct::TensorParallel, e, "tp", e.degrees.tp);
    degree(Construct::PipelineParallel, e, "pp", e.degrees.pp);
    degree(Construct::DataParallel, e, "dp", e.degrees.dp);
    degree(Construct::ContextParallel, e, "cp", e.degrees.cp);
    degree(Construct::ExpertParallel, e, "ep", e.degrees.ep);
    if (e.replicas > 1)
      use(Construct::Replicas, fmt::format("{} replicas of `{}`", shortest(e.replicas), e.unit),
          e.said(FieldId::Engine_replicas));
    if (&e != &v.engines[0] && e.device.name != v.engines[0].device.name)
      use(Construct::MixedHardware,
          fmt::format("`{}` on {}, `{}` on {}", v.engines[0].unit, v.engines[0].device.name, e.unit, e.device.name),
          e.path);
    bool experts = v.shape.experts > 0;
    const auto formats = formatsOf(v, e);
    if (!sixteenBit(formats.linear) || (experts && !sixteenBit(formats.expert)))
      use(Construct::ReducedWeights,
          fmt::format("weights of `{}` in {}", e.unit, sixteenBit(formats.linear) ? formats.expert : formats.linear),
          e.said(FieldId::Engine_quant));
    if (!sixteenBit(formats.kv))
      use(Construct::ReducedKv, fmt::format("the KV cache of `{}` in {}", e.unit, formats.kv),
          e.said(FieldId::Engine_quant));
    if (e.speculation.depth > 0)
      use(e.speculation.mtp() ? Construct::MtpDrafts : Construct::DraftModel,
          fmt::format("{} drafted tokens of `{}`", shortest(e.speculation.depth), e.unit),
          e.said(FieldId::Engine_drafts));
    if (e.offload.weights > 0 || e.offload.kv > 0)
      use(Construct::Offload, fmt::format("`{}` keeps part in the host's memory", e.unit),
          e.said(FieldId::Engine_offload));
  }
  std::string model = fmt::format("model `{}`", v.model.name);
  if (!v.shapeError.empty()) use(Construct::OtherMixer, fmt::format("{}: {}", model, v.shapeError), "deployment.model");
  if (v.shape.experts > 0) use(Construct::Moe, model, "deployment.model");
  if (v.shape.mla) use(Construct::LatentAttention, model, "deployment.model");
  if (v.shape.window > 0) use(Construct::WindowedAttention, model, "deployment.model");
  if (v.shape.mamba) use(Construct::StateSpace, model, "deployment.model");
  const auto& l = v.load;
  static constexpr Construct kArrivals[] = {Construct::ClosedLoop, Construct::OpenLoop, Construct::StaticBatch,
                                            Construct::RecordedTrace};
  static constexpr const char* kHow[] = {"users at once", "requests per second", "requests in a batch", ""};
  auto how = static_cast<size_t>(l.arrivals);
  use(kArrivals[how],
      how == 3 ? fmt::format("trace {}", l.trace) : fmt::format("{} {}", significant(l.amount, 6), kHow[how]),
      "workload.arrivals");
  if (l.prompt.family != "constant" || l.answer.family != "constant")
    use(Construct::Spread, fmt::format("prompts {}, answers {}", l.prompt.family, l.answer.family), "workload.input");
  if (l.shared > 0 || l.carryOver > 0) use(Construct::PrefixReuse, "shared prefixes", "workload.prefix");
  if (l.turns > 1) use(Construct::Turns, fmt::format("{} turns", significant(l.turns, 3)), "workload.turns");
  if (v.pipeline) use(Construct::Pipeline, "the stages around the deployment", "pipeline");
  if (!v.promises.empty() || !v.otherPromises.empty()) use(Construct::Promises, "its promises", "slo");
  return out;
}

const Ability* Target::ability(Construct construct) const {
  auto found =
      std::find_if(abilities.begin(), abilities.end(), [&](const Ability& a) { return a.construct == construct; });
  return found == abilities.end() ? nullptr : &*found;
}

std::string& Emission::file(std::string path, bool executable) {
  auto found = std::find_if(files.begin(), files.end(), [&](const File& f) { return f.path == path; });
  if (found != files.end()) return found->text;
  File f;
  f.path = std::move(path);
  f.executable = executable;
  return files.emplace_back(std::move(f)).text;
}

void Emission::streamed(std::string path, std::function<std::string()> make) {
  File f;
  f.path = std::move(path);
  f.make = std::move(make);
  files.push_back(std::move(f));
}

void Emission::linked(std::string path, std::string to) {
  File f;
  f.path = std::move(path);
  f.linkTo = std::move(to);
  files.push_back(std::move(f));
}

void Emission::map(std::string_view file, std::string_view key, std::string value, std::string from) {
  mappings.push_back({std::string(file), std::string(key), std::move(value), std::move(from)});
}

void Emission::lose(std::string what, std::string path) { losses.push_back({std::move(what), std::move(path)}); }
void Emission::refuse(std::string what, std::string path) { refusals.push_back({std::move(what), std::move(path)}); }

std::string stepName(const DeploymentView& view, const StepTrace& trace) {
  bool plain = !view.disaggregated || trace.name == trace.role || trace.name == "transfer";
  return plain ? trace.name : trace.role + "_" + trace.name;
}

std::string Input::stamp() const {
  return fmt::format("afdc {}, scenario {} ({})", compiler, onOneLine(results.scenario),
                     shortHash(results.scenario_hash));
}

double Input::rate() const {
  if (view.load.arrivals == LoadConfig::Arrivals::Poisson) return view.load.amount;
  return view.load.arrivals == LoadConfig::Arrivals::Closed ? results.metrics.requests_per_s.value_or(0) : 0;
}

std::vector<Request> Input::trace(Emission& out) const {
  const auto& load = view.load;
  double count =
      load.arrivals == LoadConfig::Arrivals::Batch ? std::max(1.0, load.amount) : static_cast<double>(requests);
  if (count <= static_cast<double>(kMostRequests)) return requestsOf(load, static_cast<size_t>(count), rate(), seed);
  out.refuse(fmt::format("a trace of {} requests: at most {} are written", significant(count, 12), kMostRequests),
             "workload.arrivals");
  return {};
}

Emission emitTo(const Target& target, const Input& input, bool tolerant) {
  Emission out;
  for (const auto& use : usesOf(input.view)) {
    const auto* ability = target.ability(use.construct);
    auto how = ability ? ability->how : How::Refused;
    if (how == How::Expressed) continue;
    std::string why = ability && !ability->what.empty()
                          ? std::string(ability->what)
                          : fmt::format("{} has no {}", target.title, wordsOf(use.construct));
    std::string text = fmt::format("{}: {}", use.what, why);
    if (how == How::Refused && (!tolerant || isStructure(use.construct)))
      out.refuse(std::move(text), use.path);
    else
      out.lose(std::move(text), use.path);
  }
  if (out.refusals.empty()) target.write(input, out);
  return out;
}

}  // namespace afdc::emit
