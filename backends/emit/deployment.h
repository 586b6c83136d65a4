// What other tools ask of a deployment beside its view (passes/deployment/view.h): the names that they know things by,
// and figures that only their files have.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

#include "passes/deployment/view.h"
#include "results/results.h"
#include "support/document.h"

namespace afdc::emit {

/// A kind of engine, or one group of an attention-FFN engine.
using Engine = EngineConfig;

/// The first of `known` that the device is called; "" where it is called none of them.
std::string_view called(const Device& device, std::initializer_list<std::string_view> known);

/// The serving engine that a runtime stands for: "vllm", "sglang", "trtllm"; "" where it is no known one.
std::string programOf(const Engine& engine);

/// What an engine keeps most of its bytes in, by name, and whether the checkpoint has it so.
struct Formats {
  std::string linear, expert, kv;
  bool ownLinear = true, ownExpert = true, ownKv = true;
};
Formats formatsOf(const DeploymentView& view, const Engine& engine);

/// The shares of device memory that different engines ask for, all of them for the same room for cache: of the capacity
/// with weights and activations (vLLM), of the capacity with weights (SGLang), of what is left (TensorRT-LLM).
struct Shares {
  double utilization = 0, withWeights = 0, ofFree = 0;
};
Shares sharesOf(const Engine& engine, const Results& results);

/// The keys of a Hugging Face config.json that simulators read, from the model's shape.
Document modelConfig(const DeploymentView& view);

}  // namespace afdc::emit
