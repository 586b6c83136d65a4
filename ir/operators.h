// The kinds of operators and what is known of each: the table of ir/operators.def.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace afdc::ir {

enum class OperatorKind : uint8_t {
#define OPERATOR(kind, name, row, cost, result, sums) kind,
#include "ir/operators.def"
#undef OPERATOR
};

/// Does an operator allocate its result, or is that (part of) an operand's memory?
enum class OperatorResult : uint8_t { Made, View };

/// What becomes of partial sums, which the ranks of an axis hold each a summand of.
enum class OperatorSums : uint8_t { Whole, Kept, OverExperts };

struct OperatorFacts {
  std::string_view name;  ///< in `.afd` and in the text form
  std::string_view row;   ///< of a step's breakdown
  OperatorResult result;
  OperatorSums sums;
};

inline constexpr auto kOperators = std::to_array<OperatorFacts>({
#define OPERATOR(kind, name, row, cost, result, sums) {name, row, OperatorResult::result, OperatorSums::sums},
#include "ir/operators.def"
#undef OPERATOR
});

constexpr const OperatorFacts& factsOf(OperatorKind kind) { return kOperators[static_cast<size_t>(kind)]; }
constexpr std::string_view nameOf(OperatorKind kind) { return factsOf(kind).name; }
/// nullopt: no operator is called so.
std::optional<OperatorKind> operatorNamed(std::string_view name);

}  // namespace afdc::ir
