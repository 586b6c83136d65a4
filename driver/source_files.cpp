#include "driver/source_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace afdc {

namespace fs = std::filesystem;

namespace {

void addBelow(const std::string& folder, SourceFiles& out) {
  std::vector<std::string> found;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::end(at); at.increment(error)) {
    bool hidden = at->path().filename().string().starts_with('.');
    std::error_code unknown;  // of a link that leads nowhere
    if (hidden && at->is_directory(unknown)) at.disable_recursion_pending();
    if (!hidden && at->path().extension() == ".afd" && at->is_regular_file(unknown))
      found.push_back(at->path().string());
  }
  if (error)
    out.problems.push_back(fmt::format("{}: {}", folder, error.message()));
  else if (found.empty())
    out.problems.push_back(fmt::format("{} has no .afd file in it or below it", folder));
  std::ranges::sort(found);
  out.files.insert(out.files.end(), found.begin(), found.end());
}

}  // namespace

SourceFiles sourceFilesOf(const std::vector<std::string>& words) {
  SourceFiles out;
  for (const auto& word : words) {
    std::error_code error;
    if (fs::is_directory(word, error))
      addBelow(word, out);
    else
      out.files.push_back(word);
  }
  return out;
}

}  // namespace afdc
