#include "passes/evaluation/subject.h"

#include "ir/places.h"
#include "passes/deployment/diagnostics.h"

namespace afdc {

using namespace ir;

std::optional<Subject> subjectOf(const Scenario& s, Diagnostics& diags) {
  Subject out;
  if (s.isA(s.root, "Scenario")) {
    out.scenario = s.root;
    out.deployment = s.find(s.root, "deployment");
  } else {
    out.deployment = s.root;
  }
  std::string name(s.strings[s[s.root].name]);
  out.model = s.find(out.deployment, "model");
  out.engines = s.blocks(out.deployment, "engine");
  SourceRange at = rangeOf(s, out.deployment, diags);
  if (s.isA(out.deployment, "Disaggregated")) {
    out.disaggregated = true;
    NodeId prefill, decode;
    for (auto engine : out.engines) {
      auto role = s.strings[s[engine].name];
      if (role == "prefill") prefill = engine;
      if (role == "decode") decode = engine;
    }
    if (!prefill.valid() || !decode.valid() || out.engines.size() != 2) {
      diags.report<diag::not_evaluable>(
          at, name,
          fmt::format("a disaggregated deployment has `engine prefill` and `engine decode`, this one has {} engines",
                      out.engines.size()));
      return std::nullopt;
    }
    out.engines = {prefill, decode};
    return out;
  }
  if (!s.isA(out.deployment, "Aggregated")) {
    diags.report<diag::not_evaluable>(
        at, name,
        fmt::format("`Aggregated` and `Disaggregated` deployments are evaluated, not `{}`",
                    s.strings[s[out.deployment].schema]));
    return std::nullopt;
  }
  if (out.engines.size() != 1) {
    diags.report<diag::not_evaluable>(
        at, name, fmt::format("an aggregated deployment has one engine, this one has {}", out.engines.size()));
    return std::nullopt;
  }
  return out;
}

}  // namespace afdc
