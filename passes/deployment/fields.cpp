#include "passes/deployment/fields.h"

#include <algorithm>
#include <optional>
#include <type_traits>

#include "ir/places.h"
#include "passes/deployment/config.h"
#include "passes/deployment/records.h"
#include "passes/deployment/shape.h"
#include "passes/deployment/unsaid.h"
#include "passes/deployment/view.h"

namespace afdc {

using ir::Node;
using ir::NodeId;
using ir::NodeKind;
using ir::Scenario;

std::span<const FieldRow> fieldRows() {
  static constexpr FieldRow rows[] = {
#define FIELD(view, member, schema, path, type, presence, fixed) \
  {#view "::" #member, #schema, path, type, Presence::presence, fixed},
#include "passes/deployment/fields.def"
  };
  return rows;
}

std::vector<FieldId> fieldsOf(std::string_view schema, std::string_view type) {
  std::vector<FieldId> out;
  for (size_t i = 0; i < fieldRows().size(); ++i)
    if (fieldRows()[i].schema == schema && fieldRows()[i].type == type) out.push_back(static_cast<FieldId>(i));
  return out;
}

std::span<const ChoiceRow> choiceRows() {
  static constexpr ChoiceRow rows[] = {
#define CHOICE(enumeration, value, type, name) {type, name},
#include "passes/deployment/fields.def"
  };
  return rows;
}

std::string Places::path(FieldId id) const {
  const auto& row = rowOf(id);
  auto last = std::find_if(records_.rbegin(), records_.rend(), [&](const auto& r) { return r.first == row.schema; });
  if (last == records_.rend()) return "";
  return last->second.empty() ? std::string(row.path) : fmt::format("{}.{}", last->second, row.path);
}

NodeId placeOf(const Scenario& s, NodeId record, FieldId field) { return s.find(record, rowOf(field).path); }

namespace {

/// One overload for each type of member. They say whether the node is of a kind that the member can hold.
bool take(const Scenario& s, NodeId node, double& out) {
  auto number = s.number(node, "");
  if (number) out = *number;
  return number.has_value();
}

/// What does not fit is beyond every limit that it is held against, and so is the largest count.
bool take(const Scenario& s, NodeId node, Count& out) {
  const auto& number = s[node].value;
  if (s[node].kind != NodeKind::Number || !number.isInteger()) return false;
  auto whole = number.toInteger();
  out = whole ? Count(*whole) : Count::round(number.toDouble());
  return true;
}

bool take(const Scenario& s, NodeId node, bool& out) {
  out = s[node].flag;
  return s[node].kind == NodeKind::Bool;
}

template <class T>
bool take(const Scenario& s, NodeId node, std::optional<T>& out) {
  bool taken = take(s, node, out.emplace());
  if (!taken) out.reset();
  return taken;
}

bool take(const Scenario& s, NodeId node, std::string& out) {
  out = s.strings[s[node].text];
  return s[node].kind == NodeKind::Text || s[node].kind == NodeKind::Symbol;
}

bool take(const Scenario& s, NodeId node, std::vector<std::string>& out) {
  out.clear();
  for (auto child : s[node].children) out.emplace_back(s.strings[s[child].text]);
  return s[node].kind == NodeKind::List;
}

bool take(const Scenario& s, NodeId node, std::vector<double>& out) {
  out.clear();
  for (auto child : s[node].children) take(s, child, out.emplace_back());
  return s[node].kind == NodeKind::List && out.size() == s[node].children.size();
}

/// A record for the caller to read on.
bool take(const Scenario& s, NodeId node, NodeId& out) {
  out = node;
  return s[node].kind == NodeKind::Record;
}

bool take(const Scenario& s, NodeId node, TokenSpread& out) {
  if (s[node].kind == NodeKind::Number) {
    double length = s.number(node, "").value_or(0);
    out = {"constant", length, length, length, length};
    return true;
  }
  if (s[node].kind != NodeKind::Dist) return false;
  out.family = s.strings[s[node].schema];
  auto part = [&](std::string_view name, double& value) { return take(s, s.find(node, name), value); };
  return part("mean", out.mean) && part("p50", out.p50) && part("p90", out.p90) && part("p99", out.p99);
}

template <class Choice>
requires std::is_enum_v<Choice>
bool take(const Scenario& s, NodeId node, Choice& out) {
  [[maybe_unused]] auto stands = [&](std::string_view name) {
    return s[node].kind == NodeKind::Record ? s.isA(node, name) : s.strings[s[node].text] == name;
  };
#define CHOICE(enumeration, value, type, name)       \
  if constexpr (std::is_same_v<Choice, enumeration>) \
    if (stands(name)) {                              \
      out = enumeration::value;                      \
      return true;                                   \
    }
#include "passes/deployment/fields.def"
  return false;
}

template <class Member>
constexpr bool kCounts = std::is_same_v<Member, Count> || std::is_same_v<Member, std::optional<Count>>;

/// What the library calls an Int is a count here.
#define FIELD(view, member, schema, path, type, ...)                                                           \
  static_assert(                                                                                               \
      kCounts<decltype(view::member)> == (std::string_view(type) == "Int") || std::string_view(type) == "let", \
      "whole numbers of the library are counts");
#include "passes/deployment/fields.def"

}  // namespace

namespace {

/// Where a walk along a path of fields has come to.
struct Walk {
  NodeId owner;            ///< the record nearest to the end of the path
  std::string_view field;  ///< what is left of the path from there
  NodeId node;             ///< the path's end; invalid where a field is null or missing
  bool missing = false;    ///< a record has no field of that name, not even an empty one
};

/// A scenario has every field of its schemas, empty ones as null: a field that is not there has another name.
Walk walk(const Scenario& s, NodeId record, std::string_view path) {
  Walk out{record, path, {}, !record.valid()};
  while (out.owner.valid()) {
    size_t dot = out.field.find('.');
    NodeId next;
    for (auto child : s[out.owner].children)
      if (s.strings[s.nodes[child.index].name] == out.field.substr(0, dot)) next = child;
    out.missing = !next.valid();
    if (!next.valid() || s[next].kind == NodeKind::Null) break;
    if (dot == out.field.npos) {
      out.node = next;
      break;
    }
    out.owner = next;
    out.field = out.field.substr(dot + 1);
  }
  return out;
}

}  // namespace

template <class Member>
void FieldReader::field(Member& member, FieldId id, NodeId record) {
  const auto& row = rowOf(id);
  if constexpr (std::is_same_v<Member, std::vector<NodeId>>) {
    member = s_.blocks(record, row.path);
    return;
  } else {
    auto [owner, field, node, missing] = walk(s_, record, row.path);
    places_.nodes_[static_cast<size_t>(id)] = node;
    if (missing)
      complain(row, owner, field.substr(0, field.find('.')), Wrong::Name);
    else if (!node.valid() && row.presence == Presence::Required)
      complain(row, owner, field, Wrong::Empty);
    else if (node.valid() && !take(s_, node, member))
      complain(row, owner, field, Wrong::Kind);
  }
}

template <class View>
void FieldReader::read(View& view, std::string_view schema, NodeId record, std::string_view path) {
  places_.records_.emplace_back(schema, path);
#define FIELD(type, member, owner, ...)     \
  if constexpr (std::is_same_v<View, type>) \
    if (schema == #owner) field(view.member, FieldId::owner##_##member, record);
#include "passes/deployment/fields.def"
}

void FieldReader::complain(const FieldRow& row, NodeId owner, std::string_view field, Wrong wrong) {
  failed_ = true;
  std::string schema(owner.valid() ? s_.strings[s_[owner].schema] : row.schema);
  std::string why = !owner.valid()          ? fmt::format("the scenario has no {} there", schema)
                    : wrong == Wrong::Name  ? fmt::format("schema `{}` has no field `{}`", schema, field)
                    : wrong == Wrong::Empty ? fmt::format("`{}` of schema `{}` is null", field, schema)
                                            : fmt::format("`{}` of schema `{}` is no {}", field, schema, row.type);
  diags_
      .report<diag::internal_error>(rangeOf(s_, owner, diags_),
                                    fmt::format("`{}.{}` cannot be read: {}", row.schema, row.path, why))
      .note("the library has to declare what the compiler reads by the names in passes/deployment/fields.def")
      .help("use the standard library that this compiler was built with, or give the field its name back");
}

Count countOf(const Scenario& s, NodeId record, FieldId field) {
  Count out = 0;
  NodeId node = placeOf(s, record, field);
  if (node.valid()) take(s, node, out);
  return out;
}

template <class Choice>
Choice choiceOf(const Scenario& s, NodeId record) {
  Choice out{};
  if (record.valid()) take(s, record, out);
  return out;
}
template RootKind choiceOf(const Scenario&, NodeId);
template DeploymentKind choiceOf(const Scenario&, NodeId);
template EngineKind choiceOf(const Scenario&, NodeId);
template MixerKind choiceOf(const Scenario&, NodeId);
template FfnKind choiceOf(const Scenario&, NodeId);

#define READS(view) template void FieldReader::read(view&, std::string_view, NodeId, std::string_view);
READS(EngineConfig)
READS(UnitRecords)
READS(GroupConfig)
READS(AfdConfig)
READS(AfdGroups)
READS(Degrees)
READS(OffloadConfig)
READS(SpeculationConfig)
READS(RuntimeModel)
READS(Device)
READS(DeviceRecords)
READS(KernelLibraries)
READS(KernelRecords)
READS(KernelCurve)
READS(CollectiveCurve)
READS(NodeConfig)
READS(PoolConfig)
READS(PoolPrice)
READS(Tier)
READS(TierView)
READS(ClusterRecords)
READS(ScenarioRecords)
READS(DeploymentRecords)
READS(ModelConfig)
READS(ModelShape)
READS(QuantRecords)
READS(PrecisionRecords)
READS(StoredFormat)
READS(LayerRecords)
READS(TransferConfig)
READS(LoadConfig)
READS(AnswerLengths)
READS(AsDeclared)
READS(EngineDefaults)
READS(Program)
READS(Whose)
READS(Habit)
READS(Card)
READS(Publisher)
READS(Collection)
READS(Assumed)
#undef READS

}  // namespace afdc
