// Starting a deployment on real machines: which processes lie on which nodes, and a script for each node.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/emit/target.h"

namespace afdc::emit {

/// A word that a program is started with. Of one with an address, `$NODE_N` is the shell's to replace: no text of a
/// scenario stands in it. All others reach the program as they are.
struct Word {
  std::string text;
  bool address = false;
};

/// A word by itself, or an option with or without its value.
struct Argument {
  std::string option;
  std::optional<Word> value;
};

/// What starts a process of an engine.
struct Command {
  std::vector<Argument> arguments;
  std::vector<std::pair<std::string, Word>> environment;
  std::vector<std::pair<std::string, std::string>> files;  ///< that it reads from where it runs: name, content
  Command& word(std::string text) { return put({"", Word{std::move(text)}}); }
  Command& add(std::string option) { return put({std::move(option), std::nullopt}); }
  Command& add(std::string option, std::string value) { return put({std::move(option), Word{std::move(value)}}); }
  Command& add(std::string option, double value);
  Command& addAddress(std::string option, std::string value) {
    return put({std::move(option), Word{std::move(value), true}});
  }
  Command& put(Argument argument) { return arguments.push_back(std::move(argument)), *this; }
  /// Does anything in it name the address of this node?
  bool mentions(int node) const;
};

/// The words of an argument. A value that begins with a dash is joined to its option, where none is read in it.
std::vector<Word> wordsOf(const Argument& argument);

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

/// Refuses a model without a checkpoint that `who` ("vLLM") could load, and one that would be read as an option.
bool namesCheckpoint(const Input& in, std::string_view who, Emission& out);

/// node-N.sh for each node, and hosts.env with their addresses.
void writeScripts(const Input& in, const Launcher& launcher, Emission& out);

/// Lines of a shell script that write a command's files where it runs.
std::string filesInScript(const Command& command);

/// For a shell, which replaces addresses and nothing else.
std::string inShell(const Word& word);
std::string shellLine(const Command& command, std::string_view joint = " ");

/// Tokens that prompt and answer of nearly all requests take together, in steps of 1024, within the model's limit.
double longestRequest(const DeploymentView& view);
/// An engine predicted as another program than the one that is started.
void noteProgram(const Input& in, const Launcher& launcher, Emission& out);

}  // namespace afdc::emit
