// What attention reads and computes for a sequence: pairs of tokens that see each other, and cached tokens (semantics
// §2).
#pragma once
#include "passes/cost/batch.h"
#include "passes/cost/plan.h"

namespace afdc {

/// Pairs of one of `fresh` new tokens and a token that it sees, itself included, behind `past` tokens.
double seenPairs(const OpPlan& op, double fresh, double past);

/// Past tokens of a sequence that are read. Each new token chooses its own `limit` of them.
double pastRead(const OpPlan& op, double fresh, double past);

/// Tokens of the past that attention reads for a group: of the slowest of `dp` data-parallel ranks, which all wait for
/// each other. The largest of D sums of n deviations lies sqrt(2 ln D) of their own above the mean (semantics §2).
double cachedTokens(const OpPlan& op, const Group& group, double dp);

}  // namespace afdc
