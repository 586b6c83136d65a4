// A load generator for the scenario's workload: `vllm bench serve`, which speaks to any server with OpenAI's protocol.
// `afdc compare` reads its result back. Beside it the requests as a trace in Mooncake's layout, lengths and all.
#include "backends/vllm_bench/vllm_bench.h"

#include <fmt/format.h>

#include <cmath>

#include "backends/emit/launch.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr Unit kUnits[] = {{"arrival of a trace", "ms", 1e-3, 0}, {"request rate", "1/s", 1}};

constexpr auto kAbilities = allBut({
    {Construct::PrefixReuse, How::Lossy, "all requests begin with the same shared prefix"},
    {Construct::RecordedTrace, How::Refused, "give the trace itself to a tool that replays it"},
    {Construct::Spread, How::Lossy,
     "its random data set draws lengths evenly around a mean; trace.jsonl has them as they are"},
    {Construct::Turns, How::Lossy, "single requests of the mean length"},
    {Construct::Pipeline, How::Lossy, "only the deployment is loaded"},
});

void write(const Input& in, Emission& out) {
  const auto& v = in.view;
  const auto& l = v.load;
  if (v.checkpoint().empty()) {
    out.refuse(fmt::format("model `{}` names no checkpoint: a server would not know it", v.model.name),
               "deployment.model");
    return;
  }
  Command c;
  c.word("vllm").word("bench").word("serve");
  c.add("--backend", "vllm").add("--model", v.checkpoint()).add("--endpoint", "/v1/completions");
  double input = std::round(l.input - l.shared), output = std::round(l.output);
  c.add("--dataset-name", "random").add("--random-input-len", std::max(1.0, input)).add("--random-output-len", output);
  if (l.shared > 0) c.add("--random-prefix-len", std::round(l.shared));
  bool closed = l.arrivals == LoadConfig::Arrivals::Closed, batch = l.arrivals == LoadConfig::Arrivals::Batch;
  double count = batch ? l.amount : closed ? 10 * l.amount : static_cast<double>(in.requests);
  c.add("--num-prompts", count);
  if (closed) c.add("--max-concurrency", l.amount);
  if (l.arrivals == LoadConfig::Arrivals::Poisson)
    c.add("--request-rate", kUnits[1].write(l.amount));
  else
    c.add("--request-rate", "inf");
  c.add("--ignore-eos").add("--seed", static_cast<double>(in.seed));
  c.add("--percentile-metrics", "ttft,tpot,itl,e2el").add("--metric-percentiles", "50,90,99");
  c.add("--save-result").add("--result-filename", "result.json");
  out.file("bench.sh", true) = fmt::format(
      "#!/bin/sh\n# {}\n# URL: where the server listens. Afterwards: afdc compare result.json SCENARIO.afd {}\ncd "
      "\"$(dirname "
      "\"$0\")\" || exit 1\nexec {} \\\n  --base-url \"${{URL:-http://localhost:8000}}\" \"$@\"\n",
      in.stamp(), onOneLine(shellWord(in.view.scenario)), shellLine(c, " \\\n  "));
  out.map("bench.sh", "--random-input-len", shortest(input), "workload.input");
  out.map("bench.sh", "--random-output-len", shortest(output), "workload.output");
  out.map("bench.sh", closed ? "--max-concurrency" : "--request-rate", shortest(l.amount), "workload.arrivals");
  // Mooncake's layout: arrival in ms, lengths, and the 512-token blocks of the prompt by content.
  constexpr double kBlock = 512;
  auto& trace = out.file("trace.jsonl");
  double fresh = 0;
  for (const auto& r : in.trace(out)) {
    auto blocks = Document::list();
    double shared = r.prefix >= 0 ? std::floor(l.shared / kBlock) : 0, all = std::ceil(r.input / kBlock);
    for (double b = 0; b < all; ++b) {
      double id = b < shared ? r.prefix * shared + b : l.prefixes * std::floor(l.shared / kBlock) + fresh++;
      blocks.add(id);
    }
    trace += Document::map()
                 .set("timestamp", kUnits[0].write(r.at))
                 .set("input_length", r.input)
                 .set("output_length", r.output)
                 .set("hash_ids", blocks)
                 .jsonLine() +
             "\n";
  }
}

}  // namespace

const Target kVllmBench = {"vllm_bench", "vllm bench", "vllm bench serve (vLLM 0.12), and a trace in Mooncake's layout",
                           kAbilities,   kUnits,       write};

}  // namespace afdc::emit
