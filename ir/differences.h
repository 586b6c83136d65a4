// Where two scenarios say different things: values that their authors wrote, not those that follow from others.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/scenario.h"

namespace afdc::ir {

/// One of two scenarios' values.
struct Said {
  std::string text;   ///< as the author would read it; empty where the scenario has no such value
  std::string place;  ///< "deployments.afd:12:9", with "(default)" where nobody but a schema says it
  bool operator==(const Said&) const = default;
};

struct Difference {
  std::string path;  ///< "deployment.main.parallel.tp"
  Said a, b;
};

/// In the order of the fields. Records are compared field by field, but those that go by a name for which `named` is
/// true, such as a model of the library, by this name where the other one's is another.
std::vector<Difference> differences(const Scenario& a, const Scenario& b,
                                    const std::function<bool(std::string_view)>& named);

}  // namespace afdc::ir
