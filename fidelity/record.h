// Records of measurements from the layouts of public measurement files and from a user's own table.
#pragma once
#include <vector>

#include "fidelity/harnesses.h"
#include "results/measurement.h"
#include "support/csv.h"
#include "support/json_value.h"

namespace afdc {

/// All records of a file: a list, `records` of an object, or Argonne's flat rows. Empty where the layout is another. A
/// record with lists of lengths and of metrics is as many records. `known` was read without an error.
std::vector<Record> readRecords(const Json& root, const Harnesses& known);
/// A row of a user's own table of measurements; its source is `kYours`.
inline constexpr const char* kYours = "yours";
Record fromRow(const Csv& csv, size_t row);

}  // namespace afdc
