#include "support/terminal.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Unicode.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace afdc {

namespace {

constexpr size_t kNarrowest = 80, kWidest = 200, kOfFiles = 100;

bool leads(char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }

/// Bytes of what switches colours (`ESC [ … m`) at the front; 0 where there is no such thing.
size_t colorCode(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  size_t end = text.find_first_not_of("0123456789;", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

std::string withoutColors(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();)
    if (size_t code = colorCode(text.substr(i)))
      i += code;
    else
      out += text[i++];
  return out;
}

/// The first bytes of `text` that take at most `width` cells, whole characters and at least one.
std::string_view fitting(std::string_view text, size_t width) {
  size_t end = 0, used = 0;
  while (end < text.size()) {
    size_t next = end + 1;
    if (size_t code = colorCode(text.substr(end))) next = end + code;
    while (next < text.size() && !leads(text[next])) ++next;
    used += columnWidth(text.substr(end, next - end));
    if (used > width && end > 0) break;
    end = next;
  }
  return text.substr(0, end);
}

/// Of a word that is longer than a line, what goes on this line: up to a joint such as the `/` of a path, if there is
/// one.
std::string_view breakable(std::string_view word, size_t width) {
  auto part = fitting(word, width);
  size_t joint = part.find_last_of("/._,;-=");
  return joint != std::string_view::npos && joint >= part.size() / 2 ? part.substr(0, joint + 1) : part;
}

std::vector<std::string_view> spacedWords(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(' ', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

}  // namespace

std::string Screen::bold(std::string_view text) const {
  std::string out(text);
  if (!color) return out;
  bool ends = out.ends_with('\n');
  if (ends) out.pop_back();
  return "\x1b[1m" + out + "\x1b[0m" + (ends ? "\n" : "");
}

size_t screenWidth() {
  size_t width = 0;
  if (const char* said = std::getenv("COLUMNS")) width = std::strtoul(said, nullptr, 10);
  winsize size = {};
  if (width == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) width = size.ws_col;
  return width == 0 ? kOfFiles : std::clamp(width, kNarrowest, kWidest);
}

size_t columnWidth(std::string_view text) {
  if (text.find('\x1b') != std::string_view::npos) {
    auto plain = withoutColors(text);
    if (plain.size() < text.size()) return columnWidth(plain);
  }
  int cells = llvm::sys::unicode::columnWidthUTF8({text.data(), text.size()});
  if (cells >= 0) return static_cast<size_t>(cells);
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), leads));
}

std::string wrapped(std::string_view first, std::string_view text, size_t width) {
  size_t indent = columnWidth(first), used = indent;
  std::string out(first);
  // Where hardly anything would stand beside it, the text goes below.
  if (indent > 0 && indent + 20 > width) {
    indent = std::min<size_t>(first.find_first_not_of(' ') + 4, 8);
    out += "\n" + std::string(indent, ' ');
    used = indent;
  }
  auto nextLine = [&] {
    out.erase(out.find_last_not_of(' ') + 1);
    out += "\n" + std::string(indent, ' ');
    used = indent;
  };
  bool fresh = true;  // nothing of the text stands on this line yet
  for (auto word : spacedWords(text)) {
    size_t cells = columnWidth(word);
    if (!fresh && used + 1 + cells > width) {
      nextLine();
      fresh = true;
    }
    if (!fresh) out += ' ', ++used;
    while (used + cells > width && cells > 1) {
      auto part = breakable(word, width - used);
      out += part;
      word.remove_prefix(part.size());
      cells = columnWidth(word);
      nextLine();
    }
    out += word;
    used += cells;
    fresh = false;
  }
  return out + "\n";
}

std::string within(std::string_view report, size_t width) {
  std::string out;
  for (size_t begin = 0; begin < report.size();) {
    size_t end = std::min(report.find('\n', begin), report.size());
    auto line = report.substr(begin, end - begin);
    begin = end + 1;
    if (columnWidth(line) <= width) {
      out += std::string(line) + "\n";
      continue;
    }
    size_t inner = std::min(line.find_first_not_of(' ') + 2, width / 2);
    auto head = fitting(line, width);
    if (size_t space = head.rfind(' '); space != std::string_view::npos && space > inner) head = head.substr(0, space);
    auto rest = line.substr(head.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    out += std::string(head) + "\n" + wrapped(std::string(inner, ' '), rest, width);
  }
  return out;
}

std::string shortened(std::string_view text, size_t width) {
  if (columnWidth(text) <= width) return std::string(text);
  auto kept = fitting(text, width - 1);
  size_t space = kept.rfind(' ');
  if (space != std::string_view::npos && space >= kept.size() / 2) kept = kept.substr(0, space);
  return std::string(kept) + "…";
}

std::string padded(std::string_view text, size_t width) {
  size_t have = columnWidth(text);
  return std::string(text) + std::string(have < width ? width - have : 0, ' ');
}

std::string paddedLeft(std::string_view text, size_t width) {
  size_t have = columnWidth(text);
  return std::string(have < width ? width - have : 0, ' ') + std::string(text);
}

}  // namespace afdc
