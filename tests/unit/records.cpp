// Measured records: which runtime stands for an engine, and what a record's own command says.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fidelity/harnesses.h"
#include "fidelity/library.h"
#include "fidelity/predict.h"
#include "fidelity/record.h"

using namespace afdc;

namespace {

const Harnesses& known() {
  static const Harnesses harnesses = readHarnesses();
  return harnesses;
}

}  // namespace

TEST_CASE("a runtime stands for its engine from one version on") {
  NameIndex index;
  auto named = [&](std::string_view engine, std::string_view version) {
    auto found = index.runtime(engine, version);
    return found ? found->name : "none";
  };
  CHECK(named("vLLM", "0.18.1") == "vLLM");
  CHECK(named("vllm", "0.14.0") == "vLLM");
  CHECK(named("vllm", "0.13.0") == "vLLM_0_12");
  CHECK(named("vllm", "0.11.2") == "vLLM_0_11");
  CHECK(named("vllm", "0.10.2") == "vLLM_0_9");
  CHECK(named("sglang", "0.5.4.post2") == "SGLang_0_5_4");
  CHECK(named("vllm", "0.4") == "vLLM_2024");
  CHECK(named("vllm", "nightly") == "vLLM");
  CHECK(named("SGLang", "0.5.6.post2") == "SGLang_0_5_6");
  CHECK(named("SGLang", "v0.5.12") == "SGLang");
  CHECK(named("trtllm", "1.2.0rc1") == "TensorRT_LLM_1_1");
  CHECK(named("trtllm", "1.2.0rc5") == "TensorRT_LLM");
  CHECK(named("TensorRT-LLM", "1.2") == "TensorRT_LLM");
  CHECK(named("TensorRT-LLM", "1.0.0rc3") == "TensorRT_LLM_1_0");
  CHECK(named("nobody's", "1") == "none");
}

TEST_CASE("a heading that is a command is what ran; degrees and drafts are its own") {
  auto record = [](const char* heading, const char* command) {
    auto document = parseJson(
        std::string(R"({"source": {"name": "s", "case": ")") + heading +
        R"("}, "hardware": {"gpu": "H100", "count": 8}, "model": "m", "engine": {"name": "SGLang",
      "version": "0.5.4", "command": ")" +
        command + R"("}, "precision": {"from_command": ["FP8"]}, "deployment": {"mode": "agg", "tp": 3}, "workload":
      {"num_requests": 10, "mean_isl": 10, "mean_osl": 10}, "metrics": {"tpot_mean_ms": 2}})");
    REQUIRE(document.error.empty());
    JsonDocument list;
    list.root.kind = Json::Kind::Array;
    list.root.items.push_back(document.root);
    auto records = readRecords(list.root, known());
    REQUIRE(records.size() == 1);
    return records[0];
  };
  auto plain = record("Baseline", "python3 -m sglang.launch_server --tp-size 4 --pp-size 2");
  CHECK(plain.main.tp == 4);
  CHECK(plain.main.pp == 2);
  CHECK(plain.runs == "sglang");
  CHECK(plain.weights == "fp8");
  auto other = record("vllm serve m -tp 8 --speculative-config={\\\"num_speculative_tokens\\\":3}",
                      "python3 -m sglang.launch_server --tp-size 4");
  CHECK(other.runs == "vllm");
  CHECK(other.version.empty());
  CHECK(other.weights.empty());
  CHECK(other.main.tp == 8);
  CHECK(other.mtp);
  CHECK(other.drafts == 3);
  CHECK(other.group().find("sglang") != std::string::npos);  // the group stays what the record says
  auto cut = record("python3 -m sglang.launch_server --model m \\\\", "python3 -m sglang.launch_server --tp-size 4");
  CHECK(cut.main.tp == 4);
  auto attention = record("Baseline", "sglang.launch_server --tp-size 8 --dp-size 8 --enable-dp-attention");
  CHECK(attention.main.tp == 1);
  CHECK(attention.main.dp == 8);
  CHECK(attention.main.ep == 1);
  auto deep =
      record("Baseline", "sglang.launch_server --tp-size=8 --dp-size=8 --enable-dp-attention --moe-a2a-backend=deepep");
  CHECK(deep.main.ep == 8);
}

TEST_CASE("another engine's version is the one that its page names; figures of two devices are of none") {
  std::string rows;
  auto row = [&](const char* gpu, const char* heading, const char* engine, const char* version, int tpot) {
    rows += std::string(rows.empty() ? "" : ",") + R"({"source": {"name": "s", "path": "page", "case": ")" + heading +
            R"("}, "hardware": {"gpu": ")" + gpu + R"(", "count": 1}, "model": "m", "engine": {"name": ")" + engine +
            R"(", "version": ")" + version + R"(", "command": "sglang.launch_server"}, "deployment": {"mode": "agg"},
            "workload": {"num_requests": 10, "mean_isl": 10, "mean_osl": 10}, "metrics": {"ttft_mean_ms": 1,
            "output_tok_s": 7, "tpot_mean_ms": )" +
            std::to_string(tpot) + "}}";
  };
  row("H100", "Baseline", "SGLang", "0.5.4", 2);
  row("H100", "Baseline", "vLLM", "0.11.0", 3);
  row("H100", "vllm serve m", "SGLang", "0.5.4", 4);
  row("A100", "Baseline", "SGLang", "0.5.4", 2);
  auto document = parseJson("[" + rows + "]");
  REQUIRE(document.error.empty());
  auto records = readRecords(document.root, known());
  REQUIRE(records.size() == 4);
  CHECK(records[2].runs == "vllm");
  CHECK(records[2].version == "0.11.0");
  CHECK(!records[0].why.empty());
  CHECK(!records[3].why.empty());
  CHECK(records[1].why.empty());
  CHECK(records[2].why.empty());
}

TEST_CASE("a client that reports how many requests it saw: their pace and what it calls a time per token") {
  auto record = [](std::string_view heading, std::string_view command, double seen, double peak, double seconds) {
    auto document = parseJson(fmt::format(
        R"([{{"source": {{"name": "s", "section": "{}"}}, "hardware": {{"gpu": "H100", "count": 1}}, "model": "m",
        "engine": {{"name": "vLLM", "version": "0.17.1", "command": "{}"}}, "deployment": {{"mode": "agg"}}, "workload":
        {{"num_requests": 200, "mean_isl": 1010, "mean_osl": 2000}}, "metrics": {{"max_concurrency": {},
        "peak_concurrency": {}, "duration_s": {}, "tpot_mean_ms": 2}}}}])",
        heading, command, seen, peak, seconds));
    REQUIRE(document.error.empty());
    auto records = readRecords(document.root, known());
    REQUIRE(records.size() == 1);
    return records[0];
  };
  using PerToken = Record::PerToken;
  auto limited = record("Baseline", "vllm serve m", 4, 9, 100);
  CHECK(limited.load == Record::Load::Closed);
  CHECK(limited.concurrency == 4);
  CHECK(limited.per_token == PerToken::Decode);
  auto paced = record("Baseline", "vllm serve m", 18, 18, 214.96);
  CHECK(paced.load == Record::Load::Rate);
  CHECK(paced.rate == 1);
  CHECK(paced.per_token == PerToken::Request);
  CHECK(record("Other / Rate 2", "vllm serve m", 18, 18, 214.96).rate == 2);  // as it says
  CHECK(record("Baseline", "vllm serve m --reasoning-parser=qwen3", 18, 18, 214.96).per_token == PerToken::First);
  CHECK(record("Baseline", "vllm serve m", 64, 64, 50).load == Record::Load::Closed);
  auto all = record("Baseline", "vllm serve m", 200, 200, 57.74);
  CHECK(all.load == Record::Load::Closed);
  CHECK(all.concurrency == 200);
  auto other =
      record("Choosing the Inference Engine / SGLang", "vllm serve m -tp 2 --reasoning-parser=qwen3", 18, 18, 50);
  CHECK(other.runs == "sglang");
  CHECK(other.main.tp == 2);
  CHECK(other.command.empty());
  CHECK(other.per_token == PerToken::Request);
}

TEST_CASE("SGLang in aiconfigurator's records: mixed steps and graphs up to the batch, but for its oldest grid") {
  auto record = [](const char* file) {
    auto document = parseJson(fmt::format(
        R"([{{"source": {{"name": "NVIDIA aiconfigurator", "provenance": "source_file={}"}}, "hardware": {{"gpu":
        "H200"}}, "model": "Qwen3-32B", "engine": {{"name": "sglang", "version": "0.5.6"}}, "deployment": {{"mode":
        "agg", "tp": 2, "batch_size": 384}}, "workload": {{"isl": 1000, "osl": 100, "concurrency": 384}}, "metrics":
        {{"tpot_ms": 2}}}}])",
        file));
    REQUIRE(document.error.empty());
    return readRecords(document.root, known()).at(0);
  };
  Predictor predictor;
  auto generated = predictor.deployment(record("h200_sxm/sglang/0.5.6.post2/m.csv")).text;
  CHECK(generated.find("scheduler = mixed") != std::string::npos);
  CHECK(generated.find("recorded = 384") != std::string::npos);
  auto grid = predictor.deployment(record("h100_sxm/sglang/0.5.1.post1/m.csv")).text;
  CHECK(grid.find("scheduler = mixed") == std::string::npos);
  CHECK(grid.find("recorded = 256") != std::string::npos);
}

TEST_CASE("drafts that a benchmark's times show, where its records do not say") {
  auto drafts = [](const char* decode) {
    auto document = parseJson(fmt::format(
        R"([{{"source": {{"name": "SemiAnalysis InferenceX"}}, "hardware": {{"gpu": "B300"}}, "model": "DeepSeek-R1", "engine":
        {{"name": "Dynamo+TensorRT-LLM"}}, "deployment": {{"mode": "pd", "prefill": {{"tp": 2}}, "decode": {}, "spec_decode":
        "mtp"}}, "workload": {{"isl": 1000, "osl": 100, "concurrency": 4}}, "metrics": {{"tpot_ms": 2}}}}])",
        decode));
    REQUIRE(document.error.empty());
    return readRecords(document.root, known()).at(0).drafts;
  };
  CHECK(drafts(R"({"tp": 8, "dp_attention": false})") == 3);
  CHECK(drafts(R"({"tp": 8, "dp_attention": true})") == 1);
}

namespace {

/// A directory that has one file of the standard library with other words in it.
class ChangedLibrary {
 public:
  ChangedLibrary(std::string_view path, std::string_view words, std::string_view others) {
    std::string text;
    for (const auto& file : embeddedStdlib())
      if (file.path == path) text = file.text;
    size_t at = text.find(words);
    REQUIRE(at != std::string::npos);
    text.replace(at, words.size(), others);
    auto file = std::filesystem::path(folder()) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  ChangedLibrary(const ChangedLibrary&) = delete;
  ~ChangedLibrary() { std::filesystem::remove_all(folder()); }
  std::string folder() const {
    return (std::filesystem::temp_directory_path() / fmt::format("afdc_library_{}", getpid())).string();
  }
};

/// DeepSeek-R1 over eight devices.
Record eightDevices(const char* gpu, const char* engine, const char* version) {
  Record r;
  r.gpu = gpu, r.model = "deepseek-ai/DeepSeek-R1-0528", r.engine = r.runs = engine, r.version = version;
  r.input = 1000, r.output = 100, r.requests = 10, r.load = Record::Load::Offline;
  r.main.tp = 8;
  return r;
}

const EngineConfig& engineOf(Predictor& predictor, const Record& r) {
  const auto& built = predictor.build(r);
  REQUIRE_MESSAGE(!built.roles.empty(), built.error);
  return built.roles[0].engine();
}

}  // namespace

TEST_CASE("TensorRT-LLM has kernels of its own") {
  Predictor predictor;
  auto curve = [&](const char* engine, const char* version, Curved kind) {
    return engineOf(predictor, eightDevices("H200", engine, version)).device.kernels->of(kind);
  };
  for (auto kind : {Curved::ExpertsFp8Block, Curved::GemmFp8Block, Curved::Prefill, Curved::PrefillFp8}) {
    auto triton = curve("sglang", "0.5.6", kind), tensorrt = curve("tensorrt-llm", "1.2", kind);
    CHECK(curve("vllm", "0.14", kind).compute == triton.compute);
    CHECK(tensorrt.compute != triton.compute);
  }
  // At few rows each of its experts costs more.
  CHECK(curve("tensorrt-llm", "1.2", Curved::ExpertsFp8Block).expert >
        2 * curve("sglang", "0.5.6", Curved::ExpertsFp8Block).expert);
  // Where no library has its own, all share one.
  CHECK(curve("tensorrt-llm", "1.2", Curved::GemmBf16).compute == curve("vllm", "0.14", Curved::GemmBf16).compute);
}

TEST_CASE("experts of four bits: CUTLASS for TensorRT-LLM's throughput, trtllm-gen where few tokens wait") {
  Predictor predictor;
  auto r = eightDevices("B200", "tensorrt-llm", "1.2");
  auto start = [&] { return engineOf(predictor, r).device.kernels->of(Curved::ExpertsMxfp4).start; };
  double offline = start();
  r.load = Record::Load::Closed, r.concurrency = 8;
  double served = start();
  CHECK(served < offline / 2);
  r.main.tp = 1, r.main.dp = 8;
  CHECK(start() == offline);
  r.runs = r.engine = "sglang", r.version = "0.5.9";
  CHECK(start() == served);
}

TEST_CASE("kernels of chosen tokens that fill every slot: a short context costs what a full choice does") {
  Predictor predictor;
  auto grows = [&](const char* engine, const char* version) {
    auto r = eightDevices("H200", engine, version);
    r.model = "deepseek-ai/DeepSeek-V3.2";
    const auto& built = predictor.build(r);
    REQUIRE_MESSAGE(!built.roles.empty(), built.error);
    auto at = [&](double past) { return built.roles[0].time({{512, 1, past, 1}}).seconds; };
    return at(2000) / at(200);
  };
  CHECK(grows("vllm", "0.13") < grows("sglang", "0.5.6"));
  CHECK(grows("vllm", "0.13") < 1.15);  // the index is read over all of the context
}

TEST_CASE("which card a bare name is goes by the page, its machine and its time") {
  Predictor predictor;
  auto card = [&](const std::string& page, double devices, const std::string& version) {
    Record r;
    r.gpu = "H100", r.model = "Qwen/Qwen3-32B", r.engine = r.runs = "vllm", r.version = version;
    r.page = page, r.node_size = devices, r.input = 1000, r.output = 100, r.requests = 4;
    r.load = Record::Load::Offline;
    return predictor.deployment(r).device;
  };
  CHECK(card("docs/performance-lab/m/h100.md", 1, "0.11.0") == "H100_PCIe");
  CHECK(card("docs/performance-lab/m/h100-latency.md", 1, "0.11.0") == "H100_SXM");
  CHECK(card("docs/performance-lab/m/h100.md", 2, "0.11.0") == "H100_SXM");
  CHECK(card("docs/performance-lab/m/h100.md", 1, "0.17.1") == "H100_SXM");
  CHECK(card("elsewhere/h100.md", 1, "0.11.0") == "H100_SXM");
}

TEST_CASE("the roofline of a token has no more sequences than find room") {
  Predictor predictor;
  Record r;
  r.gpu = "H100", r.model = "Qwen/Qwen3-32B", r.engine = r.runs = "vllm", r.version = "0.11.0";
  r.input = 8000, r.output = 100, r.requests = 1000, r.load = Record::Load::Offline;
  double many = predictor.rooflineTpot(r);
  r.requests = 4;  // some eight fit beside the weights
  CHECK(many < 2 * predictor.rooflineTpot(r));
  // Slots are the engine's.
  r.gpu = "H200", r.input = 100;
  double whole = predictor.rooflineTpot(r);
  r.requests = 2000;
  r.command = CommandLine("vllm serve Qwen/Qwen3-32B --max-num-seqs 64");
  CHECK(predictor.rooflineTpot(r) < whole * 2);
}

TEST_CASE("lists of lengths and of metrics are as many records") {
  auto document = parseJson(R"([{"id": "x", "source": {"name": "s"}, "hardware": {"gpu": "H100", "count": 8},
    "model": "m", "engine": {"name": "sglang"}, "deployment": {"mode": "prefill_only", "ep": 8},
    "workload": {"isl_list": [1024, 4096], "tokens_per_gpu_per_batch": 8192},
    "metrics": {"input_tok_s_per_gpu": [7000, 6000]}}])");
  REQUIRE(document.error.empty());
  auto records = readRecords(document.root, known());
  REQUIRE(records.size() == 2);
  CHECK(records[1].input == 4096);
  CHECK(records[1].metrics.at("prefill") == 8 * 6000);
  CHECK(records[1].step_tokens == 8 * 8192);
  CHECK(records[1].main.dp == 8);
}

TEST_CASE("a deployment is that of the engine which ran, with its checkpoint's formats") {
  Record r;
  r.gpu = "H200", r.model = "Qwen3-32B", r.engine = "sglang", r.runs = "vllm", r.version = "0.11.0";
  r.input = 1000, r.output = 100, r.requests = 10, r.load = Record::Load::Offline;
  Predictor predictor;
  auto has = [&](std::string_view part) { return predictor.deployment(r).text.find(part) != std::string::npos; };
  CHECK(predictor.deployment(r).runtime == "vLLM_0_11");
  CHECK(!has("async = true"));
  r.command = CommandLine("vllm serve m --async-scheduling");
  CHECK(has("async = true"));
  // TensorRT-LLM takes the cache's format from checkpoints that ModelOpt made: not from a publisher's own.
  r.runs = "tensorrt-llm", r.version = "1.2", r.command = {};
  CHECK(!has("kv = fp8"));
  r.weights = "nvfp4";
  CHECK(has("kv = fp8"));
  r.kv = "bf16";
  CHECK(!has("kv = fp8"));
  r.kv = "fp8 (modelopt checkpoints)";
  CHECK(has("kv = fp8"));
  r.model = "openai/gpt-oss-120b";
  CHECK(has("kv = fp8"));  // four bits of its own, as the record names them
  r.weights = "fp8";
  CHECK(!has("kv = fp8"));
  r.kv = "fp8";
  CHECK(has("kv = fp8"));
}

TEST_CASE("experts lie as the record says: split over ranks that gather their tokens, or apart") {
  Record r;
  r.gpu = "H200", r.model = "deepseek-ai/DeepSeek-R1-0528", r.engine = r.runs = "sglang", r.version = "0.5.6";
  r.input = 1000, r.output = 100, r.requests = 10, r.load = Record::Load::Offline;
  r.main.tp = 1, r.main.dp = 8;
  Predictor predictor;
  auto has = [&](std::string_view part) { return predictor.deployment(r).text.find(part) != std::string::npos; };
  CHECK(has("dp = 8, ftp = 8, ep = 1, etp = 8"));
  r.main.ep = 8;
  CHECK(has("dp = 8, ftp = 1, ep = 8, etp = 1"));
}

TEST_CASE("one user's throughput is that of its own requests, whatever lengths they drew") {
  Record r;
  r.gpu = "H100", r.model = "Qwen/Qwen3-8B", r.engine = r.runs = "vllm", r.version = "0.11.0";
  r.input = 232.6, r.output = 220.6, r.conversations = true;
  r.requests = 100, r.concurrency = 1, r.load = Record::Load::Closed;
  Predictor predictor;
  auto m = predictor.predict(r).metrics;
  REQUIRE(m.count("throughput"));
  // X = 1 / E2E of the mean request.
  CHECK(m["throughput"] == doctest::Approx(r.output / (m["ttft_mean"] + (r.output - 1) * m["tpot"])).epsilon(0.03));
}

TEST_CASE("an eight-bit checkpoint has its publisher's scales, or those that the record names") {
  Record r;
  r.gpu = "H100", r.model = "Qwen/Qwen3-32B", r.engine = r.runs = "vllm", r.version = "0.12.0", r.weights = "fp8";
  r.input = 1000, r.output = 100, r.requests = 10, r.load = Record::Load::Offline;
  Predictor predictor;
  auto has = [&](std::string_view part) { return predictor.deployment(r).text.find(part) != std::string::npos; };
  auto blocks = [&] { return has("linear = fp8_block128"); };
  CHECK(blocks());  // whose own checkpoint in eight bits has blocks
  r.activations = "fp8";
  CHECK(!blocks());  // quantised by the engine, or by others
  CHECK(has("linear = fp8"));
  r.command = CommandLine("vllm serve Qwen/Qwen3-32B-FP8");
  CHECK(blocks());
  r.command = CommandLine("trtllm-serve nvidia/Qwen3-32B-FP8");
  r.model = "nvidia/Qwen3-32B-FP8";
  CHECK(!blocks());
  r.activations = "fp8_block";
  CHECK(blocks());
}

TEST_CASE("caches of eight bits: a checkpoint's word for them is taken by TensorRT-LLM, and by vLLM from 0.12 on") {
  Record r;
  r.gpu = "H200", r.model = "nvidia/Llama-3.1-8B-Instruct-FP8", r.weights = r.activations = "fp8";
  r.input = 1000, r.output = 100, r.requests = 10, r.load = Record::Load::Offline;
  Predictor predictor;
  auto eight = [&](const char* engine, const char* version) {
    r.engine = r.runs = engine, r.version = version;
    return predictor.deployment(r).text.find("kv = fp8") != std::string::npos;
  };
  CHECK(eight("trtllm", "1.2"));
  CHECK(eight("vllm", "0.12.0"));
  CHECK(!eight("vllm", "0.11.0"));
  CHECK(!eight("sglang", "0.5.6"));
  r.model = "meta-llama/Llama-3.1-8B-Instruct";
  CHECK(!eight("vllm", "0.12.0"));
}

TEST_CASE("TensorRT-LLM's servers cut no prompt unless they are told to; its offline benchmark does") {
  auto r = eightDevices("H200", "tensorrt-llm", "1.2");
  Predictor predictor;
  auto whole = [&] { return engineOf(predictor, r).wholePrompts(); };
  CHECK(!whole());
  r.load = Record::Load::Closed, r.concurrency = 8;
  CHECK(whole());
  r.input = 12000;
  CHECK(engineOf(predictor, r).max_tokens == 12000);  // what was served went into a step
  r.command = CommandLine("trtllm-serve m --enable_chunked_prefill");
  CHECK(!whole());
  r.engine = r.runs = "vllm", r.version = "0.14", r.command = {};
  CHECK(!whole());
}

TEST_CASE("products with one scale are faster than those with a scale per block") {
  Record r;
  r.gpu = "H100", r.model = "Qwen/Qwen3-32B", r.engine = r.runs = "vllm", r.version = "0.12.0", r.weights = "fp8";
  r.input = 8192, r.output = 1, r.batch = 1, r.load = Record::Load::Batch;
  Predictor predictor;
  r.activations = "fp8_block";
  double blocks = predictor.predict(r).metrics["ttft_mean"];
  r.activations = "fp8";
  // Hopper's curves: 60 % of peak with a soft knee, against 68 % with a sharp one; attention and the rest are the same.
  double tensor = predictor.predict(r).metrics["ttft_mean"];
  CHECK(tensor < 0.9 * blocks);
  CHECK(tensor > 0.5 * blocks);
}

TEST_CASE("a batch whose caches do not fit together goes in turns") {
  Record r;
  r.gpu = "Nvidia A100 GPU", r.model = "meta-llama/Llama-2-7b-hf", r.engine = r.runs = "tensorrt-llm";
  r.version = "0.9", r.input = r.output = 1024, r.load = Record::Load::Batch;
  Predictor predictor;
  auto duration = [&](double batch) {
    r.batch = batch;
    return predictor.predict(r).metrics["e2e"];
  };
  // 40 GB hold some twenty sequences of 2 048 tokens at half a megabyte each beside 13.5 GB of weights.
  double held = duration(16), twice = duration(32), four = duration(64);
  CHECK(twice > 1.45 * held);
  CHECK(four > 2.4 * held);
  CHECK(four < 4.2 * held);
}

TEST_CASE("what an engine decides where its command does not: by the device, the degrees, and what it is used for") {
  Predictor predictor;
  Record r;
  r.model = "meta-llama/Llama-3.1-8B-Instruct", r.input = 1000, r.output = 100, r.requests = 10;
  r.load = Record::Load::Offline;
  auto has = [&](const char* gpu, const char* engine, const char* version, std::string_view part) {
    r.gpu = gpu, r.engine = r.runs = engine, r.version = version;
    auto text = predictor.deployment(r);
    CHECK(text.error == "");
    return text.text.find(part) != std::string::npos;
  };
  // vLLM: a large device, an A100 of as much memory, small ones.
  CHECK(has("H100", "vllm", "0.11", "max_tokens = 8192 tok, max_seqs = 1024 }"));
  for (const char* small : {"A100-SXM-80GB", "A100-PCIE-80GB", "Nvidia A100 GPU", "L40S", "L4"})
    CHECK(has(small, "vllm", "0.11", "max_tokens = 2048 tok, max_seqs = 256 }"));
  CHECK(has("A100", "deepspeed-mii", "0.2", "max_tokens = 8192 tok, max_seqs = 1024 }"));
  CHECK(has("H100", "vllm", "0.11", "fraction = 0.9 "));
  // SGLang on 79.18 GiB = 81 080.32 MiB: 8 192 tokens, graphs of 256 sequences; 512 + 12 288 + 512 + 128 MiB are kept
  // free.
  CHECK(has("H100", "sglang", "0.5.6", "max_tokens = 8192 tok, max_seqs = 1024 }"));
  CHECK(has("H100", "sglang", "0.5.6", "fraction = 0.834 "));
  CHECK(has("H100", "sglang", "0.5.6", "recorded = 256"));
  // 24 576 MiB of an L4: 2 048 tokens, graphs of 32; 512 + 3 072 + 64 + 128 are kept free.
  CHECK(has("L4", "sglang", "0.5.6", "max_tokens = 2048 tok"));
  CHECK(has("L4", "sglang", "0.5.6", "fraction = 0.846 "));
  CHECK(has("L4", "sglang", "0.5.6", "recorded = 32"));
  // Four devices record more; ranks share a chunk, and each has graphs of its own: 143 155.2 MiB of an H200, of them
  // 512 + 12 288 + 1 024 + 1 024 + 512 * 8 * 4.5 kept free.
  r.main.dp = 8;
  CHECK(has("H200", "sglang", "0.5.6", "max_tokens = 1024 tok"));
  CHECK(has("H200", "sglang", "0.5.6", "fraction = 0.768 "));
  CHECK(has("H200", "sglang", "0.5.6", "recorded = 512"));
  r.main.dp = 1;
  // TensorRT-LLM: recorded as its server's command says nothing of it.
  CHECK(has("H100", "tensorrt-llm", "1.2", "max_seqs = 2048 }"));
  CHECK(!has("H100", "tensorrt-llm", "1.2", "recorded"));
  r.command = CommandLine("trtllm-serve m");
  CHECK(has("H100", "tensorrt-llm", "1.2", "recorded = 32"));
  r.command = CommandLine("trtllm-serve m --extra_llm_api_options more.yaml");
  CHECK(!has("H100", "tensorrt-llm", "1.2", "recorded"));
}

TEST_CASE("SGLang takes 48 requests at once where it drafts, but for benchmarks whose command is not known") {
  auto r = eightDevices("H200", "sglang", "0.5.6");
  r.mtp = true, r.drafts = 3;
  Predictor predictor;
  CHECK(engineOf(predictor, r).max_seqs == 1024);
  r.command = CommandLine("python3 -m sglang.launch_server --speculative-num-steps 3");
  CHECK(engineOf(predictor, r).max_seqs == 48);
  r.main.tp = 1, r.main.dp = 8;
  CHECK(engineOf(predictor, r).max_seqs == 6);
}

TEST_CASE("every runtime of a named engine has what the engine decides by itself") {
  NameIndex index;
  Session session;
  auto* module = session.loader.loadStandard("std.runtimes");
  REQUIRE(module);
  auto runtimes = session.evaluator.blocks(*module, "runtime");
  CHECK(runtimes.size() > 10);
  for (auto* runtime : runtimes) CHECK_MESSAGE(index.defaultsOf({"std.runtimes", runtime->label}), runtime->label);
  CHECK(!index.defaultsOf({"std.serving", "ideal"}));
}

TEST_CASE("what std.harnesses names is in the library") {
  CHECK(known().error == "");
  NameIndex index;
  for (const auto& card : known().cards) {
    CAPTURE(card.means);
    auto meant = index.device(card.means), called = index.device(card.called);
    REQUIRE(meant);
    REQUIRE(called);
    CHECK(meant->name != called->name);
    CHECK(!versionNumbers(card.before).empty());
    for (const auto& engine : card.engines) CHECK(index.runtime(engine, ""));
  }
  for (const auto& habit : known().habits)
    for (const auto& engine : habit.whose.engines) CHECK_MESSAGE(index.runtime(engine, ""), engine);
  CHECK(known().answers.shares.size() == known().answers.tokens.size());
  CHECK(known().answers.mean == 343);
}

TEST_CASE("another habit in the library is another record; a field of another name is an error that names it") {
  auto document =
      parseJson(R"([{"source": {"name": "SemiAnalysis InferenceX"}, "hardware": {"gpu": "B300"}, "model": "m",
    "engine": {"name": "SGLang"}, "deployment": {"mode": "agg", "tp": 8}, "workload": {"isl": 1000, "osl": 100,
    "concurrency": 16}, "metrics": {"tpot_ms": 2}}])");
  REQUIRE(document.error.empty());
  CHECK(readRecords(document.root, known()).at(0).poll_steps == 30);
  {
    ChangedLibrary library("std/harnesses.afd", "poll_steps = 30", "poll_steps = 40");
    auto changed = readHarnesses(library.folder());
    REQUIRE(changed.error == "");
    CHECK(readRecords(document.root, changed).at(0).poll_steps == 40);
  }
  {
    ChangedLibrary library("std/harnesses.afd", "prompts? : Int", "prompts_sent? : Int");
    CHECK(readHarnesses(library.folder()).error.find("`prompts`") != std::string::npos);
  }
  {
    ChangedLibrary library("std/harnesses.afd", "layout       = paired", "layout       = flat");
    CHECK(readHarnesses(library.folder()).error ==
          "std.harnesses cannot be read: it does not declare one `collection` of each layout");
  }
  {
    ChangedLibrary library("std/serving.afd", "\n  whole_prompts : Bool", "\n  no_chunks : Bool");
    Predictor predictor(library.folder());
    auto text = predictor.deployment(eightDevices("H200", "vllm", "0.14"));
    CHECK(text.text == "");
    CHECK(text.error.find("whole_prompts") != std::string::npos);
  }
}
