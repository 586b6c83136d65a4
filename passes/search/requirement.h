// What a platform needs: the least (or most) of a number with which a scenario keeps its promises.
#pragma once
#include <functional>

#include "passes/search/points.h"
#include "results/requirements.h"

namespace afdc {

/// A scenario with another value (base units) of what is looked for.
using ResolveWith = std::function<ir::Resolved(double value)>;

/// Looks between `least` and `most` by halving on a logarithmic scale, to a thousandth. More must help a minimum, and
/// less a maximum; the ends are tried first.
Requirement requirementOf(const ResolveWith& resolve, bool minimum, double least, double most);

}  // namespace afdc
