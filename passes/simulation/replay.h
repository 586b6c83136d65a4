// A finite run, replayed over step times: requests one by one, steps that are alike taken together. Deterministic; for
// what closed forms say badly: all requests at once, a few waves, medians (semantics §6).
#pragma once
#include <optional>

#include "passes/simulation/requests.h"
#include "passes/steady/disaggregated.h"

namespace afdc {

/// nullopt: a request does not fit, or the run has more than `kReplaySteps` requests or would take as many steps.
inline constexpr size_t kReplaySteps = 400'000;
std::optional<ReplayResult> replay(const Role& role, const ReplayLoad& load);
/// Prefill and decode apart; the load is that of all replicas together.
std::optional<ReplayResult> replayApart(const PromptSide& prompt, Count promptReplicas, const TokenSide& token,
                                        Count tokenReplicas, const TransferConfig& transfer, const ReplayLoad& load);

}  // namespace afdc
