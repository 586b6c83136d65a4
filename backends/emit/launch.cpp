#include "backends/emit/launch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "passes/deployment/fields.h"
#include "support/escape.h"
#include "support/text.h"

namespace afdc::emit {

Command& Command::add(std::string option, double value) { return add(std::move(option), significant(value, 12)); }

std::vector<Process> placementOf(const DeploymentView& view) {
  std::vector<Process> out;
  // Nodes of a pool in use, and devices taken of the last one. Attention and FFN groups of a replica go together.
  struct Filled {
    int node = -1, taken = 0;
  };
  std::map<std::string, Filled> pools;
  int nodes = 0;
  for (const auto& e : view.engines) {
    auto perNode = static_cast<int>(e.machine.gpus), devices = static_cast<int>(e.degrees.devices());
    auto parts = static_cast<int>(e.nodes()), replicas = static_cast<int>(e.replicas);
    auto& pool = pools[e.pool];
    for (int r = 0; r < replicas; ++r) {
      int first = -1;
      for (int part = 0, left = devices; part < parts; ++part) {
        int here = std::min(left, perNode);
        if (pool.node < 0 || here > perNode - pool.taken) pool = {nodes++, 0};
        if (first < 0) first = pool.node;
        int beside = static_cast<int>(
            std::count_if(out.begin(), out.end(), [&](const Process& p) { return p.node == pool.node; }));
        out.push_back({&e, r, part, parts, pool.node, pool.taken, here, first, 8000 + beside});
        pool.taken += here;
        left -= here;
      }
    }
  }
  return out;
}

int nodesOf(const std::vector<Process>& processes) {
  int out = 0;
  for (const auto& p : processes) out = std::max(out, p.node + 1);
  return out;
}

std::string addressOf(int node) { return fmt::format("$NODE_{}", node); }

bool Command::mentions(int node) const {
  auto names = [address = addressOf(node)](const Word& word) {
    size_t at = word.address ? word.text.find(address) : std::string::npos;
    if (at == std::string::npos) return false;
    auto rest = std::string_view(word.text).substr(at + address.size());
    return rest.empty() || !std::isdigit(static_cast<unsigned char>(rest[0]));
  };
  return std::any_of(arguments.begin(), arguments.end(),
                     [&](const Argument& a) { return a.value && names(*a.value); }) ||
         std::any_of(environment.begin(), environment.end(), [&](const auto& e) { return names(e.second); });
}

std::vector<Word> wordsOf(const Argument& a) {
  if (!a.value) return {{a.option}};
  if (a.option.empty()) return {*a.value};
  const auto& text = a.value->text;
  bool dashed = text.size() > 1 && text[0] == '-' && !std::isdigit(static_cast<unsigned char>(text[1]));
  if (dashed) return {{a.option + "=" + text, a.value->address}};
  return {{a.option}, *a.value};
}

std::string inShell(const Word& word) {
  if (!word.address) return shellWord(word.text);
  std::string out = "\"";
  for (char c : word.text) {
    if (c == '"' || c == '\\' || c == '`') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string shellLine(const Command& command, std::string_view joint) {
  std::string out;
  for (const auto& [name, value] : command.environment) out += fmt::format("{}={} ", name, inShell(value));
  for (size_t i = 0; i < command.arguments.size(); ++i) {
    // An option and its value stay together.
    if (i) out += command.arguments[i].option.empty() ? std::string_view(" ") : joint;
    auto words = wordsOf(command.arguments[i]);
    for (size_t w = 0; w < words.size(); ++w) out += (w ? " " : "") + inShell(words[w]);
  }
  return out;
}

std::string filesInScript(const Command& command) {
  std::string out;
  for (const auto& [name, text] : command.files) out += hereDocument(name, text);
  return out;
}

bool namesCheckpoint(const Input& in, std::string_view who, Emission& out) {
  const auto checkpoint = in.view.checkpoint();
  if (checkpoint.empty())
    out.refuse(fmt::format("model `{}` names no checkpoint that {} could load", in.view.model.name, who),
               "deployment.model");
  else if (checkpoint.starts_with('-'))
    out.refuse(
        fmt::format("checkpoint `{0}`: {1} would read an option; a folder of this name is `./{0}`", checkpoint, who),
        "deployment.model");
  return out.refusals.empty();
}

void writeScripts(const Input& in, const Launcher& launcher, Emission& out) {
  auto processes = placementOf(in.view);
  int nodes = nodesOf(processes);
  auto& hosts = out.file("hosts.env");
  hosts = fmt::format("# {}\n# Addresses of the nodes: fill in your own.\n", in.stamp());
  for (int n = 0; n < nodes; ++n) hosts += fmt::format("export NODE_{0}=node-{0}\n", n);
  std::map<const Engine*, Command> commands;
  for (int n = 0; n < nodes; ++n) {
    auto& text = out.file(fmt::format("node-{}.sh", n), true);
    text = fmt::format(
        "#!/bin/sh\n# {}\n# Starts what runs on node {}; ends when all of it has.\ncd \"$(dirname "
        "\"$0\")\" || exit 1\n. ./hosts.env\n",
        in.stamp(), n);
    for (const auto& p : processes) {
      if (p.node != n) continue;
      auto known = commands.find(p.engine);
      if (known == commands.end()) known = commands.emplace(p.engine, launcher.command(in, *p.engine, out)).first;
      for (const auto& [name, content] : known->second.files) out.file(name) = content;
      Command command = known->second;
      if (p.devices < p.engine->machine.gpus) {
        std::string visible;
        for (int d = 0; d < p.devices; ++d) visible += fmt::format("{}{}", d ? "," : "", p.firstDevice + d);
        command.environment.insert(command.environment.begin(), {"CUDA_VISIBLE_DEVICES", Word{visible}});
      }
      launcher.place(in, p, command);
      std::string what = fmt::format("{}, replica {}", onOneLine(p.engine->path.substr(11)), p.replica);
      if (p.parts > 1) what += fmt::format(", node {} of {}", p.part + 1, p.parts);
      text += fmt::format("\n# {}\n{} &\n", what, shellLine(command, " \\\n  "));
    }
    text += "\nwait\n";
  }
}

double longestRequest(const DeploymentView& v) {
  double longest = quantile(v.load.prompt, 0.9999) + quantile(v.load.answer, 0.9999);
  longest = std::ceil(longest / 1024) * 1024;
  return v.model.max_context > 0 ? std::min(longest, v.model.max_context) : longest;
}

void noteProgram(const Input& in, const Launcher& launcher, Emission& out) {
  for (const auto& e : in.view.engines)
    if (programOf(e) != launcher.program && e.kind != UnitKind::Ffn)
      out.lose(fmt::format("`{}` was predicted under runtime `{}`, and {} is what starts", e.unit, e.runtime.name,
                           launcher.title),
               e.said(FieldId::Engine_runtime));
}

}  // namespace afdc::emit
