// Writing an emission to disk.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "backends/emit/target.h"
#include "support/files.h"
#include "support/hash.h"
#include "support/json_value.h"

namespace afdc::emit {

namespace fs = std::filesystem;

namespace {

constexpr const char* kManifest = "manifest.json";

std::string contentOf(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

/// The layout of the manifest. The first one named contents by hashes of 64 bits, which do not prove that a file is
/// still the one that was written.
constexpr int kManifestVersion = 2;

/// What the last emission into a directory left there.
struct LastEmission {
  std::map<std::string, std::string> files;  ///< SHA-256 of the content, by path
  bool readable = true;                      ///< no manifest, or one of this version
};

LastEmission lastEmission(const fs::path& directory) {
  LastEmission out;
  std::error_code error;
  if (!fs::is_regular_file(directory / kManifest, error)) return out;
  auto document = parseJson(contentOf(directory / kManifest));
  out.readable = document.root["version"].number() == kManifestVersion;
  if (out.readable)
    for (const auto& file : document.root["files"].items)
      out.files[std::string(file["path"].text())] = std::string(file["sha256"].text());
  return out;
}

std::string contentOf(const File& f) { return f.make ? f.make() : f.text; }

/// Why a file must not be written over, or "": somebody may have changed it, or it is not ours.
std::string obstacle(const fs::path& root, const File& f, const LastEmission& last) {
  fs::path path = root / f.path;
  std::error_code error;
  if (!fs::exists(path, error)) return "";
  std::string there = sha256(contentOf(path));
  auto known = last.files.find(f.path);
  if (known != last.files.end() && known->second == there) return "";
  if (f.linkTo.empty() && there == sha256(contentOf(f))) return "";
  if (known != last.files.end()) return fmt::format("{} was changed since it was written", path.string());
  if (last.readable) return fmt::format("{} is there and was not written by afdc", path.string());
  return fmt::format("{} may have been changed: the {} beside it is of another version of afdc and does not tell",
                     path.string(), kManifest);
}

/// Removes what the last emission left, nobody changed, and this one does not have. A damaged manifest names nothing
/// else.
void removeLeftovers(const fs::path& root, const LastEmission& last, const Emission& emission) {
  std::error_code error;
  for (const auto& [path, hash] : last.files) {
    bool again = std::ranges::find(emission.files, path, &File::path) != emission.files.end();
    if (again || !below(path) || !fs::exists(fs::symlink_status(root / path, error))) continue;
    if (fs::is_symlink(root / path, error) || sha256(contentOf(root / path)) == hash) fs::remove(root / path, error);
  }
}

/// A link to another file of the emission, made aside and renamed like files are. The error, or "".
std::string writeLink(const fs::path& path, const File& f) {
  std::error_code error;
  fs::path aside = path;
  aside += ".new";
  fs::remove(aside, error);
  fs::create_symlink(fs::path(f.linkTo).lexically_relative(fs::path(f.path).parent_path()), aside, error);
  if (!error) fs::rename(aside, path, error);
  return error ? fmt::format("{}: {}", path.string(), error.message()) : "";
}

std::string writeFile(const fs::path& path, const File& f, const std::string& text) {
  std::error_code error;
  // A link of an earlier emission is replaced, not written through.
  if (fs::is_symlink(path, error)) fs::remove(path, error);
  if (auto failed = writeWhole(path.string(), text); !failed.empty()) return failed;
  if (f.executable)
    fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add,
                    error);
  return "";
}

}  // namespace

bool below(const std::string& path) {
  fs::path p(path);
  return !p.empty() && p.is_relative() &&
         std::none_of(p.begin(), p.end(), [](const auto& part) { return part == ".."; });
}

std::string manifestOf(const Target& target, const Input& input, const Emission& emission,
                       const std::map<std::string, std::string>& hashes) {
  auto out = Document::map();
  out.set("schema", "afd_emission").set("version", kManifestVersion);
  out.set("compiler", "afdc " + input.compiler).set("target", target.name).set("format", target.version);
  out.set("scenario", input.results.scenario).set("scenario_hash", input.results.scenario_hash);
  auto files = Document::list(), mappings = Document::list(), losses = Document::list();
  for (const auto& f : emission.files) {
    auto file = Document::map().set("path", f.path);
    file.set("sha256", hashes.at(f.linkTo.empty() ? f.path : f.linkTo));
    if (!f.linkTo.empty()) file.set("same_as", f.linkTo);
    files.add(file);
  }
  for (const auto& m : emission.mappings) {
    auto mapping = Document::map().set("file", m.file).set("key", m.key).set("value", m.value).set("from", m.from);
    // The scenario's own words for it, and where it says so.
    if (auto node = input.scenario.find(input.scenario.root, m.from); node.valid()) {
      mapping.set("is", input.scenario.show(node));
      const auto& origins = input.scenario[node].origins;
      if (!origins.empty() && origins[0].place.file.valid())
        mapping.set("said_at",
                    fmt::format("{}:{}", input.scenario.strings[origins[0].place.file], origins[0].place.line));
    }
    mappings.add(mapping);
  }
  for (const auto& l : emission.losses) losses.add(Document::map().set("what", l.what).set("from", l.path));
  out.set("files", files).set("mappings", mappings).set("losses", losses);
  auto units = Document::list();
  for (const auto& u : target.units)
    units.add(Document::map().set("quantity", u.quantity).set("unit", u.spelled).set("base_units_in_one", u.scale));
  out.set("units", units);
  return out.json();
}

Written writeEmission(const std::string& directory, const Target& target, const Input& input, const Emission& emission,
                      bool force) {
  Written out;
  fs::path root(directory);
  auto last = lastEmission(root);
  for (const auto& f : emission.files)
    if (!below(f.path)) throw std::logic_error(f.path + " lies outside of its emission");
  for (const auto& f : emission.files) {
    if (force) break;
    if (auto why = obstacle(root, f, last); !why.empty()) {
      out.error = why + "; --force writes over it";
      return out;
    }
  }
  removeLeftovers(root, last, emission);
  std::map<std::string, std::string> hashes;
  for (const auto& f : emission.files) {
    fs::path path = root / f.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      out.error = fmt::format("{}: {}", path.parent_path().string(), error.message());
      return out;
    }
    if (f.linkTo.empty()) {
      auto text = contentOf(f);
      hashes[f.path] = sha256(text);
      out.error = writeFile(path, f, text);
    } else {
      out.error = writeLink(path, f);
    }
    if (!out.error.empty()) return out;
    out.files.push_back(f.path);
  }
  out.error = writeWhole((root / kManifest).string(), manifestOf(target, input, emission, hashes));
  out.files.emplace_back(kManifest);
  return out;
}

}  // namespace afdc::emit
