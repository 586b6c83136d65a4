// A memo of what depends on some of the axes of a search: the bits of a mask say which. Points are given as the number
// of each axis's value; those that agree on the axes of the mask share an entry.
#pragma once
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace afdc {

/// Axes beyond the 63rd share the last bit.
inline uint64_t axisBit(size_t axis) { return uint64_t{1} << (axis < 63 ? axis : 63); }

template <class T>
class ByAxes {
 public:
  /// The entry of this point, if there is one. Consecutive points that differ late are found quickly.
  T* find(std::span<const uint32_t> point) {
    if (trie_.empty()) return nullptr;
    size_t depth = 0;
    while (depth < known_ && last_[depth] == point[axes_[depth]]) ++depth;
    for (; depth < axes_.size(); ++depth) {
      const auto& children = trie_[path_[depth]];
      uint32_t id = point[axes_[depth]], next = id < children.size() ? children[id] : 0;
      if (next == 0) {
        known_ = depth;
        return nullptr;
      }
      last_[depth] = id, path_[depth + 1] = next;
    }
    known_ = depth;
    uint32_t entry = leaf_[path_[depth]];
    return entry > 0 ? &entries_[entry - 1] : nullptr;
  }

  /// Adds what was found by looking at the axes of `mask`. Where that is more than was looked at before, what is known
  /// is forgotten as an index, but entries stay where they are.
  T& put(std::span<const uint32_t> point, uint64_t mask, T value) {
    if (trie_.empty() || (mask & ~mask_) != 0) widen(mask, point.size());
    uint32_t node = 0;
    for (size_t axis : axes_) {
      if (trie_[node].size() <= point[axis]) trie_[node].resize(point[axis] + 1, 0);
      uint32_t next = trie_[node][point[axis]];
      if (next == 0) {
        next = static_cast<uint32_t>(trie_.size());
        trie_[node][point[axis]] = next;
        trie_.emplace_back();
        leaf_.push_back(0);
      }
      node = next;
    }
    entries_.push_back(std::move(value));
    leaf_[node] = static_cast<uint32_t>(entries_.size());
    known_ = 0;
    return entries_.back();
  }

  uint64_t mask() const { return mask_; }
  size_t size() const { return entries_.size(); }
  const std::deque<T>& entries() const { return entries_; }

 private:
  void widen(uint64_t mask, size_t axes) {
    mask_ |= mask;
    axes_.clear();
    for (size_t i = 0; i < axes; ++i)
      if (mask_ & axisBit(i)) axes_.push_back(i);
    trie_.assign(1, {});
    leaf_.assign(1, 0);
    last_.assign(axes_.size(), 0);
    path_.assign(axes_.size() + 1, 0);
    known_ = 0;
  }

  uint64_t mask_ = 0;
  std::vector<size_t> axes_;
  std::vector<std::vector<uint32_t>> trie_;  ///< by value; 0: none
  std::vector<uint32_t> leaf_;               ///< entry + 1
  std::deque<T> entries_;
  std::vector<uint32_t> last_, path_;  ///< of the last point asked for
  size_t known_ = 0;
};

}  // namespace afdc
