// Measured kernel times: what NVIDIA's aiconfigurator publishes for a system, a serving engine and its version, in its
// layout of one CSV file a family (`<system>/<engine>_<version>_<family>.csv`). Every value is seconds of one call on
// one device and already holds the launch.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/csv.h"

namespace afdc::kernels {

/// A sparse grid of up to three numeric keys, the last one the fastest. Stored flat: a level is sorted keys and, for
/// all but the last, where each key's own keys begin.
class Grid {
 public:
  void add(const std::vector<double>& keys, double seconds);
  void finish();  ///< sorts; duplicates keep the first value

  struct Value {
    double seconds = 0;
    enum class How : unsigned char { Exact, Between, Beyond } how = How::Exact;
  };
  /// Linear between neighbours at every level, and along the last two values beyond a level's ends.
  std::optional<Value> linear(const double* keys) const;
  size_t dimensions() const { return dimensions_; }
  bool empty() const { return rows_.empty(); }

  struct Row {
    std::vector<double> keys;
    double seconds;
  };
  const std::vector<Row>& rows() const { return rows_; }

 private:
  Value at(size_t level, size_t begin, size_t end, const double* keys) const;
  size_t dimensions_ = 0;
  std::vector<Row> rows_;
};

/// One family of kernels: a grid for every combination of its categorical columns.
struct Family {
  std::map<std::string, Grid> grids;  ///< by the categories' values joined by "/"
  const Grid* find(std::string_view categories) const;
};

/// How a family's file is read: which columns name a grid, which are its keys (added up where several are joined by
/// "+").
struct FamilySpec {
  std::string_view name;
  std::vector<std::string_view> categories, keys;
  std::string_view value;
  double unit;  ///< seconds of one unit of `value`
};
const std::vector<FamilySpec>& familySpecs();

/// Figures of a system that the tables come with (`<system>.system.yaml`). 0: not said.
struct SystemSpec {
  double memory_bandwidth = 0, memory_capacity = 0, bf16 = 0, fp8 = 0, fp4 = 0, int8 = 0;
  double gpus_per_node = 8, gpus_per_rack = 0, intra_bandwidth = 0, inter_bandwidth = 0, rack_bandwidth = 0;
  double p2p_latency = 0, memory_scale = 1, memory_constant = 0, other_memory = 0;
  std::map<double, double> nccl_memory;  ///< by ranks
  std::string nccl_version;
};

/// Tables in a directory, read when they are first asked for.
class Library {
 public:
  explicit Library(std::string directory) : directory_(std::move(directory)) {}
  /// nullptr where the file is absent; `missing` collects its name.
  const Family* family(std::string_view system, std::string_view engine, std::string_view version,
                       std::string_view family);
  const SystemSpec* system(std::string_view system);
  /// Every system, engine and version there is a file of.
  struct Entry {
    std::string system, engine, version, family, path;
  };
  std::vector<Entry> entries() const;
  const std::vector<std::string>& missing() const { return missing_; }
  void forgetMissing() { missing_.clear(); }

 private:
  std::string directory_;
  std::map<std::string, std::optional<Family>> families_;
  std::map<std::string, std::optional<SystemSpec>, std::less<>> systems_;
  std::vector<std::string> missing_;
};

/// Rows of a family, as its spec says. Returns the error or "".
std::string readFamily(const Csv& csv, const FamilySpec& spec, Family& out);

}  // namespace afdc::kernels
