// Files that fields of a scenario name, such as tables of measured kernels: each is read once for a session, so that
// all points of a search share it and the next session sees what has changed.
#pragma once
#include <any>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "support/fence.h"

namespace afdc {

class DataFiles {
 public:
  Fence fence;  ///< what may be read; whoever names a file asks it first

  /// What `make` makes of the file at `path`; made at the first call, the same afterwards. Threads may call it.
  template <class T, class Make>
  T open(const std::string& path, Make&& make) {
    std::lock_guard lock(one_);
    auto& made = made_[path];
    if (!made.has_value()) made = T(std::forward<Make>(make)());
    return std::any_cast<const T&>(made);
  }

  /// Of all files so far.
  std::vector<std::string> paths() {
    std::lock_guard lock(one_);
    std::vector<std::string> out;
    for (const auto& [path, made] : made_) out.push_back(path);
    return out;
  }

 private:
  std::mutex one_;
  std::map<std::string, std::any> made_;
};

}  // namespace afdc
