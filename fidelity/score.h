// How far predictions lie from references: relative errors by metric and group, and why cases were left out.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/terminal.h"

namespace afdc {

class Scoreboard {
 public:
  explicit Scoreboard(std::string kind) : kind_(std::move(kind)) {}

  /// One more case was read; without a name of its own it has its number.
  void begin(std::string name = {});
  /// |predicted / reference - 1|; a reference of zero counts the predicted value itself, where 1 is reached.
  void score(std::string_view metric, std::string_view group, double predicted, double reference);
  /// The same error again under a regime ("static batch"), in a table of its own.
  void regime(std::string_view regime, std::string_view metric, std::string_view group, double predicted,
              double reference);
  /// A case that could not be scored, and why.
  void skip(std::string name, std::string reason);
  /// Reported, but not counted as cases: things that a reader must know.
  void note(std::string text) { notes_.push_back(std::move(text)); }
  /// Medians and p90 are taken over the medians of groups, so that one large group cannot decide.
  void byGroups() { overGroups_ = true; }

  struct Summary {
    size_t n = 0;
    double median = 0, p90 = 0, p95 = 0, max = 0, bias = 0;  ///< bias: geometric mean of predicted/reference, less 1
  };
  /// Of one metric over all its groups.
  Summary summary(const std::string& metric) const;
  std::vector<std::string> metrics() const;
  size_t cases() const { return cases_; }
  size_t skipped() const { return skipped_.size(); }

  std::string table(const Screen& screen) const;
  std::string json() const;
  /// Every value as CSV: case, group, metric, predicted, reference.
  std::string csv() const;

 private:
  struct Errors {
    std::vector<double> relative, logs;
  };
  static Summary summarize(const Errors& e);
  Summary over(const std::map<std::string, Errors>& groups) const;
  std::string kind_;
  struct Value {
    std::string name, group, metric;
    double predicted, reference;
  };
  std::vector<Value> values_;
  size_t cases_ = 0;
  std::string current_;  ///< the case that was begun last
  bool overGroups_ = false;
  std::vector<std::string> notes_;
  std::map<std::string, std::map<std::string, Errors>> errors_;                          ///< by metric, by group
  std::map<std::string, std::map<std::string, std::map<std::string, Errors>>> regimes_;  ///< regime, metric, group
  std::vector<std::pair<std::string, std::string>> skipped_;
};

}  // namespace afdc
