// Exact rational numbers over 128-bit integers, and Number: exact while it fits, rounded once to double when it does
// not.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace afdc {

using Int128 = __int128;

/// A reduced fraction with positive denominator.
struct Rational {
  Int128 num = 0;
  Int128 den = 1;
  bool operator==(const Rational&) const = default;
  bool isInteger() const { return den == 1; }
  /// Nearest double, rounded once.
  double toDouble() const;
  std::string text() const;  ///< "3/2", "80000000000"
};

/// A number of the language. `exact` values are rationals; others are doubles that were rounded on the way
/// (design: literals, prefixes, + - * / and integer powers are exact while they fit).
class Number {
 public:
  Number() = default;
  Number(Rational value) : exact_(true), value_(value) {}
  static Number integer(int64_t value) { return Number(Rational{value, 1}); }
  static Number inexact(double value) {
    Number n;
    n.exact_ = false;
    n.approximation_ = value;
    return n;
  }
  /// Parses digits, optional fraction and exponent, `_` separators ("1_000", "3.35", "2e9").
  static std::optional<Number> parse(std::string_view text);

  bool exact() const { return exact_; }
  const Rational& rational() const { return value_; }
  double toDouble() const { return exact_ ? value_.toDouble() : approximation_; }
  bool isInteger() const;
  /// The value as a 64-bit integer when it is one and fits.
  std::optional<int64_t> toInteger() const;
  bool isZero() const { return exact_ ? value_.num == 0 : approximation_ == 0; }
  bool negative() const { return exact_ ? value_.num < 0 : approximation_ < 0; }

  Number operator+(const Number& b) const;
  Number operator-(const Number& b) const;
  Number operator*(const Number& b) const;
  Number operator/(const Number& b) const;  ///< b must not be zero
  Number operator-() const;
  Number power(int exponent) const;
  /// -1, 0, 1; exact values compare exactly.
  int compare(const Number& b) const;
  bool operator==(const Number& b) const { return exact_ == b.exact_ && compare(b) == 0; }

 private:
  bool exact_ = true;
  Rational value_;
  double approximation_ = 0;
};

}  // namespace afdc
