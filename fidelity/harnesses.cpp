#include "fidelity/harnesses.h"

#include <fmt/format.h>

#include <algorithm>

#include "passes/deployment/fields.h"
#include "session/session.h"

namespace afdc {

namespace {

constexpr std::string_view kModule = "std.harnesses";

class HarnessReader {
 public:
  explicit HarnessReader(const std::string& stdlib) : session_(stdlib) {}

  Harnesses run() {
    module_ = session_.loader.loadStandard(kModule);
    if (module_) {
      readAll(out_.programs, "program", "Program");
      readAll(out_.habits, "habit", "Habit");
      readAll(out_.cards, "card", "Card");
      readAll(out_.publishers, "publisher", "Publisher");
      readAll(out_.collections, "collection", "Collection");
      readAssumed();
      requireLayouts();
    }
    if (const auto* error = session_.diags.firstError())
      refuse(error->message);
    else if (!module_)
      refuse("there is no such module");
    return std::move(out_);
  }

 private:
  /// The blocks of a kind, resolved, in the order of the file. There are some of every kind that is asked for.
  std::vector<ir::Scenario> blocks(std::string_view kind) {
    std::vector<ir::Scenario> out;
    for (auto* object : session_.evaluator.blocks(*module_, kind))
      out.push_back(session_.evaluator.lowerToScenario(object));
    if (out.empty()) refuse(fmt::format("it declares no `{}`", kind));
    return out;
  }

  template <class View>
  void readAll(std::vector<View>& into, std::string_view kind, std::string_view schema) {
    for (const auto& block : blocks(kind)) {
      FieldReader fields(block, session_.diags);
      View& view = into.emplace_back();
      if constexpr (std::is_same_v<View, Habit>) fields.read(view.whose, "Whose", block.root);
      fields.read(view, schema, block.root);
    }
  }

  void readAssumed() {
    auto found = blocks("assumed");
    if (found.size() > 1) refuse("it declares `assumed` more than once");
    if (found.empty()) return;
    FieldReader fields(found[0], session_.diags);
    fields.read(out_.assumed, "Assumed", found[0].root);
    if (fields.failed()) return;
    if (auto answers = readAnswers(found[0], out_.assumed.answers, session_.diags)) out_.answers = std::move(*answers);
  }

  void requireLayouts() {
    for (auto layout : {RowLayout::Flat, RowLayout::Paired}) {
      auto has = [&](const Collection& c) { return c.layout == layout; };
      if (std::count_if(out_.collections.begin(), out_.collections.end(), has) != 1)
        refuse("it does not declare one `collection` of each layout");
    }
  }

  void refuse(const std::string& why) {
    if (out_.error.empty()) out_.error = fmt::format("{} cannot be read: {}", kModule, why);
  }

  Session session_;
  Module* module_ = nullptr;
  Harnesses out_;
};

}  // namespace

const Program* Harnesses::startedBy(const CommandLine& command) const {
  for (const auto& p : programs)
    if (!p.starts.empty() && command.starts(p.starts)) return &p;
  return nullptr;
}

const Program* Harnesses::called(std::string_view engine) const {
  for (const auto& p : programs)
    if (p.engine == engine) return &p;
  return nullptr;
}

std::string_view Harnesses::excluded(std::string_view engine) const {
  const auto* program = called(engine);
  return program ? std::string_view(program->excluded) : "";
}

const Collection& Harnesses::of(RowLayout layout) const {
  return *std::find_if(collections.begin(), collections.end(), [&](const Collection& c) { return c.layout == layout; });
}

Harnesses readHarnesses(const std::string& stdlib) { return HarnessReader(stdlib).run(); }

}  // namespace afdc
