#include "support/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "support/escape.h"
#include "support/text.h"

namespace afdc {

namespace {

/// Beyond what JSON asks for: what terminals obey and readers of YAML take for line ends.
std::string spelledInJson(uint32_t code) {
  constexpr uint32_t kBeyond = 0x10000;  // of these, two halves are written
  if (code < kBeyond) return fmt::format("\\u{:04x}", code);
  return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((code - kBeyond) >> 10u), 0xDC00 + (code & 0x3FFu));
}

class Writer {
 public:
  explicit Writer(JsonLayout layout) : layout_(layout) {}

  void write(const JsonTree& tree, size_t indent) {
    if (!tree.is_structured() || tree.empty()) {
      out += scalar(tree);
      return;
    }
    bool flat = onOneLine(tree), first = true;
    out += tree.is_object() ? '{' : '[';
    for (const auto& [name, value] : tree.items()) {
      if (!first) out += flat ? ", " : ",";
      first = false;
      if (!flat) newLine(indent + 2);
      if (tree.is_object()) out += jsonString(name) + ": ";
      write(value, indent + 2);
    }
    if (!flat) newLine(indent);
    out += tree.is_object() ? '}' : ']';
  }

  std::string out;

 private:
  bool onOneLine(const JsonTree& tree) const {
    auto branches = [](const JsonTree& item) { return item.is_structured() && !item.empty(); };
    if (layout_ == JsonLayout::Compact) return tree.is_array() && std::none_of(tree.begin(), tree.end(), branches);
    return layout_ == JsonLayout::OneLine;
  }

  void newLine(size_t indent) { out.append(1, '\n').append(indent, ' '); }

  static std::string scalar(const JsonTree& tree) {
    if (tree.is_string()) return jsonString(tree.get_ref<const std::string&>());
    return tree.is_number_float() ? jsonNumber(tree.get<double>()) : tree.dump();
  }

  JsonLayout layout_;
};

}  // namespace

std::string jsonText(const JsonTree& tree, JsonLayout layout) {
  Writer writer(layout);
  writer.write(tree, 0);
  return std::move(writer.out);
}

std::string jsonNumber(double value) {
  if (!std::isfinite(value)) return "null";
  constexpr double kMostExact = 9e15;  // below, a double tells all whole numbers apart
  if (value == std::floor(value) && std::fabs(value) < kMostExact) return fmt::format("{:.0f}", value);
  return shortest(value);
}

std::string jsonString(std::string_view text) {
  auto quoted = JsonTree(text).dump(-1, ' ', /*ensure_ascii=*/false, JsonTree::error_handler_t::replace);
  return withControlsSpelled(quoted, spelledInJson);
}

}  // namespace afdc
