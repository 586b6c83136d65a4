#include "support/fence.h"

#include <algorithm>
#include <filesystem>

#include "support/text.h"

namespace afdc {

namespace fs = std::filesystem;

namespace {

/// Absolute and without links, as far as the path exists; empty when the system does not tell.
fs::path resolved(const fs::path& path) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error);
  if (error) return {};
  fs::path real = fs::weakly_canonical(absolute, error);
  return error ? fs::path() : real;
}

fs::path projectOf(const fs::path& folder) {
  std::error_code error;
  for (fs::path at = folder; !at.empty(); at = at.parent_path()) {
    if (fs::exists(at / ".git", error) || fs::exists(at / "afd.toml", error)) return at;
    if (at == at.root_path()) break;
  }
  return folder;
}

bool isBelow(const fs::path& path, const fs::path& folder) {
  auto [ofFolder, ofPath] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return ofFolder == folder.end();
}

}  // namespace

void Fence::admitProjectOf(const std::string& file) {
  auto folder = resolved(fs::path(file).parent_path().empty() ? fs::path(".") : fs::path(file).parent_path());
  if (!folder.empty()) folders_.push_back(projectOf(folder).string());
}

void Fence::admit(const std::string& folder) {
  if (auto real = resolved(folder); !real.empty()) folders_.push_back(real.string());
}

bool Fence::admits(const std::string& file) const {
  auto real = resolved(file);
  return !real.empty() && std::any_of(folders_.begin(), folders_.end(),
                                      [&](const std::string& folder) { return isBelow(real, folder); });
}

std::string Fence::admitted() const {
  std::vector<std::string> shown;
  for (const auto& folder : folders_) {
    auto name = "`" + folder + "`";
    if (std::find(shown.begin(), shown.end(), name) == shown.end()) shown.push_back(name);
  }
  return "files are read below " + joinWords(shown);
}

}  // namespace afdc
