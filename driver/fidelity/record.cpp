#include "driver/fidelity/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace afdc {

namespace {

/// Is a mean length that of synthetic prompts of one round length, give or take what tokenising again changes?
bool nearRound(double mean) {
  auto near = [&](double unit) {
    return std::fabs(mean / unit - std::round(mean / unit)) * unit < 0.02 * mean && mean >= unit;
  };
  return mean >= 900 ? near(500) || near(512) : near(128) || near(100);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}
bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The first of several names that is a positive number.
double first(const Json& j, std::initializer_list<std::string_view> names, double otherwise) {
  for (auto name : names)
    if (j[name].isNumber() && j[name].number() > 0) return j[name].number();
  return otherwise;
}

/// "--max-num-seqs 512" or "--max-num-seqs=512".
std::string option(const std::string& command, std::string_view name) {
  size_t at = command.find(std::string(name));
  if (at == std::string::npos) return "";
  at += name.size();
  if (at < command.size() && command[at] != ' ' && command[at] != '=') return "";
  size_t begin = at + 1, end = begin;
  while (end < command.size() && !std::isspace(static_cast<unsigned char>(command[end]))) ++end;
  return begin < command.size() ? command.substr(begin, end - begin) : "";
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
  if (j["ep"].kind == Json::Kind::Bool) s.ep = j["ep"].flag() ? s.tp * s.dp : 1;
  return s;
}

/// Takes one metric, whatever its spelling: `{mean_, median_, pNN_}x_s`, `x_{mean_,}ms`, `x_s: {mean, …}`.
void takeMetric(Record& r, const std::string& name, const Json& value, double devices, double decodeDevices) {
  std::string key = lower(name);
  if (value.isObject()) {
    for (size_t i = 0; i < value.names.size(); ++i)
      if (value.items[i].isNumber()) takeMetric(r, value.names[i] + "_" + key, value.items[i], devices, decodeDevices);
    return;
  }
  if (!value.isNumber() || value.number() <= 0) return;
  double v = value.number();
  bool tail = has(key, "p99") || has(key, "p90") || has(key, "p95") || has(key, "p999") || has(key, "max");
  if (tail && !has(key, "max_tok")) return;
  bool median = has(key, "median") || has(key, "p50");
  if (key.ends_with("_ms") || has(key, "_ms_")) v /= 1e3;
  if (key.ends_with("_us")) v /= 1e6;
  auto put = [&](std::string_view metric, double x, bool replace = true) {
    if (replace || !r.metrics.count(std::string(metric))) r.metrics[std::string(metric)] = x;
  };
  if (has(key, "ttft") || has(key, "time_to_first")) return put(median ? "ttft_median" : "ttft_mean", v);
  if (has(key, "tpot") || has(key, "itl") || has(key, "inter_token")) return put("tpot", v, !median);
  if (has(key, "e2e") || (has(key, "latency") && !has(key, "prefill"))) return put("e2e", v, !median);
  bool rate = has(key, "tok_s") || has(key, "tokens_per") || has(key, "tput") || has(key, "throughput");
  if (rate && !has(key, "interactivity") && !has(key, "user")) {
    bool each = has(key, "per_gpu") || has(key, "per_npu") || has(key, "per_chip") || has(key, "per_device");
    bool nodes = has(key, "per_node");
    bool input = has(key, "input") || has(key, "prefill") || has(key, "prompt"), all = has(key, "total_t");
    bool output = has(key, "output") || has(key, "decode") || has(key, "generat");
    // Where prefill and decode lie apart, a role's own rate is per device of that role.
    double of = r.mode == "pd" && output ? decodeDevices : devices;
    if (each) v *= of;
    if (nodes) v *= std::max(1.0, devices / std::max(1.0, r.node_size));
    if (input) return r.mode == "prefill_only" ? put("prefill", v) : void();
    if (all) return put("total_throughput", v, !each);
    if (output || r.mode == "decode_only" || r.mode == "afd") return put("throughput", v, !each);
  }
  if (has(key, "prefill") && (key.ends_with("_ms") || key.ends_with("_s"))) put("prefill_time", v);
}

Record fromFlat(const Json& j) {
  Record r;
  r.id = j["id"].text("?");
  r.source = "Argonne LLM-Inference-Bench";
  r.gpu = j["gpu"].text();
  r.count = j["count"].number(1);
  r.node_size = std::max(8.0, r.count);
  r.engine = lower(j["engine"].text());
  r.version = "2024";
  r.model = j["model"].text();
  r.weights = r.activations = "bf16";
  r.completeness = j["completeness"].text("A");
  r.main.tp = r.count;
  r.load = Record::Load::Batch;
  r.input = j["isl"].number(), r.output = j["osl"].number(), r.batch = j["batch"].number(1);
  if (j["e2e_latency_s"].number() > 0) r.metrics["e2e"] = j["e2e_latency_s"].number();
  if (j["total_tok_s"].number() > 0) r.metrics["total_throughput"] = j["total_tok_s"].number();
  return r;
}

Record fromNested(const Json& j) {
  Record r;
  r.id = j["id"].text("?");
  r.source = j["source"]["name"].text(j["source"].text("?"));
  r.completeness = j["completeness"].text("A");
  const auto& hw = j["hardware"];
  r.gpu = hw["gpu"].text(hw["npu"].text(hw["name"].text("?")));
  r.count = hw["count"].number();
  r.node_size = hw["node_size"].number(8);
  r.model = j["model"].text(j["model"]["name"].text("?"));
  const auto& precision = j["precision"];
  r.weights = lower(precision["weights"].text(precision.text()));
  for (const auto& word : precision["from_command"].items)
    if (r.weights.empty() && has(lower(word.text()), "fp")) r.weights = lower(word.text());
  r.activations = lower(precision["activations"].text(precision["gemm"].text()));
  r.kv = lower(precision["kv"].text());
  const auto& engine = j["engine"];
  r.engine = lower(engine["name"].text(engine.text()));
  r.version = engine["version"].text(engine["image"].text());
  if (size_t colon = r.version.rfind(":v"); colon != std::string::npos) r.version = r.version.substr(colon + 2);
  r.command = engine["command"].text();
  const auto& d = j["deployment"];
  r.mode = d["mode"].text("agg");
  r.main = sideOf(d);
  bool oneNode = !d["tp"].isNumber() && !d["dp"].isNumber() && !d["dep"].isNumber();
  // Without degrees all devices work together, unless a command line shows that one was started.
  if (r.mode == "agg" && oneNode && r.count > 0 && r.command.empty()) r.main.tp = r.count;
  if (r.mode == "pd" || d["prefill"].isObject()) r.prefill = sideOf(d["prefill"]), r.decode = sideOf(d["decode"]);
  auto spec = lower(d["spec_decode"].text());
  r.mtp = d["spec_decode"].flag() || (!spec.empty() && spec != "none" && spec != "off" && spec != "false");

  const auto& w = j["workload"];
  r.input = first(w, {"mean_isl", "isl", "input_tokens"}, 0);
  r.output = first(w, {"mean_osl", "osl", "output_tokens"}, 0);
  auto dist = lower(w["length_dist"].text());
  if (has(dist, "0.8l") || has(dist, "0.8")) {
    r.input *= 0.9, r.output *= 0.9, r.spread = 1.0 / 9;
  }
  // Means of a public chat data set: short and long requests mixed.
  if (w["mean_isl"].isNumber() && r.input != std::floor(r.input)) r.exponential = !nearRound(r.input);
  r.requests = first(w, {"num_requests", "num_prompts"}, 0);
  r.concurrency = first(w, {"concurrency", "max_concurrency"}, 0);
  if (r.concurrency <= 0) r.concurrency = j["metrics"]["max_concurrency"].number();
  r.batch = first(w, {"batch", "total_batch"}, 0);
  if (r.batch <= 0) r.batch = first(w, {"batch_per_gpu", "batch_per_npu"}, 0) * std::max(1.0, r.count);
  r.rate = first(w, {"server_qps", "qps", "request_rate"}, 0);
  auto arrival = lower(w["arrival"].text()), scenario = lower(w["scenario"].text());
  if (r.concurrency > 0)
    r.load = Record::Load::Closed;
  else if (r.requests > 0 || scenario == "offline" || has(arrival, "offline") || has(arrival, "at once"))
    r.load = Record::Load::Offline;
  else if (r.batch > 0)
    r.load = Record::Load::Batch;
  else if (r.rate > 0)
    r.load = Record::Load::Rate;
  if (r.load == Record::Load::Closed && r.requests <= 0) r.requests = has(arrival, "10*conc") ? 10 * r.concurrency : 0;
  if (w["isl_list"].isArray()) r.why = "lists of lengths with lists of metrics";

  if (!r.command.empty()) r.count = r.main.tp * r.main.pp * r.main.dp * r.main.workers;
  double devices = r.devices();
  double decodeDevices =
      r.mode == "pd" ? d["decode"]["gpus"].number(r.decode.tp * r.decode.pp * r.decode.dp * r.decode.workers) : devices;
  const auto& m = j["metrics"];
  for (size_t i = 0; i < m.names.size(); ++i) takeMetric(r, m.names[i], m.items[i], devices, decodeDevices);
  // Some records count a request's tokens both ways; the output's is the one compared.
  if (r.metrics.count("throughput")) r.metrics.erase("total_throughput");

  // What a command line overrides.
  if (auto tp = option(r.command, "-tp"); !tp.empty() && std::atof(tp.c_str()) > 0) r.main.tp = std::atof(tp.c_str());
  return r;
}

}  // namespace

double Record::devices() const {
  auto of = [](const RecordSide& s) { return s.tp * s.pp * s.dp * s.workers; };
  if (mode == "pd") return count > 0 ? count : of(prefill) + of(decode);
  return count > 0 ? count : of(main);
}

std::vector<Record> readRecords(const Json& root) {
  const Json& list = root.isArray() ? root : root["records"];
  std::vector<Record> out;
  for (const auto& j : list.items) {
    if (!j.isObject()) continue;
    if (j["gpu"].isText() && j["e2e_latency_s"].isNumber())
      out.push_back(fromFlat(j));
    else if (j["metrics"].isObject())
      out.push_back(fromNested(j));
    else if (j["dev"].isText() && j["measured_s"].isNumber()) {
      // GenZ beside measurements of Llama-2, batch 1, 200 tokens in and out: one row a measurement and mode.
      if (j["mode"].text() != "peak") continue;
      Record r;
      r.id = fmt::format("llama2-{}-{}-tp{}", j["model"].text(), j["dev"].text(), j["tp"].number());
      r.source = "imec Llama-2 200/200";
      r.gpu = j["dev"].text();
      r.model = fmt::format("meta-llama/Llama-2-{}-hf", lower(j["model"].text()));
      r.engine = "tensorrt-llm", r.version = "2024";
      r.weights = r.activations = "bf16";
      r.completeness = "B";
      r.count = r.main.tp = j["tp"].number(1);
      r.load = Record::Load::Batch;
      r.input = r.output = 200, r.batch = 1;
      r.metrics["e2e"] = j["measured_s"].number();
      out.push_back(r);
    }
  }
  return out;
}

}  // namespace afdc
