// Being asked to stop: by Ctrl-C, by whoever ends processes, or because the terminal goes.
#pragma once
#include <atomic>

namespace afdc {

/// While one lives, such a signal stops nothing by itself: whoever works looks at `asked()` and ends in order.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  static const std::atomic<bool>& asked();
  /// As a shell says that a signal ended a process: 129, 130 or 143; 0 when nobody asked.
  static int exitCode();
};

}  // namespace afdc
