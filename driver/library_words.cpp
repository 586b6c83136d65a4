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

std::string LibraryWords::cluster(std::string_view asked) {
  if (library_.meant(asked, "cluster")) return named("cluster", asked, "cluster");
  size_t digits = asked.find_first_not_of("0123456789");
  std::string count = "1";
  auto node = asked;
  if (digits > 0 && digits != std::string_view::npos && asked[digits] == 'x') {
    count = std::string(asked.substr(0, digits));
    node = asked.substr(digits + 1);
  }
  auto name = named("node", node, "cluster or node");
  import("std.hw", "Cluster");
  return fmt::format("Cluster {{ pool gpus {{ node = {}, count = {} }} }}", name, count);
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
