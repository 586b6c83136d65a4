// How many there are of something.
#pragma once
#include <algorithm>
#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace afdc {

class Count;

/// What may stand beside a count in its arithmetic.
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;
template <class A, class B>
concept Counts = (std::same_as<A, Count> && (Integer<B> || std::same_as<B, Count>)) ||
                 (std::same_as<B, Count> && Integer<A>);

/// A number of devices, replicas, layers, sequences: always whole. Sums, differences and products of counts are counts,
/// and stop at the ends of 64 bits instead of wrapping around, however large the numbers are that a scenario has.
/// Beside a real number, and in any division, a count is a real number itself: 3 / 2 is 1.5. `quotient` is the whole
/// one.
class Count {
 public:
  constexpr Count() = default;
  template <Integer T>
  constexpr Count(T n) : n_(std::in_range<int64_t>(n) ? static_cast<int64_t>(n) : kMost) {}
  /// The largest: as good as no limit.
  static constexpr Count most() { return Count(kMost); }

  // Of a real number; of one that is beyond all counts, the nearest of them.
  static Count floor(double x);
  static Count ceil(double x);
  static Count round(double x);

  constexpr operator double() const { return static_cast<double>(n_); }
  /// As the size or the index of something; the nearest that T has.
  template <Integer T>
  constexpr explicit operator T() const {
    if (std::in_range<T>(n_)) return static_cast<T>(n_);
    return n_ < 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
  }

  constexpr Count& operator+=(Count b) { return *this = sum(n_, b.n_); }
  constexpr Count& operator*=(Count b) { return *this = product(n_, b.n_); }
  constexpr Count& operator++() { return *this += Count(1); }

  friend constexpr bool operator==(Count, Count) = default;
  friend constexpr auto operator<=>(Count, Count) = default;

  template <class A, class B>
  requires Counts<A, B>
  friend constexpr Count operator+(A a, B b) { return sum(Count(a).n_, Count(b).n_); }
  template <class A, class B>
  requires Counts<A, B>
  friend constexpr Count operator-(A a, B b) {
    int64_t out = 0, x = Count(a).n_, y = Count(b).n_;
    return __builtin_sub_overflow(x, y, &out) ? y < 0 ? kMost : kLeast : out;
  }
  template <class A, class B>
  requires Counts<A, B>
  friend constexpr Count operator*(A a, B b) { return product(Count(a).n_, Count(b).n_); }

  /// Does `part` go into `whole` without a rest?
  friend constexpr bool divides(Count part, Count whole) { return part.n_ > 0 && whole.n_ % part.n_ == 0; }
  /// How often `part` goes into `whole`: 2 of 3 into 7. None of none.
  friend constexpr Count quotient(Count whole, Count part) { return part.n_ > 0 ? whole.n_ / part.n_ : 0; }
  /// How many of `part` cover `whole`: 3 of 3 for 7.
  friend constexpr Count covering(Count whole, Count part) {
    return quotient(whole, part) + (part.n_ > 0 && whole.n_ % part.n_ > 0 ? 1 : 0);
  }

 private:
  static constexpr int64_t kMost = std::numeric_limits<int64_t>::max(), kLeast = std::numeric_limits<int64_t>::min();
  static constexpr Count sum(int64_t a, int64_t b) {
    int64_t out = 0;
    return __builtin_add_overflow(a, b, &out) ? b < 0 ? kLeast : kMost : out;
  }
  static constexpr Count product(int64_t a, int64_t b) {
    int64_t out = 0;
    return __builtin_mul_overflow(a, b, &out) ? (a < 0) != (b < 0) ? kLeast : kMost : out;
  }

  int64_t n_ = 0;
};

// With integers, which would else be compared as real numbers.
template <Integer T>
constexpr bool operator==(Count a, T b) {
  return a == Count(b);
}
template <Integer T>
constexpr auto operator<=>(Count a, T b) {
  return a <=> Count(b);
}

/// What divides n, in order. Of a number beyond 2^24 at least those of which one of the pair is at most 2^12: the rest
/// would take too long to find.
std::vector<Count> divisorsOf(Count n);

}  // namespace afdc
