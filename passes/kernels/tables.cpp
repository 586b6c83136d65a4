#include "passes/kernels/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "support/files.h"
#include "support/json_value.h"

namespace afdc::kernels {

void Grid::add(const std::vector<double>& keys, double seconds) {
  dimensions_ = keys.size();
  rows_.push_back({keys, seconds});
}

void Grid::finish() {
  std::stable_sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return a.keys < b.keys; });
  rows_.erase(std::unique(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return a.keys == b.keys; }),
              rows_.end());
}

Grid::Value Grid::at(size_t level, size_t begin, size_t end, const double* keys) const {
  if (level == dimensions_) return {rows_[begin].seconds, Value::How::Exact};
  auto keyOf = [&](size_t i) { return rows_[i].keys[level]; };
  // Rows of one key are a range; the bounds of the two that bracket the wanted key.
  auto first = [&](double key) {
    return static_cast<size_t>(std::lower_bound(rows_.begin() + static_cast<std::ptrdiff_t>(begin),
                                                rows_.begin() + static_cast<std::ptrdiff_t>(end), key,
                                                [&](const Row& row, double k) { return row.keys[level] < k; }) -
                               rows_.begin());
  };
  auto last = [&](double key) {
    return static_cast<size_t>(std::upper_bound(rows_.begin() + static_cast<std::ptrdiff_t>(begin),
                                                rows_.begin() + static_cast<std::ptrdiff_t>(end), key,
                                                [&](double k, const Row& row) { return k < row.keys[level]; }) -
                               rows_.begin());
  };
  double x = keys[level];
  size_t from = first(x);
  if (from < end && keyOf(from) == x) return at(level + 1, from, last(x), keys);
  bool beyond = false;
  double low, high;
  if (from == end) {
    high = keyOf(end - 1);
    size_t start = first(high);
    low = start > begin ? keyOf(start - 1) : high;
    beyond = true;
  } else if (from == begin) {
    low = keyOf(begin);
    size_t stop = last(low);
    high = stop < end ? keyOf(stop) : low;
    beyond = true;
  } else {
    low = keyOf(from - 1);
    high = keyOf(from);
  }
  auto a = at(level + 1, first(low), last(low), keys);
  if (low == high) return {a.seconds, Value::How::Beyond};
  auto b = at(level + 1, first(high), last(high), keys);
  auto how =
      beyond || a.how == Value::How::Beyond || b.how == Value::How::Beyond ? Value::How::Beyond : Value::How::Between;
  return {a.seconds + (b.seconds - a.seconds) * (x - low) / (high - low), how};
}

std::optional<Grid::Value> Grid::linear(const double* keys) const {
  if (rows_.empty()) return std::nullopt;
  return at(0, 0, rows_.size(), keys);
}

const Grid* Family::find(std::string_view categories) const {
  auto found = grids.find(std::string(categories));
  return found == grids.end() ? nullptr : &found->second;
}

const std::vector<FamilySpec>& familySpecs() {
  // Columns as kernel_tables' README documents them. `kv_group` is num_key_value_heads, or 0 where every head has its
  // own.
  static const std::vector<FamilySpec> specs = {
      {"gemm_perf", {"gemm_dtype"}, {"n", "k", "m"}, "latency", 1e-3},
      {"context_attention_perf",
       {"attn_dtype", "kv_cache_dtype", "kv_group", "head_dim"},
       {"num_heads", "isl", "batch_size"},
       "latency",
       1e-3},
      {"generation_attention_perf",
       {"kv_cache_dtype", "kv_group", "head_dim"},
       {"num_heads", "batch_size", "isl+step"},
       "latency",
       1e-3},
      {"context_mla_perf", {"mla_dtype", "kv_cache_dtype"}, {"num_heads", "isl", "batch_size"}, "latency", 1e-3},
      {"generation_mla_perf", {"kv_cache_dtype"}, {"num_heads", "batch_size", "isl+step"}, "latency", 1e-3},
      {"mla_bmm_perf", {"op_name", "bmm_dtype", "num_heads"}, {"num_tokens"}, "latency", 1e-3},
      {"moe_perf",
       {"moe_dtype", "distribution", "topk", "num_experts", "hidden_size", "inter_size", "moe_tp_size", "moe_ep_size"},
       {"num_tokens"},
       "latency",
       1e-3},
      {"nccl_perf", {"nccl_dtype", "op_name", "num_gpus"}, {"message_size"}, "latency", 1e-3},
      {"custom_allreduce_perf", {"num_gpus"}, {"message_size"}, "latency", 1e-3},
  };
  return specs;
}

std::string readFamily(const Csv& csv, const FamilySpec& spec, Family& out) {
  struct Source {
    std::vector<int> columns;
    bool group = false;
  };
  std::string problem;
  auto source = [&](std::string_view name) {
    Source s;
    if (name == "kv_group") {
      s.group = true;
      s.columns = {csv.column("num_heads"), csv.column("num_key_value_heads")};
    } else {
      for (size_t begin = 0; begin <= name.size();) {
        size_t end = std::min(name.find('+', begin), name.size());
        s.columns.push_back(csv.column(name.substr(begin, end - begin)));
        begin = end + 1;
      }
    }
    for (int c : s.columns)
      if (c < 0 && problem.empty()) problem = fmt::format("it has no column `{}`", name);
    return s;
  };
  std::vector<Source> categories, keys;
  for (auto name : spec.categories) categories.push_back(source(name));
  for (auto name : spec.keys) keys.push_back(source(name));
  int value = csv.column(spec.value);
  if (value < 0) return fmt::format("it has no column `{}`", spec.value);
  if (!problem.empty()) return problem;
  std::vector<double> at(keys.size());
  for (size_t row = 0; row < csv.rows.size(); ++row) {
    std::string name;
    for (const auto& s : categories) {
      if (!name.empty()) name += '/';
      if (s.group)
        name += csv.number(row, s.columns[0]) == csv.number(row, s.columns[1])
                    ? "0"
                    : csv.rows[row][static_cast<size_t>(s.columns[1])];
      else
        name += csv.rows[row][static_cast<size_t>(s.columns[0])];
    }
    bool whole = true;
    for (size_t i = 0; i < keys.size(); ++i) {
      at[i] = 0;
      for (int c : keys[i].columns) at[i] += csv.number(row, c);
      whole = whole && std::isfinite(at[i]);
    }
    double seconds = csv.number(row, value) * spec.unit;
    if (whole && std::isfinite(seconds) && seconds > 0) out.grids[name].add(at, seconds);
  }
  for (auto& [name, grid] : out.grids) grid.finish();
  return "";
}

const Family* Library::family(std::string_view system, std::string_view engine, std::string_view version,
                              std::string_view name) {
  auto file = fmt::format("{}/{}_{}_{}.csv", system, engine, version, name);
  auto [known, fresh] = families_.try_emplace(file);
  if (fresh) {
    auto text = readSource(fmt::format("{}/{}", directory_, file));
    for (const auto& spec : familySpecs()) {
      if (spec.name != name || !text.error.empty()) continue;
      Family family;
      if (readFamily(parseCsv(text.text), spec, family).empty()) known->second = std::move(family);
    }
  }
  if (known->second) return &*known->second;
  if (std::find(missing_.begin(), missing_.end(), file) == missing_.end()) missing_.push_back(file);
  return nullptr;
}

const SystemSpec* Library::system(std::string_view name) {
  auto known = systems_.find(name);
  if (known == systems_.end()) {
    known = systems_.emplace(std::string(name), std::nullopt).first;
    auto text = readSource(fmt::format("{}/{}.system.yaml", directory_, name));
    auto document = text.error.empty() ? parseYaml(text.text) : JsonDocument{{}, text.error};
    if (document.error.empty()) {
      const auto &gpu = document.root["gpu"], &node = document.root["node"], &misc = document.root["misc"];
      SystemSpec s;
      s.memory_bandwidth = gpu["mem_bw"].number();
      s.memory_capacity = gpu["mem_capacity"].number();
      s.memory_scale = gpu["mem_bw_empirical_scaling_factor"].number(1);
      s.memory_constant = gpu["mem_empirical_constant_latency"].number();
      s.bf16 = gpu["bfloat16_tc_flops"].number(gpu["float16_tc_flops"].number());
      s.fp8 = gpu["fp8_tc_flops"].number();
      s.fp4 = gpu["fp4_tc_flops"].number();
      s.int8 = gpu["int8_tc_flops"].number();
      s.gpus_per_node = node["num_gpus_per_node"].number(8);
      s.gpus_per_rack = node["num_gpus_per_rack"].number();
      s.intra_bandwidth = node["intra_node_bw"].number();
      s.inter_bandwidth = node["inter_node_bw"].number();
      s.rack_bandwidth = node["inter_rack_bw"].number();
      s.p2p_latency = node["p2p_latency"].number();
      s.other_memory = misc["other_mem"].number();
      const auto& nccl = misc["nccl_mem"];
      for (size_t i = 0; i < nccl.names.size(); ++i)
        s.nccl_memory[std::atof(nccl.names[i].c_str())] = nccl.items[i].number();
      s.nccl_version = misc["nccl_version"].text();
      known->second = s;
    }
  }
  if (known->second) return &*known->second;
  missing_.push_back(fmt::format("{}.system.yaml", name));
  return nullptr;
}

std::vector<Library::Entry> Library::entries() const {
  std::vector<Entry> out;
  std::error_code error;
  for (auto it = std::filesystem::recursive_directory_iterator(directory_, error);
       it != std::filesystem::recursive_directory_iterator() && !error; it.increment(error)) {
    auto path = it->path();
    if (path.extension() != ".csv") continue;
    std::string stem = path.stem().string();
    for (const auto& spec : familySpecs()) {
      std::string suffix = "_" + std::string(spec.name);
      if (!stem.ends_with(suffix)) continue;
      std::string front = stem.substr(0, stem.size() - suffix.size());
      size_t cut = front.find('_');
      if (cut == std::string::npos) continue;
      out.push_back({path.parent_path().filename().string(), front.substr(0, cut), front.substr(cut + 1),
                     std::string(spec.name), path.string()});
    }
  }
  std::sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
  return out;
}

}  // namespace afdc::kernels
