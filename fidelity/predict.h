// Predictions for measured records: a record becomes a deployment in .afd, its load a call of the evaluator.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "fidelity/harnesses.h"
#include "fidelity/library.h"
#include "fidelity/record.h"
#include "passes/cost/role.h"

namespace afdc {

/// A record's deployment, built once and shared by all records that have the same.
struct Built {
  std::vector<Role> roles;                       ///< one, or prefill and decode
  std::shared_ptr<const ir::Scenario> scenario;  ///< the deployment, resolved
  TransferConfig transfer;
  AnswerLengths answers;  ///< of a data set, for records that name one without its lengths
  double requests = 1;    ///< of each user, for records that do not count them
  std::string runtime, device, error;
};

/// What a deployment's text needs of the model.
struct Checkpoint {
  std::string linear, expert;  ///< its own formats
  bool experts = false, mtp = false;
};

class Predictor {
 public:
  explicit Predictor(std::string stdlib = "")
      : known_(readHarnesses(stdlib)), names_(stdlib), stdlib_(std::move(stdlib)) {}

  /// What records are read with. Nothing is predicted where it has an error.
  const Harnesses& known() const { return known_; }

  /// The deployment as .afd text; the error says why there is none.
  struct Text {
    std::string text, runtime, device, error;
  };
  Text deployment(const Record& record);
  const Built& build(const Record& record);

  struct Prediction {
    std::map<std::string, double> metrics;  ///< by the record's names
    std::string error;
  };
  /// `adjust`, when given, changes the engine of every role before it runs: for fits.
  using Adjust = std::function<void(EngineConfig&)>;
  Prediction predict(const Record& record, const Adjust& adjust = {}) { return predict(record, build(record), adjust); }
  /// The same with the deployment that `build` gave; by several threads at once.
  static Prediction predict(const Record& record, const Built& built, const Adjust& adjust);
  /// Seconds per token at the roofline, for rows that measure something else.
  double rooflineTpot(const Record& record);

 private:
  /// What the runtime of a record decides by itself.
  struct Decided {
    EngineDefaults defaults;
    std::string error;
  };
  const Decided& decided(const Record& record, const Declared& runtime, const Declared& device);
  /// Null where the model does not resolve.
  const Checkpoint* checkpoint(const Declared& model);

  Harnesses known_;
  NameIndex names_;
  std::string stdlib_;
  std::map<std::string, Built> built_;
  std::map<std::string, Decided> decided_;                        ///< by the text that was asked
  std::map<std::string, std::optional<Checkpoint>> checkpoints_;  ///< by the model's name
};

}  // namespace afdc
