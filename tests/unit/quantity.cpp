#include <doctest/doctest.h>

#include "support/quantity.h"
#include "support/text.h"

using namespace afdc;

static Number num(const char* text) { return *Number::parse(text); }

TEST_CASE("literals are exact") {
  CHECK(num("3.35").rational() == Rational{67, 20});
  CHECK(num("1_000.5").rational() == Rational{2001, 2});
  CHECK(num("2e9").rational() == Rational{2000000000, 1});
  CHECK(num("1e-3").rational() == Rational{1, 1000});
  // Short numbers are read another way than long ones.
  for (std::string text : {"3.35", "0.001", "999999999999999999", "12.5e3", "0", "7e-18", "100_000.125"}) {
    std::string mantissa = text.substr(0, text.find('e')), exponent = text.substr(mantissa.size());
    if (mantissa.find('.') == std::string::npos) mantissa += ".";
    std::string padded = mantissa + "000000000000000000" + exponent;
    CHECK(num(padded.c_str()).rational() == num(text.c_str()).rational());
  }
  CHECK(!num("1e60").exact());
  CHECK(num("1e60").toDouble() == 1e60);
  CHECK(!Number::parse("").has_value());
  CHECK(!Number::parse("1.2.3").has_value());
}

TEST_CASE("arithmetic stays exact while it fits and rounds once when it does not") {
  Number third = num("1") / num("3");
  CHECK((third + third + third) == num("1"));
  CHECK((third * num("3")).isInteger());
  Number big = num("170141183460469231731687303715884105727");  // 2^127 - 1
  CHECK(big.exact());
  CHECK(!(big + num("1")).exact());
  CHECK((big + num("1")).toDouble() == 0x1p127);
  CHECK((big - big).isZero());
  CHECK(num("0.1").toDouble() == 0.1);
  CHECK((num("1") / num("10") * num("10")) == num("1"));
}

TEST_CASE("units: decimal and binary prefixes, bits, rates") {
  auto factor = [](const char* u) { return parseUnit(u)->factor; };
  CHECK(factor("GiB") == Rational{1073741824, 1});
  CHECK(factor("GB") == Rational{1000000000, 1});
  CHECK(factor("Gbit/s") == Rational{125000000, 1});
  CHECK(factor("Gbps") == factor("Gbit/s"));
  CHECK(factor("USD/h") == Rational{1, 3600});
  CHECK(factor("pct") == Rational{1, 100});
  CHECK(factor("kWh") == Rational{3600000, 1});
  CHECK(parseUnit("TB/s")->dimension == Dimension::of(Base::Bytes) / Dimension::of(Base::Time));
  for (const char* bad : {"Gb", "gb", "sec", "GBs", "k", "", "B/", "mB", "KIB"})
    CHECK_FALSE(parseUnit(bad).has_value());
  CHECK(*suggestUnit("TFLOPS") == "TFLOP/s");
  CHECK(*suggestUnit("Gbs") == "Gbit/s");
}

TEST_CASE("quantities print for people and exactly") {
  auto q = [](const char* n, const char* u) {
    return Quantity{num(n) * Number(parseUnit(u)->factor), parseUnit(u)->dimension, u};
  };
  CHECK(q("3.35", "TB/s").text() == "3.35 TB/s");
  CHECK(q("80", "GiB").text() == "80 GiB");
  CHECK(q("400", "Gbps").text() == "400 Gbps");
  CHECK(q("3.35", "TB/s").exactText() == "3350000000000 B/s");
  CHECK(humanize(0.0123, Dimension::of(Base::Time)) == "12.3 ms");
  CHECK(humanize(70272, Dimension::of(Base::Bytes)) == "70.27 kB");
  CHECK(humanize(300, Dimension::of(Base::Time)) == "5 min");
  CHECK(shortest(0.1) == "0.1");
}
