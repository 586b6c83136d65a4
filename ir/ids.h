// Typed 32-bit indices into the IR's flat storage, and interned strings.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace afdc::ir {

template <class Tag>
struct Id {
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t index = kNone;
  bool valid() const { return index != kNone; }
  auto operator<=>(const Id&) const = default;
};

using StringId = Id<struct StringTag>;
using ExprId = Id<struct ExprTag>;
using TensorId = Id<struct TensorTag>;
using BodyId = Id<struct BodyTag>;
using NodeId = Id<struct NodeTag>;

/// Each text is stored once; ids are given in order of first use, so they are the same in every run.
class Strings {
 public:
  Strings() = default;
  Strings(const Strings& other) { *this = other; }
  Strings& operator=(const Strings& other) {
    texts_.clear();
    index_.clear();
    for (const auto& text : other.texts_) intern(text);
    return *this;
  }
  StringId intern(std::string_view text) {
    if (auto found = index_.find(text); found != index_.end()) return {found->second};
    texts_.emplace_back(text);
    auto id = static_cast<uint32_t>(texts_.size() - 1);
    index_.emplace(texts_.back(), id);
    return {id};
  }
  std::string_view operator[](StringId id) const {
    return id.valid() ? std::string_view(texts_[id.index]) : std::string_view();
  }

 private:
  std::deque<std::string> texts_;  // a deque: views into it stay valid
  std::unordered_map<std::string_view, uint32_t> index_;
};

}  // namespace afdc::ir
