// The table of fields that are read of a scenario (passes/deployment/fields.def) against the standard library that
// declares them.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "backends/emit/target.h"
#include "backends/registry.h"
#include "frontend/syntax/parse.h"
#include "passes/deployment/fields.h"
#include "passes/deployment/view.h"
#include "passes/evaluation/trace.h"
#include "results/results.h"
#include "session/session.h"

using namespace afdc;

namespace {

/// The declarations of the standard library, as text says them.
class Declarations {
 public:
  Declarations() {
    for (const auto& file : embeddedStdlib()) {
      modules_.push_back(parseModule(sources_.add(std::string(file.path), std::string(file.text)), diags_));
      for (const auto& decl : modules_.back()->decls)
        if (decl.kind == ast::DeclKind::Schema || decl.kind == ast::DeclKind::Enum) decls_[decl.name.text] = &decl;
    }
  }

  const ast::Decl* decl(std::string_view name) const {
    auto found = decls_.find(name);
    return found == decls_.end() ? nullptr : found->second;
  }
  const ast::Decl* base(const ast::Decl& schema) const {
    return schema.body().path.empty() ? nullptr : decl(schema.body().path.back().text);
  }
  bool extends(const ast::Decl* schema, std::string_view base) const {
    for (; schema; schema = this->base(*schema))
      if (schema->name.text == base) return true;
    return false;
  }
  std::string text(SourceRange range) const { return std::string(sources_.text(range)); }
  /// A file of the library with other words in a range of it: its path and its text.
  std::pair<std::string, std::string> with(SourceRange range, const std::string& words) const {
    const auto& file = sources_.file(range.file);
    std::string text(file.text());
    return {std::string(file.name()), text.replace(range.begin, range.end - range.begin, words)};
  }

  /// A field by its path from a schema, with all that lies on the way. Null: no schema has it.
  struct Field {
    const ast::SchemaItem* item = nullptr;
    bool optional = false;  ///< it, or a record on the way to it
  };
  Field field(std::string_view schema, std::string_view path) const {
    Field out;
    const auto* owner = decl(schema);
    for (;;) {
      size_t dot = path.find('.');
      out.item = owner ? own(owner, path.substr(0, dot)) : nullptr;
      if (!out.item) return out;
      out.optional |= out.item->optional;
      if (dot == path.npos) return out;
      path = path.substr(dot + 1);
      owner = out.item->type ? decl(text(out.item->type->range)) : nullptr;
    }
  }
  std::string type(const ast::SchemaItem& item) const {
    if (item.kind == ast::ItemKind::Let) return "let";
    if (item.kind == ast::ItemKind::Blocks) return fmt::format("blocks {}", item.path.back().text);
    return item.type ? text(item.type->range) : "";
  }

 private:
  const ast::SchemaItem* own(const ast::Decl* schema, std::string_view name) const {
    for (; schema; schema = base(*schema))
      for (const auto& item : schema->body().items)
        if (item.name.text == name) return &item;
    return nullptr;
  }

  SourceManager sources_;
  Diagnostics diags_{sources_};
  std::vector<std::unique_ptr<ast::Module>> modules_;
  std::map<std::string_view, const ast::Decl*> decls_;
};

constexpr std::string_view kServed = R"(edition 1
import std.hw { Cluster }
import std.hw.nvidia { H100x8 }
import std.models.llama { Llama31_70B }
import std.runtimes { vLLM }
import std.serving { Aggregated }
import std.workload { Workload, closed }
cluster C extends Cluster { pool gpus { node = H100x8, count = 1 } }
deployment D extends Aggregated {
  model   = Llama31_70B
  cluster = C
  engine main { parallel { tp = 8 }, runtime = vLLM }
}
workload W { arrivals = closed(64 req), input = constant(1024 tok), output = constant(256 tok) }
scenario served { workload = W, deployment = D }
)";

/// Evaluates the scenarios of a text with every whole word `from` of the library written as `to`.
struct Evaluated {
  std::string json, messages;
};
Evaluated evaluated(std::string_view text, const std::string& from = "", const std::string& to = "") {
  Session session;
  std::regex word("\\b" + from + "\\b");
  if (!from.empty())
    for (const auto& file : embeddedStdlib())
      session.loader.replaceStandard(std::string(file.path), std::regex_replace(std::string(file.text), word, to));
  Evaluated out;
  auto* module = session.loader.loadText("served.afd", std::string(text));
  for (auto* scenario : session.scenarios(*module, "", {})) {
    auto lowered = session.evaluator.lowerToScenario(scenario);
    if (session.diags.errors() > 0) break;
    auto passed = runPasses(lowered, "", session.diags);
    if (passed.results) out.json += toJson({*passed.results});
  }
  out.messages = session.diags.text(false);
  return out;
}

/// What the probes below have in common: hardware of our own and models of our own, which leave to the library all that
/// it has a default for.
constexpr std::string_view kCommon = R"(edition 1
import std.blocks { Gqa, GatedMlp, Moe, Mla }
import std.blocks.recurrent { Mamba }
import std.blocks.sparse { SparseMla }
import std.hw { Cluster, CollectiveCurve, Curve, ExpertCurve, Gpu, KernelLibraries, Node }
import std.kernels { hopper }
import std.model { Model, MtpModule }
import std.precision { Format, fp8 }
import std.serving { Aggregated, Disaggregated, AttentionFfn, Runtime, Host, Launch, DraftModel }
import std.workload { Workload, closed, zipf }
gpu G {
  hbm { capacity = 40 GB, bandwidth = 3 TB/s }
  peak { bf16 = 900 TFLOP/s, fp8 = 1800 TFLOP/s }
  scale_up { bandwidth = 450 GB/s, latency = 1.5 us }
  kernels = hopper
}
node N { gpu = G, gpus = 8, nics { count = 8, bandwidth = 50 GB/s, latency = 3 us },
  host { dram = 2 TB, dram_bandwidth = 600 GB/s, pcie = 55 GB/s } }
cluster C extends Cluster { pool a { node = N, count = 4 } }
gpu Bare = G { kernels = KernelLibraries { library common {
  gemm_bf16 = Curve { }, experts_bf16 = ExpertCurve { }, prefill = Curve { }, decode = Curve { }, elementwise = Curve { }
  collective = CollectiveCurve { latency = 1 us, bandwidth = 30 pct } } } }
gpu Summing = Bare { kernels.common.collective.sum_bandwidth = 60 pct }
cluster Bares extends Cluster { pool a { node = N { gpu = Bare }, count = 4 } }
cluster Sums extends Cluster { pool a { node = N { gpu = Summing }, count = 4 } }
cluster Spine extends Cluster {
  pool a { node = N, count = 4 }
  tier spine { domain = 32, bandwidth = 50 GB/s, latency = 3 us }
}
model Dense { hidden = 4096, layers = 32, vocab = 32_000, max_context = 64 Kitok
  layer l { mixer = Gqa { heads = 32, head_dim = 128 }, ffn = GatedMlp { intermediate = 8192 } }
  stack = layers * [l] }
model Windowed { hidden = 4096, layers = 8, vocab = 32_000, max_context = 64 Kitok
  layer l { mixer = Gqa { heads = 32, head_dim = 128, window = 512 tok }, ffn = GatedMlp { intermediate = 8192 } }
  stack = layers * [l] }
model Sparse { hidden = 4096, layers = 8, vocab = 32_000, max_context = 64 Kitok
  layer l { mixer = SparseMla { heads = 32, q_lora_rank = 512, kv_lora_rank = 512, qk_nope_dim = 128, qk_rope_dim = 64,
      v_dim = 128, index_heads = 32, index_dim = 128, top_k = 512 }, ffn = GatedMlp { intermediate = 8192 } }
  stack = layers * [l] }
model Experts { hidden = 4096, layers = 8, vocab = 32_000, max_context = 64 Kitok
  layer l { mixer = Mla { heads = 32, kv_lora_rank = 512, qk_nope_dim = 128, qk_rope_dim = 64, v_dim = 128 }
    ffn = Moe { routed = 64, top_k = 2, intermediate = 2048, skew = 0.5 } }
  stack = layers * [l] }
model States { hidden = 4096, layers = 8, vocab = 32_000, max_context = 64 Kitok
  layer l { mixer = Mamba { inner = 8192, state_dim = 16, dt_rank = 256 }, ffn = GatedMlp { intermediate = 8192 } }
  stack = layers * [l] }
runtime Real { kernels = "common", host { fixed = 1 ms, per_seq = 10 us }
  launch { recorded = 4096, launch = 40 us } }
workload W { arrivals = closed(64 req), input = constant(3000 tok), output = constant(300 tok) }
workload Shared extends W { prefix { shared = 1000 tok, reuse = zipf(1.1, 50) } }
workload One extends W { arrivals = closed(1 req) }
workload Many extends W { arrivals = closed(6000 req) }
)";

/// The engines of a probe and its load.
struct Probe {
  std::string_view model, engines, workload = "W", base = "Aggregated", cluster = "C";
  std::string text() const {
    return fmt::format(
        "{}deployment D extends {} {{ model = {}, cluster = {}\n{}\n}}\nscenario s {{ workload = {}, "
        "deployment = D }}\n",
        kCommon, base, model, cluster, engines, workload);
  }
};
constexpr Probe kProbes[] = {
    {"Dense", "engine main { }"},
    {"Dense", "engine main { }", "Shared"},
    {"Dense", "engine main { kv_cache { prefix_cache = true } }"},
    {"Dense", "engine main { quant { linear = Format { bits = 8, scale_bits = 8 } } }"},
    {"Dense", "engine main { parallel { tp = 4 }, runtime = Real }"},
    {"Dense", "engine main { parallel { tp = 2 }, runtime = Runtime { scheduler = prefill_first } }", "Many"},
    {"Dense", "engine main { runtime = Runtime { kernels = \"common\", launch { recorded = 4 } } }"},
    {"Dense", "engine main { offload { weights = 0.3 } }"},
    {"Dense", "engine main { speculative = DraftModel { model = Windowed, depth = 2, acceptance = 0.7 } }"},
    {"Dense", "engine main { parallel { tp = 8, dp = 2 } }", "W", "Aggregated", "Spine"},
    {"Dense", "engine main { parallel { tp = 4 }, runtime = Real }", "W", "Aggregated", "Bares"},
    {"Dense", "engine main { parallel { tp = 4 }, runtime = Real }", "W", "Aggregated", "Sums"},
    {"Experts", "engine main { parallel { dp = 8, ep = 8 }, runtime = Real }", "W", "Aggregated", "Bares"},
    {"Windowed", "engine main { }", "Many"},
    {"Sparse", "engine main { runtime = Real }"},
    {"States", "engine main { }", "Many"},
    {"Experts", "engine main { parallel { dp = 8, ep = 8 }, runtime = Real }"},
    {"Experts", "engine main { parallel { dp = 2, tp = 4 } }", "Many"},
    {"Experts",
     "engine main = AttentionFfn { group attention { devices = 4, parallel { dp = 4 } }\n group ffn { devices = 4, "
     "parallel { ep = 4 } } }",
     "Many"},
    {"Dense",
     "engine prefill { }\n engine decode { runtime = Runtime { first_token = decode } }\n transfer kv { from = "
     "prefill, "
     "to = decode }",
     "One", "Disaggregated"},
    {"Dense", "engine prefill { replicas = 2 }\n engine decode { }\n transfer kv { from = prefill, to = decode }", "W",
     "Disaggregated"},
};

/// All that is answered of a probe: results, what other tools are told, messages of the evaluation. "" where the
/// language refuses the library or the probe.
std::string answer(const Probe& probe, const std::string& path = "", const std::string& text = "") {
  Session session;
  if (!path.empty()) session.loader.replaceStandard(path, text);
  auto* module = session.loader.loadText("probe.afd", probe.text());
  auto scenarios = session.scenarios(*module, "", {});
  if (scenarios.empty()) return "";
  auto lowered = session.evaluator.lowerToScenario(scenarios[0]);
  if (session.diags.errors() > 0) return "";
  auto passed = runPasses(lowered, "", session.diags);
  if (!passed.results) return session.diags.text(false);
  passed.results->scenario_hash = "";
  std::string out = toJson({*passed.results});
  auto view = readDeployment(lowered, session.diags);
  REQUIRE(view);
  emit::Input input{lowered, *view, *passed.results, [&] { return tracesOf(passed); }, "", 20, 1};
  for (std::string_view name : {"aiconfigurator", "astra_sim", "blis", "genz", "vllm"}) {
    auto emission = emit::emitTo(*emit::findTarget(name), input, true);
    for (const auto& file : emission.files) out += file.text;
    for (const auto& loss : emission.losses) out += loss.what;
    for (const auto& refusal : emission.refusals) out += refusal.what;
  }
  return out;
}

/// Other values than the library's default, for a field of this type.
std::vector<std::string> otherValues(const Declarations& library, std::string_view type, const std::string& now) {
  static const std::map<std::string_view, std::vector<std::string>> known = {
      {"Bool", {"true", "false"}},
      {"Int", {"2", "4", "64", "5000"}},
      {"Ratio", {"0.5", "50 pct", "2"}},
      {"Time", {"2 ms", "20 us"}},
      {"Time/Token", {"5 us/tok"}},
      {"Bytes", {"1 GB", "1 MB"}},
      {"Token", {"64 tok", "512 tok"}},
      {"Text", {"\"probe\""}},
      {"[Text]", {"[\"vllm\", \"h100_sxm\", \"meta-llama/Meta-Llama-3-8B\"]"}},
      {"Format", {"fp8", "fp32"}},
      {"Fabric", {"NvLink { }"}},
      {"Batching", {"WholePrompts { max_tokens = 4096 tok }"}},
      {"Topology", {"Ring { }"}},
  };
  std::vector<std::string> out;
  if (auto found = known.find(type); found != known.end()) out = found->second;
  if (const auto* decl = library.decl(type); decl && decl->kind == ast::DeclKind::Enum)
    for (const auto& member : decl->body().members) out.emplace_back(member.text);
  std::erase(out, now);
  return out;
}

}  // namespace

TEST_CASE("every row of fields.def is a field of its schema, of that type, and optional where it says so") {
  Declarations library;
  std::set<std::pair<std::string_view, std::string_view>> rows;
  for (const auto& row : fieldRows()) {
    CAPTURE(row.member);
    CAPTURE(row.schema);
    CAPTURE(row.path);
    REQUIRE(library.decl(row.schema));
    auto field = library.field(row.schema, row.path);
    REQUIRE(field.item);
    CHECK(library.type(*field.item) == row.type);
    CHECK(field.optional == (row.presence == Presence::Optional));
    // What the library gives no default can have none changed, and the table says so.
    bool none = !field.item->value || field.item->kind == ast::ItemKind::Let;
    CHECK((!none || !row.fixed.empty()));
    rows.emplace(row.member, row.path);
  }
  CHECK(rows.size() > 100);
}

TEST_CASE("the names that members stand for are those of the library, all of them") {
  Declarations library;
  std::map<std::string_view, std::set<std::string_view>> known;
  for (const auto& row : choiceRows()) known[row.type].insert(row.name);
  for (const auto& [type, names] : known) {
    CAPTURE(type);
    const auto* decl = library.decl(type);
    REQUIRE(decl);
    if (decl->kind == ast::DeclKind::Enum) {
      std::set<std::string_view> members;
      for (const auto& m : decl->body().members) members.insert(m.text);
      CHECK(members == names);
    }
    for (auto name : names) {
      CAPTURE(name);
      if (decl->kind == ast::DeclKind::Schema) CHECK(library.extends(library.decl(name), type));
    }
  }
}

TEST_CASE("a field that the library calls otherwise is an error that names it, not another number") {
  auto plain = evaluated(kServed);
  CHECK(plain.json.find("\"tpot_mean_s\"") != std::string::npos);
  auto renamed = evaluated(kServed, "per_seq", "per_sequence");
  CHECK(renamed.json.empty());
  CHECK(renamed.messages.find("`Runtime.host.per_seq` cannot be read: schema `Host` has no field `per_seq`") !=
        std::string::npos);
  // A curve of kernels has no number of its own in the compiler either, and none of its kinds may go missing.
  auto curve = evaluated(kServed, "sum_start", "sum_begin");
  CHECK(curve.json.empty());
  CHECK(curve.messages.find("schema `CollectiveCurve` has no field `sum_start`") != std::string::npos);
  auto kind = evaluated(kServed, "latent_decode", "latent_decodes");
  CHECK(kind.json.empty());
  CHECK(kind.messages.find("schema `Kernels` has no field `latent_decode`") != std::string::npos);
  // So is one that a scenario may do without.
  auto optional = evaluated(kServed, "recorded", "recorded_batch");
  CHECK(optional.json.empty());
  CHECK(optional.messages.find("schema `Launch` has no field `recorded`") != std::string::npos);
}

TEST_CASE("another default in the library is another answer, or the table says why not") {
  Declarations library;
  std::vector<std::string> before;
  for (const auto& probe : kProbes) {
    before.push_back(answer(probe));
    REQUIRE(before.back().find("\"tpot_mean_s\"") != std::string::npos);
  }
  // Fields of one declaration are tried once, whatever path leads to it.
  for (const auto& row : fieldRows()) {
    if (!row.fixed.empty()) continue;
    CAPTURE(row.schema);
    CAPTURE(row.path);
    const auto* item = library.field(row.schema, row.path).item;
    REQUIRE(item);
    REQUIRE(item->value);
    auto values = otherValues(library, row.type, library.text(item->value->range));
    CHECK_MESSAGE(!values.empty(), "no other value is known of type ", row.type);
    bool changed = false;
    for (const auto& value : values) {
      auto [path, text] = library.with(item->value->range, value);
      for (size_t i = 0; i < std::size(kProbes) && !changed; ++i) {
        auto after = answer(kProbes[i], path, text);
        changed = !after.empty() && after != before[i];
      }
      if (changed) break;
    }
    CHECK_MESSAGE(changed, row.schema, ".", row.path, ": another default changes no answer");
  }
}
