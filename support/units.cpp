// The closed set of units, as one table. bit = B/8 and every prefix are exact; `pct` is 1/100; counts are
// dimensionless.
#include <string>
#include <vector>

#include "support/quantity.h"
#include "support/text.h"

namespace afdc {
namespace {

enum Prefixes { None = 0, Decimal = 1, Binary = 2, Small = 4 };

struct Atom {
  std::string_view name;
  int prefixes;
  Rational factor;
  Dimension dimension;
};

const std::vector<Atom>& atoms() {
  static const auto bytes = Dimension::of(Base::Bytes), time = Dimension::of(Base::Time),
                    flops = Dimension::of(Base::Flops), energy = Dimension::of(Base::Energy),
                    money = Dimension::of(Base::Money), token = Dimension::of(Base::Token),
                    request = Dimension::of(Base::Request);
  static const std::vector<Atom> table = {
      {"B", Decimal | Binary, {1, 1}, bytes},
      {"bit", Decimal | Binary, {1, 8}, bytes},
      {"bps", Decimal, {1, 8}, bytes / time},
      {"FLOP", Decimal, {1, 1}, flops},
      {"FLOPs", Decimal, {1, 1}, flops},
      {"OP", Decimal, {1, 1}, flops},
      {"tok", Decimal | Binary, {1, 1}, token},
      {"token", Decimal | Binary, {1, 1}, token},
      {"tokens", Decimal | Binary, {1, 1}, token},
      {"req", Decimal | Binary, {1, 1}, request},
      {"param", None, {1, 1}, {}},
      {"gpu", None, {1, 1}, {}},
      {"ns", None, {1, 1000000000}, time},
      {"us", None, {1, 1000000}, time},
      {"ms", None, {1, 1000}, time},
      {"s", None, {1, 1}, time},
      {"min", None, {60, 1}, time},
      {"h", None, {3600, 1}, time},
      {"day", None, {86400, 1}, time},
      {"year", None, {31536000, 1}, time},  // 365 days
      {"W", Small, {1, 1}, energy / time},
      {"J", Small, {1, 1}, energy},
      {"Wh", Small, {3600, 1}, energy},
      {"Hz", Small, {1, 1}, Dimension{} / time},
      {"$", None, {1, 1}, money},
      {"USD", None, {1, 1}, money},
      {"pct", None, {1, 100}, {}},
  };
  return table;
}

Rational scale(Int128 step, int power) {
  Rational r{1, 1};
  for (int k = 0; k < power; ++k) r.num *= step;
  return r;
}

std::optional<Rational> prefixFactor(std::string_view prefix, int allowed) {
  if (prefix.empty()) return Rational{1, 1};
  constexpr std::string_view letters = "kMGTPE";
  if ((allowed & Binary) && prefix.size() == 2 && prefix[1] == 'i') {
    char letter = prefix[0] == 'K' ? 'k' : prefix[0] == 'k' ? '?' : prefix[0];  // "Ki", never "ki"
    auto at = letters.find(letter);
    if (at != std::string_view::npos) return scale(1024, static_cast<int>(at) + 1);
  }
  if (prefix.size() != 1) return std::nullopt;
  if (allowed & Decimal) {
    auto at = letters.find(prefix[0] == 'K' ? 'k' : prefix[0]);
    if (at != std::string_view::npos) return scale(1000, static_cast<int>(at) + 1);
  }
  if (allowed & Small) {
    if (prefix[0] == 'm') return Rational{1, 1000};
    auto at = std::string_view("kMG").find(prefix[0]);
    if (at != std::string_view::npos) return scale(1000, static_cast<int>(at) + 1);
  }
  return std::nullopt;
}

std::optional<Unit> parseAtom(std::string_view text) {
  for (const auto& atom : atoms()) {
    if (text.size() < atom.name.size() || text.substr(text.size() - atom.name.size()) != atom.name) continue;
    auto factor = prefixFactor(text.substr(0, text.size() - atom.name.size()), atom.prefixes);
    if (!factor) continue;
    return Unit{(Number(*factor) * Number(atom.factor)).rational(), atom.dimension};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Unit> parseUnit(std::string_view text) {
  Unit result;
  Number factor(Rational{1, 1});
  char op = '*';
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = text.find_first_of("/*", begin);
    auto piece = text.substr(begin, end == std::string_view::npos ? end : end - begin);
    auto atom = piece == "1" && begin == 0 ? std::optional<Unit>(Unit{}) : parseAtom(piece);
    if (!atom) return std::nullopt;
    factor = op == '/' ? factor / Number(atom->factor) : factor * Number(atom->factor);
    result.dimension = op == '/' ? result.dimension / atom->dimension : result.dimension * atom->dimension;
    if (end == std::string_view::npos) break;
    op = text[end];
    begin = end + 1;
  }
  if (!factor.exact()) return std::nullopt;
  result.factor = factor.rational();
  return result;
}

std::optional<std::string> suggestUnit(std::string_view wrong) {
  static const std::vector<std::string> common = {
      "GB",     "GiB",  "TB",   "MB",   "MiB",  "KiB",     "kB",      "B",       "GB/s",  "TB/s",   "GiB/s", "MB/s",
      "Gbit/s", "Gbps", "Mbps", "Tbps", "Gbit", "TFLOP/s", "PFLOP/s", "GFLOP/s", "TFLOP", "FLOP",   "ms",    "us",
      "ns",     "s",    "min",  "h",    "tok",  "ktok",    "Kitok",   "Mtok",    "tok/s", "req",    "req/s", "USD/h",
      "USD",    "W",    "kW",   "kWh",  "J",    "pct",     "GHz",     "MHz",     "B/tok", "KiB/tok"};
  static constexpr std::pair<std::string_view, const char*> words[] = {
      {"sec", "s"},    {"secs", "s"},      {"second", "s"}, {"seconds", "s"}, {"msec", "ms"},  {"usec", "us"},
      {"nsec", "ns"},  {"hr", "h"},        {"hour", "h"},   {"hours", "h"},   {"mins", "min"}, {"minutes", "min"},
      {"days", "day"}, {"percent", "pct"}, {"bytes", "B"},  {"watts", "W"}};
  for (auto [word, unit] : words)
    if (word == wrong) return unit;
  if (wrong == "TFLOPS" || wrong == "TFLOPs" || wrong == "TFlops") return "TFLOP/s";
  if (wrong == "GBps" || wrong == "GBs") return "GB/s";
  if (wrong == "TBps") return "TB/s";
  if (wrong == "Gbs" || wrong == "Gbit" || wrong == "Gb/s") return "Gbit/s";
  return suggest(wrong, common);
}

}  // namespace afdc
