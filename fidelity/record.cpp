#include "fidelity/record.h"
#include "fidelity/engine_options.h"
#include "support/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>

namespace afdc {

namespace {

/// Is a mean length that of synthetic prompts of one round length, give or take what tokenising again changes?
bool nearRound(double mean) {
  auto near = [&](double unit) {
    return std::fabs(mean / unit - std::round(mean / unit)) * unit < 0.02 * mean && mean >= unit;
  };
  return mean >= 900 ? near(500) || near(512) : near(128) || near(100);
}

/// The first of several names that is a positive number.
double first(const Json& j, std::initializer_list<std::string_view> names, double otherwise) {
  for (auto name : names)
    if (j[name].isNumber() && j[name].number() > 0) return j[name].number();
  return otherwise;
}

/// Degrees in the command line of an engine.
RecordSide sideOfCommand(const CommandLine& command) {
  auto degree = [&](CommandLine::Names names) { return std::max(1.0, command.number(names).value_or(1)); };
  RecordSide s;
  s.tp = degree(options::kTensorParallel);
  s.pp = degree(options::kPipelineParallel);
  s.dp = degree(options::kDataParallel);
  s.ep = degree(options::kExpertParallel);
  if (command.has(options::kAttentionDataParallel) && s.dp > 1) s.tp = std::max(1.0, s.tp / s.dp);
  bool exchanged = command.value(options::kExchange) == options::kExchangeOverRanks;
  if (exchanged || command.has(options::kExpertsOverRanks)) s.ep = s.tp * s.dp;
  return s;
}

/// The engine whose name ends a heading: "Choosing the Inference Engine / SGLang"; "" where none does.
std::string engineOfHeading(std::string_view heading, const Harnesses& known) {
  size_t slash = heading.rfind("/ ");
  auto last = slash == std::string_view::npos ? "" : lowerCase(heading.substr(slash + 2));
  return known.called(last) ? last : "";
}

/// The rate that a heading names: "Rate 8".
double rateOfHeading(std::string_view heading) {
  constexpr std::string_view kRate = "/ Rate ";
  size_t at = heading.find(kRate);
  return at == std::string_view::npos ? 0 : std::atof(std::string(heading.substr(at + kRate.size())).c_str());
}

RecordSide sideOf(const Json& j) {
  RecordSide s;
  s.tp = first(j, {"tp", "tp_size"}, 1);
  s.pp = first(j, {"pp", "pp_size"}, 1);
  s.dp = first(j, {"attn_dp", "attention_dp_size", "dp"}, 1);
  s.ep = first(j, {"moe_ep", "moe_ep_size", "ep"}, 1);
  s.workers = first(j, {"num_workers", "workers", "instances"}, 1);
  s.batch = first(j, {"batch_size"}, 0);
  // Attention data parallelism over the same devices as the tensor parallelism of the rest.
  bool attentionDp = j["dp_attention"].flag() || (j["attention_dp"].flag() && !j["attn_dp"].isNumber());
  if (double dep = first(j, {"dep"}, 0); dep > 1) {
    s.dp = dep, s.tp = 1, s.ep = std::max(s.ep, dep);
  } else if (attentionDp && s.dp <= 1) {
    s.dp = s.tp, s.tp = 1;
  } else if (attentionDp && s.dp > 1 && s.tp >= s.dp && !j["attn_dp"].isNumber()) {
    s.tp = std::max(1.0, s.tp / s.dp);
  }
  // Experts lie on all devices: where they are on more than the attention's tensor parallelism has, and its copies are
  // not said, these are data parallel.
  double moe = first(j, {"moe_tp"}, 1) * first(j, {"moe_ep"}, 1);
  bool said = first(j, {"attn_dp", "attention_dp_size", "dp"}, 0) > 0;
  if (j["moe_tp"].isNumber() && !said) s.dp = std::max(1.0, std::floor(moe / s.tp));
  if (j["ep"].kind == Json::Kind::Bool) s.ep = j["ep"].flag() ? s.tp * s.dp : 1;
  return s;
}

/// Takes one metric, whatever its spelling: `{mean_, median_, pNN_}x_s`, `x_{mean_,}ms`, `x_s: {mean, …}`.
void takeMetric(Record& r, const std::string& name, const Json& value, double devices, double decodeDevices) {
  std::string key = lowerCase(name);
  if (value.isObject()) {
    for (size_t i = 0; i < value.names.size(); ++i)
      if (value.items[i].isNumber()) takeMetric(r, value.names[i] + "_" + key, value.items[i], devices, decodeDevices);
    return;
  }
  if (!value.isNumber() || value.number() <= 0) return;
  double v = value.number();
  bool tail = contains(key, "p99") || contains(key, "p90") || contains(key, "p95") || contains(key, "p999") ||
              contains(key, "max");
  if (tail && !contains(key, "max_tok")) return;
  bool median = contains(key, "median") || contains(key, "p50");
  if (key.ends_with("_ms") || contains(key, "_ms_")) v /= 1e3;
  if (key.ends_with("_us")) v /= 1e6;
  auto put = [&](std::string_view metric, double x, bool replace = true) {
    if (replace || !r.metrics.count(std::string(metric))) r.metrics[std::string(metric)] = x;
  };
  if (contains(key, "ttft") || contains(key, "time_to_first")) return put(median ? "ttft_median" : "ttft_mean", v);
  if (contains(key, "tpot") || contains(key, "itl") || contains(key, "inter_token")) return put("tpot", v, !median);
  if (contains(key, "e2e") || (contains(key, "latency") && !contains(key, "prefill"))) return put("e2e", v, !median);
  bool rate =
      contains(key, "tok_s") || contains(key, "tokens_per") || contains(key, "tput") || contains(key, "throughput");
  if (rate && !contains(key, "interactivity") && !contains(key, "user")) {
    bool each = contains(key, "per_gpu") || contains(key, "per_npu") || contains(key, "per_chip") ||
                contains(key, "per_device");
    bool nodes = contains(key, "per_node");
    bool input = contains(key, "input") || contains(key, "prefill") || contains(key, "prompt"),
         all = contains(key, "total_t");
    bool output = contains(key, "output") || contains(key, "decode") || contains(key, "generat");
    // Where prefill and decode lie apart, a role's own rate is per device of that role.
    double of = r.mode == "pd" && output ? decodeDevices : devices;
    if (each) v *= of;
    if (nodes) v *= std::max(1.0, devices / std::max(1.0, r.node_size));
    if (input) return r.mode == "prefill_only" ? put("prefill", v) : void();
    if (all) return put("total_throughput", v, !each);
    if (output || r.mode == "decode_only" || r.mode == "afd") return put("throughput", v, !each);
  }
  if (contains(key, "prefill") && (key.ends_with("_ms") || key.ends_with("_s"))) put("prefill_time", v);
}

/// Some clients say as `max_concurrency` how many requests they saw at most at a time, where others say how many they
/// allowed. What people allow is a power of two, or all; with another number it sent them evenly, at a rate that is
/// whole in all records that name theirs: the next one above what came to pass. Such a client's time per token is a
/// request's whole time over its tokens: of equal lengths, the two figures are the same to the last digit where the
/// time to the first token is all there is. That is so where the engine keeps what a model thinks out of the answer,
/// which is all that the client looks at: its last token is its first.
void applyObservingClient(const Json& metrics, Record& r, const Harnesses& known) {
  double seen = metrics["max_concurrency"].number(), seconds = metrics["duration_s"].number();
  if (seen <= 0 || seen != metrics["peak_concurrency"].number()) return;
  const auto* program = known.called(r.runs);
  bool thinks = program && !program->hides_thinking.empty() && r.command.has({program->hides_thinking});
  r.per_token = thinks ? Record::PerToken::First : Record::PerToken::Request;
  bool allowed = seen == r.requests || std::has_single_bit(static_cast<uint64_t>(std::min(seen, 1e9)));
  if (!allowed && seconds > 0 && r.rate <= 0) r.rate = std::ceil(r.requests / seconds);
}

/// Is something that the library says of some records said of this one?
bool fits(const Whose& w, std::string_view provenance, const Record& r) {
  auto inProvenance = [&](const std::string& part) { return contains(provenance, part); };
  auto inGpu = [&](const std::string& part) { return contains(r.gpu, part); };
  bool ranksApart = std::max(r.main.dp, r.decode.dp) > 1;
  return contains(r.source, w.source) && inProvenance(w.provenance) &&
         std::none_of(w.but_not.begin(), w.but_not.end(), inProvenance) &&
         (w.engines.empty() || std::find(w.engines.begin(), w.engines.end(), r.engine) != w.engines.end()) &&
         (w.gpus.empty() || std::any_of(w.gpus.begin(), w.gpus.end(), inGpu)) && r.concurrency >= w.users &&
         (!w.users_below || r.concurrency < *w.users_below) && w.apart.value_or(r.mode == "pd") == (r.mode == "pd") &&
         w.ranks_apart.value_or(ranksApart) == ranksApart &&
         (!w.multiples_of || std::fmod(r.input, *w.multiples_of) == 0);
}

/// Attention's degree has the experts' in it: takes it out.
void takeOutExperts(RecordSide& s) {
  if (s.ep <= 1 || s.tp * s.dp <= s.ep) return;
  (s.dp > 1 ? s.dp : s.tp) /= s.ep;
  if (s.dp > 1) s.batch *= s.ep;
}

/// What the tool that drove the load did, or started engines with, where its records do not say it.
void apply(const Habit& h, Record& r) {
  if (h.counts_experts) takeOutExperts(r.main);
  if (h.shortest < 1) {
    r.input *= h.mean, r.output *= h.mean;
    r.spread = h.spread;
  }
  if (h.poll_steps) r.poll_steps = *h.poll_steps;
  if (h.drafts && r.mtp && r.drafts <= 0) r.drafts = *h.drafts;
  if (h.max_tokens) r.max_tokens = *h.max_tokens;
  if (h.beside_one_prompt) r.max_tokens = r.input + std::max(1.0, r.main.batch) + *h.beside_one_prompt;
  if (r.kv.empty()) r.kv = h.kv;
  if (h.prompts) r.prompts = *h.prompts;
  if (h.mixed) r.mixed = true;
  if (h.records_batch) r.recorded = r.main.batch;
}

void applyHabits(const Json& source, Record& r, const Harnesses& known) {
  const auto provenance = source["provenance"].text();
  for (const auto& habit : known.habits)
    if (fits(habit.whose, provenance, r)) apply(habit, r);
}

/// A row of a collection, with what all of them have in common.
Record collected(const Collection& c) {
  Record r;
  r.source = c.source;
  r.runs = r.engine = c.engine;
  r.version = c.version;
  r.weights = r.activations = c.formats;
  r.completeness = c.completeness;
  r.node_size = c.node_size;
  r.load = Record::Load::Batch;
  r.input = c.input, r.output = c.output, r.batch = c.batch;
  return r;
}

Record fromFlat(const Json& j, const Collection& c) {
  Record r = collected(c);
  r.id = j["id"].text("?");
  r.runs = r.engine = lowerCase(j["engine"].text());
  r.gpu = j["gpu"].text();
  r.count = j["count"].number(1);
  r.node_size = std::max<double>(c.node_size, r.count);
  r.model = j["model"].text();
  r.completeness = j["completeness"].text(c.completeness);
  r.main.tp = r.count;
  r.input = j["isl"].number(), r.output = j["osl"].number(), r.batch = j["batch"].number(c.batch);
  if (j["e2e_latency_s"].number() > 0) r.metrics["e2e"] = j["e2e_latency_s"].number();
  if (j["total_tok_s"].number() > 0) r.metrics["total_throughput"] = j["total_tok_s"].number();
  return r;
}

/// Measurements beside the predictions of a tool: a row for each measurement and each of the tool's modes, of which the
/// first is taken.
Record fromPaired(const Json& j, const Collection& c) {
  Record r = collected(c);
  r.id = fmt::format("{}{}-{}-tp{}", c.before_id, j["model"].text(), j["dev"].text(), j["tp"].number());
  r.gpu = j["dev"].text();
  r.model = c.before_model + lowerCase(j["model"].text()) + c.after_model;
  r.count = r.main.tp = j["tp"].number(1);
  r.metrics["e2e"] = j["measured_s"].number();
  return r;
}

/// Who says it, of what devices, model, formats and engine.
void takeNames(const Json& j, Record& r, const Assumed& assumed) {
  r.id = j["id"].text("?");
  r.source = j["source"]["name"].text(j["source"].text("?"));
  r.page = j["source"]["path"].text();
  r.completeness = j["completeness"].text("A");
  const auto& hw = j["hardware"];
  r.gpu = hw["gpu"].text(hw["npu"].text(hw["name"].text("?")));
  r.count = hw["count"].number();
  r.node_size = hw["node_size"].number(8);
  r.model = j["model"].text(j["model"]["name"].text("?"));
  const auto& precision = j["precision"];
  r.weights = lowerCase(precision["weights"].text(precision.text()));
  r.activations = lowerCase(precision["activations"].text(precision["gemm"].text()));
  r.kv = lowerCase(precision["kv"].text());
  const auto& engine = j["engine"];
  r.engine = lowerCase(engine["name"].text(engine.text()));
  r.version = engine["version"].text(engine["image"].text());
  if (size_t colon = r.version.rfind(":v"); colon != std::string::npos) r.version = r.version.substr(colon + 2);
  bool foreign = contains(r.version, assumed.foreign_version) ||
                 contains(j["source"]["provenance"].text(), assumed.foreign_image + r.version);
  if (foreign) r.version.clear();
}

/// The engine that ran, and the command that started it. Returns the command that the degrees are read from: it may be
/// known where the rest of what ran is not.
CommandLine takeCommand(const Json& j, Record& r, const Harnesses& known) {
  const CommandLine own(j["engine"]["command"].text());
  r.command = own;
  r.runs = r.engine;
  CommandLine degrees = own;
  // A benchmark under a heading that is itself a command ran that command, whichever came before it.
  CommandLine shown(j["source"]["case"].text());
  if (const auto* program = known.startedBy(shown)) {
    if (program->engine != r.engine) {
      r.runs = program->engine;
      r.version.clear();
    }
    // Where it goes on in a line that the record does not have, the degrees are taken to stay.
    bool whole = !shown.text().ends_with("\\") || shown.has(options::kTensorParallel);
    if (whole || program != known.startedBy(own)) r.command = shown;
    if (whole) degrees = shown;
  }
  // One under a heading that ends in another engine's name ran that one: of its command, the degrees are taken to be
  // the same, the rest is not known.
  if (auto named = engineOfHeading(j["source"]["section"].text(), known); !named.empty() && named != r.runs) {
    r.runs = named;
    r.version.clear();
    r.command = {};
  }
  // What the record reads from its own command is nothing of another one.
  if (r.command == own && r.weights.empty())
    for (const auto& word : j["precision"]["from_command"].items)
      if (auto w = lowerCase(word.text());
          r.weights.empty() && (contains(w, "fp") || contains(w, "awq") || contains(w, "int")))
        r.weights = w;
  return degrees;
}

void takeDeployment(const Json& d, const CommandLine& degrees, Record& r) {
  r.mode = d["mode"].text("agg");
  r.main = degrees.empty() ? sideOf(d) : sideOfCommand(degrees);
  bool oneNode = !d["tp"].isNumber() && !d["dp"].isNumber() && !d["dep"].isNumber();
  // Without degrees all devices work together, unless a command line shows that one was started.
  if (r.mode == "agg" && oneNode && r.count > 0 && degrees.empty()) r.main.tp = r.count;
  if (r.mode == "pd" || d["prefill"].isObject()) {
    r.prefill = sideOf(d["prefill"]);
    r.decode = sideOf(d["decode"]);
  }
}

/// Speculative decoding: as the command says, or else the record.
void takeDrafts(const Json& said, const CommandLine& degrees, Record& r) {
  if (!r.command.empty()) {
    const auto config = r.command.json(options::kDraftConfig);
    r.mtp = r.command.hasAny(options::kDrafts);
    r.drafts = r.command.number(options::kDraftSteps).value_or(0);
    if (r.drafts <= 0) r.drafts = config[options::kConfigSteps].number();
    bool foreign = r.command.value(options::kDraftAlgorithm) == options::kForeignAlgorithm ||
                   config[options::kConfigMethod].text() == options::kForeignMethod;
    r.otherDraft = foreign || r.command.has(options::kDraftModel);
  } else if (degrees.empty()) {
    auto words = lowerCase(said.text());
    r.mtp = said.flag() || (!words.empty() && words != "none" && words != "off" && words != "false");
  }
}

/// Lengths of the requests, and how many of them are sent how.
void takeWorkload(const Json& j, Record& r, const Harnesses& known) {
  const auto& w = j["workload"];
  r.input = first(w, {"mean_isl", "isl", "input_tokens", "isl_list"}, 0);
  r.output = first(w, {"mean_osl", "osl", "output_tokens"}, 0);
  if (contains(lowerCase(w["length_dist"].text()), "0.8")) {
    r.input *= 0.9;
    r.output *= 0.9;
    r.spread = 1.0 / 9;
  }
  // Means of a public chat data set: short and long requests mixed.
  if (w["mean_isl"].isNumber() && r.input != std::floor(r.input)) r.conversations = !nearRound(r.input);
  r.requests = first(w, {"num_requests", "num_prompts"}, 0);
  r.concurrency = first(w, {"concurrency", "max_concurrency"}, 0);
  applyHabits(j["source"], r, known);
  if (r.concurrency <= 0) r.concurrency = j["metrics"]["max_concurrency"].number();
  r.batch = first(w, {"batch", "total_batch"}, 0);
  if (r.batch <= 0) r.batch = first(w, {"batch_per_gpu", "batch_per_npu"}, 0) * std::max(1.0, r.count);
  r.rate = first(w, {"server_qps", "qps", "request_rate"}, rateOfHeading(j["source"]["section"].text()));
  r.context = first(w, {"kv_len", "mean_context", "context"}, r.input);
  applyObservingClient(j["metrics"], r, known);
}

/// Which kind of load it is.
void takeLoad(const Json& w, Record& r) {
  auto arrival = lowerCase(w["arrival"].text()), scenario = lowerCase(w["scenario"].text());
  if (r.rate > 0 && scenario != "offline")
    r.load = Record::Load::Rate;
  else if (r.concurrency > 0)
    r.load = Record::Load::Closed;
  else if (r.requests > 0 || scenario == "offline" || contains(arrival, "offline") || contains(arrival, "at once"))
    r.load = Record::Load::Offline;
  else if (r.batch > 0)
    r.load = Record::Load::Batch;
  if (r.load == Record::Load::Closed && r.requests <= 0 && contains(arrival, "10*conc"))
    r.requests = 10 * r.concurrency;
}

/// One phase by itself, over all devices: what is not tensor parallel is data parallel.
void takeSinglePhase(const Json& w, Record& r) {
  double whole = r.count > 0 ? r.count : std::max(r.main.ep, r.main.tp * r.main.dp) * r.main.pp;
  r.count = whole;
  r.main.dp = std::max(1.0, std::floor(whole / (r.main.tp * r.main.pp)));
  r.step_tokens = first(w, {"tokens_per_gpu_per_batch", "tokens_per_npu_per_batch"}, 0) * whole;
  if (double each = first(w, {"batch_per_gpu", "batch_per_npu", "batch_per_chip"}, 0); each > 0) r.batch = each * whole;
  r.load = Record::Load::Step;
}

void takeMetrics(const Json& j, Record& r) {
  double devices = r.devices(), decodeDevices = devices;
  if (r.mode == "pd")
    decodeDevices =
        j["deployment"]["decode"]["gpus"].number(r.decode.tp * r.decode.pp * r.decode.dp * r.decode.workers);
  const auto& m = j["metrics"];
  for (size_t i = 0; i < m.names.size(); ++i) takeMetric(r, m.names[i], m.items[i], devices, decodeDevices);
  // Some records count a request's tokens both ways; the output's is the one compared.
  if (r.metrics.count("throughput")) r.metrics.erase("total_throughput");
}

/// A record whose hardware, engine, deployment, workload and metrics are objects of their own.
Record fromNested(const Json& j, const Harnesses& known) {
  Record r;
  takeNames(j, r, known.assumed);
  auto degrees = takeCommand(j, r, known);
  const auto& d = j["deployment"];
  takeDeployment(d, degrees, r);
  takeDrafts(d["spec_decode"], degrees, r);
  takeWorkload(j, r, known);
  takeLoad(j["workload"], r);
  if (!degrees.empty()) r.count = r.main.tp * r.main.pp * r.main.dp * r.main.workers;
  if (r.count <= 0 && d["nodes"].number() > 0) r.count = d["nodes"].number() * r.node_size;
  if (r.mode == "prefill_only" || r.mode == "decode_only") takeSinglePhase(j["workload"], r);
  takeMetrics(j, r);
  return r;
}

/// A record with `isl_list` and lists of metrics, as one record for each length.
std::vector<Json> unrolled(const Json& j) {
  const auto& lengths = j["workload"]["isl_list"];
  if (!lengths.isArray()) return {j};
  std::vector<Json> out;
  for (size_t i = 0; i < lengths.items.size(); ++i) {
    Json one = j;
    auto at = [&](Json& object, std::string_view name) -> Json* {
      for (size_t k = 0; k < object.names.size(); ++k)
        if (object.names[k] == name) return &object.items[k];
      return nullptr;
    };
    if (auto* id = at(one, "id"); id && id->isText()) id->string += fmt::format("#{}", i + 1);
    *at(*at(one, "workload"), "isl_list") = lengths.items[i];
    if (auto* metrics = at(one, "metrics"))
      for (auto& m : metrics->items) {
        if (!m.isArray()) continue;
        Json value = i < m.items.size() ? m.items[i] : Json();
        m = std::move(value);
      }
    out.push_back(std::move(one));
  }
  return out;
}

/// A record that ran another engine than it names says nothing of its version: where the other records of its page that
/// name that engine agree on one, it is that.
void takeVersionsOfPages(std::vector<Record>& records) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> versions;
  for (const auto& r : records)
    if (!r.page.empty() && r.runs == r.engine && !r.version.empty()) versions[{r.page, r.runs}].insert(r.version);
  for (auto& r : records) {
    if (r.page.empty() || r.runs == r.engine || !r.version.empty()) continue;
    if (auto found = versions.find({r.page, r.runs}); found != versions.end() && found->second.size() == 1)
      r.version = *found->second.begin();
  }
}

/// Three figures and more that are the same to the last digit on two devices were measured on one of them: which,
/// nobody can tell.
void doubtTwins(std::vector<Record>& records) {
  std::map<std::tuple<std::string, double, double, std::map<std::string, double>>, std::vector<Record*>> alike;
  for (auto& r : records)
    if (r.metrics.size() >= 3) alike[{r.model, r.input, r.output, r.metrics}].push_back(&r);
  for (auto& [figures, twins] : alike) {
    auto other = [&twins = twins](const Record* r) { return r->gpu != twins.front()->gpu; };
    if (std::none_of(twins.begin(), twins.end(), other)) continue;
    for (auto* r : twins) r->why = "excluded: a record of another device has the same figures to the last digit";
  }
}

}  // namespace

std::vector<Record> readRecords(const Json& root, const Harnesses& known) {
  const Json& list = root.isArray() ? root : root["records"];
  std::vector<Record> out;
  for (const auto& j : list.items) {
    if (!j.isObject()) continue;
    if (j["gpu"].isText() && j["e2e_latency_s"].isNumber())
      out.push_back(fromFlat(j, known.of(RowLayout::Flat)));
    else if (j["metrics"].isObject())
      for (const auto& one : unrolled(j)) out.push_back(fromNested(one, known));
    else if (j["dev"].isText() && j["measured_s"].isNumber() && j["mode"].text() == "peak")
      out.push_back(fromPaired(j, known.of(RowLayout::Paired)));
  }
  takeVersionsOfPages(out);
  doubtTwins(out);
  return out;
}

Record fromRow(const Csv& csv, size_t row) {
  auto text = [&](std::initializer_list<std::string_view> names) {
    for (auto name : names)
      if (int c = csv.column(name); c >= 0) return csv.rows[row][static_cast<size_t>(c)];
    return std::string();
  };
  auto number = [&](std::initializer_list<std::string_view> names, double otherwise) {
    for (auto name : names)
      if (double v = csv.number(row, name); std::isfinite(v)) return v;
    return otherwise;
  };
  Record r;
  r.id = fmt::format("row {}", row + 2);
  r.source = kYours;
  r.completeness = "A";
  r.gpu = text({"gpu"}), r.model = text({"model"}), r.engine = text({"engine", "runtime"});
  r.runs = r.engine, r.version = text({"version"});
  r.weights = text({"weights", "precision"}), r.kv = text({"kv"});
  r.main.tp = number({"tp"}, 1), r.main.pp = number({"pp"}, 1), r.main.dp = number({"dp"}, 1);
  r.main.ep = number({"ep"}, 1), r.main.workers = number({"replicas"}, 1);
  r.count = number({"gpus"}, r.main.tp * r.main.pp * r.main.dp * r.main.workers);
  r.node_size = number({"node_size"}, 8);
  r.input = number({"isl", "input_tokens"}, 0), r.output = number({"osl", "output_tokens"}, 0);
  r.concurrency = number({"concurrency"}, 0), r.batch = number({"batch"}, 0), r.requests = number({"requests"}, 0);
  r.load = r.concurrency > 0 ? Record::Load::Closed
           : r.batch > 0     ? Record::Load::Batch
           : r.requests > 0  ? Record::Load::Offline
                             : Record::Load::Unknown;
  auto take = [&](const char* metric, std::initializer_list<std::string_view> names, double unit) {
    double v = number(names, 0);
    if (v > 0) r.metrics[metric] = v * unit;
  };
  take("tpot", {"tpot_ms"}, 1e-3);
  take("ttft_mean", {"ttft_ms", "ttft_mean_ms"}, 1e-3);
  take("ttft_median", {"ttft_median_ms", "ttft_p50_ms"}, 1e-3);
  take("e2e", {"e2e_ms"}, 1e-3);
  take("e2e", {"e2e_s"}, 1);
  take("throughput", {"output_tok_s"}, 1);
  return r;
}

}  // namespace afdc
