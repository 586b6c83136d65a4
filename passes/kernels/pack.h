// Kernel tables of one device, engine and version in one file, and what looks wrong in tables.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "passes/kernels/tables.h"
#include "support/output_file.h"

namespace afdc::kernels {

/// All families of one system, engine and version.
struct Pack {
  std::string system = {}, engine = {}, version = {};
  std::string hash = {};  ///< SHA-256 of the file that it was read from
  std::map<std::string, Family> families = {};
  const Grid* find(std::string_view family, std::string_view categories) const;
};

/// `afdk1`, a JSON line that lists the grids, then their rows as little-endian doubles.
std::string write(const Pack& pack);
extern const FileKind kPackFile;
struct ReadPack {
  Pack pack;
  std::string error;
};
ReadPack read(std::string_view bytes);
/// A file that was read, or why it could not be.
struct SharedPack {
  std::shared_ptr<const Pack> pack;
  std::string error;
};
SharedPack open(const std::string& path);

/// A measured time far above its neighbourhood.
struct Suspect {
  std::string where;  ///< file and grid
  double factor = 1;  ///< over what the neighbourhood says
  std::string against;
  bool whole = false;  ///< the whole grid, not one time
};
/// Rows far above both neighbours of their curve, and grids far slower than the same grid of another system whose other
/// grids of the family are alike.
std::vector<Suspect> suspects(const std::vector<std::pair<std::string, const Pack*>>& packs);

}  // namespace afdc::kernels
