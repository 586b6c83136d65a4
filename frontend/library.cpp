#include "frontend/library.h"

#include <algorithm>
#include <iterator>

#include "frontend/syntax/headings.h"
#include "frontend/syntax/layout.h"
#include "support/text.h"

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

/// The texts of `checkpoints = ["…", …]` among the tokens of a declaration.
std::vector<std::string> publishedNames(const std::vector<Token>& tokens, size_t at, std::string_view text) {
  std::vector<std::string> names;
  size_t end = endOfTopLevel(tokens, at);
  while (at < end && tokens[at].of(text) != "checkpoints") ++at;
  for (; at < end && !tokens[at].is(Symbol::RightSquare); ++at)
    if (tokens[at].kind == TokenKind::Text) {
      auto quoted = tokens[at].of(text);
      names.emplace_back(quoted.substr(1, quoted.size() - 2));
    }
  return names;
}

}  // namespace

std::string spokenName(std::string_view name) {
  if (size_t slash = name.rfind('/'); slash != std::string_view::npos) name.remove_prefix(slash + 1);
  std::string out;
  for (char c : lowerCase(name))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  return out;
}

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
    if (kind.empty()) continue;
    auto published = kind == "model" ? publishedNames(tokens, at, text) : std::vector<std::string>();
    entries_.push_back({module, std::string(kind), std::string(name), std::move(published)});
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

const LibraryEntry* Library::meant(std::string_view asked, std::string_view kind) const {
  std::string spoken = spokenName(asked);
  if (spoken.empty()) return nullptr;
  // What is written as it is declared or published goes before what only sounds so.
  auto ways = {
      +[](const LibraryEntry& e, std::string_view name, const std::string&) { return e.name == name; },
      +[](const LibraryEntry& e, std::string_view name, const std::string&) {
        return std::ranges::any_of(e.published, [&](const auto& p) { return lowerCase(p) == lowerCase(name); });
      },
      +[](const LibraryEntry& e, std::string_view, const std::string& name) { return spokenName(e.name) == name; },
      +[](const LibraryEntry& e, std::string_view, const std::string& name) {
        return std::ranges::any_of(e.published, [&](const auto& p) { return spokenName(p) == name; });
      }};
  for (auto fits : ways)
    for (const auto& e : entries_)
      if ((kind.empty() || e.kind == kind) && fits(e, asked, spoken)) return &e;
  return nullptr;
}

std::vector<std::string> Library::near(std::string_view asked, std::string_view kind) const {
  std::vector<std::string> names, containing;
  std::string spoken = spokenName(asked);
  for (const auto& e : entries_) {
    if (!kind.empty() && e.kind != kind) continue;
    names.push_back(e.name);
    if (!spoken.empty() && contains(spokenName(e.name), spoken)) containing.push_back(e.name);
  }
  if (!containing.empty()) return containing;
  auto nearest = suggest(asked, names);
  return nearest ? std::vector<std::string>{*nearest} : std::vector<std::string>{};
}

}  // namespace afdc
