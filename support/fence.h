// Which files may be read on behalf of a text that somebody else wrote, such as a scenario in a stranger's pull
// request: those of the projects whose files the user named, and those below folders that the user allowed.
#pragma once
#include <string>
#include <vector>

namespace afdc {

class Fence {
 public:
  /// The user named this file, so the project that it belongs to may be read: everything below the nearest folder above
  /// it that has a `.git` or an `afd.toml`, or else below its own folder.
  void admitProjectOf(const std::string& file);
  /// The user allowed this folder and everything below it.
  void admit(const std::string& folder);

  /// Links are followed before the question is answered. A file need not exist to be outside.
  bool admits(const std::string& file) const;
  /// For a message about a file outside: "files are read below `/home/me/study` and `/data`", and what to do.
  std::string admitted() const;
  static constexpr std::string_view kWayIn = "move it there, or say `--allow DIR` with the folder that it is in";

 private:
  std::vector<std::string> folders_;  ///< absolute, without links
};

}  // namespace afdc
