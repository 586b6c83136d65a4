#include "support/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "support/aside_file.h"
#include "support/files.h"
#include "support/hash.h"

namespace afdc {

namespace fs = std::filesystem;

namespace {

constexpr size_t kShownOfContent = 4u << 20;                    ///< bytes in which a file shows what it is
constexpr int kMostLinks = 40;                                  ///< as the kernel follows them
constexpr auto kPatience = std::chrono::seconds(10);            ///< for somebody to read from a named pipe
constexpr auto kLookAgainAfter = std::chrono::milliseconds(5);  ///< whether somebody does

std::string inWords(int error) {
  switch (error) {
    case ENOENT: return "its folder does not exist";
    case ENOTDIR: return "what should be its folder is a file";
    case ELOOP: return "its links go round in a circle";
    case ENXIO: return fmt::format("it is a pipe that nobody reads; waited {} s", kPatience.count());
    case EPIPE: return "whoever read from it has stopped";
    default: return std::strerror(error);
  }
}

/// What a path leads to.
struct Place {
  enum class What : uint8_t {
    File,        ///< a regular file, or none yet: replaced
    Stream,      ///< a pipe or a device: written to
    Descriptor,  ///< one that is open in this process (`/dev/stdout`, `/dev/fd/3`): written to
    Other        ///< nothing that takes text
  };
  What what = What::File;
  std::string path = {};  ///< links followed
  int descriptor = -1;
  struct stat there = {};
  bool exists = false;
  std::string error = {};  ///< why it is nothing that takes text
};

Place noPlace(std::string why) {
  Place out;
  out.what = Place::What::Other;
  out.error = std::move(why);
  return out;
}

/// The number of a descriptor of this process; -1 for other paths. `folder` has no links in it.
int descriptorIn(const fs::path& folder, const std::string& name) {
  auto own = fmt::format("/proc/{}/", getpid());
  bool ours = folder.string().starts_with(own) && folder.filename() == "fd";
  int number = -1;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return ours && error == std::errc() && end == name.data() + name.size() ? number : -1;
}

/// Devices that take any text and do nothing else; writing to others can do anything.
struct Device {
  unsigned majorFirst, majorLast, minorFirst, minorLast;
};
constexpr std::array<Device, 4> kTakingText = {{{1, 1, 3, 3},          // /dev/null
                                                {1, 1, 5, 7},          // /dev/zero, /dev/full
                                                {4, 5, 0, ~0u},        // terminals
                                                {136, 143, 0, ~0u}}};  // terminals in windows

bool takesText(dev_t device) {
  return std::ranges::any_of(kTakingText, [&](const Device& d) {
    return major(device) >= d.majorFirst && major(device) <= d.majorLast && minor(device) >= d.minorFirst &&
           minor(device) <= d.minorLast;
  });
}

/// Sorts by what is there, which `stat` has told.
Place sorted(Place place) {
  auto mode = place.there.st_mode;
  if (S_ISDIR(mode)) return noPlace("it is a folder");
  if (S_ISBLK(mode) || (S_ISCHR(mode) && !takesText(place.there.st_rdev))) return noPlace("it is a device");
  if (place.what == Place::What::Descriptor) return place;
  if (S_ISSOCK(mode)) return noPlace("it is a socket");
  place.what = S_ISREG(mode) ? Place::What::File : Place::What::Stream;
  return place;
}

Place placeOfDescriptor(int number) {
  Place out;
  out.what = Place::What::Descriptor;
  out.descriptor = number;
  int flags = fcntl(number, F_GETFL);
  if (flags < 0 || fstat(number, &out.there) != 0) return noPlace(fmt::format("descriptor {} is not open", number));
  if ((flags & O_ACCMODE) == O_RDONLY) return noPlace(fmt::format("descriptor {} is open for reading only", number));
  return sorted(std::move(out));
}

/// Follows links one by one: what `/dev/stdout` leads to has no name that could be opened again.
Place placeOf(const std::string& path) {
  fs::path at(path);
  for (int links = 0; links < kMostLinks; ++links) {
    std::error_code error;
    auto folder = fs::canonical(at.has_parent_path() ? at.parent_path() : fs::path("."), error);
    if (error) return noPlace(inWords(error.value()));
    auto name = at.filename();
    if (name.empty() || name == "." || name == "..") return noPlace("it is a folder");
    if (int number = descriptorIn(folder, name.string()); number >= 0) return placeOfDescriptor(number);
    at = folder / name;
    Place out;
    out.path = at.string();
    if (lstat(at.c_str(), &out.there) != 0) return errno == ENOENT ? out : noPlace(inWords(errno));
    if (!S_ISLNK(out.there.st_mode)) {
      out.exists = true;
      return sorted(std::move(out));
    }
    at = folder / fs::read_symlink(at, error);
    if (error) return noPlace(inWords(error.value()));
  }
  return noPlace(inWords(ELOOP));
}

bool sameFile(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

bool isOneOf(const struct stat& there, const std::vector<std::string>& files) {
  return std::ranges::any_of(files, [&](const std::string& file) {
    struct stat info {};
    return stat(file.c_str(), &info) == 0 && sameFile(info, there);
  });
}

/// Root may write everywhere; a file that nobody may write to is meant to stay, whoever asks.
bool readOnly(const Place& place) { return access(place.path.c_str(), W_OK) != 0 || (place.there.st_mode & 0222) == 0; }

/// Opens a pipe or a device. A pipe waits a while for its reader, but not for ever: there are results to be shown.
int openStream(const std::string& path) {
  auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor >= 0 || errno != ENXIO || std::chrono::steady_clock::now() >= until) return descriptor;
    std::this_thread::sleep_for(kLookAgainAfter);
  }
}

std::string writeStream(const std::string& path, std::string_view content) {
  int descriptor = openStream(path);
  if (descriptor < 0) return inWords(errno);
  int problem = writeAll(descriptor, content);
  if (close(descriptor) != 0 && problem == 0) problem = errno;
  return problem == 0 ? "" : inWords(problem);
}

std::string writePlace(const Place& place, std::string_view content) {
  if (place.what == Place::What::Stream) return writeStream(place.path, content);
  if (place.what == Place::What::File) return AsideFile::withText(place.path, content).put();
  int problem = writeAll(place.descriptor, content);
  return problem == 0 ? "" : inWords(problem);
}

/// Why a file may not be replaced.
std::string whyNotReplaced(const Place& place, const FileKind& kind) {
  if (readOnly(place)) return "it is read-only";
  auto content = readBeginning(place.path, kShownOfContent);
  if (!content.error.empty()) return fmt::format("it cannot be read, so nobody knows what it is: {}", content.error);
  if (content.text.empty() || kind.wrote(content.text)) return "";
  return fmt::format("it is there, and is not {}; --force replaces it", kind.what);
}

std::string obstacleAt(const Place& place, const FileKind& kind, bool force, const std::vector<std::string>& inputs) {
  if (place.what == Place::What::Other) return place.error;
  bool there = place.exists || place.what == Place::What::Descriptor;
  if (there && isOneOf(place.there, inputs)) return "it is what this command reads";
  if (place.what == Place::What::Descriptor) return "";
  if (place.what == Place::What::Stream)
    return access(place.path.c_str(), W_OK) == 0 ? "" : std::string(std::strerror(errno));
  if (place.exists && !force)
    if (auto why = whyNotReplaced(place, kind); !why.empty()) return why;
  auto folder = fs::path(place.path).parent_path();
  if (access(folder.c_str(), W_OK | X_OK) != 0)
    return fmt::format("its folder takes no files: {}", std::strerror(errno));
  return "";
}

std::string cannotWrite(const std::string& path, const std::string& why) {
  return why.empty() ? "" : fmt::format("cannot write `{}`: {}", path, why);
}

std::string seal(std::string_view heading, std::string_view text) {
  return fmt::format("{} [{}]\n", heading, shortHash(sha256(text)));
}

}  // namespace

std::string sealed(std::string_view heading, std::string_view text) { return seal(heading, text) + std::string(text); }

bool unchanged(std::string_view heading, std::string_view content) {
  if (!content.starts_with(heading)) return false;
  size_t end = content.find('\n'), hash = content.substr(0, end).rfind(" [");
  if (end == std::string_view::npos || hash == std::string_view::npos) return false;
  return content.substr(0, end + 1) == seal(content.substr(0, hash), content.substr(end + 1));
}

bool isOneOf(const std::string& path, const std::vector<std::string>& files) {
  struct stat there {};
  return stat(path.c_str(), &there) == 0 && isOneOf(there, files);
}

OutputFile::OutputFile(std::string path, const FileKind& kind, bool force)
    : path_(std::move(path)), kind_(kind), force_(force) {}

std::string OutputFile::replaced() const {
  auto place = placeOf(path_);
  return place.what == Place::What::File ? place.path : "";
}

std::string OutputFile::obstacle(const std::vector<std::string>& inputs) const {
  return cannotWrite(path_, obstacleAt(placeOf(path_), kind_, force_, inputs));
}

std::string OutputFile::write(std::string_view content, const std::vector<std::string>& inputs) const {
  auto place = placeOf(path_);
  auto why = obstacleAt(place, kind_, force_, inputs);
  return cannotWrite(path_, why.empty() ? writePlace(place, content) : why);
}

}  // namespace afdc
