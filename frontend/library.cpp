#include "frontend/library.h"

#include <algorithm>
#include <iterator>

#include "frontend/syntax/headings.h"
#include "frontend/syntax/layout.h"

namespace afdc {

namespace {

/// The kind of a declaration that others can import by its name; empty for the rest.
std::string_view importableKind(const Heading& heading, std::string_view firstWord, std::string_view name) {
  if (name.empty() || name[0] == '_') return {};
  switch (heading.kind) {
    case ast::DeclKind::Block: return firstWord == "test" || firstWord == "emit" ? std::string_view() : firstWord;
    case ast::DeclKind::Kind:
    case ast::DeclKind::Intrinsic: return {};  // seen by every module without an import
    default: return firstWord;
  }
}

}  // namespace

void Library::add(const std::string& module, std::string_view text) {
  // Mistakes are said where the module is loaded.
  SourceManager sources;
  Diagnostics unsaid(sources);
  uint32_t file = sources.add(module, std::string(text));
  auto tokens = layOut(readTokens(text), file, unsaid);
  for (size_t at = 0; at < tokens.size(); at = endOfTopLevel(tokens, at) + 1) {
    auto heading = headingOf(tokens, at);
    if (!heading) continue;
    auto name = tokens[heading->name].of(text);
    auto kind = importableKind(*heading, tokens[at].of(text), name);
    if (!kind.empty()) entries_.push_back({module, std::string(kind), std::string(name)});
  }
}

std::vector<LibraryEntry> Library::ofKind(std::string_view kind) const {
  std::vector<LibraryEntry> found;
  std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(found),
               [&](const LibraryEntry& e) { return e.kind == kind; });
  return found;
}

const LibraryEntry* Library::find(std::string_view name) const {
  auto found = std::find_if(entries_.begin(), entries_.end(), [&](const LibraryEntry& e) { return e.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

}  // namespace afdc
