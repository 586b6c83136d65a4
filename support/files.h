// Reading and writing files without surprises.
#pragma once
#include <string>
#include <string_view>

namespace afdc {

/// Largest source file that is read (bytes). Larger input is refused with a clear message instead of exhausting memory.
inline constexpr size_t kLargestSource = 16u << 20;

struct FileText {
  std::string text;
  std::string error;  ///< empty on success; otherwise why, in words ("is a directory")
};

/// Reads a regular file of at most `kLargestSource` bytes. Directories, pipes and devices are refused, not waited for.
FileText readSource(const std::string& path);

/// Writes to a temporary file beside `path` and renames it, so that no reader sees half a file. Returns the error or
/// "".
std::string writeWhole(const std::string& path, std::string_view text);

}  // namespace afdc
