// The sequences of a step, and what the operators of one phase see of them.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "ir/expr.h"

namespace afdc {

/// Sequences of one kind in a step, over all data-parallel ranks: `count` may be an expectation.
struct Group {
  double count = 0;
  double fresh = 1;      ///< new tokens of each sequence
  double past = 0;       ///< tokens already in its cache
  double logits = 1;     ///< of its tokens, those that need logits
  bool verify = false;   ///< the new tokens are drafts: however many, they take the decode's kernels
  double deviation = 0;  ///< of one sequence's context from `past`, standard: where ranks hold different ones
  double busiest = 0;    ///< sequences on the data-parallel rank with the most; 0: as even as they divide

  /// Does it take the kernels of prompts? `from`: new tokens at which the runtime does (RuntimeModel::prefill_from).
  bool isPrompt(double from) const { return !verify && fresh >= from; }
};
using BatchState = std::vector<Group>;

/// What operators of one phase on one mesh see of a step: the groups on the busiest rank, and the value of every
/// expression, worked out when the first operator asks.
struct Frame {
  BatchState local;
  std::array<double, static_cast<size_t>(ir::Symbol::kCount)> symbols{};
  uint64_t program = 0;  ///< whose values these are
  std::vector<double> values;
  double otherLocal = 0;  ///< tokens of a rank on the other mesh
  double tokensAll = 0;   ///< tokens of the step over all ranks, this phase
  double tokensLocal = 0;
  double promptLocal = 0;  ///< tokens of prompts on this rank: its share
  double promptFull = 0;   ///< … and of its whole group of context-parallel ranks
  bool decodeOnly = false;
  bool evaluated = false;

  double value(ir::ExprId id) const { return id.valid() ? values[id.index] : 0.0; }
};

}  // namespace afdc
