// How the command lines of serving engines are read: for each thing that records of measurements ask, the options that
// say it, of all engines in one list. Names are without dashes, with `-` where an engine writes `_`.
#pragma once
#include "support/command_line.h"

namespace afdc::options {

using Names = const CommandLine::Names;

inline Names kTensorParallel = {"tp", "tp-size", "tensor-parallel-size"};
inline Names kPipelineParallel = {"pp", "pp-size", "pipeline-parallel-size"};
inline Names kDataParallel = {"dp", "dp-size", "data-parallel-size"};
inline Names kExpertParallel = {"ep", "ep-size", "expert-parallel-size"};
/// Attention's data parallelism lies inside the tensor parallelism; with a degree of one it is off.
inline Names kAttentionDataParallel = {"enable-dp-attention"};
/// Experts lie over all ranks: as a switch, or as the one value of an option for which the engine sets its degree so.
inline Names kExpertsOverRanks = {"enable-expert-parallel"};
inline Names kExchange = {"moe-a2a-backend"};
inline constexpr std::string_view kExchangeOverRanks = "deepep";

inline Names kMaxSeqs = {"max-num-seqs", "max-running-requests", "max-batch-size"};
inline Names kMaxTokens = {"max-num-batched-tokens", "chunked-prefill-size", "max-num-tokens"};
inline Names kMemoryShare = {"gpu-memory-utilization", "mem-fraction-static"};
inline Names kChunkedPrompts = {"enable-chunked-prefill"};
inline Names kLargestGraph = {"cuda-graph-max-bs", "max-cudagraph-capture-size"};
inline Names kNoGraphs = {"enforce-eager", "disable-cuda-graph"};
inline Names kAsyncScheduling = {"async-scheduling"};
inline Names kCacheFormat = {"kv-cache-dtype"};
/// Further options are in a file.
inline Names kOptionsFile = {"extra-llm-api-options"};

/// Drafts: any option that begins so; how many steps ahead; by what. `kDraftConfig` is JSON with members of its own.
inline constexpr std::string_view kDrafts = "speculative";
inline Names kDraftSteps = {"speculative-num-steps"};
inline Names kDraftAlgorithm = {"speculative-algorithm"};
inline Names kDraftModel = {"speculative-draft-model-path"};
inline Names kDraftConfig = {"speculative-config"};
inline constexpr std::string_view kConfigSteps = "num_speculative_tokens", kConfigMethod = "method";
/// Drafts by a model that no record describes, as both spell it.
inline constexpr std::string_view kForeignAlgorithm = "EAGLE3", kForeignMethod = "eagle3";

}  // namespace afdc::options
