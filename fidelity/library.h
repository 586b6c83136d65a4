// The standard library by the names that other tools and measurements use.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "session/session.h"

namespace afdc {

/// Where a name is declared: module and block.
struct Declared {
  std::string module, name;
};

/// "0.5.6.post2": 0, 5, 6, released; "1.2.0rc5": 1, 2, 0, 5; in their order. Empty where it does not begin with a
/// number.
std::vector<int> versionNumbers(std::string_view text);

class NameIndex {
 public:
  explicit NameIndex(std::string stdlib = "") : stdlib_(std::move(stdlib)) {}
  /// A model by one of its `checkpoints`, letter case does not count, or by its name in the library. nullopt: not in
  /// the standard library.
  std::optional<Declared> model(std::string_view checkpoint);
  /// A device by one of its `names`, and a node that holds such devices.
  std::optional<Declared> device(std::string_view name);
  std::optional<Declared> nodeOf(const Declared& device);
  /// The runtime that stands for an engine at a version; for one that is not a number, the first that is declared.
  std::optional<Declared> runtime(std::string_view engine, std::string_view version);
  /// What the engine decides by itself that a runtime stands for.
  std::optional<Declared> defaultsOf(const Declared& runtime);
  /// The model resolved, for its shape.
  const ir::Scenario* resolved(const Declared& model);

 private:
  void index();
  void indexDefaults(Session& session, Module& runtimes, const std::string& dotted);
  std::string stdlib_;
  bool indexed_ = false;
  std::map<std::string, Declared> models_, devices_, nodes_;              ///< nodes by the device's name
  std::map<std::string, Declared> anyVersion_, defaults_;                 ///< defaults by the runtime's name
  std::map<std::string, std::map<std::vector<int>, Declared>> runtimes_;  ///< by engine, by the first version
  std::map<std::string, std::optional<ir::Scenario>> resolved_;
};

}  // namespace afdc
