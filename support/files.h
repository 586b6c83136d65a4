// Reading files without surprises.
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

/// Reads a regular file of at most `largest` bytes. Directories, pipes and devices are refused, not waited for.
FileText readFile(const std::string& path, size_t largest);
/// The same for what people write.
FileText readSource(const std::string& path);
/// What a person named to be read: a file, or standard input, which is read once however often it is asked for.
FileText readInput(const std::string& path);
/// The word for standard input, and what messages call it.
inline constexpr std::string_view kStandardInput = "-";
inline std::string inputName(const std::string& path) { return path == kStandardInput ? "<stdin>" : path; }
/// The first bytes of a regular file, at most so many.
FileText readBeginning(const std::string& path, size_t most);

}  // namespace afdc
