// Pods of engines: what the Kubernetes kinds have in common.
#pragma once
#include "backends/emit/launch.h"

namespace afdc::emit::kubernetes {

/// What all kinds here can express of a deployment of real engines.
std::span<const Ability> abilities();
inline constexpr Unit kUnits[] = {{"share of device memory", "1", 1, 4}};

/// A name as Kubernetes allows it (RFC 1123): lower case, digits and dashes. One that says less than the text, which
/// had more than capital letters and underscores, ends in a hash of it, so that two texts have two names.
std::string nameOf(std::string_view text, size_t longest = 40);
/// A text of a container's command, arguments or environment, where Kubernetes replaces `$(NAME)` and `$$`.
std::string inContainer(std::string_view text);
/// The engine that starts: the one of the scenario's runtime, else vLLM. Refuses what no launcher starts.
const Launcher& launcherOf(const Input& in, Emission& out);
/// "scenario, engine" and "attention", "ffn" or the engine's name.
std::string roleOf(const Engine& e);
Document labelsOf(const Input& in, const Engine& e);
/// A PodSpec whose container starts one node of a replica. Its script tells by LWS_WORKER_INDEX which, and finds the
/// others by LWS_LEADER_ADDRESS.
Document podSpec(const Input& in, const Engine& e, const Launcher& launcher, Emission& out);
/// metadata with name, labels, and who made it.
Document metadata(const Input& in, std::string name);
/// Checks that hold for every kind: a checkpoint, names that tell engines apart. Says which names are others there.
bool possible(const Input& in, Emission& out);
/// A Service in front of the first pods of a role.
Document service(const Input& in, const Engine& e);
std::string yamlFile(const Input& in, const std::vector<Document>& documents);

}  // namespace afdc::emit::kubernetes
