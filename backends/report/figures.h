// The figures of a result as words, for whichever report shows them.
#pragma once
#include <string>
#include <vector>

#include "results/results.h"

namespace afdc {

struct Figure {
  std::string name, value;
};

/// What a deployment does for one user, and what it does in all: two columns. Names that begin with spaces are part of
/// the one before.
struct Headlines {
  std::vector<Figure> user, whole;
};
Headlines headlinesOf(const Results& results);

/// "pass", "180.1 ms", "+64%"; empty where nobody knows.
struct VerdictText {
  std::string word, value, margin;
};
VerdictText verdictText(const SloResult& slo);
/// "2 of 3 kept"
std::string promisesText(const Results& results);

/// Where the memory of a device goes, and what of it is free to whom.
std::vector<std::pair<std::string, double>> memoryParts(const RoleMemory& memory);
/// "One prefill step of first: 12 ms"
std::string stepTitle(const Breakdown& breakdown);
/// What bounds a kind of operator: "network", "compute", "memory" or "host".
const char* boundOf(const BreakdownRow& row);

std::string timeText(double seconds);
std::string timeText(const std::optional<double>& seconds);  ///< or "unknown"
std::string bytesText(double bytes);
/// "21 511"
std::string groupedText(double value);

}  // namespace afdc
