#include "support/source.h"

#include <fmt/format.h>

#include <algorithm>

namespace afdc {

SourceFile::SourceFile(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
  lineStarts_.push_back(0);
  for (size_t i = 0; i < text_.size(); ++i)
    if (text_[i] == '\n') lineStarts_.push_back(static_cast<uint32_t>(i + 1));
}

LineColumn SourceFile::position(uint32_t offset) const {
  offset = std::min<uint32_t>(offset, static_cast<uint32_t>(text_.size()));
  auto next = std::upper_bound(lineStarts_.begin(), lineStarts_.end(), offset);
  auto line = static_cast<uint32_t>(next - lineStarts_.begin());
  uint32_t column = 1;
  for (uint32_t i = lineStarts_[line - 1]; i < offset; ++i)
    if ((static_cast<unsigned char>(text_[i]) & 0xC0u) != 0x80u) ++column;  // count lead bytes only
  return {line, column};
}

std::string_view SourceFile::line(uint32_t number) const {
  uint32_t begin = lineStarts_[number - 1];
  uint32_t end = number < lineStarts_.size() ? lineStarts_[number] - 1 : static_cast<uint32_t>(text_.size());
  if (end > begin && text_[end - 1] == '\r') --end;
  return std::string_view(text_).substr(begin, end - begin);
}

uint32_t SourceManager::add(std::string name, std::string text) {
  files_.emplace_back(std::move(name), std::move(text));
  return static_cast<uint32_t>(files_.size() - 1);
}

std::string_view SourceManager::text(SourceRange range) const {
  if (!range.valid()) return {};
  return files_[range.file].text().substr(range.begin, range.end - range.begin);
}

std::string SourceManager::describe(SourceRange range) const {
  if (!range.valid()) return "<command line>";
  auto at = files_[range.file].position(range.begin);
  return fmt::format("{}:{}:{}", files_[range.file].name(), at.line, at.column);
}

}  // namespace afdc
