// Measured kernel tables into compact files, with what looks wrong in them.
#include "driver/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "passes/kernels/pack.h"
#include "support/files.h"
#include "support/text.h"

namespace afdc {

namespace {

/// Where the tables of all systems lie, and the one system that is asked for: DIR may be the directory of one.
struct Place {
  std::string root, only;
};
Place placeOf(const std::string& directory) {
  std::error_code error;
  auto path = std::filesystem::weakly_canonical(directory, error);
  for (auto it = std::filesystem::directory_iterator(path, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error))
    if (it->path().extension() == ".csv") return {path.parent_path().string(), path.filename().string()};
  return {directory, ""};
}

void declare(Arguments& arguments, ImportOptions& o) {
  arguments.requiredChoice(
      "KIND", o.kind, "what is read",
      {{"kernels", "times of kernels, as aiconfigurator and scripts/measure_kernels.py write them"}});
  arguments.required("DIR", o.directory, "tables named SYSTEM/ENGINE_VERSION_FAMILY.csv, of all systems or of one");
  arguments.option("-o", "DIR", o.to, "write the compact files here");
}

}  // namespace

Output runImport(const ImportOptions& o) {
  auto place = placeOf(o.directory);
  kernels::Library library(place.root);
  auto entries = library.entries();
  if (!place.only.empty()) std::erase_if(entries, [&](const auto& e) { return e.system != place.only; });
  if (entries.empty())
    return failure("import", fmt::format("{} holds no tables named SYSTEM/ENGINE_VERSION_FAMILY.csv (families: "
                                         "gemm_perf, moe_perf, …)",
                                         o.directory));
  std::map<std::string, kernels::Pack> packs;
  Output out;
  for (const auto& e : entries) {
    if (e.engine == "nccl") continue;
    auto& pack = packs[fmt::format("{}_{}_{}", e.system, e.engine, e.version)];
    pack.system = e.system, pack.engine = e.engine, pack.version = e.version;
    if (const auto* family = library.family(e.system, e.engine, e.version, e.family)) pack.families[e.family] = *family;
  }
  // Collectives belong to every engine of their system; the newest library's are taken.
  for (const auto& e : entries) {
    if (e.engine != "nccl") continue;
    for (auto& [name, pack] : packs)
      if (pack.system == e.system)
        if (const auto* family = library.family(e.system, e.engine, e.version, e.family))
          pack.families[e.family] = *family;
  }
  std::erase_if(packs, [](const auto& p) { return p.second.families.empty(); });
  if (packs.empty())
    return failure("import", fmt::format("the tables in {} have none of the columns that are read", o.directory));
  std::error_code error;
  std::string into = o.to.empty() ? "." : o.to;
  std::filesystem::create_directories(into, error);
  std::vector<std::pair<std::string, const kernels::Pack*>> all;
  for (const auto& [name, pack] : packs) {
    auto path = fmt::format("{}/{}.afk", into, name);
    auto bytes = kernels::write(pack);
    if (auto problem = writeWhole(path, bytes); !problem.empty())
      return {kUsage, out.out, fmt::format("afdc import: {}\n", problem)};
    size_t grids = 0, rows = 0;
    for (const auto& [family, f] : pack.families)
      for (const auto& [categories, grid] : f.grids) ++grids, rows += grid.rows().size();
    out.out += fmt::format("{}  {} families, {} grids, {} times, {:.1f} MB\n", path, pack.families.size(), grids, rows,
                           static_cast<double>(bytes.size()) / 1e6);
    all.emplace_back(name, &pack);
  }
  auto odd = kernels::suspects(all);
  // Whole grids first, then single times.
  std::stable_partition(odd.begin(), odd.end(), [](const kernels::Suspect& s) { return s.whole; });
  for (size_t i = 0; i < odd.size() && i < 20; ++i)
    out.err += fmt::format("warning: {}: {} times slower than {}\n", odd[i].where, significant(odd[i].factor, 3),
                           odd[i].against);
  if (odd.size() > 20) out.err += fmt::format("… and {} more\n", odd.size() - 20);
  return out;
}

Command importCommand() {
  return {
      .name = "import",
      .purpose = Purpose::Measure,
      .what = "read another tool's data: measured kernel tables into compact files",
      .usage = {"afdc import kernels DIR [OPTIONS]"},
      .about =
          "Writes one file for each engine and version of a system; `tables` of a `gpu` names it. Times that are "
          "far from those of other versions are pointed out.",
      .examples = {{"afdc import kernels examples/measurements/kernels -o tables", "a table for a device of your own"}},
      .bind = bound(declare, runImport)};
}

}  // namespace afdc
