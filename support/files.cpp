#include "support/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace afdc {

namespace {

/// Reads until the file ends or `most` bytes are there; what the system says of its size is a guess (`/proc` says 0).
/// Returns why it cannot be read, or "".
std::string readInto(std::string& text, int descriptor, size_t guess, size_t most) {
  constexpr size_t kStep = 64u << 10;
  while (text.size() < most) {
    size_t have = text.size(), room = std::max(guess > have ? guess - have + 1 : 0, kStep);
    text.resize(std::min(most, have + room));
    ssize_t got = read(descriptor, text.data() + have, text.size() - have);
    text.resize(have + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) break;
    if (got < 0 && errno != EINTR) return std::strerror(errno);
  }
  return "";
}

FileText refused(std::string why) { return {"", std::move(why)}; }

}  // namespace

FileText readBeginning(const std::string& path, size_t most) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return refused(errno == ENOENT ? "no such file" : std::strerror(errno));
  if (S_ISDIR(info.st_mode)) return refused("is a directory, not a file");
  if (!S_ISREG(info.st_mode)) return refused("is not a regular file");
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return refused(std::strerror(errno));
  FileText out;
  out.error = readInto(out.text, descriptor, std::min(static_cast<size_t>(info.st_size), most), most);
  close(descriptor);
  return out.error.empty() ? out : refused(out.error);
}

FileText readFile(const std::string& path, size_t largest) {
  auto out = readBeginning(path, largest + 1);
  if (out.text.size() <= largest) return out;
  struct stat info {};
  stat(path.c_str(), &info);
  return refused(
      fmt::format("is {:.1f} MB; at most {} MiB are read", static_cast<double>(info.st_size) / 1e6, largest >> 20));
}

FileText readSource(const std::string& path) { return readFile(path, kLargestSource); }

FileText readInput(const std::string& path) {
  if (path != kStandardInput) return readSource(path);
  static const FileText input = [] {
    FileText out;
    out.error = readInto(out.text, STDIN_FILENO, 0, kLargestSource + 1);
    if (!out.error.empty()) return refused(out.error);
    bool tooLarge = out.text.size() > kLargestSource;
    return tooLarge ? refused(fmt::format("is too large; at most {} MiB are read", kLargestSource >> 20)) : out;
  }();
  return input;
}

}  // namespace afdc
