#include "support/quantity.h"

#include <fmt/format.h>

#include <cmath>

#include "support/text.h"

namespace afdc {

Dimension Dimension::of(Base base, int power) {
  Dimension d;
  d.power[static_cast<size_t>(base)] = static_cast<int8_t>(power);
  return d;
}

static int8_t clampPower(int value) { return static_cast<int8_t>(std::max(-100, std::min(100, value))); }

Dimension Dimension::operator*(const Dimension& b) const {
  Dimension d;
  for (size_t i = 0; i < kBaseCount; ++i) d.power[i] = clampPower(power[i] + b.power[i]);
  return d;
}

Dimension Dimension::operator/(const Dimension& b) const {
  Dimension d;
  for (size_t i = 0; i < kBaseCount; ++i) d.power[i] = clampPower(power[i] - b.power[i]);
  return d;
}

Dimension Dimension::raised(int exponent) const {
  Dimension d;
  for (size_t i = 0; i < kBaseCount; ++i) d.power[i] = clampPower(power[i] * exponent);
  return d;
}

/// "A*B/C" from the names of the bases; `one` stands for an empty numerator.
static std::string product(const Dimension& d, const std::array<std::string_view, kBaseCount>& names,
                           std::string_view one) {
  std::string above, below;
  for (size_t i = 0; i < kBaseCount; ++i) {
    int p = d.power[i];
    for (int k = 0; k < std::abs(p); ++k) {
      auto& side = p > 0 ? above : below;
      if (p > 0 && !side.empty()) side += "*";
      if (p < 0) side += "/";
      side += names[i];
    }
  }
  return (above.empty() ? std::string(one) : above) + below;
}

std::string Dimension::name() const { return none() ? "a bare number" : product(*this, kBaseNames, "1"); }
std::string Dimension::unit() const { return none() ? "" : product(*this, kBaseUnits, "1"); }

std::string humanize(double value, const Dimension& dimension, int digits) {
  if (dimension == Dimension::of(Base::Time) && std::fabs(value) >= 120) {
    if (std::fabs(value) < 7200) return significant(value / 60, digits) + " min";
    return significant(value / 3600, digits) + " h";
  }
  if (dimension.none()) return significant(value, digits);
  std::string unit = dimension.unit();
  // Money, tokens and requests read better without prefixes below a million; time has prefixes below one only.
  struct Prefix {
    double factor;
    const char* name;
  };
  static constexpr Prefix kPrefixes[] = {{1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"},  {1e6, "M"},
                                         {1e3, "k"},  {1, ""},     {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}};
  bool time = unit.rfind("s", 0) == 0, plain = unit.rfind("USD", 0) == 0 || unit.rfind("1/", 0) == 0;
  bool scalable = unit.rfind("B", 0) == 0 || unit.rfind("FLOP", 0) == 0;
  if (dimension == Dimension::of(Base::Energy) / Dimension::of(Base::Time)) unit = "W";
  if (plain || value == 0) return significant(value, digits) + " " + unit;
  for (const auto& prefix : kPrefixes) {
    if (time ? prefix.factor > 1 : scalable ? prefix.factor < 1 : prefix.factor != 1) continue;
    bool last = time ? prefix.factor < 2e-9 : prefix.factor == 1;
    if (std::fabs(value) >= prefix.factor * 0.99999999 || last)
      return significant(value / prefix.factor, digits) + " " + prefix.name + unit;
  }
  return significant(value, digits) + " " + unit;
}

std::string Quantity::text() const {
  if (!unit.empty()) {
    if (auto u = parseUnit(unit)) {
      Number shown = value / Number(u->factor);
      double number = shown.toDouble();
      if (shown.exact() && shown.isInteger() && std::fabs(number) < 1e7) return fmt::format("{:.0f} {}", number, unit);
      if (number != 0 && std::fabs(number) >= 1e-3 && std::fabs(number) < 1e6)
        return significant(number, shown.exact() ? 6 : 4) + " " + unit;
    }
  }
  if (dimension.none()) {
    if (value.isInteger() && std::fabs(base()) < 1e15) return fmt::format("{:.0f}", base());
    return significant(base(), 6);
  }
  return humanize(base(), dimension);
}

std::string Quantity::exactText() const {
  std::string number = value.exact() ? value.rational().text() : "~" + shortest(value.toDouble());
  return dimension.none() ? number : number + " " + dimension.unit();
}

}  // namespace afdc
