#include "support/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace afdc {

FileText readSource(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {"", errno == ENOENT ? "no such file" : std::strerror(errno)};
  if (S_ISDIR(info.st_mode)) return {"", "is a directory, not a file"};
  if (!S_ISREG(info.st_mode)) return {"", "is not a regular file"};
  if (static_cast<size_t>(info.st_size) > kLargestSource)
    return {"", fmt::format("is {:.1f} MB; a source file may have at most {} MiB",
                            static_cast<double>(info.st_size) / 1e6, kLargestSource >> 20)};
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {"", std::strerror(errno)};
  FileText out;
  out.text.resize(static_cast<size_t>(info.st_size));
  size_t have = 0;
  while (have < out.text.size()) {
    ssize_t got = read(fd, out.text.data() + have, out.text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<size_t>(got);
  }
  close(fd);
  out.text.resize(have);
  return out;
}

std::string writeWhole(const std::string& path, std::string_view text) {
  std::string temporary = path + ".tmp";
  FILE* file = std::fopen(temporary.c_str(), "wb");
  if (!file) return fmt::format("cannot write `{}`: {}", path, std::strerror(errno));
  bool ok = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  ok = std::fclose(file) == 0 && ok;
  if (ok && std::rename(temporary.c_str(), path.c_str()) == 0) return "";
  std::string why = std::strerror(errno);
  std::remove(temporary.c_str());
  return fmt::format("cannot write `{}`: {}", path, why);
}

}  // namespace afdc
