// Files that a person names, one by one or by the folder that they are in.
#pragma once
#include <string>
#include <vector>

namespace afdc {

struct SourceFiles {
  std::vector<std::string> files;
  std::vector<std::string> problems;  ///< of folders, in words
};

/// Each word is a file, or a folder that stands for every .afd file below it, in order of their paths. What begins with
/// a dot is left out, and folders that are links are not entered.
SourceFiles sourceFilesOf(const std::vector<std::string>& words);

}  // namespace afdc
