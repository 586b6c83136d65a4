// Starting a deployment on real machines: which processes lie on which nodes, and a script for each node.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "backends/emit/target.h"

namespace afdc::emit {

/// What starts a process of an engine.
struct Command {
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::pair<std::string, std::string>> files;  ///< that it reads from where it runs: name, content
  Command& add(std::string option) { return words.push_back(std::move(option)), *this; }
  Command& add(std::string option, std::string value) {
    words.push_back(std::move(option));
    words.push_back(std::move(value));
    return *this;
  }
  Command& add(std::string option, double value);
};

/// A process: all devices that one replica of an engine has on one node.
struct Process {
  const Engine* engine = nullptr;
  int replica = 0;
  int part = 0, parts = 1;  ///< of the nodes that the replica lies on
  int node = 0;
  int firstDevice = 0, devices = 1;
  int firstNode = 0;  ///< of the replica: where the others find it
  int port = 8000;
};

/// Engines one after the other, replicas side by side on a node where they fit. Nodes of each pool are counted on.
std::vector<Process> placementOf(const DeploymentView& view);
int nodesOf(const std::vector<Process>& processes);
/// Shell variable with the address of a node; hosts.env sets it.
std::string addressOf(int node);

/// A serving engine that can be started.
struct Launcher {
  std::string_view program;  ///< "vllm"
  std::string_view title;
  /// The command of every process of an engine, as the scenario has it. Says what it cannot.
  Command (*command)(const Input&, const Engine&, Emission&);
  /// What one process adds: ports, and its place among the nodes of its replica. Addresses as shell variables.
  void (*place)(const Input&, const Process&, Command&);
  std::string_view image;  ///< of a container
};
const Launcher* launcherFor(std::string_view program);

/// node-N.sh for each node, and hosts.env with their addresses.
void writeScripts(const Input& in, const Launcher& launcher, Emission& out);

/// Lines of a shell script that write a command's files where it runs.
std::string filesInScript(const Command& command);

/// As one word of a shell, quoted where it has to be; `$NAME` alone is kept.
std::string shellWord(std::string_view text);
std::string shellLine(const Command& command, std::string_view joint = " ");

/// Tokens that prompt and answer of nearly all requests take together, in steps of 1024, within the model's limit.
double longestRequest(const DeploymentView& view);
/// An engine predicted as another program than the one that is started.
void noteProgram(const Input& in, const Launcher& launcher, Emission& out);

}  // namespace afdc::emit
