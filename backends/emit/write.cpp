// Writing an emission to disk.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "backends/emit/target.h"
#include "support/aside_file.h"
#include "support/hash.h"
#include "support/json_value.h"
#include "support/output_file.h"
#include "support/text.h"

namespace afdc::emit {

namespace fs = std::filesystem;

namespace {

constexpr const char* kManifest = "manifest.json";
constexpr std::string_view kSchema = "afd_emission";

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
  bool ours = true;                          ///< no manifest, or one that an emission wrote
};

LastEmission lastEmission(const fs::path& directory) {
  LastEmission out;
  std::error_code error;
  if (!fs::is_regular_file(directory / kManifest, error)) return out;
  auto document = parseJson(contentOf(directory / kManifest));
  out.ours = document.root["schema"].text() == kSchema;
  out.readable = !out.ours || document.root["version"].number() == kManifestVersion;
  if (out.ours && out.readable)
    for (const auto& file : document.root["files"].items)
      out.files[std::string(file["path"].text())] = std::string(file["sha256"].text());
  return out;
}

std::string contentOf(const File& f) { return f.make ? f.make() : f.text; }

/// What there is about a path, whatever a link there leads to.
struct There {
  bool nothing, file, link, linkToFile;
};
There lookAt(const fs::path& path) {
  std::error_code error;
  auto itself = fs::symlink_status(path, error);
  bool link = fs::is_symlink(itself);
  return {!fs::exists(itself), fs::is_regular_file(itself), link, link && fs::is_regular_file(path, error)};
}

/// Why a file must not be written over whoever asks, or "".
std::string barrier(const fs::path& path, const std::vector<std::string>& reads) {
  auto there = lookAt(path);
  if (there.nothing) return "";
  if (isOneOf(path.string(), reads)) return fmt::format("{} is what this command reads", path.string());
  return there.file || there.link ? "" : fmt::format("{} is there, and is no file", path.string());
}

/// Why a file must not be written over unasked, or "": somebody may have changed it, or it is not ours.
std::string obstacle(const fs::path& root, const File& f, const LastEmission& last) {
  fs::path path = root / f.path;
  auto there = lookAt(path);
  if (there.nothing) return "";
  auto known = last.files.find(f.path);
  bool ours = known != last.files.end();
  if (there.link && !there.linkToFile && ours) return "";  // to another file of the emission, which is gone
  if (there.file || there.linkToFile) {
    std::string now = sha256(contentOf(path));
    if (ours && known->second == now) return "";
    if (f.linkTo.empty() && now == sha256(contentOf(f))) return "";
    if (ours) return fmt::format("{} was changed since it was written", path.string());
  }
  if (last.readable) return fmt::format("{} is there and was not written by afdc", path.string());
  return fmt::format("{} may have been changed: the {} beside it is of another version of afdc and does not tell",
                     path.string(), kManifest);
}

/// Why nothing may be written into a folder, or "".
std::string whyNot(const fs::path& root, const Emission& emission, const LastEmission& last, bool force,
                   const std::vector<std::string>& reads) {
  auto manifest = root / kManifest;
  if (auto why = barrier(manifest, reads); !why.empty()) return why;
  for (const auto& f : emission.files)
    if (auto why = barrier(root / f.path, reads); !why.empty()) return why;
  if (force) return "";
  std::string why;
  if (!lookAt(manifest).nothing && !last.ours) why = manifest.string() + " is there and was not written by afdc";
  for (const auto& f : emission.files)
    if (why.empty()) why = obstacle(root, f, last);
  return why.empty() ? "" : why + "; --force writes over it";
}

/// Removes what the last emission left, nobody changed, and this one does not have. A damaged manifest names nothing
/// else.
void removeLeftovers(const fs::path& root, const LastEmission& last, const Emission& emission) {
  std::error_code error;
  for (const auto& [path, hash] : last.files) {
    bool again = std::ranges::find(emission.files, path, &File::path) != emission.files.end();
    if (again || !below(path)) continue;
    auto there = lookAt(root / path);
    if (there.link || (there.file && sha256(contentOf(root / path)) == hash)) fs::remove(root / path, error);
  }
}

/// Folders that an emission needs; those that it made go again unless it is written.
class Folders {
 public:
  /// Why there can be none, or "".
  std::string make(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> missing;
    for (auto at = folder; !at.empty() && !fs::exists(at, error); at = at.parent_path()) missing.push_back(at);
    fs::create_directories(folder, error);
    if (error) return fmt::format("cannot make the folder `{}`: {}", folder.string(), error.message());
    made_.insert(made_.end(), missing.rbegin(), missing.rend());
    return "";
  }
  void keep() { made_.clear(); }
  ~Folders() {
    std::error_code ignored;
    for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) fs::remove(*folder, ignored);
  }

 private:
  std::vector<fs::path> made_;  ///< from the outside in
};

/// The new files of an emission, each beside its place: they take their places when all are whole.
class NewFiles {
 public:
  explicit NewFiles(fs::path root) : root_(std::move(root)) {}

  /// Why it cannot be written, or "".
  std::string add(const File& f) {
    fs::path path = root_ / f.path;
    if (auto why = folders_.make(path.parent_path()); !why.empty()) return why;
    if (!f.linkTo.empty())
      return add(AsideFile::withLink(path.string(),
                                     fs::path(f.linkTo).lexically_relative(fs::path(f.path).parent_path()).string()));
    auto text = contentOf(f);
    hashes_[f.path] = sha256(text);
    return add(AsideFile::withText(path.string(), text, f.executable));
  }
  std::string addManifest(const std::string& text) {
    return add(AsideFile::withText((root_ / kManifest).string(), text));
  }

  /// Of their contents, by path.
  const std::map<std::string, std::string>& hashes() const { return hashes_; }

  /// Puts all in their places. Says of a failure which are there.
  std::string put() {
    folders_.keep();
    std::vector<std::string> done;
    for (auto& file : files_) {
      auto why = file.put();
      if (!why.empty())
        return fmt::format(
            "cannot write `{}`: {}; {}", file.path(), why,
            done.empty() ? "nothing was written" : fmt::format("of the new files only {} are there", joinWords(done)));
      done.push_back(file.path());
    }
    return "";
  }

 private:
  std::string add(AsideFile file) {
    files_.push_back(std::move(file));
    const auto& added = files_.back();
    return added.error().empty() ? "" : fmt::format("cannot write `{}`: {}", added.path(), added.error());
  }
  fs::path root_;
  Folders folders_;  ///< before the files: these go first
  std::vector<AsideFile> files_;
  std::map<std::string, std::string> hashes_;
};

}  // namespace

bool below(const std::string& path) {
  fs::path p(path);
  return !p.empty() && p.is_relative() &&
         std::none_of(p.begin(), p.end(), [](const auto& part) { return part == ".."; });
}

std::string manifestOf(const Target& target, const Input& input, const Emission& emission,
                       const std::map<std::string, std::string>& hashes) {
  auto out = Document::map();
  out.set("schema", kSchema).set("version", kManifestVersion);
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
                      bool force, const std::vector<std::string>& reads) {
  Written out;
  fs::path root(directory);
  auto last = lastEmission(root);
  for (const auto& f : emission.files)
    if (!below(f.path)) throw std::logic_error(f.path + " lies outside of its emission");
  out.error = whyNot(root, emission, last, force, reads);
  NewFiles files(root);
  for (const auto& f : emission.files) {
    if (!out.error.empty()) return out;
    out.error = files.add(f);
    out.files.push_back(f.path);
  }
  if (out.error.empty()) out.error = files.addManifest(manifestOf(target, input, emission, files.hashes()));
  out.files.emplace_back(kManifest);
  if (out.error.empty()) out.error = files.put();
  if (out.error.empty()) removeLeftovers(root, last, emission);
  return out;
}

}  // namespace afdc::emit
