#include "support/rational.h"

#include <llvm/ADT/APInt.h>
#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <algorithm>
#include <cmath>

#include "support/text.h"

namespace afdc {
namespace {

using llvm::APInt;
// Wide enough for any product of two sums of 128-bit fractions: |a·d ± b·c| < 2^257, b·d < 2^256, shifts by up to
// 2^128.
constexpr unsigned kWide = 768;

APInt wide(Int128 value) {
  auto bits = static_cast<unsigned __int128>(value);
  uint64_t words[2] = {static_cast<uint64_t>(bits), static_cast<uint64_t>(bits >> 64)};
  return APInt(128, llvm::makeArrayRef(words)).sext(kWide);
}

std::optional<Int128> narrow(const APInt& value) {
  if (!value.isSignedIntN(128)) return std::nullopt;
  APInt small = value.trunc(128);
  return static_cast<Int128>((static_cast<unsigned __int128>(small.getRawData()[1]) << 64) | small.getRawData()[0]);
}

/// num/den to the nearest double, ties to even: 54+ quotient bits and a sticky bit decide the rounding.
double nearestDouble(APInt num, APInt den) {
  bool negative = num.isNegative();
  if (negative) num.negate();
  if (num.isZero()) return 0;
  int shift = 66 - (static_cast<int>(num.getActiveBits()) - static_cast<int>(den.getActiveBits()));
  if (shift > 0) num <<= static_cast<unsigned>(shift);
  if (shift < 0) den <<= static_cast<unsigned>(-shift);
  APInt quotient(kWide, 0), remainder(kWide, 0);
  APInt::udivrem(num, den, quotient, remainder);
  // 66 or 67 quotient bits: drop to 64 keeping what was dropped as the sticky bit, then let the hardware round
  // the 64-bit integer once.
  unsigned drop = quotient.getActiveBits() - 64;
  bool sticky = !remainder.isZero() || quotient.countTrailingZeros() < drop;
  uint64_t top = quotient.lshr(drop).getZExtValue() | (sticky ? 1u : 0u);
  double value = std::ldexp(static_cast<double>(top), static_cast<int>(drop) - shift);
  return negative ? -value : value;
}

/// Reduces num/den (den != 0): exact when both fit 128 bits, otherwise rounded once.
Number reduced(APInt num, APInt den) {
  if (den.isNegative()) num.negate(), den.negate();
  if (num.isZero()) return Number(Rational{0, 1});
  APInt divisor = llvm::APIntOps::GreatestCommonDivisor(num.abs(), den);
  num = num.sdiv(divisor);
  den = den.udiv(divisor);
  auto n = narrow(num), d = narrow(den);
  if (n && d) return Number(Rational{*n, *d});
  return Number::inexact(nearestDouble(num, den));
}

bool small(Int128 value) { return value > -(Int128{1} << 62) && value < (Int128{1} << 62); }

Int128 gcd(Int128 a, Int128 b) {
  if (a < 0) a = -a;
  while (b != 0) {
    Int128 rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/// Operands of at most 62 bits cannot overflow 128 bits in one product or sum of products.
bool fast(const Rational& a, const Rational& b) { return small(a.num) && small(a.den) && small(b.num) && small(b.den); }

Number fraction(Int128 num, Int128 den) {
  if (den < 0) num = -num, den = -den;
  Int128 divisor = gcd(num, den);
  return Number(Rational{num / divisor, den / divisor});
}

std::string decimal(Int128 value) {
  bool negative = value < 0;
  auto rest = negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  std::string digits;
  do digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
  while ((rest /= 10) != 0);
  if (negative) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

double Rational::toDouble() const {
  constexpr Int128 kExactDouble = Int128{1} << 53;
  if (num < kExactDouble && num > -kExactDouble && den < kExactDouble)
    return static_cast<double>(num) / static_cast<double>(den);  // both exact: one rounding
  return nearestDouble(wide(num), wide(den));
}

std::string Rational::text() const { return den == 1 ? decimal(num) : decimal(num) + "/" + decimal(den); }

std::optional<Number> Number::parse(std::string_view text) {
  std::string digits;
  int scale = 0;
  size_t i = 0;
  bool fractional = false;
  for (; i < text.size(); ++i) {
    char c = text[i];
    if (c == '_') continue;
    if (c == '.' && !fractional) {
      fractional = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    if (digits.size() == 120) return std::nullopt;
    digits.push_back(c);
    if (fractional) --scale;
  }
  if (digits.empty()) return std::nullopt;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    bool negative = ++i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    int exponent = 0;
    if (i == text.size()) return std::nullopt;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
      exponent = std::min(9999, exponent * 10 + (text[i] - '0'));
    scale += negative ? -exponent : exponent;
  }
  if (i != text.size()) return std::nullopt;
  if (digits.size() <= 18 && std::abs(scale) <= 18) {  // nearly all that people write: fits without wide numbers
    Int128 mantissa = std::stoll(digits), power = 1;
    for (int k = 0; k < std::abs(scale); ++k) power *= 10;
    return scale >= 0 ? Number(Rational{mantissa * power, 1}) : fraction(mantissa, power);
  }
  APInt mantissa(kWide, llvm::StringRef(digits), 10);
  if (mantissa.isZero()) return Number(Rational{0, 1});
  if (scale > 100 || scale < -100) {  // far outside 128 bits: correctly rounded by the library
    std::string plain;
    for (char c : text)
      if (c != '_') plain.push_back(c);
    return Number::inexact(std::strtod(plain.c_str(), nullptr));
  }
  APInt ten(kWide, 1);
  for (int k = 0; k < std::abs(scale); ++k) ten = ten * APInt(kWide, 10);
  return scale >= 0 ? reduced(mantissa * ten, APInt(kWide, 1)) : reduced(mantissa, ten);
}

bool Number::isInteger() const {
  return exact_ ? value_.den == 1 : std::isfinite(approximation_) && approximation_ == std::floor(approximation_);
}

std::optional<int64_t> Number::toInteger() const {
  if (!exact_ || value_.den != 1 || value_.num > INT64_MAX || value_.num < INT64_MIN) return std::nullopt;
  return static_cast<int64_t>(value_.num);
}

Number Number::operator+(const Number& b) const {
  if (!exact_ || !b.exact_) return inexact(toDouble() + b.toDouble());
  const auto &x = value_, &y = b.value_;
  if (fast(x, y)) return fraction(x.num * y.den + y.num * x.den, x.den * y.den);
  return reduced(wide(x.num) * wide(y.den) + wide(y.num) * wide(x.den), wide(x.den) * wide(y.den));
}

Number Number::operator-() const {
  if (!exact_) return inexact(-approximation_);
  return reduced(-wide(value_.num), wide(value_.den));
}

Number Number::operator-(const Number& b) const {
  if (!exact_ || !b.exact_) return inexact(toDouble() - b.toDouble());
  const auto &x = value_, &y = b.value_;
  if (fast(x, y)) return fraction(x.num * y.den - y.num * x.den, x.den * y.den);
  return reduced(wide(x.num) * wide(y.den) - wide(y.num) * wide(x.den), wide(x.den) * wide(y.den));
}

Number Number::operator*(const Number& b) const {
  if (!exact_ || !b.exact_) return inexact(toDouble() * b.toDouble());
  const auto &x = value_, &y = b.value_;
  if (fast(x, y)) return fraction(x.num * y.num, x.den * y.den);
  return reduced(wide(x.num) * wide(y.num), wide(x.den) * wide(y.den));
}

Number Number::operator/(const Number& b) const {
  if (!exact_ || !b.exact_) return inexact(toDouble() / b.toDouble());
  const auto &x = value_, &y = b.value_;
  if (fast(x, y)) return fraction(x.num * y.den, x.den * y.num);
  return reduced(wide(x.num) * wide(y.den), wide(x.den) * wide(y.num));
}

Number Number::power(int exponent) const {
  Number base = exponent < 0 ? Number(Rational{1, 1}) / *this : *this;
  Number result(Rational{1, 1});
  for (int k = 0; k < std::abs(exponent); ++k) result = result * base;
  return result;
}

int Number::compare(const Number& b) const {
  if (exact_ && b.exact_) {
    APInt left = wide(value_.num) * wide(b.value_.den), right = wide(b.value_.num) * wide(value_.den);
    return left.slt(right) ? -1 : left == right ? 0 : 1;
  }
  double x = toDouble(), y = b.toDouble();
  return x < y ? -1 : x > y ? 1 : 0;
}

}  // namespace afdc
