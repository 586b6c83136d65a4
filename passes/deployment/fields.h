// The fields that passes and backends read of a scenario, in one table (fields.def), and the one way to read them. A
// field that the table names and a scenario does not have is an error of ours that names its schema: it never becomes
// a number.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/scenario.h"
#include "support/count.h"
#include "support/diagnostics.h"

namespace afdc {

/// Required: by its schema, every scenario has the field. Optional: a scenario may do without it; then the member of
/// the view keeps what its declaration says, with the meaning of absence beside it.
enum class Presence : uint8_t { Required, Optional };

/// A row of the table, called by schema and member: `FieldId::Runtime_host_per_seq`.
enum class FieldId : uint16_t {
#define FIELD(view, member, schema, ...) schema##_##member,
#include "passes/deployment/fields.def"
  Count
};

struct FieldRow {
  std::string_view member;        ///< where the value is kept: "RuntimeModel::host_per_seq"
  std::string_view schema, path;  ///< where the library declares it: "host.per_seq" of "Runtime"
  std::string_view type;          ///< as the library spells it
  Presence presence;
  std::string_view fixed;  ///< why another default would change no answer; "" where it would
};
std::span<const FieldRow> fieldRows();
inline const FieldRow& rowOf(FieldId id) { return fieldRows()[static_cast<size_t>(id)]; }

/// The rows of one schema and type, in order.
std::vector<FieldId> fieldsOf(std::string_view schema, std::string_view type);

/// A name of the library's that a member with few values stands for: the symbol of an enum, or the schema of a record.
struct ChoiceRow {
  std::string_view type, name;
};
std::span<const ChoiceRow> choiceRows();

/// Where the fields of a view are in the scenario that they were read from.
class Places {
 public:
  /// Invalid where the scenario has no such field, or the view does not read it.
  ir::NodeId at(FieldId id) const { return nodes_[static_cast<size_t>(id)]; }
  /// "deployment.main.parallel.tp"; of a field that the scenario leaves out, where it would be.
  std::string path(FieldId id) const;

 private:
  friend class FieldReader;
  std::array<ir::NodeId, static_cast<size_t>(FieldId::Count)> nodes_;
  std::vector<std::pair<std::string_view, std::string>> records_;  ///< schema, and path of its record
};

/// Where a field is, for those who need no value of it. `record` is of the field's schema.
ir::NodeId placeOf(const ir::Scenario& s, ir::NodeId record, FieldId field);
/// A field that is a count, for those who need no other of its record; 0 where it cannot be read.
Count countOf(const ir::Scenario& s, ir::NodeId record, FieldId field);

/// Which of a member's choices a record is. The first of its enumeration where it is none of them.
template <class Choice>
Choice choiceOf(const ir::Scenario& s, ir::NodeId record);

class FieldReader {
 public:
  FieldReader(const ir::Scenario& s, Diagnostics& diags) : s_(s), diags_(diags) {}

  /// Fills the members of `view` that the table takes from `schema`, of which `record` is one. `path` leads to the
  /// record from the scenario's root. Reports required fields that are missing or of another kind.
  template <class View>
  void read(View& view, std::string_view schema, ir::NodeId record, std::string_view path = "");
  /// Has a required field been missing? What was read is then not to be used.
  bool failed() const { return failed_; }
  /// Where everything was that this reader has read; the last of each kind.
  const Places& places() const { return places_; }

 private:
  template <class Member>
  void field(Member& member, FieldId id, ir::NodeId record);
  enum class Wrong : uint8_t { Name, Empty, Kind };
  void complain(const FieldRow& row, ir::NodeId owner, std::string_view field, Wrong wrong);

  const ir::Scenario& s_;
  Diagnostics& diags_;
  Places places_;
  bool failed_ = false;
};

}  // namespace afdc
