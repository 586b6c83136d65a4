// Prometheus: recording rules for what is promised, alerts where it is broken, and a test of both with synthetic
// histograms for `promtool test rules`. Metric names and bucket edges are vLLM's (vllm/v1/metrics/loggers.py).
#include "backends/prometheus/prometheus.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "passes/deployment/fields.h"
#include "support/text.h"

namespace afdc::emit {

namespace {

constexpr Unit kUnits[] = {{"time", "s", 1}};

constexpr auto kAbilities = allBut({});

constexpr double kTtftEdges[] = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75,
                                 1,     2.5,   5,    7.5,  10,   20,   40,   80,  160,  640, 2560};
constexpr double kTpotEdges[] = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5,
                                 0.75, 1,     2.5,  5,     7.5, 10,   20,  40,  80};
constexpr double kE2eEdges[] = {0.3, 0.5, 0.8, 1,  1.5, 2,   2.5, 5,   10,   15,  20,
                                30,  40,  50,  60, 120, 240, 480, 960, 1920, 7680};

struct Histogram {
  std::string_view metric, name;
  std::span<const double> edges;
};
constexpr Histogram kHistograms[] = {
    {"ttft", "vllm:time_to_first_token_seconds", kTtftEdges},
    {"tpot", "vllm:time_per_output_token_seconds", kTpotEdges},
    {"e2e", "vllm:e2e_request_latency_seconds", kE2eEdges},
};

/// A promise that is watched.
struct Watched {
  const Promise* promise;
  const Histogram* histogram;
  double quantile;  ///< 0: the mean
  std::string record, alert;
};

std::string camel(std::string_view text) {
  std::string out;
  bool up = true;
  for (char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c))) {
      up = true;
      continue;
    }
    out += up ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    up = false;
  }
  return out;
}

std::optional<Watched> watch(const Input& in, const Promise& p, Emission& out) {
  auto found = std::find_if(std::begin(kHistograms), std::end(kHistograms),
                            [&](const Histogram& h) { return h.metric == p.metric; });
  double quantile = p.statistic == "mean"          ? 0
                    : p.statistic.starts_with("p") ? std::atof(p.statistic.c_str() + 1) / 100
                                                   : -1;
  if (found == std::end(kHistograms) || quantile < 0 || !p.op.starts_with("<")) {
    out.lose(fmt::format("`{}`: no histogram of the engine says it", p.text), p.path);
    return std::nullopt;
  }
  const auto& edges = found->edges;
  auto above = std::lower_bound(edges.begin(), edges.end(), p.bound * (1 - 1e-9));
  bool onEdge = above != edges.end() && std::fabs(*above - p.bound) < 1e-9 * p.bound;
  if (quantile > 0 && !onEdge)
    out.lose(
        above == edges.end() || above == edges.begin()
            ? fmt::format("`{}`: {} s lies outside the histogram's buckets", p.text, shortest(p.bound))
            : fmt::format("`{}`: {} s lies between the bucket edges {} and {} s: the quantile is interpolated there",
                          p.text, shortest(p.bound), shortest(*(above - 1)), shortest(*above)),
        p.path);
  std::string statistic = quantile > 0 ? p.statistic : "mean";
  return Watched{&p, &*found, quantile, fmt::format("afdc:{}:{}:5m", p.metric, statistic),
                 camel(in.view.scenario) + camel(p.metric) + camel(statistic)};
}

/// A text in an annotation, which Prometheus reads as a template: `{{` begins an action.
std::string inTemplate(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    bool action = text.substr(i).starts_with("{{");
    out += action ? "{{\"{{\"}}" : std::string(1, text[i]);
    i += action;
  }
  return out;
}

/// What an alert says, before templates.
std::string summaryOf(const Input& in, const Watched& w) {
  return fmt::format("{} is promised in scenario {}", w.promise->text, in.view.scenario);
}

Document rulesOf(const Input& in, const std::vector<Watched>& watched, Emission& out) {
  auto rules = Document::list();
  for (const auto& w : watched) {
    std::string expression =
        w.quantile > 0
            ? fmt::format("histogram_quantile({}, sum by (le, model_name) (rate({}_bucket[5m])))", shortest(w.quantile),
                          w.histogram->name)
            : fmt::format("sum by (model_name) (rate({0}_sum[5m])) / sum by (model_name) (rate({0}_count[5m]))",
                          w.histogram->name);
    rules.add(Document::map().set("record", w.record).set("expr", expression));
    const char* broken = w.promise->op == "<" ? ">=" : ">";
    auto alert = Document::map().set("alert", w.alert);
    alert.set("expr", fmt::format("{} {} {}", w.record, broken, shortest(w.promise->bound))).set("for", "5m");
    alert.set("labels", Document::map().set("severity", "page"));
    alert.set("annotations",
              Document::map().set("summary", inTemplate(summaryOf(in, w))).set("made_by", inTemplate(in.stamp())));
    rules.add(std::move(alert));
    out.map("rules.yml", w.alert, shortest(w.promise->bound), "slo");
  }
  return rules;
}

/// Five requests a minute that all take `seconds`, as a histogram's series.
void addSeries(Document& series, const Histogram& h, double seconds, const std::string& model) {
  auto add = [&](std::string_view suffix, std::string labels, double step) {
    series.add(Document::map()
                   .set("series", fmt::format("{}{}{{model_name={}{}}}", h.name, suffix, jsonString(model), labels))
                   .set("values", fmt::format("0+{}x30", shortest(step))));
  };
  for (double edge : h.edges) add("_bucket", fmt::format(",le=\"{}\"", shortest(edge)), seconds <= edge ? 5 : 0);
  add("_bucket", ",le=\"+Inf\"", 5);
  add("_sum", "", 5 * seconds);
  add("_count", "", 5);
}

/// Once all requests keep every promise by far, once each promise is broken by far.
Document testOf(const Input& in, const std::vector<Watched>& watched) {
  const auto& model = in.view.checkpoint();
  auto test = Document::map();
  test.set("rule_files", Document::list({"rules.yml"})).set("evaluation_interval", "1m");
  for (bool slow : {false, true}) {
    auto one = Document::map().set("interval", "1m");
    one.set("name", slow ? "every promise is broken" : "every promise is kept");
    for (const auto& h : kHistograms) {
      double least = INFINITY, most = 0;
      for (const auto& w : watched)
        if (w.histogram == &h) least = std::min(least, w.promise->bound), most = std::max(most, w.promise->bound);
      if (most > 0) addSeries(one["input_series"], h, slow ? 20 * most : least / 20, model);
    }
    for (const auto& w : watched) {
      auto expected = Document::map().set("eval_time", "20m").set("alertname", w.alert);
      if (slow)
        expected["exp_alerts"].add(
            Document::map()
                .set("exp_labels", Document::map().set("severity", "page").set("model_name", model))
                .set("exp_annotations", Document::map().set("summary", summaryOf(in, w)).set("made_by", in.stamp())));
      one["alert_rule_test"].add(expected);
    }
    test["tests"].add(one);
  }
  return test;
}

void write(const Input& in, Emission& out) {
  const auto& v = in.view;
  std::vector<Watched> watched;
  for (const auto& p : v.promises)
    if (auto w = watch(in, p, out)) watched.push_back(*w);
  for (const auto& text : v.otherPromises) out.lose(fmt::format("`{}` is no bound on one metric", text), "slo");
  if (watched.empty()) {
    out.refuse(
        "the scenario promises nothing that an engine's histograms say: give it an `slo` with mean(ttft), p99(tpot), …",
        "slo");
    return;
  }
  for (const auto& e : v.engines)
    if (programOf(e) != "vllm" && programOf(e) != "") {
      out.lose(fmt::format("metric names and buckets are vLLM's, and `{}` runs {}", e.unit, e.runtime.name),
               e.said(FieldId::Engine_runtime));
      break;
    }
  auto group = Document::map().set("name", "afdc " + v.scenario).set("interval", "1m");
  group.set("rules", rulesOf(in, watched, out));
  auto rules = Document::map();
  rules["groups"].add(group);
  out.file("rules.yml") = fmt::format("# {}\n{}", in.stamp(), rules.yaml());
  out.file("rules_test.yml") =
      fmt::format("# {}\n# promtool test rules rules_test.yml\n{}", in.stamp(), testOf(in, watched).yaml());
}

}  // namespace

const Target kPrometheus = {"prometheus", "Prometheus", "rule files of Prometheus 2; metrics of vLLM's V1 engine",
                            kAbilities,   kUnits,       write};

}  // namespace afdc::emit
