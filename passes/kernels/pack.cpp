#include "passes/kernels/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "support/document.h"
#include "support/files.h"
#include "support/hash.h"
#include "support/json_value.h"
#include "support/statistics.h"
#include "support/text.h"

namespace afdc::kernels {

namespace {

constexpr std::string_view kMagic = "afdk1\n";
constexpr double kFar = 2.5;  ///< times the neighbourhood

void put(std::string& out, double v) {
  uint64_t bits;
  std::memcpy(&bits, &v, 8);
  for (int i = 0; i < 8; ++i) out += static_cast<char>(bits >> (8 * i));
}
double get(const char* from) {
  uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits |= static_cast<uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  double v;
  std::memcpy(&v, &bits, 8);
  return v;
}

}  // namespace

const Grid* Pack::find(std::string_view family, std::string_view categories) const {
  auto found = families.find(std::string(family));
  return found == families.end() ? nullptr : found->second.find(categories);
}

const FileKind kPackFile = {"a file of kernel tables", [](std::string_view c) { return c.starts_with(kMagic); }};

std::string write(const Pack& pack) {
  auto header = Document::map().set("system", pack.system).set("engine", pack.engine).set("version", pack.version);
  auto grids = Document::list();
  for (const auto& [name, family] : pack.families)
    for (const auto& [categories, grid] : family.grids)
      grids.add(Document::map()
                    .set("family", name)
                    .set("categories", categories)
                    .set("keys", static_cast<double>(grid.dimensions()))
                    .set("rows", static_cast<double>(grid.rows().size())));
  header.set("grids", grids);
  std::string rows;
  for (const auto& [name, family] : pack.families)
    for (const auto& [categories, grid] : family.grids)
      for (const auto& row : grid.rows()) {
        for (double key : row.keys) put(rows, key);
        put(rows, row.seconds);
      }
  return std::string(kMagic) + header.jsonLine() + "\n" + rows;
}

ReadPack read(std::string_view bytes) {
  ReadPack out;
  auto fail = [&](std::string why) {
    out.pack = {};
    out.error = std::move(why);
    return out;
  };
  if (!bytes.starts_with(kMagic)) return fail("is no kernel table file (afdc import kernels writes them)");
  bytes.remove_prefix(kMagic.size());
  size_t line = bytes.find('\n');
  if (line == std::string_view::npos) return fail("is cut short");
  auto header = parseJson(bytes.substr(0, line));
  if (!header.error.empty()) return fail("is damaged: its header " + header.error);
  bytes.remove_prefix(line + 1);
  out.pack.system = header.root["system"].text();
  out.pack.engine = header.root["engine"].text();
  out.pack.version = header.root["version"].text();
  for (const auto& g : header.root["grids"].items) {
    double keys = g["keys"].number(), rows = g["rows"].number();
    if (!(keys >= 1 && keys <= 3) || !(rows >= 0 && rows < 1e8)) return fail("is damaged: its header");
    auto width = static_cast<size_t>(keys) + 1, count = static_cast<size_t>(rows);
    if (bytes.size() / 8 / width < count) return fail("is cut short");
    auto& grid = out.pack.families[std::string(g["family"].text())].grids[std::string(g["categories"].text())];
    std::vector<double> at(width - 1);
    for (size_t i = 0; i < count; ++i) {
      for (size_t k = 0; k + 1 < width; ++k) at[k] = get(bytes.data() + 8 * k);
      double seconds = get(bytes.data() + 8 * (width - 1));
      if (!(seconds > 0) || !std::isfinite(seconds)) return fail("is damaged: a time that is not positive");
      grid.add(at, seconds);
      bytes.remove_prefix(8 * width);
    }
    grid.finish();
  }
  return out;
}

SharedPack open(const std::string& path) {
  auto file = readSource(path);
  if (!file.error.empty()) return {nullptr, file.error};
  auto result = read(file.text);
  if (!result.error.empty()) return {nullptr, result.error};
  result.pack.hash = sha256(file.text);
  return {std::make_shared<const Pack>(std::move(result.pack)), ""};
}

std::vector<Suspect> suspects(const std::vector<std::pair<std::string, const Pack*>>& packs) {
  std::vector<Suspect> out;
  for (const auto& [name, pack] : packs)
    for (const auto& [family, grids] : pack->families)
      for (const auto& [categories, grid] : grids.grids) {
        const auto& rows = grid.rows();
        for (size_t i = 1; i + 1 < rows.size(); ++i) {
          const auto &before = rows[i - 1], &row = rows[i], &after = rows[i + 1];
          size_t d = grid.dimensions();
          bool curve = std::equal(row.keys.begin(), row.keys.end() - 1, before.keys.begin()) &&
                       std::equal(row.keys.begin(), row.keys.end() - 1, after.keys.begin());
          double most = std::max(before.seconds, after.seconds);
          if (curve && row.seconds > kFar * most && row.seconds > 20e-6)
            out.push_back({fmt::format("{} {} {} at {}", name, family, categories, row.keys[d - 1]), row.seconds / most,
                           "its neighbours on the curve", false});
        }
      }
  for (const auto& [name, pack] : packs)
    for (const auto& [otherName, other] : packs) {
      if (pack == other) continue;
      for (const auto& [family, grids] : pack->families) {
        auto found = other->families.find(family);
        if (found == other->families.end()) continue;
        // How the two systems compare over the whole family, grid by grid.
        std::map<std::string, double> ratios;
        for (const auto& [categories, grid] : grids.grids) {
          const auto* same = found->second.find(categories);
          if (!same) continue;
          std::vector<double> each;
          size_t k = 0;
          for (const auto& row : grid.rows()) {
            while (k < same->rows().size() && same->rows()[k].keys < row.keys) ++k;
            if (k < same->rows().size() && same->rows()[k].keys == row.keys)
              each.push_back(row.seconds / same->rows()[k].seconds);
          }
          if (each.size() >= 8) ratios[categories] = median(each);
        }
        std::vector<double> all;
        for (const auto& [categories, ratio] : ratios) all.push_back(ratio);
        double usual = all.empty() ? 1 : median(all);
        for (const auto& [categories, ratio] : ratios)
          if (ratios.size() >= 4 && ratio > kFar * std::max(1.0, usual))
            out.push_back({fmt::format("{} {} {}", name, family, categories), ratio / usual,
                           fmt::format("the same kernels of {}", otherName), true});
      }
    }
  std::stable_sort(out.begin(), out.end(), [](const Suspect& a, const Suspect& b) { return a.factor > b.factor; });
  return out;
}

}  // namespace afdc::kernels
