#include "support/aside_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

namespace afdc {

namespace {

/// A reader that has gone, or a file beyond the allowed size, is an error of the write while one of these lives, and
/// not the end of the process: there are results that nobody has seen yet.
class SignalsOfWritingIgnored {
 public:
  SignalsOfWritingIgnored() {
    struct sigaction ignored {};
    ignored.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignored, &pipe_);
    sigaction(SIGXFSZ, &ignored, &size_);
  }
  SignalsOfWritingIgnored(const SignalsOfWritingIgnored&) = delete;
  SignalsOfWritingIgnored& operator=(const SignalsOfWritingIgnored&) = delete;
  ~SignalsOfWritingIgnored() {
    sigaction(SIGPIPE, &pipe_, nullptr);
    sigaction(SIGXFSZ, &size_, nullptr);
  }

 private:
  struct sigaction pipe_ {
  }, size_{};
};

/// Makes something under a name in the folder of `path` that nobody has: short, for the path's own name may be as long
/// as a name can be, and hidden, for a killed process leaves it behind. Returns the name; "" with `errno` set.
template <class Make>
std::string madeBeside(const std::string& path, Make&& make) {
  static std::atomic<unsigned> next{0};
  auto folder = std::filesystem::path(path).parent_path();
  for (;;) {
    auto aside = (folder / fmt::format(".afdc-{}-{}", getpid(), next++)).string();
    if (make(aside)) return aside;
    if (errno != EEXIST) return "";
  }
}

/// The mode and, where we may give it away, the owner of the file that is going to be replaced.
bool takeAfter(int descriptor, const std::string& path) {
  struct stat old {};
  if (stat(path.c_str(), &old) != 0) return true;
  bool given = fchown(descriptor, old.st_uid, old.st_gid) == 0;
  return fchmod(descriptor, old.st_mode & (given ? 07777 : 0777)) == 0;
}

/// Everybody who may read it may run it.
bool makeExecutable(int descriptor) {
  struct stat now {};
  if (fstat(descriptor, &now) != 0) return false;
  return fchmod(descriptor, (now.st_mode | ((now.st_mode & 0444) >> 2)) & 07777) == 0;
}

}  // namespace

int writeAll(int descriptor, std::string_view text) {
  SignalsOfWritingIgnored ignored;
  while (!text.empty()) {
    ssize_t wrote = write(descriptor, text.data(), text.size());
    if (wrote > 0) {
      text.remove_prefix(static_cast<size_t>(wrote));
    } else if (wrote < 0 && errno == EAGAIN) {
      pollfd taking{descriptor, POLLOUT, 0};
      poll(&taking, 1, -1);
    } else if (wrote == 0 || errno != EINTR) {
      return wrote == 0 ? ENOSPC : errno;
    }
  }
  return 0;
}

AsideFile::AsideFile(const std::string& path) : path_(path) {}

AsideFile::AsideFile(AsideFile&& other) noexcept
    : path_(std::move(other.path_)), aside_(std::exchange(other.aside_, "")), error_(std::move(other.error_)) {}

AsideFile::~AsideFile() {
  if (!aside_.empty()) unlink(aside_.c_str());
}

AsideFile AsideFile::withText(const std::string& path, std::string_view text, bool executable) {
  AsideFile out(path);
  int descriptor = -1;
  out.aside_ = madeBeside(path, [&](const std::string& aside) {
    descriptor = open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return descriptor >= 0;
  });
  if (descriptor < 0) {
    out.error_ = std::strerror(errno);
    return out;
  }
  bool mode = takeAfter(descriptor, path) && (!executable || makeExecutable(descriptor));
  int problem = mode ? writeAll(descriptor, text) : errno;
  // A full disk may show only when the content gets there.
  if (problem == 0 && fsync(descriptor) != 0 && errno != EINVAL) problem = errno;
  if (close(descriptor) != 0 && problem == 0) problem = errno;
  if (problem != 0) out.error_ = std::strerror(problem);
  return out;
}

AsideFile AsideFile::withLink(const std::string& path, const std::string& to) {
  AsideFile out(path);
  out.aside_ = madeBeside(path, [&](const std::string& aside) { return symlink(to.c_str(), aside.c_str()) == 0; });
  if (out.aside_.empty()) out.error_ = std::strerror(errno);
  return out;
}

std::string AsideFile::put() {
  if (!error_.empty()) return error_;
  if (rename(aside_.c_str(), path_.c_str()) != 0) return std::strerror(errno);
  aside_.clear();
  return "";
}

}  // namespace afdc
