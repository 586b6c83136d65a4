// The one way in which a command writes a file that somebody named. Nothing that was there is lost: a file is replaced
// whole or not at all, only one that afdc wrote is replaced unasked, and what is no file is written to or refused.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace afdc {

/// A kind of files that afdc writes.
struct FileKind {
  std::string_view what;  ///< "a page that afdc wrote"
  /// Is this the content of such a file? Of a long one only the beginning is shown.
  bool (*wrote)(std::string_view content);
};

/// A text that belongs to whoever named it, as `fmt -w` writes it: anything may be replaced.
inline constexpr FileKind kAnyFile = {"a file", [](std::string_view) { return true; }};

/// A text whose first line is `heading` and a hash of what follows, so that `unchanged` can tell whether somebody
/// edited it since. For files that people go on with.
std::string sealed(std::string_view heading, std::string_view text);
bool unchanged(std::string_view heading, std::string_view content);

class OutputFile {
 public:
  /// Links are followed: what they lead to is written. `force`: a file is replaced whatever it is.
  OutputFile(std::string path, const FileKind& kind, bool force = false);

  /// Why it cannot be written, in words; "" when it can as far as anybody knows beforehand. Never is one of the files
  /// written that a command reads (`inputs`).
  std::string obstacle(const std::vector<std::string>& inputs = {}) const;
  /// Looks for obstacles again, then writes. Returns why it was not written, or "".
  std::string write(std::string_view content, const std::vector<std::string>& inputs = {}) const;

  const std::string& path() const { return path_; }
  /// The file that is replaced, links followed; "" where the path leads to something that is written to.
  std::string replaced() const;

 private:
  std::string path_;
  FileKind kind_;
  bool force_;
};

/// Do the path and one of the files, however they are spelt, lead to the same file?
bool isOneOf(const std::string& path, const std::vector<std::string>& files);

}  // namespace afdc
