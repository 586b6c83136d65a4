#include "fidelity/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "fidelity/engine_options.h"
#include "passes/cost/assembly.h"
#include "passes/deployment/fields.h"
#include "passes/deployment/shape.h"
#include "passes/simulation/replay.h"
#include "passes/steady/aggregated.h"
#include "support/text.h"

namespace afdc {

namespace {

bool isIn(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What the record's device is, where its name leaves that open.
std::string_view cardOf(const Record& r, const std::vector<Card>& cards) {
  for (const auto& card : cards)
    if (r.gpu == card.called && r.node_size == card.node_size && contains(r.page, card.page) &&
        !contains(r.page, card.but_not) && isIn(card.engines, r.runs) &&
        versionNumbers(r.version) < versionNumbers(card.before))
      return card.means;
  return r.gpu;
}

/// What a step may take, and what memory and graphs are of it.
struct Limits {
  double tokens, seqs, fraction;
  bool whole;                      ///< prompts are not cut
  std::optional<double> recorded;  ///< largest batch with a graph; absent: as the runtime says
};

/// What the record's command says of limits.
void takeCommanded(const CommandLine& command, Limits& l) {
  auto take = [&](CommandLine::Names names, auto& into) {
    if (auto value = command.number(names); value && *value > 0) into = *value;
  };
  take(options::kMaxSeqs, l.seqs);
  take(options::kMaxTokens, l.tokens);
  if (auto share = command.number(options::kMemoryShare); share && *share > 0 && *share <= 1) l.fraction = *share;
  take(options::kLargestGraph, l.recorded);
  if (command.has(options::kNoGraphs)) l.recorded = 0;
  if (command.has(options::kChunkedPrompts)) l.whole = false;
}

/// What the engine decides by itself, but for what its command says and for what was served by it.
Limits limitsOf(const Record& r, const EngineDefaults& own) {
  Limits l{own.max_tokens, own.max_seqs, own.fraction, own.whole_prompts, own.recorded};
  if (r.max_tokens > 0 && r.mode == "agg") l.tokens = r.max_tokens;
  takeCommanded(r.command, l);
  if (r.recorded > 0) l.recorded = std::max(l.recorded.value_or(0), r.recorded);
  // What was served went into a step.
  if (l.whole) l.tokens = std::max(l.tokens, std::ceil(r.input * (1 + r.spread)));
  // A static batch runs whole.
  if (r.load == Record::Load::Batch) l.seqs = std::max(l.seqs, r.batch);
  return l;
}

/// Does an eight-bit checkpoint have one scale per block of 128x128, or one per tensor or row? Where the record does
/// not say, by its publisher.
bool scaledByBlocks(std::string_view said, std::string_view name, const std::vector<Publisher>& publishers) {
  if (contains(said, "block")) return true;
  if (contains(said, "fp8") && !contains(name, "fp8")) return false;  // quantised by others, or when it was loaded
  return std::any_of(publishers.begin(), publishers.end(),
                     [&](const Publisher& p) { return p.scales_by_block && contains(name, p.named); });
}

/// Does the engine take the checkpoint's word for the format of its caches?
bool takesCheckpointsWord(CheckpointCaches takes, std::string_view name, const std::vector<Publisher>& publishers) {
  if (takes != CheckpointCaches::OfStatingPublishers) return takes == CheckpointCaches::OfAll;
  return std::any_of(publishers.begin(), publishers.end(),
                     [&](const Publisher& p) { return p.states_caches && contains(name, p.named); });
}

/// The formats that a record's words, its checkpoint's name or its command mean, where they differ from the
/// checkpoint's own: one that comes in eight or four bits keeps what a word of as many bits says again.
std::string quantOf(const Record& r, const Checkpoint& own, CheckpointCaches takes, const Harnesses& known) {
  std::string words = r.weights, name = lowerCase(r.model + " " + r.command.text());
  if (words.empty())
    for (std::string_view word : {"nvfp4", "-fp8", "-awq", "w4a16"})
      if (words.empty() && contains(name, word)) words = word;
  std::vector<std::string> out;
  auto both = [&](const std::string& format) {
    out.push_back("linear = " + format);
    if (own.experts) out.push_back("expert = " + format);
  };
  bool fourBit = contains(own.expert, "fp4"), eightBit = contains(own.linear, "fp8");
  if (contains(words, "fp4")) {
    // Experts go to four bits first; the other products of a checkpoint in eight bits stay (NVIDIA's DeepSeek-R1-FP4).
    if (eightBit && own.experts)
      out.push_back("expert = nvfp4");
    else if (!fourBit)
      both("nvfp4");
  } else if (contains(words, "fp8")) {
    if (!eightBit && !fourBit) both(scaledByBlocks(r.activations, name, known.publishers) ? "fp8_block128" : "fp8");
  } else if (contains(words, "int4") || contains(words, "awq") || contains(words, "w4a16")) {
    both("int4");
  }
  // Caches of requantised checkpoints are no publisher's own eight bits. Of those that keep four, where the record
  // names four: on B200 gpt-oss writes more tokens than caches of 16 bits could be read for; on Hopper, where it names
  // eight, it does not. Where a record does not say, checkpoints in four bits, or in eight with one scale, were
  // requantised, and say the format of caches to an engine that takes their word.
  bool requantised = !out.empty(), four = fourBit && contains(words, "fp4");
  bool said = contains(r.kv, "fp8") && !(contains(r.kv, known.assumed.requantised) && !requantised && !four);
  bool checkpoint = takesCheckpointsWord(takes, name, known.publishers) && requantised && !contains(r.kv, "16") &&
                    (contains(words, "fp4") || r.activations == "fp8");
  if (said || checkpoint || r.command.value(options::kCacheFormat).value_or("").starts_with("fp8"))
    out.push_back("kv = fp8");
  std::string text;
  for (const auto& each : out) text += (text.empty() ? "" : ", ") + each;
  return text;
}

std::string engineText(const RecordSide& s, const Limits& l, const std::string& quant, const std::string& runtime,
                       double drafts, double acceptance, bool experts) {
  // Experts lie over all ranks, as many of them together as the record says; with attention data parallelism and none
  // apart, each is split over all ranks, which gather their tokens.
  double ranks = s.tp * s.dp, ep = std::fmod(ranks, s.ep) == 0 ? s.ep : 1;
  double ftp = experts && ep == 1 ? ranks : s.tp;
  std::string text = fmt::format(
      "replicas = {}\n parallel {{ tp = {}, pp = {}, dp = {}, ftp = {}, ep = {}, etp = {} }}\n batching = "
      "{} {{ max_tokens = {} tok, max_seqs = {} }}\n kv_cache {{ fraction = {} }}\n runtime = {}\n",
      shortest(std::max(1.0, s.workers)), shortest(s.tp), shortest(s.pp), shortest(s.dp), shortest(ftp), shortest(ep),
      shortest(experts ? ranks / ep : 1), l.whole ? "WholePrompts" : "ChunkedPrefill", shortest(l.tokens),
      shortest(l.seqs), shortest(l.fraction), runtime);
  if (!quant.empty()) text += " quant { " + quant + " }\n";
  if (drafts > 0)
    text += fmt::format(" speculative = MtpDrafts {{ depth = {}, acceptance = {} }}\n", shortest(drafts),
                        shortest(acceptance));
  return text;
}

/// The engine's runtime, with what its command and its use change of it.
std::string runtimeText(const Record& r, const std::string& name, const std::string& kernels,
                        std::optional<double> recorded) {
  std::string text = name;
  if (r.poll_steps > 1) text += fmt::format(" {{ poll_steps = {} }}", shortest(r.poll_steps));
  if (!kernels.empty()) text += fmt::format(" {{ kernels = \"{}\" }}", kernels);
  if (r.mixed) text += " { scheduler = mixed }";
  if (r.command.has(options::kAsyncScheduling)) text += " { host { async = true } }";
  if (recorded) text += fmt::format(" {{ launch {{ recorded = {} }} }}", shortest(*recorded));
  return text;
}

/// How the engine was used, as std.serving calls it.
std::string_view useOf(const Record& r) {
  switch (r.load) {
    case Record::Load::Closed:
    case Record::Load::Rate: return "server";
    case Record::Load::Offline: return "offline";
    case Record::Load::Batch:
    case Record::Load::Step:
    case Record::Load::Unknown: break;
  }
  return "batch";
}

}  // namespace

const Predictor::Decided& Predictor::decided(const Record& r, const Declared& runtime, const Declared& device) {
  auto defaults = names_.defaultsOf(runtime);
  if (!defaults) {
    auto& none = decided_["!" + runtime.name];
    none.error = fmt::format("{} has no `defaults` of {}", runtime.module, runtime.name);
    return none;
  }
  bool command = known_.startedBy(r.command) && !r.command.has(options::kOptionsFile);
  auto text = fmt::format(
      "edition 1\nimport {} {{ {} }}\nimport {} {{ {} }}\nimport std.serving {{ Defaults }}\ndefaults started = {} "
      "{{\n capacity = {}.hbm.capacity, chip = "
      "{}.chip\n tp = {}, pp = {}, dp = {}\n drafts = {}, use = {}, command = {}\n}}\n",
      defaults->module, defaults->name, device.module, device.name, defaults->name, device.name, device.name,
      shortest(r.main.tp), shortest(r.main.pp), shortest(r.main.dp), r.mtp, useOf(r), command);
  auto [found, fresh] = decided_.try_emplace(text);
  auto& out = found->second;
  if (!fresh) return out;
  Session session(stdlib_);
  Module* module = session.loader.loadText("started.afd", text);
  auto* object = module ? session.evaluator.block(*module, "started") : nullptr;
  if (object && session.diags.errors() == 0) {
    auto scenario = session.evaluator.lowerToScenario(object);
    FieldReader fields(scenario, session.diags);
    if (session.diags.errors() == 0) fields.read(out.defaults, "Defaults", scenario.root);
  }
  if (const auto* error = session.diags.firstError()) out.error = error->message;
  return out;
}

const Checkpoint* Predictor::checkpoint(const Declared& model) {
  auto [known, fresh] = checkpoints_.try_emplace(model.name);
  if (!fresh) return known->second ? &*known->second : nullptr;
  const auto* resolved = names_.resolved(model);
  if (!resolved) return nullptr;
  SourceManager sources;
  Diagnostics diags(sources);
  auto config = readModel(*resolved, resolved->root, diags);
  auto shape = shapeOf(*resolved, resolved->root, diags);
  if (config && shape)
    known->second = {config->formatOf("linear"), config->formatOf("expert"), shape->shape.experts > 0,
                     config->mtp.valid()};
  return known->second ? &*known->second : nullptr;
}

Predictor::Text Predictor::deployment(const Record& r) {
  Text out;
  if (!known_.error.empty()) return {"", "", "", known_.error};
  if (!r.why.empty()) return {"", "", "", r.why};
  auto runtime = names_.runtime(r.runs, r.version);
  if (!runtime) return {"", "", "", fmt::format("engine `{}` has no runtime in the standard library", r.runs)};
  out.runtime = runtime->name;
  std::string plain = r.model.substr(0, r.model.find(" ("));
  auto model = names_.model(plain);
  if (!model) return {"", "", "", fmt::format("model `{}` is not in the standard library", plain)};
  auto device = names_.device(cardOf(r, known_.cards));
  auto node = device ? names_.nodeOf(*device) : std::nullopt;
  if (!node) return {"", "", "", fmt::format("device `{}` is not in the standard library", r.gpu)};
  out.device = device->name;
  bool pd = r.mode == "pd";
  if (r.mode == "afd") return {"", "", "", "deployments of mode `afd`"};
  RecordSide main = r.main;
  if (!pd && r.load == Record::Load::Closed && main.batch > 0)
    main.workers = std::max(1.0, std::round(r.concurrency / (main.batch * main.dp)));
  double needed = pd ? r.prefill.tp * r.prefill.pp * r.prefill.dp * r.prefill.workers +
                           r.decode.tp * r.decode.pp * r.decode.dp * r.decode.workers
                     : main.tp * main.pp * main.dp * main.workers;
  if (needed > 4096) return {"", "", "", fmt::format("{} devices", needed)};
  const auto* own = checkpoint(*model);
  if (!own) return {"", "", "", "the model does not resolve"};
  bool experts = own->experts;
  bool mtp = r.mtp && !r.otherDraft && own->mtp;
  if (r.mtp && !mtp) return {"", "", "", "speculative decoding with drafts that the record does not describe"};
  const auto& assumed = known_.assumed;
  double drafts = !mtp ? 0 : r.drafts > 0 ? r.drafts : assumed.drafts;
  const auto& started = decided(r, *runtime, *device);
  if (!started.error.empty()) return {"", "", "", fmt::format("its deployment is refused: {}", started.error)};
  auto quant = quantOf(r, *own, started.defaults.checkpoint_caches, known_);
  auto limits = limitsOf(r, started.defaults);
  auto engineRuntime = runtimeText(r, out.runtime, started.defaults.kernels, limits.recorded);
  double perNode = std::max(1.0, std::min(r.node_size, std::max(needed, 1.0)));
  if (r.node_size >= needed) perNode = std::max(r.node_size, needed);
  out.text = fmt::format(
      "edition 1\nimport std.hw {{ Cluster }}\nimport {} {{ {} }}\nimport {} {{ {} }}\nimport std.runtimes {{ {} }}\n"
      "import std.serving {{ Aggregated, Disaggregated, ChunkedPrefill, WholePrompts, MtpDrafts }}\n"
      "node N = {} {{ gpus = {} }}\ncluster C extends Cluster {{ pool a {{ node = N, count = {} }} }}\n",
      node->module, node->name, model->module, model->name, out.runtime, node->name, shortest(perNode),
      shortest(std::ceil(needed / perNode)));
  if (!pd) {
    out.text +=
        fmt::format("deployment D extends Aggregated {{\n model = {}\n cluster = C\n engine main {{\n {} }}\n}}\n",
                    model->name, engineText(main, limits, quant, engineRuntime, drafts, assumed.acceptance, experts));
  } else {
    Limits decode = limits;
    decode.tokens = std::max(512.0, decode.seqs);
    out.text += fmt::format(
        "deployment D extends Disaggregated {{\n model = {}\n cluster = C\n engine prefill {{\n {} }}\n engine decode "
        "{{\n "
        "{} }}\n}}\n",
        model->name, engineText(r.prefill, limits, quant, engineRuntime, 0, assumed.acceptance, experts),
        engineText(r.decode, decode, quant, engineRuntime, drafts, assumed.acceptance, experts));
  }
  return out;
}

const Built& Predictor::build(const Record& r) {
  auto text = deployment(r);
  if (!text.error.empty()) {
    auto& none = built_["!" + text.error];
    none.error = text.error;
    return none;
  }
  auto [known, fresh] = built_.try_emplace(text.text);
  Built& b = known->second;
  if (!fresh) return b;
  b.runtime = text.runtime, b.device = text.device;
  b.answers = known_.answers;
  b.requests = known_.assumed.requests;
  Session session(stdlib_);
  Module* module = session.loader.loadText("record.afd", text.text);
  auto* object = module ? session.evaluator.block(*module, "D") : nullptr;
  if (object && session.diags.errors() == 0) {
    auto resolved = std::make_shared<ir::Scenario>(session.evaluator.lowerToScenario(object));
    const auto& scenario = *resolved;
    b.scenario = resolved;
    std::vector<std::string> fallbacks;
    if (session.diags.errors() == 0) {
      for (auto engine : scenario.blocks(scenario.root, "engine")) {
        auto role = buildRole(scenario, scenario.root, engine, fallbacks, session.diags);
        if (!role || !fitRole(*role, scenario, session.diags)) break;
        b.roles.push_back(std::move(*role));
      }
      if (auto transfer = readTransfer(scenario, scenario.root, session.diags)) b.transfer = *transfer;
    }
  }
  if (session.diags.errors() > 0 || b.roles.empty()) {
    b.roles.clear();
    b.error = "its deployment is refused";
    if (const auto* error = session.diags.firstError())
      b.error = fmt::format("its deployment is refused: {}", error->message);
  }
  return b;
}

double Predictor::rooflineTpot(const Record& r) {
  const auto& b = build(r);
  if (b.roles.empty()) return 0;
  Role ideal = b.roles.back().ideal();
  double n = r.load == Record::Load::Batch     ? r.batch
             : r.load == Record::Load::Offline ? r.requests
                                               : std::max(1.0, r.concurrency);
  // No more of them decode side by side than the engine has slots and room for.
  const auto& e = ideal.engine();
  double context = r.input + r.output / 2;
  double fit = ideal.kvBudget / sequenceBytes(ideal.holder(), context);
  n = std::max(1.0, std::min(n / e.replicas, std::min<double>(e.max_seqs, fit) * e.degrees.dp));
  return ideal.time({{n, 1, context, 1}}).seconds / ideal.progress();
}

namespace {

using Prediction = Predictor::Prediction;

/// A batch: all its sequences side by side from the first token to the last, the decode time by Simpson's rule over its
/// context; or in turns where their caches do not fit together: the engine takes in what fits, and the others as those
/// leave.
Prediction predictBatch(const Record& r, const Role& role) {
  const auto& e = role.engine();
  Schedule schedule(role, {r.input, r.output});
  double perReplica = r.batch / e.replicas, perRank = perReplica / e.degrees.dp, steps = schedule.decodeSteps();
  double prefill = schedule.prefillTime(perReplica) + e.runtime.front_fixed;
  Prediction out;
  auto& m = out.metrics;
  if (perRank > 1 && perRank * sequenceBytes(role.holder(), r.input + r.output) > role.kvBudget) {
    ReplayLoad load;
    load.requests = load.concurrency = Count::ceil(perReplica);
    load.lengths = {r.input, r.output};
    auto run = replay(role, load);
    if (!run) return {{}, "a request does not fit its deployment's KV cache, or its run is too long to replay"};
    m["e2e"] = run->duration;  // until the last sequence ends
    m["ttft_mean"] = run->ttft_mean, m["ttft_median"] = run->ttft_median;
    if (r.output > 1) m["tpot"] = run->tpot_mean;
  } else {
    auto at = [&](double past) { return schedule.step({{perReplica, 1, past, 1}}); };
    double decode =
        steps > 0 ? steps / 6 * (at(r.input + 1) + 4 * at(r.input + r.output / 2) + at(r.input + r.output - 1)) : 0;
    m["e2e"] = prefill + decode;
    m["ttft_mean"] = m["ttft_median"] = prefill;
    if (r.output > 1) m["tpot"] = decode / (r.output - 1);
  }
  m["throughput"] = r.batch * r.output / m["e2e"];
  m["total_throughput"] = r.batch * (r.input + r.output) / m["e2e"];
  m["prefill"] = r.batch * r.input / prefill;
  m["prefill_time"] = prefill;
  return out;
}

/// One phase by itself: a step of the tokens or sequences that the record names.
Prediction predictStep(const Record& r, const Role& role) {
  const auto& e = role.engine();
  Prediction out;
  auto& m = out.metrics;
  if (r.mode == "prefill_only") {
    double ranks = e.replicas * e.degrees.dp;
    double tokens = r.step_tokens > 0 ? r.step_tokens : r.batch > 0 ? r.batch * r.input : e.max_tokens * ranks;
    double prompts = tokens / e.replicas / r.input;
    double seconds = role.time({{prompts, r.input, 0, prompts}}).seconds;
    m["prefill"] = tokens / seconds;
    m["ttft_mean"] = m["ttft_median"] = m["prefill_time"] = seconds + e.runtime.front_fixed;
    return out;
  }
  double n = r.batch / e.replicas;
  if (n <= 0) return {{}, "no batch is given"};
  double seconds = role.time({{n, 1, r.context + r.output / 2, 1}}).seconds;
  m["tpot"] = seconds / role.progress();
  m["throughput"] = r.batch * role.progress() / seconds;
  return out;
}

/// Arrivals at a rate, by the closed forms.
Prediction predictSteady(const Record& r, const Built& b, const std::vector<Role>& roles) {
  SourceManager sources;
  Diagnostics diags(sources);
  std::vector<Assumption> assumptions;
  ServeContext context{*b.scenario, assumptions, diags};
  LoadConfig load;
  load.arrivals = LoadConfig::Arrivals::Poisson;
  load.amount = r.rate;
  load.input = r.input, load.output = r.output, load.outputMax = r.output;
  auto served = r.mode == "pd" ? serveDisaggregated(roles, b.transfer, load, context) : serve(roles[0], load, context);
  if (!served) return {{}, "the load is more than its deployment carries"};
  Prediction out;
  auto& m = out.metrics;
  m["ttft_mean"] = m["ttft_median"] = served->ttft;
  m["tpot"] = served->tpot;
  m["e2e"] = served->e2e;
  m["throughput"] = r.rate * r.output;
  m["total_throughput"] = r.rate * (r.input + r.output);
  return out;
}

/// Prefill and decode apart, replayed.
std::optional<ReplayResult> replayPair(const Record& r, const Built& b, const std::vector<Role>& roles,
                                       const ReplayLoad& run) {
  LoadConfig load;
  load.amount = run.concurrency;
  load.input = r.input, load.output = r.output, load.outputMax = r.output;
  for (size_t i = 0; i < roles.size(); ++i)
    if (fitOf(roles[i], load, INFINITY, i == 0) != Fit::Yes) return std::nullopt;
  auto prompt = promptSide(roles[0], b.transfer, load);
  auto token = tokenSide(roles[1], b.transfer, load);
  return replayApart(prompt, roles[0].engine().replicas, token, roles[1].engine().replicas, b.transfer, run);
}

/// A run of counted requests: the scheduler replayed.
Prediction predictRun(const Record& r, const Built& b, const std::vector<Role>& roles) {
  bool apart = r.mode == "pd";
  Count replicas = apart ? Count(1) : roles[0].engine().replicas;
  ReplayLoad load;
  load.lengths = {r.input, r.output};
  load.spread = r.spread;
  if (r.conversations) load.conversations = b.answers;
  // A finite run: so many requests of each user where the source does not say.
  double requests = r.requests > 0 ? r.requests : b.requests * r.concurrency;
  double concurrency = r.load == Record::Load::Closed ? r.concurrency : requests;
  load.concurrency = std::max(Count(1), Count::ceil(concurrency / replicas));
  load.requests = std::max(load.concurrency, Count::round(requests / replicas));
  load.prompts = Count::floor(r.prompts);
  if (r.load == Record::Load::Rate) load.interval = replicas / r.rate;
  auto run = apart ? replayPair(r, b, roles, load) : replay(roles[0], load);
  if (!run) return {{}, "a request does not fit its deployment's KV cache, or its run is too long to replay"};
  Prediction out;
  auto& m = out.metrics;
  m["ttft_mean"] = run->ttft_mean, m["ttft_median"] = run->ttft_median;
  using PerToken = Record::PerToken;
  m["tpot"] = r.per_token == PerToken::Decode    ? run->tpot_mean
              : r.per_token == PerToken::Request ? run->e2e_per_token
                                                 : run->ttft_per_token;
  m["e2e"] = run->e2e_mean;
  m["throughput"] = run->output_tokens_per_s * replicas;
  m["total_throughput"] = m["throughput"] * (r.input + r.output) / r.output;
  return out;
}

}  // namespace

Predictor::Prediction Predictor::predict(const Record& r, const Built& b, const Adjust& adjust) {
  if (b.roles.empty()) return {{}, b.error};
  std::vector<Role> roles;
  for (const auto& role : b.roles) roles.push_back(adjust ? role.with(adjust) : role);
  if (r.load == Record::Load::Batch) return predictBatch(r, roles[0]);
  if (r.load == Record::Load::Step) return predictStep(r, roles[0]);
  if (r.load == Record::Load::Rate && (r.requests <= 0 || r.mode == "pd")) return predictSteady(r, b, roles);
  return predictRun(r, b, roles);
}

}  // namespace afdc
