#include "driver/library_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/text.h"

namespace afdc {

std::string LibraryWords::named(std::string_view kind, std::string_view asked, std::string_view what) {
  if (const auto* meant = library_.meant(asked, kind)) {
    import(meant->module, meant->name);
    return meant->name;
  }
  std::string text = fmt::format("no {} `{}` in the standard library", what, asked);
  if (auto near = library_.near(asked, kind); !near.empty())
    text += fmt::format("; did you mean {}?", joinWords(near, "or"));
  throw Misunderstood{text};
}

std::string LibraryWords::pool(std::string_view name, std::string_view asked) {
  size_t digits = asked.find_first_not_of("0123456789");
  std::string count = "1";
  auto node = asked;
  if (digits > 0 && digits != std::string_view::npos && asked[digits] == 'x') {
    count = std::string(asked.substr(0, digits));
    node = asked.substr(digits + 1);
  }
  return fmt::format("pool {} {{ node = {}, count = {} }}", name, named("node", node, "cluster or node"), count);
}

LibraryWords::Cluster LibraryWords::cluster(std::string_view asked) {
  if (library_.meant(asked, "cluster")) return {named("cluster", asked, "cluster"), {}};
  size_t kinds = static_cast<size_t>(std::ranges::count(asked, '+')) + 1;
  Cluster out;
  for (size_t at = 0; out.pools.size() < kinds;) {
    size_t end = std::min(asked.find('+', at), asked.size());
    out.pools.push_back(kinds == 1 ? "gpus" : fmt::format("gpus_{}", out.pools.size() + 1));
    out.text += (out.text.empty() ? "" : "\n") + pool(out.pools.back(), asked.substr(at, end - at));
    at = end + 1;
  }
  import("std.hw", "Cluster");
  out.text = kinds == 1 ? fmt::format("Cluster {{ {} }}", out.text) : fmt::format("Cluster {{\n{}\n}}", out.text);
  return out;
}

std::string LibraryWords::imports() {
  std::sort(imports_.begin(), imports_.end());
  imports_.erase(std::unique(imports_.begin(), imports_.end()), imports_.end());
  std::string out;
  for (size_t i = 0; i < imports_.size(); ++i) {
    const auto& [module, name] = imports_[i];
    bool begins = i == 0 || imports_[i - 1].first != module,
         ends = i + 1 == imports_.size() || imports_[i + 1].first != module;
    out += (begins ? fmt::format("import {} {{ ", module) : ", ") + name + (ends ? " }\n" : "");
  }
  return out;
}

}  // namespace afdc
