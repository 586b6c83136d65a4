#include "driver/step.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "session/session.h"
#include "support/document.h"
#include "support/text.h"
#include "support/text_table.h"

namespace afdc {

namespace {

void declare(Arguments& arguments, StepOptions& o) {
  arguments.required("FILE", o.file, "the file with the scenarios; - for standard input");
  arguments.optional("SCENARIO", o.scenario, "only this one of its scenarios");
  arguments.option("--batch", "STATE", o.batch, "what is in the step: groups `count,new,past[,logits]` joined by `;`");
  setOption(arguments, o.sets);
  formatOption(arguments, o.printing);
  readingOptions(arguments, o.stdlib, o.allow);
}

/// `count,new,past[,logits]`: numbers and nothing else.
std::optional<Group> groupOf(const std::string& text) {
  Group g;
  int read = 0;
  int numbers = std::sscanf(text.c_str(), "%lf,%lf,%lf%n,%lf%n", &g.count, &g.fresh, &g.past, &read, &g.logits, &read);
  if (numbers < 3 || static_cast<size_t>(read) != text.size()) return std::nullopt;
  return g;
}

/// Can a step hold such a group? A message where it cannot.
std::string problemOf(const Group& g) {
  constexpr double kMost = 1e9;  // sequences, or tokens of one
  for (double number : {g.count, g.fresh, g.past, g.logits})
    if (!(number >= 0 && number <= kMost))
      return fmt::format("{} is no number of sequences or tokens", shortest(number));
  if (g.count == 0) return "a group has at least one sequence";
  if (g.fresh == 0) return "each sequence of a group has at least one new token";
  if (g.logits > g.fresh)
    return fmt::format("of {} new tokens {} cannot be sampled", shortest(g.fresh), shortest(g.logits));
  return "";
}

BatchState batchOf(const std::string& text) {
  BatchState state;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find(';', begin), text.size());
    auto written = text.substr(begin, end - begin);
    auto group = groupOf(written);
    if (!group)
      throw WrongUse{
          fmt::format("--batch: `{}` is no group `count,new,past[,logits]`; groups are joined by `;`", written)};
    if (auto problem = problemOf(*group); !problem.empty())
      throw WrongUse{fmt::format("--batch: `{}`: {}", written, problem)};
    state.push_back(*group);
    begin = end + 1;
  }
  if (state.empty()) throw WrongUse{"--batch: a step holds at least one group `count,new,past[,logits]`"};
  return state;
}

std::string tableOf(const Role& role, const BatchState& state, const Screen& screen) {
  using Kind = TextTable::Kind;
  TextTable table({{"body", Kind::Text},
                   {"operator", Kind::Text},
                   {"class", Kind::Text},
                   {"layers"},
                   {"time", Kind::Number, true, 12},
                   {"FLOP", Kind::Number, false, 12},
                   {"bytes", Kind::Number, false, 12}});
  for (const auto& op : role.holder().operators(state))
    if (op.seconds > 0)
      table.row({op.body, op.op, op.cls, shortest(op.count), humanize(op.seconds, Dimension::of(Base::Time)),
                 humanize(op.flops, Dimension::of(Base::Flops)), humanize(op.bytes, Dimension::of(Base::Bytes))});
  return table.text({false, screen.width}) +
         fmt::format("one step: {}\n", humanize(role.time(state).seconds, Dimension::of(Base::Time)));
}

Document documentOf(const Role& role, const BatchState& state) {
  auto operators = Document::list();
  for (const auto& op : role.holder().operators(state))
    operators.add(Document::map()
                      .set("body", op.body)
                      .set("op", op.op)
                      .set("class", op.cls)
                      .set("source", op.source)
                      .set("count", op.count)
                      .set("seconds", op.seconds)
                      .set("flops", op.flops)
                      .set("bytes", op.bytes));
  return Document::map().set("step_s", role.time(state).seconds).set("operators", operators);
}

}  // namespace

Output runStep(const StepOptions& o) {
  auto state = batchOf(o.batch);
  Output out;
  Session session(o.stdlib, o.allow);
  Module* module = session.loader.loadFile(o.file);
  if (module) session.evaluator.check(*module);
  if (module && session.diags.errors() == 0)
    for (auto* object : session.scenarios(*module, o.scenario, o.sets)) {
      auto role = buildRoleOf(session.evaluator.lowerToScenario(object), "", session.diags);
      if (!role) break;
      out.out += o.printing.json() ? documentOf(*role, state).json() : tableOf(*role, state, o.printing.screen);
    }
  finish(out, session.diags, o.printing);
  if (!module) out.code = kUsage;
  return out;
}

Command stepCommand() {
  return {.name = "step",
          .purpose = Purpose::LookInside,
          .what = "time one step of an engine operator by operator",
          .usage = {"afdc step FILE [SCENARIO] [OPTIONS]"},
          .about =
              "A step processes groups of sequences that are alike: `count` sequences with `new` tokens each, with "
              "`past` tokens in their caches, and `logits` of the new tokens sampled (1).",
          .examples = {{"afdc step examples/deepseek_v3_h200.afd", "one sequence decodes after 1024 tokens"},
                       {"afdc step examples/deepseek_v3_h200.afd --batch '128,1,1200;2,1155,0'",
                        "128 decode while two prompts are computed"}},
          .bind = bound(declare, runStep)};
}

}  // namespace afdc
