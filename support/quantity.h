// Quantities: a number with a dimension (a product of integer powers of seven bases) and the unit its author wrote.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "support/rational.h"

namespace afdc {

/// Base dimensions, with the base unit in which magnitudes are kept.
enum class Base { Bytes, Time, Flops, Energy, Money, Token, Request };
inline constexpr size_t kBaseCount = 7;
inline constexpr std::array<std::string_view, kBaseCount> kBaseUnits = {"B", "s", "FLOP", "J", "USD", "tok", "req"};
inline constexpr std::array<std::string_view, kBaseCount> kBaseNames = {"Bytes", "Time",  "Flops",  "Energy",
                                                                        "Money", "Token", "Request"};

struct Dimension {
  std::array<int8_t, kBaseCount> power{};
  bool operator==(const Dimension&) const = default;
  bool none() const { return *this == Dimension{}; }
  static Dimension of(Base base, int power = 1);
  Dimension operator*(const Dimension& b) const;
  Dimension operator/(const Dimension& b) const;
  Dimension raised(int exponent) const;
  /// In the field's words: "Bytes/Time", "a bare number".
  std::string name() const;
  /// In base units: "B/s"; empty when dimensionless.
  std::string unit() const;
};

/// A unit as written, e.g. "TB/s": its exact factor to base units and its dimension.
struct Unit {
  Rational factor{1, 1};
  Dimension dimension;
};

/// Parses a unit ("GB/s", "USD/h", "pct"); nullopt when it is unknown.
std::optional<Unit> parseUnit(std::string_view text);
/// Spellings offered when a unit is unknown.
std::optional<std::string> suggestUnit(std::string_view wrong);

struct Quantity {
  Number value;  ///< in base units
  Dimension dimension;
  std::string unit;  ///< as the author wrote it; empty: choose a readable one
  double base() const { return value.toDouble(); }
  /// For people: the author's unit when it reads well, else an engineering prefix; four significant digits unless exact
  /// and short.
  std::string text() const;
  /// Reads back as exactly the same quantity: "3350000000000 B/s", "7/3 s", inexact values with `~`.
  std::string exactText() const;
};

/// "1.5 ms", "3.35 TB/s", "70.3 kB": `value` in base units of `dimension` with an engineering prefix.
std::string humanize(double value, const Dimension& dimension, int digits = 4);

}  // namespace afdc
