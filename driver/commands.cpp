#include "driver/commands.h"

#include <algorithm>

#include "backends/report/text.h"
#include "frontend/syntax/diagnostics.h"
#include "frontend/syntax/format.h"
#include "frontend/syntax/parse.h"
#include "passes/profiles/profile.h"
#include "session/session.h"
#include "support/files.h"
#include "support/json.h"
#include "support/text.h"

namespace afdc {

namespace {

/// Diagnostics go to stderr as text, or to stdout as JSON when a command prints nothing else.
void finish(Output& out, const Session& session, const Options& o, bool jsonToOut) {
  if (o.json && jsonToOut)
    out.out += session.diags.json() + "\n";
  else
    out.err += o.json ? session.diags.json() + "\n" : session.diags.text(o.color);
  bool findings = session.diags.errors() > 0 || (o.strict && session.diags.count() > 0);
  if (findings) out.code = kFindings;
}

/// Another tool's numbers in place of ours: what it does not say is unknown.
void adopt(const ProfileAnswer& answer, Results& r) {
  r.profile = answer.profile;
  Results::Metrics m;
  m.ttft_mean_s = answer.ttft;
  if (answer.tpot > 0) m.tpot_mean_s = answer.tpot, m.interactivity_tokens_per_s = 1 / answer.tpot;
  m.e2e_mean_s = answer.e2e;
  m.output_tokens_per_s = answer.output_tokens_per_s;
  if (r.devices_paid > 0) m.output_tokens_per_s_per_device = answer.output_tokens_per_s / r.devices_paid;
  m.concurrency = r.metrics.concurrency;
  m.usd_per_hour = r.metrics.usd_per_hour;
  if (m.usd_per_hour) m.usd_per_million_output_tokens = *m.usd_per_hour / 3600 / answer.output_tokens_per_s * 1e6;
  r.metrics = m;
  r.breakdowns.clear();
  r.roles.clear();
  r.afd.clear();
  r.memory.clear();
  r.slo.clear();
  r.bottleneck.clear();
  r.assumptions.clear();
  for (const auto& reason : answer.reasons) r.assumptions.push_back({reason, "profile " + answer.profile});
}

std::string summary(const Diagnostics& d) {
  size_t errors = d.errors(), warnings = d.count() - errors;
  auto plural = [](size_t n, const char* word) { return fmt::format("{} {}{}", n, word, n == 1 ? "" : "s"); };
  return fmt::format("{}, {}", plural(errors, "error"), plural(warnings, "warning"));
}

}  // namespace

Output runCheck(const Options& o) {
  Output out;
  std::string text;
  for (const auto& file : o.files) {
    Session session(o.stdlib);
    Module* module = session.loader.loadFile(file);
    if (!module) {
      finish(out, session, o, true);
      out.code = kUsage;
      continue;
    }
    session.check(*module);
    int before = out.code;
    finish(out, session, o, true);
    out.code = std::max(before, out.code);
    if (!o.json) out.out += fmt::format("{}: {}\n", file, session.diags.count() == 0 ? "ok" : summary(session.diags));
  }
  return out;
}

Output runEval(const Options& o) {
  Output out;
  Session session(o.stdlib);
  Module* module = session.loader.loadFile(o.file);
  for (const auto* name : {&o.profile, &o.compareProfile})
    if (!name->empty() && std::find(profileNames().begin(), profileNames().end(), *name) == profileNames().end())
      return {kUsage, "", fmt::format("afdc eval: no profile `{}`; there are genz and aiconfigurator\n", *name)};
  std::vector<Results> all;
  std::vector<OtherTool> others;
  if (module) session.evaluator.check(*module);
  if (module && session.diags.errors() == 0)
    for (auto* scenario : session.scenarios(*module, o.name, o.sets)) {
      auto lowered = session.evaluator.lowerToScenario(scenario);
      if (session.diags.errors() > 0) break;
      auto result = runPasses(lowered, "", session.diags);
      if (!result.results) continue;
      result.results->compiler_version = AFDC_VERSION;
      result.results->stdlib_hash = stdlibHash();
      for (const auto* name : {&o.profile, &o.compareProfile}) {
        if (name->empty()) continue;
        auto answer = answerAs(*name, lowered, o.kernels, session.diags);
        if (!answer) break;
        if (name == &o.profile)
          adopt(*answer, *result.results);
        else
          others.push_back({answer->profile, answer->ttft, answer->tpot, answer->e2e, answer->output_tokens_per_s,
                            answer->weights, answer->kv, answer->reasons});
      }
      if (session.diags.errors() > 0) break;
      all.push_back(std::move(*result.results));
    }
  if (!o.compareProfile.empty() && !o.json && session.diags.errors() == 0) {
    for (size_t i = 0; i < others.size(); ++i) out.out += (i ? "\n" : "") + besideReport(all[i], others[i], o.color);
    finish(out, session, o, false);
    return out;
  }
  bool failed = false, unknown = false;
  for (const auto& r : all)
    for (const auto& s : r.slo) failed |= s.verdict == Verdict::Fail, unknown |= s.verdict == Verdict::Unknown;
  finish(out, session, o, false);
  if (o.json) {
    out.out = toJson(all);
    if (session.diags.count() == 0) out.err.clear();
  } else {
    if (!o.summary)
      for (size_t i = 0; i < all.size(); ++i) out.out += (i ? "\n" : "") + textReport(all[i], o.color);
    if (all.size() > 1 || (o.summary && !all.empty()))
      out.out += (o.summary ? "" : "\n") + comparisonReport(all, o.color);
  }
  if (failed || (unknown && o.strict)) out.code = std::max<int>(out.code, kFindings);
  if (!module) out.code = kUsage;
  return out;
}

Output runFmt(const Options& o) {
  Output out;
  for (const auto& file : o.files) {
    Session session(o.stdlib);
    auto source = readSource(file);
    if (!source.error.empty()) {
      session.diags.report<diag::unreadable_file>({}, file, source.error);
      finish(out, session, o, true);
      out.code = kUsage;
      continue;
    }
    uint32_t id = session.sources.add(file, source.text);
    parseModule(id, session.diags);
    if (session.diags.errors() > 0) {
      finish(out, session, o, true);  // damaged text is never rewritten
      continue;
    }
    std::string formatted = formatSource(source.text);
    if (o.checkOnly) {
      if (formatted == source.text) continue;
      out.out += fmt::format("{}: not formatted\n", file);
      out.code = std::max<int>(out.code, kFindings);
    } else if (o.write) {
      if (formatted == source.text) continue;
      if (auto error = writeWhole(file, formatted); !error.empty()) {
        out.err += error + "\n";
        out.code = kUsage;
      }
    } else {
      out.out += formatted;
    }
  }
  return out;
}

Output runIr(const Options& o) {
  Output out;
  if (o.listPasses) {
    for (const auto& pass : passes())
      out.out += fmt::format("{:<12} {:<9} {}\n", pass.name, nameOf(pass.makes), pass.what);
    return out;
  }
  Session session(o.stdlib);
  auto all = passes();
  if (std::none_of(all.begin(), all.end(), [&](const Pass& p) { return p.name == o.after; })) {
    std::vector<std::string> names;
    for (const auto& p : all) names.emplace_back(p.name);
    out.err = fmt::format("afdc ir: no pass `{}`; the passes are {}\n", o.after, joinWords(names));
    out.code = kUsage;
    return out;
  }
  Module* module = session.loader.loadFile(o.file);
  if (module) session.evaluator.check(*module);
  if (module && session.diags.errors() == 0)
    for (auto* object : session.scenarios(*module, o.name, o.sets)) {
      auto scenario = session.evaluator.lowerToScenario(object);
      if (session.diags.errors() > 0) break;
      out.out += runPasses(scenario, o.after, session.diags).text;
    }
  finish(out, session, o, false);
  if (!module) out.code = kUsage;
  return out;
}

Output runTest(const Options& o) {
  Output out;
  size_t passed = 0, failed = 0;
  std::vector<std::string> files = o.files;
  for (const auto& file : files) {
    std::vector<std::pair<std::string, bool>> units;  // name, standard?
    Session listing(o.stdlib);
    if (file == "stdlib")
      for (const auto& name : listing.loader.standardModules()) units.emplace_back(name, true);
    else
      units.emplace_back(file, false);
    for (const auto& [name, standard] : units) {
      Session session(o.stdlib);
      Module* module = standard ? session.loader.loadStandard(name) : session.loader.loadFile(name);
      if (module) session.evaluator.check(*module);
      std::vector<Evaluator::TestOutcome> outcomes;
      if (module && session.diags.errors() == 0) outcomes = session.evaluator.runTests(*module);
      for (const auto& t : outcomes) {
        (t.passed ? passed : failed) += 1;
        out.out += fmt::format("{} {}: {}\n", t.passed ? "pass" : "FAIL", name, t.name);
      }
      int before = out.code;
      finish(out, session, o, false);
      if (!module) out.code = kUsage;
      out.code = std::max(before, out.code);
    }
  }
  out.out += fmt::format("{} passed, {} failed\n", passed, failed);
  if (failed > 0) out.code = std::max<int>(out.code, kFindings);
  return out;
}

Output runOperators(const Options& o) {
  // PATH holds the batch state: "count,new,past[,logits]" groups joined by `;`.
  Output out;
  Session session(o.stdlib);
  Module* module = session.loader.loadFile(o.file);
  if (module) session.evaluator.check(*module);
  BatchState state;
  std::string text = o.path;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find(';', begin), text.size());
    Group g;
    if (std::sscanf(text.substr(begin, end - begin).c_str(), "%lf,%lf,%lf,%lf", &g.count, &g.fresh, &g.past,
                    &g.logits) < 3) {
      out.err = "afdc step: a batch state is `count,new,past[,logits]`, groups joined by `;`\n";
      out.code = kUsage;
      return out;
    }
    state.push_back(g);
    begin = end + 1;
  }
  JsonWriter json(out.out);
  if (module && session.diags.errors() == 0)
    for (auto* object : session.scenarios(*module, o.name, o.sets)) {
      auto role = buildRoleOf(session.evaluator.lowerToScenario(object), "", session.diags);
      if (!role) break;
      auto time = role->time(state);
      const auto* model = &role->holder();
      if (!o.json) {
        out.out += fmt::format("{:<10} {:<30} {:<14} {:>6} {:>12} {:>12} {:>12}\n", "body", "operator", "class",
                               "layers", "time", "FLOP", "bytes");
        for (const auto& op : model->operators(state))
          if (op.seconds > 0)
            out.out += fmt::format("{:<10} {:<30} {:<14} {:>6} {:>12} {:>12} {:>12}\n", op.body, op.op, op.cls,
                                   op.count, humanize(op.seconds, Dimension::of(Base::Time)),
                                   humanize(op.flops, Dimension::of(Base::Flops)),
                                   humanize(op.bytes, Dimension::of(Base::Bytes)));
        out.out += fmt::format("one step: {}\n", humanize(time.seconds, Dimension::of(Base::Time)));
        continue;
      }
      json.object([&] {
        json.attribute("step_s", time.seconds);
        json.attributeArray("operators", [&] {
          for (const auto& op : model->operators(state))
            json.object([&] {
              json.attribute("body", op.body);
              json.attribute("op", op.op);
              json.attribute("class", op.cls);
              json.attribute("source", op.source);
              json.attribute("count", op.count);
              json.attribute("seconds", op.seconds);
              json.attribute("flops", op.flops);
              json.attribute("bytes", op.bytes);
            });
        });
      });
    }
  if (o.json) out.out += "\n";
  finish(out, session, o, false);
  if (!module) out.code = kUsage;
  return out;
}

}  // namespace afdc
