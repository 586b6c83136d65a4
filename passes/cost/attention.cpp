#include "passes/cost/attention.h"

#include <algorithm>
#include <cmath>

namespace afdc {

namespace {

/// Pairs of a new token and a token that it sees: Σ_{i=1..n} min(past + i, window).
double causalPairs(double fresh, double past, double window) {
  double full = fresh * past + fresh * (fresh + 1) / 2;
  if (past + fresh <= window) return full;
  double growing = std::max(0.0, std::floor(window) - past);  // tokens that still see everything before them
  growing = std::min(growing, fresh);
  return growing * past + growing * (growing + 1) / 2 + (fresh - growing) * window;
}

/// Tokens of the past that lie in the chunk of the next token. A decoding sequence is anywhere in its chunk: past the
/// first one, half a chunk is expected.
double pastInChunk(double fresh, double past, double chunk) {
  if (past < chunk) return past;
  return fresh < 2 ? (chunk - 1) / 2 : std::fmod(past, chunk);
}

}  // namespace

double seenPairs(const OpPlan& op, double fresh, double past) {
  double most = std::min(op.window, op.limit);
  if (op.bothWays) return fresh * std::min(past + fresh, most);
  if (past + fresh <= op.chunk) return causalPairs(fresh, past, most);
  // The rest of the chunk that has begun, whole chunks, and the start of the last.
  double begun = pastInChunk(fresh, past, op.chunk), rest = std::min(fresh, op.chunk - begun);
  double left = fresh - rest, whole = std::floor(left / op.chunk);
  return causalPairs(rest, begun, most) + whole * causalPairs(op.chunk, 0, most) +
         causalPairs(left - whole * op.chunk, 0, most);
}

double pastRead(const OpPlan& op, double fresh, double past) {
  return std::min({pastInChunk(fresh, past, op.chunk), op.window, op.limit * fresh});
}

double cachedTokens(const OpPlan& op, const Group& g, double dp) {
  double each = pastRead(op, g.fresh, g.past), sum = g.count * each;
  // Where a window or a choice of tokens caps what is read, lengths make no difference.
  if (g.deviation > 0 && dp > 1 && each >= g.past) sum += std::sqrt(g.count * 2 * std::log(dp)) * g.deviation;
  return sum;
}

}  // namespace afdc
