// Expressions of the IR: sizes over step symbols and parallel degrees, and checks over results. One flat pool; operands
// precede their users, so evaluating a pool is one forward loop.
#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "ir/ids.h"

namespace afdc::ir {

/// Axes of the parallel meshes (semantics §3), used as degree symbols and as the axis of a shard or collective.
enum class Axis : uint8_t { None, tp, cp, dp, pp, ftp, fdp, ep, etp, edp };
inline constexpr std::array<std::string_view, 10> kAxisNames = {"none", "tp",  "cp", "dp",  "pp",
                                                                "ftp",  "fdp", "ep", "etp", "edp"};
Axis axisNamed(std::string_view name);  ///< Axis::None when unknown

/// What a size may depend on. `tokens`, `seqs`, `logit_tokens` are those of the busiest rank of the mesh that the
/// operator runs on; `context_tokens` = Σ count·(past + new); `expert_rows` = token copies on the hottest expert rank.
enum class Symbol : uint8_t { tokens, seqs, logit_tokens, context_tokens, expert_rows, kCount };
inline constexpr std::array<std::string_view, 5> kSymbolNames = {"tokens", "seqs", "logit_tokens", "context_tokens",
                                                                 "expert_rows"};

enum class ExprOp : uint8_t {
  Constant,
  Symbol,
  Degree,
  Metric,
  Add,
  Sub,
  Mul,
  Div,
  Min,
  Max,
  Ceil,
  Floor,
  Less,
  LessEq,
  Greater,
  GreaterEq,
  And,
  Or,
  Not
};

struct ExprNode {
  ExprOp op = ExprOp::Constant;
  uint32_t a = 0, b = 0;  ///< operands, or the Symbol, Axis or metric name (StringId)
  double value = 0;       ///< Constant
  bool operator==(const ExprNode&) const = default;
};

class ExprPool {
 public:
  ExprId constant(double value) { return add({ExprOp::Constant, 0, 0, value}); }
  ExprId symbol(Symbol s) { return add({ExprOp::Symbol, static_cast<uint32_t>(s), 0, 0}); }
  ExprId degree(Axis axis) { return add({ExprOp::Degree, static_cast<uint32_t>(axis), 0, 0}); }
  /// A result by name, e.g. "mean(ttft)"; only in checks.
  ExprId metric(StringId name) { return add({ExprOp::Metric, name.index, 0, 0}); }
  /// Folds constants; equal expressions share one id.
  ExprId make(ExprOp op, ExprId a, ExprId b = {});

  /// A node as it is, with operands that are already here.
  ExprId copy(const ExprNode& node) {
    nodes_.push_back(node);
    return {static_cast<uint32_t>(nodes_.size() - 1)};
  }

  const ExprNode& operator[](ExprId id) const { return nodes_[id.index]; }
  size_t size() const { return nodes_.size(); }
  bool isConstant(ExprId id) const { return nodes_[id.index].op == ExprOp::Constant; }
  double constantValue(ExprId id) const { return nodes_[id.index].value; }

  struct Inputs {
    std::array<double, static_cast<size_t>(Symbol::kCount)> symbols{};
    std::array<double, kAxisNames.size()> degrees{};
    const std::vector<double>* metrics = nullptr;  ///< by StringId index; NaN: unknown
  };
  /// Evaluates the whole pool into `values` (resized once). Comparisons and logic give 1, 0 or NaN (unknown), as
  /// Kleene.
  void evaluate(const Inputs& inputs, std::vector<double>& values) const;
  double evaluateOne(ExprId id, const Inputs& inputs) const;

  /// What is left to compute when the degrees are known: the values of all that depends on them alone, and in order the
  /// nodes that `wanted` needs of a step's symbols.
  struct Program {
    std::vector<double> known;
    std::vector<uint32_t> steps;
    size_t ofRows = 0;  ///< from here on, steps that depend on `expert_rows`
    uint64_t id = 0;    ///< of this binding: tells whether scratch values are still its own
  };
  Program bind(const std::array<double, kAxisNames.size()>& degrees, const std::vector<ExprId>& wanted) const;
  void run(const Program& program, const std::array<double, static_cast<size_t>(Symbol::kCount)>& symbols,
           std::vector<double>& values) const;
  /// Again, when of all symbols only `expert_rows` has changed.
  void runRows(const Program& program, const std::array<double, static_cast<size_t>(Symbol::kCount)>& symbols,
               std::vector<double>& values) const;

  std::string text(ExprId id, const Strings& strings) const;
  bool operator==(const ExprPool& other) const { return nodes_ == other.nodes_; }

 private:
  ExprId add(ExprNode node);
  void run(std::span<const uint32_t> steps, const std::array<double, static_cast<size_t>(Symbol::kCount)>& symbols,
           std::vector<double>& values) const;
  static double apply(ExprOp op, double a, double b);
  std::vector<ExprNode> nodes_;
};

}  // namespace afdc::ir
