// New content for a file, kept beside it under a name of its own until it is whole: whoever looks at the path, and
// whatever goes wrong, finds there all of the old content or all of the new one.
#pragma once
#include <string>
#include <string_view>

namespace afdc {

class AsideFile {
 public:
  /// Writes `text` beside `path`, which is no link. `put` gives it the mode and owner of the file that is there; a new
  /// one gets those of any new file. Executable: for all who may read it.
  static AsideFile withText(const std::string& path, std::string_view text, bool executable = false);
  /// A symbolic link in place of a text.
  static AsideFile withLink(const std::string& path, const std::string& to);

  AsideFile(AsideFile&& other) noexcept;
  AsideFile& operator=(AsideFile&&) = delete;
  /// Removes what was not put in its place.
  ~AsideFile();

  /// Why nothing could be written aside, in words; "" on success.
  const std::string& error() const { return error_; }
  const std::string& path() const { return path_; }
  /// Takes the place of what is at the path. Returns why it cannot, or "".
  std::string put();

 private:
  explicit AsideFile(const std::string& path);
  std::string path_, aside_, error_;
};

/// Writes all of `text` to an open descriptor, waiting where it takes no more for now. Returns the error number, or 0.
int writeAll(int descriptor, std::string_view text);

}  // namespace afdc
