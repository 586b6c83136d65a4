// The diagnostics engine. A pass reports a catalogued fact; how it is shown (text, JSON) is decided at the end.
#pragma once
#include <fmt/format.h>

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "support/source.h"

namespace afdc {

enum class Severity { Error, Warning };

/// One message of the catalogue. Each room has its own in a `diagnostics.def`, columns in this order: `DIAG(AFDnnnn,
/// name, severity, message, explanation, bad example, good example)`. Ids: 00xx syntax and modules, 01xx units, 02xx
/// names, records and types, 03xx model and parallelism, 04xx capacity, 05xx promises and load, 06xx tests and tools,
/// 09xx our own bugs. No two rooms may give one id or name: session/catalogue.cpp does not compile then. Messages are
/// in lower case without a full stop, the observed fact first, code in backticks.
struct CatalogueEntry {
  std::string_view id;    ///< "AFD0301"
  std::string_view name;  ///< "does_not_divide"
  Severity severity;
  std::string_view message, explanation, bad, good;
};

/// What `DIAG` means in a room's diagnostics.h.
#define AFDC_DIAGNOSTIC(id, name, severity, message, explanation, bad, good) \
  inline constexpr CatalogueEntry name = {#id, #name, Severity::severity, message, explanation, bad, good};

namespace diag {
#define DIAG AFDC_DIAGNOSTIC
#include "support/general.def"
#undef DIAG
}  // namespace diag

struct Label {
  SourceRange range;
  std::string text;
};

/// A replacement of source text that mends the mistake.
struct Fix {
  SourceRange range;
  std::string replacement;
  std::string text;  ///< "write `80 GiB`"
};

struct Diagnostic {
  const CatalogueEntry* entry = nullptr;
  Severity severity = Severity::Error;
  std::string message;
  Label primary;
  std::vector<Label> labels;
  std::vector<std::string> notes, helps;
  std::vector<Fix> fixes;

  Diagnostic& here(std::string text) { return primary.text = std::move(text), *this; }
  Diagnostic& label(SourceRange range, std::string text) {
    if (range.valid()) labels.push_back({range, std::move(text)});
    return *this;
  }
  Diagnostic& note(std::string text) { return notes.push_back(std::move(text)), *this; }
  Diagnostic& help(std::string text) { return helps.push_back(std::move(text)), *this; }
  Diagnostic& fix(SourceRange range, std::string replacement) {
    fixes.push_back({range, replacement, fmt::format("write `{}`", replacement)});
    return *this;
  }
};

class Diagnostics {
 public:
  explicit Diagnostics(SourceManager& sources) : sources_(sources) {}
  Diagnostics(const Diagnostics&) = delete;
  Diagnostics& operator=(const Diagnostics&) = delete;

  /// Reports a catalogued message; the format of its arguments is checked at compile time.
  template <const CatalogueEntry& entry, class... Args>
  Diagnostic& report(SourceRange at, const Args&... args) {
    return add(entry, at, fmt::format(fmt::format_string<const Args&...>(entry.message), args...));
  }

  SourceManager& sources() const { return sources_; }
  const std::deque<Diagnostic>& all() const { return list_; }
  size_t errors() const;
  size_t warnings() const;
  /// Messages that are kept: their places in `all`, for `forget`, `firstError` and `addPlace`.
  size_t count() const { return list_.size(); }
  /// The first error after the first `skip` messages; null when there is none.
  const Diagnostic* firstError(size_t skip = 0) const;
  /// A further place of the same mistake: a label at message `index`, if that still is this fact. Otherwise false.
  bool addPlace(size_t index, const CatalogueEntry& entry, std::string_view fact, SourceRange at);
  /// Drops, of what was reported after the first `count`, what was said of the same place before, with other values.
  void forgetRepeated(size_t count);
  /// Drops what was reported after the first `count`.
  void forget(size_t count);
  /// A file has so many mistakes that it does not pay to look for what was meant by each.
  bool crowded(uint32_t file) const;

  /// So many messages of each severity are shown of one file; of the others their number.
  static constexpr size_t kAll = SIZE_MAX;
  /// The text form: header, source lines with labels, notes, help; sorted by file and position.
  std::string text(bool color, size_t mostOfAFile = kAll) const;
  /// Each as a JSON object on one line, sorted as the text form is.
  std::vector<std::string> json() const;

 private:
  Diagnostic& add(const CatalogueEntry& entry, SourceRange at, std::string message);
  std::vector<const Diagnostic*> sorted() const;
  struct Selection;
  Selection selected(size_t mostOfAFile) const;
  SourceManager& sources_;
  std::deque<Diagnostic> list_;
  /// What a file has. Beyond ten thousand, messages are counted and not kept.
  struct Tally {
    size_t kept = 0, errorsNotKept = 0, warningsNotKept = 0;
  };
  std::map<uint32_t, Tally> perFile_;
  size_t ofSeverity(Severity severity, size_t Tally::*notKept) const;
  std::unordered_multimap<size_t, const Diagnostic*> byFact_;  ///< by the hash of message and place
  Diagnostic repeated_;                                        ///< takes what is added to a repeated message
};

/// Of the JSON of messages.
inline constexpr int kDiagnosticsVersion = 1;
/// The versioned JSON of messages, each as Diagnostics::json has it; of one file or of several.
std::string diagnosticsJson(const std::vector<std::string>& messages);

}  // namespace afdc
