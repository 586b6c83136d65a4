#include "driver/pass_times.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/text.h"

namespace afdc {

void PassTimes::add(std::string_view pass, double seconds) {
  if (!wanted_) return;
  auto known = std::find_if(seconds_.begin(), seconds_.end(), [&](const auto& p) { return p.first == pass; });
  if (known == seconds_.end()) known = seconds_.emplace(seconds_.end(), pass, 0);
  known->second += seconds;
}

PassTimer PassTimes::timer() {
  if (!wanted_) return {};
  return [this](std::string_view pass, double seconds) { add(pass, seconds); };
}

std::string PassTimes::table() const {
  if (!wanted_) return "";
  double all = 0;
  for (const auto& [pass, seconds] : seconds_) all += seconds;
  std::string out;
  auto line = [&](std::string_view name, double seconds) {
    out += fmt::format("{:<12} {:>10.3f} ms {:>6.1f} %\n", name, 1e3 * seconds, all > 0 ? 100 * seconds / all : 0);
  };
  for (const auto& [pass, seconds] : seconds_) line(pass, seconds);
  line("all", all);
  return out;
}

}  // namespace afdc
