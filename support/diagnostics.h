// The diagnostics engine. A pass reports a catalogued fact; how it is shown (text, JSON) is decided at the end.
#pragma once
#include <fmt/format.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "support/source.h"

namespace afdc {

enum class Severity { Error, Warning };

namespace diag {
enum Id : uint16_t {
#define DIAG(id, name, severity, message, explanation, bad, good) name,
#include "support/catalogue.def"
#undef DIAG
  kCount
};
}  // namespace diag

struct CatalogueEntry {
  std::string_view id;    ///< "AFD0301"
  std::string_view name;  ///< "does_not_divide"
  Severity severity;
  std::string_view message, explanation, bad, good;
};

inline constexpr CatalogueEntry kCatalogue[] = {
#define DIAG(id, name, severity, message, explanation, bad, good) \
  {#id, #name, Severity::severity, message, explanation, bad, good},
#include "support/catalogue.def"
#undef DIAG
};

const CatalogueEntry* findCatalogueEntry(std::string_view idOrName);

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
  diag::Id id{};
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
  template <diag::Id id, class... Args>
  Diagnostic& report(SourceRange at, const Args&... args) {
    constexpr std::string_view message = kCatalogue[id].message;
    return add(id, at, fmt::format(fmt::format_string<const Args&...>(message), args...));
  }

  SourceManager& sources() const { return sources_; }
  const std::deque<Diagnostic>& all() const { return list_; }
  size_t errors() const;
  size_t count() const { return list_.size(); }
  /// Drops what was reported after the first `count`.
  void forget(size_t count) { list_.resize(std::min(count, list_.size())); }

  /// The text form: header, source lines with labels, notes, help; sorted by file and position.
  std::string text(bool color) const;
  /// One JSON array, sorted as the text form is.
  std::string json() const;

 private:
  Diagnostic& add(diag::Id id, SourceRange at, std::string message);
  std::vector<const Diagnostic*> sorted() const;
  SourceManager& sources_;
  std::deque<Diagnostic> list_;
};

}  // namespace afdc
