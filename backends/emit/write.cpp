// Writing an emission to disk.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "backends/emit/target.h"
#include "support/files.h"
#include "support/json_value.h"
#include "support/text.h"

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

/// What the last emission into a directory left there: hashes by file.
std::map<std::string, std::string> lastManifest(const fs::path& directory) {
  std::map<std::string, std::string> out;
  std::error_code error;
  if (!fs::is_regular_file(directory / kManifest, error)) return out;
  auto document = parseJson(contentOf(directory / kManifest));
  for (const auto& file : document.root["files"].items)
    out[std::string(file["path"].text())] = std::string(file["hash"].text());
  return out;
}

/// Is this a path below the directory, and not out of it? A damaged manifest names nothing else to be removed.
bool below(const std::string& path) {
  fs::path p(path);
  return !p.empty() && p.is_relative() &&
         std::none_of(p.begin(), p.end(), [](const auto& part) { return part == ".."; });
}

}  // namespace

std::string manifestOf(const Target& target, const Input& input, const Emission& emission,
                       const std::map<std::string, std::string>& hashes) {
  auto out = Document::map();
  out.set("compiler", "afdc " + input.compiler).set("target", target.name).set("format", target.version);
  out.set("scenario", input.results.scenario).set("scenario_hash", input.results.scenario_hash);
  auto files = Document::list(), mappings = Document::list(), losses = Document::list();
  for (const auto& f : emission.files) {
    auto file = Document::map().set("path", f.path);
    file.set("hash", hashes.at(f.linkTo.empty() ? f.path : f.linkTo));
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
  std::error_code error;
  auto last = lastManifest(root);
  if (!force) {
    for (const auto& f : emission.files) {
      fs::path path = root / f.path;
      if (!fs::exists(path, error)) continue;
      std::string there = contentHash(contentOf(path));
      auto known = last.find(f.path);
      bool ours = known != last.end() && known->second == there;
      if (!ours && f.linkTo.empty() && there == contentHash(f.make ? f.make() : f.text)) ours = true;
      if (!ours) {
        out.error = fmt::format(
            "{} {}; --force writes over it", path.string(),
            known != last.end() ? "was changed since it was written" : "is there and was not written by afdc");
        return out;
      }
    }
  }
  for (const auto& [path, hash] : last) {
    bool again =
        std::any_of(emission.files.begin(), emission.files.end(), [&](const File& f) { return f.path == path; });
    if (!again && below(path) && fs::exists(fs::symlink_status(root / path, error)) &&
        (fs::is_symlink(root / path, error) || contentHash(contentOf(root / path)) == hash))
      fs::remove(root / path, error);
  }
  std::map<std::string, std::string> hashes;
  for (const auto& f : emission.files) {
    fs::path path = root / f.path;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      out.error = fmt::format("{}: {}", path.parent_path().string(), error.message());
      return out;
    }
    if (!f.linkTo.empty()) {
      // Aside and renamed, like the others.
      fs::path aside = path;
      aside += ".new";
      fs::remove(aside, error);
      fs::create_symlink(fs::path(f.linkTo).lexically_relative(fs::path(f.path).parent_path()), aside, error);
      if (!error) fs::rename(aside, path, error);
      if (error) out.error = fmt::format("{}: {}", path.string(), error.message());
    } else {
      // A link of an earlier emission is replaced, not written through.
      if (fs::is_symlink(path, error)) fs::remove(path, error);
      auto text = f.make ? f.make() : f.text;
      hashes[f.path] = contentHash(text);
      out.error = writeWhole(path.string(), text);
      if (out.error.empty() && f.executable)
        fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                        fs::perm_options::add, error);
    }
    if (!out.error.empty()) return out;
    out.files.push_back(f.path);
  }
  out.error = writeWhole((root / kManifest).string(), manifestOf(target, input, emission, hashes));
  out.files.emplace_back(kManifest);
  return out;
}

}  // namespace afdc::emit
