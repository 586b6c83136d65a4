// What the standard library declares, by name: read from the first words of its files, nothing is parsed for it. Asked
// by messages ("add `import …`"), by `afdc plan` and by whoever looks for a model or device by a person's spelling.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace afdc {

struct LibraryEntry {
  std::string module;  ///< "std.models.llama"
  std::string kind;    ///< "model", "gpu", … of a block; else "schema", "let", "fn" or "enum"
  std::string name;
  std::vector<std::string> published;  ///< names of a model's checkpoints: "meta-llama/Llama-3.1-8B"
};

/// How a person may spell a name: without its publisher, letter case and separators. "DeepSeek-V3", "deepseek_v3" and
/// "deepseek-ai/DeepSeek-V3" are one.
std::string spokenName(std::string_view name);

class Library {
 public:
  /// Adds what a module declares and others can import.
  void add(const std::string& module, std::string_view text);

  /// In order of the modules' names, then as declared.
  const std::vector<LibraryEntry>& entries() const { return entries_; }
  std::vector<LibraryEntry> ofKind(std::string_view kind) const;
  /// The first with this name; null when there is none.
  const LibraryEntry* find(std::string_view name) const;
  /// The one that a person means: by its name, by that of a checkpoint, or by either as it is spoken; of one kind, or
  /// of any where `kind` is empty. Null when there is none.
  const LibraryEntry* meant(std::string_view asked, std::string_view kind = {}) const;
  /// Names that somebody who wrote one that there is not may have meant: those that contain it, else the nearest by
  /// spelling.
  std::vector<std::string> near(std::string_view asked, std::string_view kind = {}) const;

 private:
  std::vector<LibraryEntry> entries_;
};

}  // namespace afdc
