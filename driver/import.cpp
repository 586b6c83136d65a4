// Measured kernel tables into compact files, with what looks wrong in them.
#include "driver/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "passes/kernels/pack.h"
#include "support/output_file.h"
#include "support/text.h"

namespace afdc {

namespace {

constexpr std::string_view kCollectives = "nccl";  ///< the engine that their tables are named after

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
  arguments.flag("--force", o.force, "replace files that are no kernel tables");
}

using Packs = std::map<std::string, kernels::Pack>;

/// One pack for each engine and version of a system. Collectives belong to every engine of their system.
Packs packsOf(kernels::Library& library, const std::vector<kernels::Library::Entry>& entries) {
  Packs packs;
  auto add = [&](kernels::Pack& pack, const kernels::Library::Entry& e) {
    if (const auto* family = library.family(e.system, e.engine, e.version, e.family)) pack.families[e.family] = *family;
  };
  for (const auto& e : entries) {
    if (e.engine == kCollectives) continue;
    auto& pack = packs[fmt::format("{}_{}_{}", e.system, e.engine, e.version)];
    pack.system = e.system;
    pack.engine = e.engine;
    pack.version = e.version;
    add(pack, e);
  }
  // Of several versions of collectives the last one, the newest, stays.
  for (const auto& e : entries)
    for (auto& [name, pack] : packs)
      if (e.engine == kCollectives && pack.system == e.system) add(pack, e);
  std::erase_if(packs, [](const auto& p) { return p.second.families.empty(); });
  return packs;
}

/// Writes a pack and says what is in it.
void writePack(const OutputFile& file, const kernels::Pack& pack, Output& out) {
  auto bytes = kernels::write(pack);
  if (auto problem = file.write(bytes); !problem.empty()) return addFailure(out, "import", problem);
  size_t grids = 0, rows = 0;
  for (const auto& [family, f] : pack.families)
    for (const auto& [categories, grid] : f.grids) {
      ++grids;
      rows += grid.rows().size();
    }
  out.out += fmt::format("{}  {} families, {} grids, {} times, {:.1f} MB\n", file.path(), pack.families.size(), grids,
                         rows, static_cast<double>(bytes.size()) / 1e6);
}

/// Times that are far from those of other packs: whole grids first, then single ones.
std::string warnings(const Packs& packs) {
  constexpr size_t kShown = 20;
  std::vector<std::pair<std::string, const kernels::Pack*>> all;
  for (const auto& [name, pack] : packs) all.emplace_back(name, &pack);
  auto odd = kernels::suspects(all);
  std::stable_partition(odd.begin(), odd.end(), [](const kernels::Suspect& s) { return s.whole; });
  std::string out;
  for (size_t i = 0; i < std::min(odd.size(), kShown); ++i)
    out += fmt::format("warning: {}: {} times slower than {}\n", odd[i].where, significant(odd[i].factor, 3),
                       odd[i].against);
  if (odd.size() > kShown) out += fmt::format("… and {} more\n", odd.size() - kShown);
  return out;
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
  auto packs = packsOf(library, entries);
  if (packs.empty())
    return failure("import", fmt::format("the tables in {} have none of the columns that are read", o.directory));
  std::error_code error;  // a directory that cannot be made shows when a file is written into it
  std::string into = o.to.empty() ? "." : o.to;
  std::filesystem::create_directories(into, error);
  Output out;
  for (const auto& [name, pack] : packs)
    writePack(OutputFile(fmt::format("{}/{}.afk", into, name), kernels::kPackFile, o.force), pack, out);
  out.err += warnings(packs);
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
