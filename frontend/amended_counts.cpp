// What is said of a whole node, and stays when the node is amended to another number of GPUs.
#include <array>

#include "frontend/diagnostics.h"
#include "frontend/equality.h"
#include "frontend/evaluator.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr std::string_view kCount = "gpus";

/// Fields of a node that grow with its GPUs: a field of its own, or one of a record.
struct Shared {
  std::string_view field, inner;
};
constexpr std::array<Shared, 4> kShared = {
    {{"price", ""}, {"nics", "count"}, {"host", "dram"}, {"host", "dram_bandwidth"}}};

std::string nameOf(const Shared& shared) {
  return shared.inner.empty() ? std::string(shared.field) : fmt::format("{}.{}", shared.field, shared.inner);
}

}  // namespace

void Evaluator::checkAmendedCount(Object* object) {
  size_t amended = lastToSay(object, kCount);
  if (amended < 2) return;
  // The node without that amendment and what came after it. What it lacks is no mistake.
  size_t reported = diags_->count(), missing = missing_.size();
  Object* whole = newObject(object->schema, object->parent, object->declared);
  whole->layers.assign(object->layers.begin(), object->layers.begin() + static_cast<ptrdiff_t>(amended) - 1);
  auto at = [&](Object* node, const Shared& shared) {
    Value value = get(node, shared.field, node->declared);
    bool inRecord = value.kind == ValueKind::Record && !shared.inner.empty();
    return inRecord ? get(value.object, shared.inner, node->declared) : value;
  };
  Value before = get(whole, kCount, whole->declared), now = get(object, kCount, object->declared);
  struct Kept {
    Shared shared;
    Value value;
  };
  std::vector<Kept> kept;
  for (const auto& shared : kShared) {
    if (!before.isNumber() || !now.isNumber() || equal(before, now) || lastToSay(object, shared.field) >= amended)
      continue;
    Value said = at(whole, shared), still = at(object, shared);
    if (said.isNumber() && still.isNumber() && equal(said, still)) kept.push_back({shared, still});
  }
  diags_->forget(reported);
  missing_.erase(missing_.begin() + static_cast<ptrdiff_t>(missing), missing_.end());
  if (kept.empty()) return;
  std::vector<std::string> names;
  for (const auto& k : kept) names.push_back(fmt::format("`{}` ({})", nameOf(k.shared), k.value.quantity.text()));
  auto& report = diags_->report<diag::said_for_more>(object->slots.at(kCount).range, kCount, now.quantity.text(),
                                                     before.quantity.text(), joinWords(names));
  for (size_t i = 0; i < kept.size(); ++i)
    if (i == 0 || kept[i].shared.field != kept[i - 1].shared.field)
      report.label(object->slots.at(kept[i].shared.field).range, fmt::format("said for {}", before.quantity.text()));
  report.help(fmt::format("say it of this node as well: `{} = …`", nameOf(kept[0].shared)));
}

}  // namespace afdc
