// Source files and positions in them. Everything a message points at is a SourceRange.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace afdc {

/// Half-open byte range in one file. `file` indexes SourceManager; `kNoFile` means "nowhere" (command line, built-in).
struct SourceRange {
  static constexpr uint32_t kNoFile = UINT32_MAX;
  uint32_t file = kNoFile;
  uint32_t begin = 0;
  uint32_t end = 0;
  bool valid() const { return file != kNoFile; }
  bool operator==(const SourceRange&) const = default;
};

/// 1-based line and column; the column counts Unicode code points.
struct LineColumn {
  uint32_t line = 0;
  uint32_t column = 0;
};

class SourceFile {
 public:
  SourceFile(std::string name, std::string text);
  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }
  LineColumn position(uint32_t offset) const;
  /// The text of a 1-based line, without its newline.
  std::string_view line(uint32_t number) const;
  uint32_t lineStart(uint32_t number) const { return lineStarts_[number - 1]; }
  uint32_t lineCount() const { return static_cast<uint32_t>(lineStarts_.size()); }

 private:
  std::string name_, text_;
  std::vector<uint32_t> lineStarts_;
};

class SourceManager {
 public:
  /// Adds a file under the name that messages show; returns its index.
  uint32_t add(std::string name, std::string text);
  const SourceFile& file(uint32_t index) const { return files_[index]; }
  const SourceFile* fileOrNull(uint32_t index) const { return index < files_.size() ? &files_[index] : nullptr; }
  std::string_view text(SourceRange range) const;
  /// "name:line:column", or "<command line>" for a range without a file.
  std::string describe(SourceRange range) const;

 private:
  std::deque<SourceFile> files_;
};

}  // namespace afdc
