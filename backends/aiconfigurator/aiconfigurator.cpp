// aiconfigurator (v0.11.0, 095f58a): an experiment for `aiconfigurator cli exp`, flat V2 keys.
#include "backends/aiconfigurator/aiconfigurator.h"

#include <fmt/format.h>

#include <algorithm>

#include "passes/deployment/fields.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr Unit kUnits[] = {{"ttft, tpot", "ms", 1e-3}};

constexpr Ability kAbilities[] = {
    {Construct::PrefillDecode},
    {Construct::AttentionFfn, How::Refused, "its experiments have no such mode (issue 888)"},
    {Construct::TensorParallel},
    {Construct::PipelineParallel},
    {Construct::DataParallel},
    {Construct::ExpertParallel},
    {Construct::Replicas, How::Lossy, "it chooses replicas itself within the devices"},
    {Construct::MixedHardware},
    {Construct::Moe},
    {Construct::LatentAttention},
    {Construct::WindowedAttention},
    {Construct::StateSpace},
    {Construct::ReducedWeights},
    {Construct::ReducedKv},
    {Construct::MtpDrafts},
    {Construct::DraftModel, How::Refused, "it knows the model's own drafts only"},
    {Construct::PrefixReuse},
    {Construct::ClosedLoop, How::Lossy, "it searches the load itself"},
    {Construct::OpenLoop, How::Lossy, "it searches the load itself"},
    {Construct::StaticBatch, How::Lossy, "it searches the load itself"},
    {Construct::Spread, How::Lossy, "all requests have the mean lengths"},
    {Construct::Turns, How::Lossy, "single requests of the mean lengths"},
    {Construct::Pipeline, How::Lossy, "only the deployment is estimated"},
    {Construct::Promises},
};

struct System {
  std::string_view name;
  std::initializer_list<std::string_view> names;
};
const System kSystems[] = {
    {"a100_sxm", {"a100_sxm"}}, {"h100_sxm", {"h100_sxm"}}, {"h200_sxm", {"h200_sxm"}},
    {"b200_sxm", {"b200_sxm"}}, {"b300_sxm", {"b300_sxm"}}, {"gb200", {"gb200"}},
    {"gb300", {"gb300"}},       {"l40s", {"l40s"}},         {"rtx_pro_6000_server", {"RTX PRO 6000"}},
};

/// Its names of formats, where they are not 16 bits.
std::string_view formatOf(std::string_view format, bool experts) {
  if (format == "fp8_block128") return "fp8_block";
  if (format.starts_with("fp8")) return "fp8";
  if (format == "nvfp4") return "nvfp4";
  if (format == "mxfp4" && experts) return "w4a16_mxfp4";
  return "";
}

class Experiment {
 public:
  Experiment(const Input& in, Emission& out) : in_(in), out_(out) {}

  Document run() {
    const auto& v = in_.view;
    put("serving_mode", v.disaggregated ? "disagg" : "agg", "deployment");
    std::string prefix = v.disaggregated ? "prefill_" : "";
    Count total = 0;
    for (const auto& e : v.engines) {
      engine(e, v.disaggregated ? e.unit + "_" : "");
      total += e.replicas * e.degrees.devices();
    }
    put("total_gpus", total, "deployment");
    const auto& l = v.load;
    put("isl", std::round(l.input), "workload.input");
    put("osl", std::round(l.output), "workload.output");
    if (l.shared > 0) put("prefix", std::round(l.shared), "workload.prefix.shared");
    for (const auto& p : v.promises)
      if ((p.metric == "ttft" || p.metric == "tpot") && p.op.starts_with("<")) {
        put(p.metric, kUnits[0].write(p.bound), "slo");
        if (p.statistic != "mean") out_.lose(fmt::format("`{}`: its bounds are on means", p.text), "slo");
      } else {
        out_.lose(fmt::format("`{}` has no key there", p.text), "slo");
      }
    put("database_mode", "SILICON", "deployment");
    return std::move(doc_);
  }

 private:
  void engine(const Engine& e, const std::string& prefix) {
    const auto& v = in_.view;
    auto system = std::find_if(std::begin(kSystems), std::end(kSystems),
                               [&](const System& s) { return !called(e.device, s.names).empty(); });
    std::string gpu = e.said(FieldId::Pool_gpu);
    if (system == std::end(kSystems))
      out_.refuse(fmt::format("device `{}` is none of its systems", e.device.name), gpu);
    else
      put(prefix + "system_name", system->name, gpu);
    put(prefix + "model_path", v.checkpoint(), "deployment.model");
    if (programOf(e).empty())
      out_.lose(fmt::format("runtime `{}` is no engine: TensorRT-LLM is asked for", e.runtime.name),
                e.said(FieldId::Engine_runtime));
    put(prefix + "backend_name", programOf(e).empty() ? std::string("trtllm") : programOf(e),
        e.said(FieldId::Engine_runtime));
    const auto formats = formatsOf(v, e);
    if (auto format = formatOf(formats.linear, false); !format.empty())
      put(prefix + "gemm_quant_mode", format, e.said(FieldId::Engine_quant));
    if (auto format = formatOf(formats.expert, true); v.shape.experts > 0 && !format.empty())
      put(prefix + "moe_quant_mode", format, e.said(FieldId::Engine_quant));
    if (auto format = formatOf(formats.kv, false); !format.empty())
      put(prefix + "kvcache_quant_mode", format, e.said(FieldId::Engine_quant));
    if (e.speculation.depth > 0) {
      put(prefix + "nextn", e.speculation.depth, e.said(FieldId::Speculation_depth));
      put(prefix + "nextn_accepted", e.speculation.depth * e.speculation.acceptance,
          e.said(FieldId::Speculation_acceptance));
    }
    if (v.disaggregated) {
      out_.lose(fmt::format("the degrees of `{}`: in this mode it searches worker shapes itself", e.unit),
                e.path + ".parallel");
      return;
    }
    auto only = [&](const char* key, double value, const char* field) {
      doc_.set(fmt::format("agg_{}_candidates", key), Document::list({value}));
      out_.map("experiment.yaml", fmt::format("agg_{}_candidates", key), shortest(value), e.path + "." + field);
    };
    only("num_gpu", e.degrees.devices(), "parallel");
    only("tp", e.degrees.tp, "parallel.tp");
    only("pp", e.degrees.pp, "parallel.pp");
    only("dp", e.degrees.dp, "parallel.dp");
    only("moe_tp", v.shape.experts > 0 ? e.degrees.tp * e.degrees.dp / e.degrees.ep : 1, "parallel.etp");
    only("moe_ep", v.shape.experts > 0 ? e.degrees.ep : Count(1), "parallel.ep");
  }

  template <class T>
  void put(const std::string& key, T value, std::string from) {
    Document d(value);
    out_.map("experiment.yaml", key, d.jsonLine(), std::move(from));
    doc_.set(key, std::move(d));
  }

  const Input& in_;
  Emission& out_;
  Document doc_ = Document::map();
};

void write(const Input& in, Emission& out) {
  if (in.view.checkpoint().empty())
    out.refuse(fmt::format("model `{}` names no checkpoint, and it knows models by their paths", in.view.model.name),
               "deployment.model");
  auto experiment = Experiment(in, out).run();
  auto file = Document::map();
  file.set("exps", Document::list({in.view.scenario})).set(in.view.scenario, experiment);
  out.file("experiment.yaml") =
      fmt::format("# {}\n# aiconfigurator cli exp --yaml-path experiment.yaml\n{}", in.stamp(), file.yaml());
}

}  // namespace

const Target kAiconfigurator = {
    "aiconfigurator", "aiconfigurator", "aiconfigurator v0.11.0 (095f58a), cli exp, V2 keys",
    kAbilities,       kUnits,           write};

}  // namespace afdc::emit
