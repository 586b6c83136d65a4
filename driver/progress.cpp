#include "driver/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>

#include "support/text.h"

namespace afdc {

namespace {

constexpr double kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour, kYear = 365 * kDay;
constexpr double kMillion = 1e6;
constexpr double kUntilWarned = 5;  ///< s; before, the speed of a search is hardly known

double left(uint64_t number, uint64_t all, double seconds) {
  double done = static_cast<double>(number) / static_cast<double>(all);
  return done > 0 ? seconds * (1 - done) / done : 0;
}

std::string speedOf(uint64_t number, double seconds) {
  return significant(static_cast<double>(number) / seconds, 3) + " points/s";
}

}  // namespace

std::string durationText(double seconds) {
  if (seconds < kMinute) return fmt::format("{:.0f} s", seconds);
  if (seconds >= kMillion * kYear) return "more than a million years";
  if (seconds >= kYear) return significant(seconds / kYear, 2) + " years";
  struct Scale {
    double large, small;
    const char *largeName, *smallName;
  };
  static constexpr std::array<Scale, 3> kScales = {
      {{kDay, kHour, "days", "h"}, {kHour, kMinute, "h", "min"}, {kMinute, kMinute, "min", ""}}};
  for (const auto& scale : kScales) {
    double rounded = std::round(seconds / scale.small) * scale.small;
    if (rounded < scale.large) continue;
    double whole = std::floor(rounded / scale.large), rest = (rounded - whole * scale.large) / scale.small;
    std::string name = whole == 1 && scale.large == kDay ? "day" : scale.largeName;
    auto out = fmt::format("{:.0f} {}", whole, name);
    return rest >= 1 ? fmt::format("{} {:.0f} {}", out, rest, scale.smallName) : out;
  }
  return "1 min";
}

bool neverEnds(uint64_t number, uint64_t all, double seconds) { return left(number, all, seconds) > kYear; }

std::string progressText(uint64_t number, uint64_t all, double seconds) {
  double rest = left(number, all, seconds);
  if (neverEnds(number, all, seconds))
    return fmt::format("it will not end ({} left): stop it, vary fewer values", durationText(rest));
  constexpr size_t kBar = 20;
  double done = static_cast<double>(number) / static_cast<double>(all);
  auto full = static_cast<size_t>(done * kBar);
  return fmt::format("[{}{}] {:3.0f} %  {}  about {} left", std::string(full, '#'), std::string(kBar - full, '.'),
                     100 * done, speedOf(number, seconds), durationText(rest));
}

void Progress::at(uint64_t number, uint64_t all) {
  auto now = Clock::now();
  if (now - last_ < std::chrono::milliseconds(250)) return;
  last_ = now;
  double seconds = std::chrono::duration<double>(now - start_).count();
  auto text = progressText(number, all, seconds);
  if (isatty(STDERR_FILENO)) {
    std::fprintf(stderr, "\r%-78s", text.c_str());
    drawn_ = true;
  } else if (!warned_ && seconds > kUntilWarned && neverEnds(number, all, seconds)) {
    std::fprintf(stderr, "afdc: %s\n", text.c_str());
    warned_ = true;
  }
}

Progress::~Progress() {
  if (drawn_) std::fprintf(stderr, "\r%78s\r", "");
}

}  // namespace afdc
