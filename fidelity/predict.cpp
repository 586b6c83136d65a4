#include "fidelity/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "passes/cost/assembly.h"
#include "passes/simulation/replay.h"
#include "passes/steady/aggregated.h"
#include "support/text.h"

namespace afdc {

namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// What the record's device is, where its name leaves that open. GPUStack's pages say no more than "H100". Those of
/// 2025 that measure throughput on one card are taken to be of PCIe cards, by their times: alone there, a sequence of
/// Qwen3-32B in vLLM takes 43.4 ms a token for 72 GB of weights and cache, which is half of what an SXM card reads and
/// five sixths of what a PCIe one does, and all three engines compute prompts at half of an SXM card's pace. The page
/// on latency reads faster than a PCIe card can, and those of several cards keep the pace of SXM ones.
std::string_view cardOf(const Record& r) {
  if (r.gpu != "H100" || r.node_size != 1 || !has(r.page, "performance-lab/") || has(r.page, "latency")) return r.gpu;
  const char* later = r.runs == "vllm" ? "0.12" : r.runs == "sglang" ? "0.5.6" : "1.2.0rc5";  // than those pages
  return versionNumbers(r.version) < versionNumbers(later) ? "H100-PCIE-80GB" : std::string_view(r.gpu);
}

/// Defaults of the engines' schedulers. vLLM: EngineArgs of 0.9 and later, by memory (70 GiB and more: 8 192 tokens, 1
/// 024 sequences; A100 and less: 2 048 and 256). SGLang: see below. TensorRT-LLM: max_num_tokens 8 192, max_batch_size
/// 2 048.
struct Limits {
  double tokens = 8192, seqs = 1024, fraction = 0.9;
  bool whole = false;    ///< prompts are not cut
  double recorded = -1;  ///< largest batch with a graph; below zero: as the runtime says
};

/// SGLang's server_args.py (0.5): chunks and graphs by the device's memory; what it keeps free for activations by
/// those; and 48 requests at once where it drafts.
void sglangDefaults(const Record& r, double capacity, Limits& l) {
  constexpr double kMiB = 1 << 20;
  double memory = capacity / kMiB, devices = r.main.tp * r.main.dp * r.main.pp;
  bool wide = r.main.tp * r.main.dp >= 4;
  double graphs = memory < 60 * 1024 ? (wide ? 160 : 32) : memory < 160 * 1024 ? (wide ? 512 : 256) : 512;
  l.tokens = memory < 35 * 1024 ? 2048 : memory < 60 * 1024 ? 4096 : memory < 160 * 1024 ? 8192 : 16384;
  l.recorded = graphs;
  double kept = 512 + 1.5 * std::max(l.tokens, 2048.0) + 2 * graphs + devices / 8 * 1024;
  if (r.main.dp > 1) kept += graphs * r.main.dp * (graphs > 300 ? 4.5 : 3);
  if (memory > 60 * 1024) kept = std::max(kept, 10.0 * 1024);
  if (r.mtp) kept += 2 * 1024;
  // What a record without a command line was started with is not said: benchmarks raise this limit.
  if (r.mtp && !r.command.empty()) l.seqs = std::max(1.0, std::floor(48 / r.main.dp));
  l.fraction = std::round(1000 * (memory - kept) / memory) / 1000;
  // Data-parallel ranks share a chunk.
  l.tokens = std::max(1024.0, l.tokens / r.main.dp);
}

/// What the record's command says of limits, in the options of vLLM, SGLang and TensorRT-LLM.
void takeCommanded(const CommandLine& command, Limits& l) {
  auto take = [&](CommandLine::Names names, double& into) {
    if (auto value = command.number(names); value && *value > 0) into = *value;
  };
  take({"max-num-seqs", "max-running-requests", "max-batch-size"}, l.seqs);
  take({"max-num-batched-tokens", "chunked-prefill-size", "max-num-tokens"}, l.tokens);
  if (auto share = command.number({"gpu-memory-utilization", "mem-fraction-static"});
      share && *share > 0 && *share <= 1)
    l.fraction = *share;
  take({"cuda-graph-max-bs", "max-cudagraph-capture-size"}, l.recorded);
  if (command.has({"enforce-eager", "disable-cuda-graph"})) l.recorded = 0;
}

Limits limitsOf(const Record& r, std::string_view runtime, double capacity) {
  Limits l;
  const auto& command = r.command;
  bool small = has(r.gpu, "A100") || has(r.gpu, "L40") || has(r.gpu, "4090");
  if (runtime.starts_with("vLLM") && small) l.tokens = 2048, l.seqs = 256;
  if (runtime.starts_with("SGLang")) sglangDefaults(r, capacity, l);
  if (runtime.starts_with("TensorRT")) {
    l.seqs = 2048;
    // Its servers cut prompts when asked to; trtllm-bench does.
    bool served = r.load == Record::Load::Closed || r.load == Record::Load::Rate || command.starts("trtllm-serve");
    l.whole = served && !command.has({"enable-chunked-prefill"});
  }
  // trtllm-serve's CudaGraphConfig, where no file of options is given: batches of 1 to 31, 32, 64 and 128, not padded.
  if (command.starts("trtllm-serve") && !command.has({"extra-llm-api-options"})) l.recorded = 32;
  if (r.max_tokens > 0 && r.mode == "agg") l.tokens = r.max_tokens;
  takeCommanded(command, l);
  if (r.recorded > 0) l.recorded = std::max(l.recorded, r.recorded);
  // What was served went into a step.
  if (l.whole) l.tokens = std::max(l.tokens, std::ceil(r.input * (1 + r.spread)));
  // A static batch runs whole.
  if (r.load == Record::Load::Batch) l.seqs = std::max(l.seqs, r.batch);
  return l;
}

/// The checkpoint's own formats, as the model declares them.
struct OwnFormats {
  std::string linear, expert;
  bool experts = false;
};

/// Does an eight-bit checkpoint have one scale per block of 128x128, or one per tensor or row? Where the record does
/// not say, by its publisher: whose `quantization_config` has a `weight_block_size`.
bool scaledByBlocks(std::string_view said, std::string_view name) {
  if (has(said, "block")) return true;
  if (has(said, "fp8") && !has(name, "fp8")) return false;  // quantised by others, or when it was loaded
  for (std::string_view publisher :
       {"qwen/", "deepseek-ai/", "minimaxai/", "moonshotai/", "stepfun-ai/", "xiaomimimo/", "zai-org/glm-5"})
    if (has(name, publisher)) return true;
  return false;
}

/// The formats that a record's words, its checkpoint's name or its command mean, where they differ from the
/// checkpoint's own: one that comes in eight or four bits keeps what a word of as many bits says again.
std::string quantOf(const Record& r, const OwnFormats& own) {
  std::string words = r.weights, name = lowerCase(r.model + " " + r.command.text());
  if (words.empty())
    for (std::string_view word : {"nvfp4", "-fp8", "-awq", "w4a16"})
      if (words.empty() && has(name, word)) words = word;
  std::vector<std::string> out;
  auto both = [&](const std::string& format) {
    out.push_back("linear = " + format);
    if (own.experts) out.push_back("expert = " + format);
  };
  bool fourBit = has(own.expert, "fp4"), eightBit = has(own.linear, "fp8");
  if (has(words, "fp4")) {
    // Experts go to four bits first; the other products of a checkpoint in eight bits stay (NVIDIA's DeepSeek-R1-FP4).
    if (eightBit && own.experts)
      out.push_back("expert = nvfp4");
    else if (!fourBit)
      both("nvfp4");
  } else if (has(words, "fp8")) {
    if (!eightBit && !fourBit) both(scaledByBlocks(r.activations, name) ? "fp8_block128" : "fp8");
  } else if (has(words, "int4") || has(words, "awq") || has(words, "w4a16")) {
    both("int4");
  }
  // "fp8 (ModelOpt checkpoints)": of those that ModelOpt made, which is none that keeps its publisher's eight bits. Of
  // those that keep four, where the record names four: on B200 gpt-oss writes more tokens than caches of 16 bits could
  // be read for; on Hopper, where it names eight, it does not. Where a record does not say, TensorRT-LLM's checkpoints
  // in four bits, or in eight with one scale, are ModelOpt's, and it takes their word.
  bool requantised = !out.empty(), four = fourBit && has(words, "fp4");
  bool said = has(r.kv, "fp8") && !(has(r.kv, "modelopt") && !requantised && !four);
  // vLLM takes the word of NVIDIA's from 0.12 on.
  bool takes = has(r.runs, "trt") || has(r.runs, "tensorrt") ||
               (has(r.runs, "vllm") && has(name, "nvidia/") && versionNumbers(r.version) >= versionNumbers("0.12"));
  bool checkpoint = takes && requantised && !has(r.kv, "16") && (has(words, "fp4") || r.activations == "fp8");
  if (said || checkpoint || r.command.value({"kv-cache-dtype"}).value_or("").starts_with("fp8"))
    out.push_back("kv = fp8");
  std::string text;
  for (const auto& each : out) text += (text.empty() ? "" : ", ") + each;
  return text;
}

std::string engineText(const RecordSide& s, const Limits& l, const std::string& quant, const std::string& runtime,
                       double drafts, bool experts) {
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
  // Of a next-token module's drafts 85 to 90 % are accepted (DeepSeek-V3 report, arXiv:2412.19437, 5.4.3).
  if (drafts > 0)
    text += fmt::format(" speculative = MtpDrafts {{ depth = {}, acceptance = 85 pct }}\n", shortest(drafts));
  return text;
}

}  // namespace

Predictor::Text Predictor::deployment(const Record& r) {
  Text out;
  if (!r.why.empty()) return {"", "", "", r.why};
  auto runtime = names_.runtime(r.runs, r.version);
  if (!runtime) return {"", "", "", fmt::format("engine `{}` has no runtime in the standard library", r.runs)};
  out.runtime = runtime->name;
  std::string plain = r.model.substr(0, r.model.find(" ("));
  auto model = names_.model(plain);
  if (!model) return {"", "", "", fmt::format("model `{}` is not in the standard library", plain)};
  auto device = names_.device(cardOf(r));
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
  const auto* resolved = names_.resolved(*model);
  if (!resolved) return {"", "", "", "the model does not resolve"};
  OwnFormats own;
  own.linear = resolved->show(resolved->find(resolved->root, "precision.linear"));
  own.expert = resolved->show(resolved->find(resolved->root, "precision.expert"));
  for (auto layer : resolved->blocks(resolved->root, "layer"))
    own.experts = own.experts || resolved->isA(resolved->find(layer, "ffn"), "Moe");
  bool experts = own.experts;
  bool mtp = r.mtp && !r.otherDraft && resolved->find(resolved->root, "mtp").valid();
  if (r.mtp && !mtp) return {"", "", "", "speculative decoding with drafts that the record does not describe"};
  // Where a record does not say how many tokens are drafted ahead: one.
  double drafts = !mtp ? 0 : std::max(1.0, r.drafts);
  auto quant = quantOf(r, own);
  const auto* gpu = names_.resolved(*device);
  auto limits = limitsOf(r, out.runtime, gpu ? gpu->number(gpu->root, "hbm.capacity").value_or(0) : 0);
  auto engineRuntime = out.runtime;
  if (r.poll_steps > 1) engineRuntime += fmt::format(" {{ poll_steps = {} }}", shortest(r.poll_steps));
  // Records do not say which kernels served experts of four bits. Inferred from times: TensorRT-LLM's offline benchmark
  // keeps CUTLASS's pace (gpt-oss on B200: 7 % off, with trtllm-gen's 23 %), its servers trtllm-gen's. With attention
  // data parallelism, which is for throughput, CUTLASS is assumed.
  if (out.runtime.starts_with("TensorRT") && (main.dp > 1 || r.load == Record::Load::Offline))
    engineRuntime += " { kernels = \"tensorrt_llm_cutlass\" }";
  if (r.mixed) engineRuntime += " { scheduler = mixed }";
  if (r.command.has({"async-scheduling"})) engineRuntime += " { host { async = true } }";
  if (limits.recorded >= 0)
    engineRuntime += fmt::format(" {{ launch {{ recorded = {} }} }}", shortest(limits.recorded));
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
                    model->name, engineText(main, limits, quant, engineRuntime, drafts, experts));
  } else {
    Limits decode = limits;
    decode.tokens = std::max(512.0, decode.seqs);
    out.text += fmt::format(
        "deployment D extends Disaggregated {{\n model = {}\n cluster = C\n engine prefill {{\n {} }}\n engine decode "
        "{{\n "
        "{} }}\n}}\n",
        model->name, engineText(r.prefill, limits, quant, engineRuntime, 0, experts),
        engineText(r.decode, decode, quant, engineRuntime, drafts, experts));
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
      if (const auto* data = names_.resolved({"std.workloads.common", "Conversation"}))
        b.conversations = readAnswers(*data, data->root, session.diags);
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
  if (r.conversations) load.conversations = b.conversations;
  // A finite run: ten requests a slot where the source does not say.
  double requests = r.requests > 0 ? r.requests : r.waves * r.concurrency;
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
