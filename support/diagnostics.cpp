#include "support/diagnostics.h"
#include "support/escape.h"
#include "support/json.h"
#include "support/terminal.h"
#include "support/text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

namespace afdc {

namespace {

size_t hashOfFact(const CatalogueEntry& entry, SourceRange at, std::string_view message) {
  auto mix = [](size_t seed, size_t more) { return (seed ^ more) * 0x9E3779B97F4A7C15u; };
  auto hash = std::hash<std::string_view>{};
  return mix(mix(mix(mix(hash(entry.id), at.file), at.begin), at.end), hash(message));
}

constexpr size_t kLongestMessage = 1000;
constexpr size_t kCrowd = 100;
constexpr size_t kMostKept = 10'000;

/// A name of a megabyte is shown by its ends.
std::string abridged(std::string message) {
  if (message.size() <= kLongestMessage) return message;
  auto continues = [&](size_t at) { return (static_cast<unsigned char>(message[at]) & 0xC0u) == 0x80u; };
  size_t head = kLongestMessage / 2, tail = message.size() - kLongestMessage / 2;
  while (continues(head)) --head;
  while (tail < message.size() && continues(tail)) ++tail;
  return message.substr(0, head) + " … " + message.substr(tail);
}

}  // namespace

bool Diagnostics::crowded(uint32_t file) const {
  auto known = perFile_.find(file);
  return known != perFile_.end() && known->second.kept > kCrowd;
}

Diagnostic& Diagnostics::add(const CatalogueEntry& entry, SourceRange at, std::string message) {
  // The same fact at the same place is one mistake, however many ways lead to it.
  message = abridged(std::move(message));
  size_t fact = hashOfFact(entry, at, message);
  if (at.valid())
    for (auto [known, end] = byFact_.equal_range(fact); known != end; ++known) {
      const auto& old = *known->second;
      if (old.entry == &entry && old.primary.range == at && old.message == message) return repeated_ = {};
    }
  auto& tally = perFile_[at.file];
  if (tally.kept >= kMostKept) {
    ++(entry.severity == Severity::Error ? tally.errorsNotKept : tally.warningsNotKept);
    return repeated_ = {};
  }
  Diagnostic d;
  d.entry = &entry;
  d.severity = entry.severity;
  d.message = std::move(message);
  d.primary.range = at;
  list_.push_back(std::move(d));
  ++tally.kept;
  byFact_.emplace(fact, &list_.back());
  return list_.back();
}

const Diagnostic* Diagnostics::firstError(size_t skip) const {
  for (size_t i = skip; i < list_.size(); ++i)
    if (list_[i].severity == Severity::Error) return &list_[i];
  return nullptr;
}

bool Diagnostics::addPlace(size_t index, const CatalogueEntry& entry, std::string_view fact, SourceRange at) {
  constexpr size_t kMostPlaces = 4;
  if (index >= list_.size()) return false;
  auto& d = list_[index];
  if (d.entry != &entry || d.message.find(fact) == std::string::npos) return false;
  bool known = d.primary.range == at ||
               std::any_of(d.labels.begin(), d.labels.end(), [&](const Label& l) { return l.range == at; });
  if (!known && d.labels.size() < kMostPlaces) d.label(at, "and here");
  return true;
}

void Diagnostics::forgetRepeated(size_t count) {
  auto saidBefore = [&](const Diagnostic& d) {
    auto end = list_.begin() + static_cast<std::ptrdiff_t>(std::min(count, list_.size()));
    return std::any_of(list_.begin(), end, [&](const Diagnostic& old) {
      return old.entry == d.entry && d.primary.range.valid() && old.primary.range == d.primary.range;
    });
  };
  while (list_.size() > count && saidBefore(list_.back())) forget(list_.size() - 1);
}

void Diagnostics::forget(size_t count) {
  for (; list_.size() > count; list_.pop_back()) {
    const auto& last = list_.back();
    --perFile_[last.primary.range.file].kept;
    auto [known, end] = byFact_.equal_range(hashOfFact(*last.entry, last.primary.range, last.message));
    known = std::find_if(known, end, [&](const auto& fact) { return fact.second == &last; });
    if (known != end) byFact_.erase(known);
  }
}

size_t Diagnostics::ofSeverity(Severity severity, size_t Tally::*notKept) const {
  auto all = static_cast<size_t>(
      std::count_if(list_.begin(), list_.end(), [&](const Diagnostic& d) { return d.severity == severity; }));
  for (const auto& [file, tally] : perFile_) all += tally.*notKept;
  return all;
}

size_t Diagnostics::errors() const { return ofSeverity(Severity::Error, &Tally::errorsNotKept); }
size_t Diagnostics::warnings() const { return ofSeverity(Severity::Warning, &Tally::warningsNotKept); }

/// What is shown of many messages, and how many more each file has.
struct Diagnostics::Selection {
  struct More {
    size_t errors = 0, warnings = 0;
  };
  std::vector<const Diagnostic*> shown;
  std::map<uint32_t, More> more;  ///< by file
};

Diagnostics::Selection Diagnostics::selected(size_t mostOfAFile) const {
  Selection out;
  std::map<uint32_t, Selection::More> seen;
  for (const auto* d : sorted()) {
    uint32_t file = d->primary.range.file;
    auto ofSeverity = d->severity == Severity::Error ? &Selection::More::errors : &Selection::More::warnings;
    if (seen[file].*ofSeverity < mostOfAFile) {
      ++(seen[file].*ofSeverity);
      out.shown.push_back(d);
    } else {
      ++(out.more[file].*ofSeverity);
    }
  }
  for (const auto& [file, tally] : perFile_) {
    if (tally.errorsNotKept + tally.warningsNotKept == 0) continue;
    out.more[file].errors += tally.errorsNotKept;
    out.more[file].warnings += tally.warningsNotKept;
  }
  return out;
}

std::vector<const Diagnostic*> Diagnostics::sorted() const {
  std::vector<const Diagnostic*> order;
  for (const auto& d : list_) order.push_back(&d);
  std::stable_sort(order.begin(), order.end(), [](const Diagnostic* a, const Diagnostic* b) {
    return std::tuple(a->primary.range.file, a->primary.range.begin) <
           std::tuple(b->primary.range.file, b->primary.range.begin);
  });
  return order;
}

namespace {

struct Paint {
  bool on;
  std::string operator()(const char* code, std::string_view text) const {
    return on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
};

/// Source lines wider than this are cut around the label.
constexpr uint32_t kLongestLine = 160;

/// The part of a line that is shown, and where in it (bytes) the label begins and ends.
struct Excerpt {
  std::string text;
  size_t begin, end;
};

Excerpt excerpt(std::string_view line, size_t begin, size_t end) {
  if (line.size() <= kLongestLine) return {std::string(line), begin, end};
  size_t from = begin > 60 ? begin - 60 : 0;
  while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xC0u) == 0x80u) --from;
  std::string cut = from > 0 ? "…" : "";
  size_t shift = cut.size();
  cut += line.substr(from, kLongestLine);
  return {cut, begin - from + shift, std::min(end - from + shift, cut.size())};
}

void renderLabel(std::string& out, const SourceManager& sources, const Label& label, bool primary, Paint paint,
                 size_t gutter) {
  const auto& file = sources.file(label.range.file);
  uint32_t number = file.position(label.range.begin).line;
  auto line = file.line(number);
  uint32_t lineBegin = file.lineStart(number);
  size_t begin = std::min<size_t>(label.range.begin - lineBegin, line.size());
  size_t end = std::clamp<size_t>(label.range.end - lineBegin, begin, line.size());
  Excerpt shown = excerpt(line, begin, end);
  std::replace(shown.text.begin(), shown.text.end(), '\t', ' ');
  std::string_view whole = shown.text;
  // What the terminal would obey is spelled out, and takes more room then.
  std::string before = onOneLine(whole.substr(0, shown.begin)),
              marked = onOneLine(whole.substr(shown.begin, shown.end - shown.begin)),
              text = before + marked + onOneLine(whole.substr(shown.end));
  size_t indent = columnWidth(before);
  size_t width = std::max<size_t>(columnWidth(marked), 1);
  const char* colour = primary ? "1;31" : "1;34";
  out += fmt::format("{} {} {}\n", paint("1;34", fmt::format("{:>{}}", number, gutter)), paint("1;34", "|"), text);
  out += fmt::format(
      "{:>{}} {} {}{}\n", "", gutter, paint("1;34", "|"), std::string(indent, ' '),
      paint(colour, std::string(width, primary ? '^' : '-') + (label.text.empty() ? "" : " " + onOneLine(label.text))));
}

}  // namespace

std::string Diagnostics::text(bool color, size_t mostOfAFile) const {
  Paint paint{color};
  std::string out;
  auto selection = selected(mostOfAFile);
  for (const auto* d : selection.shown) {
    const auto& entry = *d->entry;
    bool error = d->severity == Severity::Error;
    out += paint(error ? "1;31" : "1;33", fmt::format("{}[{}]", error ? "error" : "warning", entry.id));
    out += paint("1", fmt::format(": {}", onOneLine(d->message))) + "\n";
    size_t gutter = 4;
    if (d->primary.range.valid()) {
      out += fmt::format("  {} {}\n", paint("1;34", "-->"), onOneLine(sources_.describe(d->primary.range)));
      renderLabel(out, sources_, d->primary, true, paint, gutter);
    }
    uint32_t lastFile = d->primary.range.file;
    for (const auto& label : d->labels) {
      if (label.range.file != lastFile)
        out += fmt::format("  {} {}\n", paint("1;34", ":::"), onOneLine(sources_.describe(label.range)));
      lastFile = label.range.file;
      renderLabel(out, sources_, label, false, paint, gutter);
    }
    auto trailer = [&](std::string_view word, const std::string& text) {
      // Continuation lines of a note (a table of components) line up under its first line.
      std::string indented;
      for (char c : text) {
        indented += c;
        if (c == '\n') indented += std::string(gutter + 3 + word.size() + 2, ' ');
      }
      out += fmt::format("{:>{}} {} {}: {}\n", "", gutter, paint("1;34", "="), paint("1", word), indented);
    };
    for (const auto& note : d->notes) trailer("note", printable(note));
    for (const auto& help : d->helps) trailer("help", printable(help));
    if (!d->fixes.empty()) {
      std::string text;
      for (const auto& fix : d->fixes) text += (text.empty() ? "" : " or ") + fix.text;
      trailer("help", printable(text));
    }
    out += "\n";
  }
  for (const auto& [file, more] : selection.more) {
    std::vector<std::string> kinds;
    if (more.errors > 0) kinds.push_back(counted(more.errors, "error"));
    if (more.warnings > 0) kinds.push_back(counted(more.warnings, "warning"));
    const auto* where = sources_.fileOrNull(file);
    out += fmt::format("and {} more{}; `--max-errors 0` shows all\n\n", joinWords(kinds),
                       where ? fmt::format(" in {}", where->name()) : "");
  }
  return out;
}

namespace {

JsonTree placeOf(const SourceManager& sources, SourceRange range) {
  auto place = JsonTree::object();
  if (!range.valid()) return place;
  const auto& file = sources.file(range.file);
  auto begin = file.position(range.begin), end = file.position(range.end);
  place["file"] = file.name();
  place["line"] = begin.line;
  place["column"] = begin.column;
  place["end_line"] = end.line;
  place["end_column"] = end.column;
  return place;
}

JsonTree treeOf(const SourceManager& sources, const Diagnostic& d) {
  JsonTree tree = {{"id", d.entry->id},
                   {"name", d.entry->name},
                   {"severity", d.severity == Severity::Error ? "error" : "warning"},
                   {"message", d.message},
                   {"at", placeOf(sources, d.primary.range)},
                   {"labels", JsonTree::array()},
                   {"notes", d.notes},
                   {"help", d.helps},
                   {"fixes", JsonTree::array()}};
  for (const auto& label : d.labels)
    tree["labels"].push_back({{"text", label.text}, {"at", placeOf(sources, label.range)}});
  for (const auto& fix : d.fixes)
    tree["fixes"].push_back(
        {{"text", fix.text}, {"replacement", fix.replacement}, {"at", placeOf(sources, fix.range)}});
  return tree;
}

}  // namespace

std::vector<std::string> Diagnostics::json() const {
  std::vector<std::string> out;
  for (const auto* d : sorted()) out.push_back(jsonText(treeOf(sources_, *d), JsonLayout::OneLine));
  return out;
}

std::string diagnosticsJson(const std::vector<std::string>& messages) {
  std::string list;
  for (const auto& message : messages) list += (list.empty() ? "\n  " : ",\n  ") + message;
  return fmt::format("{{\"schema\": \"afd_diagnostics\", \"version\": {}, \"diagnostics\": [{}{}]}}\n",
                     kDiagnosticsVersion, list, list.empty() ? "" : "\n");
}

}  // namespace afdc
