#include "ir/operators.h"

namespace afdc::ir {

std::optional<OperatorKind> operatorNamed(std::string_view name) {
  for (size_t i = 0; i < kOperators.size(); ++i)
    if (kOperators[i].name == name) return static_cast<OperatorKind>(i);
  return std::nullopt;
}

}  // namespace afdc::ir
