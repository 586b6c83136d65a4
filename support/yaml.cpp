// YAML streams, read by yaml-cpp's parser; this file makes trees of what it reports. (yaml-cpp's own trees know nothing
// of the core schema, and let a few lines of aliases grow without bound.)
#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "support/json_value.h"

namespace afdc {

namespace {

/// Bytes that all aliases of a stream may stand for.
constexpr size_t kMostExpanded = size_t{16} << 20;

[[noreturn]] void fail(const YAML::Mark& at, const std::string& why) { throw YAML::ParserException(at, why); }

/// How many of `digits` begin the text; the text goes on behind them.
size_t skip(std::string_view& text, std::string_view digits) {
  size_t count = std::min(text.find_first_not_of(digits), text.size());
  text.remove_prefix(count);
  return count;
}

constexpr std::string_view kDecimals = "0123456789";

void skipSign(std::string_view& text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
}

/// A whole or a broken number: [-+]? ( [0-9]+ ( \. [0-9]* )? | \. [0-9]+ ) ( [eE] [-+]? [0-9]+ )?
bool isDecimal(std::string_view text) {
  skipSign(text);
  size_t digits = skip(text, kDecimals);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += skip(text, kDecimals);
  }
  if (digits > 0 && (text.starts_with('e') || text.starts_with('E'))) {
    text.remove_prefix(1);
    skipSign(text);
    digits = skip(text, kDecimals);
  }
  return digits > 0 && text.empty();
}

std::optional<Json> basedNumber(const std::string& text, std::string_view prefix, std::string_view digits, int base) {
  std::string_view rest = text;
  if (!rest.starts_with(prefix)) return std::nullopt;
  rest.remove_prefix(prefix.size());
  if (skip(rest, digits) == 0 || !rest.empty()) return std::nullopt;
  return Json::ofNumber(static_cast<double>(std::strtoull(text.c_str() + prefix.size(), nullptr, base)));
}

/// A scalar without quotes, by the core schema (YAML 1.2.2, section 10.3.2). The parser has taken out nulls.
Json plainScalar(const std::string& text) {
  static const std::map<std::string_view, Json> kWords = [] {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    std::map<std::string_view, Json> words;
    for (auto word : {"true", "True", "TRUE"}) words[word] = Json::ofBool(true);
    for (auto word : {"false", "False", "FALSE"}) words[word] = Json::ofBool(false);
    for (auto word : {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"}) words[word] = Json::ofNumber(kInfinity);
    for (auto word : {"-.inf", "-.Inf", "-.INF"}) words[word] = Json::ofNumber(-kInfinity);
    for (auto word : {".nan", ".NaN", ".NAN"}) words[word] = Json::ofNumber(std::nan(""));
    return words;
  }();
  if (auto word = kWords.find(text); word != kWords.end()) return word->second;
  if (isDecimal(text)) return Json::ofNumber(std::strtod(text.c_str(), nullptr));
  if (auto number = basedNumber(text, "0o", "01234567", 8)) return *number;
  if (auto number = basedNumber(text, "0x", "0123456789abcdefABCDEF", 16)) return *number;
  return Json::ofText(text);
}

/// A scalar with the tag that it has or that the parser gave it: "?" without quotes, "!" with them.
Json scalar(const YAML::Mark& at, std::string_view tag, const std::string& text) {
  constexpr std::string_view kStandard = "tag:yaml.org,2002:";
  if (tag == "?") return plainScalar(text);
  if (!tag.starts_with(kStandard)) return Json::ofText(text);
  tag.remove_prefix(kStandard.size());
  if (tag == "null") return {};
  if (tag != "bool" && tag != "int" && tag != "float") return Json::ofText(text);
  Json value = plainScalar(text);
  if (value.kind != (tag == "bool" ? Json::Kind::Bool : Json::Kind::Number))
    fail(at, fmt::format("`{}` is no {}, as its tag says", text, tag));
  return value;
}

struct Size {
  size_t bytes = 0, levels = 0;
};

Size sizeOf(const Json& value) {
  Size out{sizeof(Json) + value.string.size(), 0};
  for (const auto& name : value.names) out.bytes += sizeof(name) + name.size();
  for (const auto& item : value.items) {
    auto inner = sizeOf(item);
    out.bytes += inner.bytes;
    out.levels = std::max(out.levels, inner.levels);
  }
  if (value.isArray() || value.isObject()) ++out.levels;
  return out;
}

/// `<<: mapping` and `<<: [mapping, …]`: the members of those mappings that this one, or an earlier of them, has not.
void merge(Json& object) {
  auto at = std::find(object.names.begin(), object.names.end(), "<<");
  if (at == object.names.end()) return;
  auto from = object.items.begin() + (at - object.names.begin());
  Json merged = std::move(*from);
  object.names.erase(at);
  object.items.erase(from);
  std::set<std::string> own(object.names.begin(), object.names.end());
  auto take = [&](Json& mapping) {
    for (size_t i = 0; i < mapping.names.size(); ++i) {
      if (!own.insert(mapping.names[i]).second) continue;
      object.names.push_back(mapping.names[i]);
      object.items.push_back(std::move(mapping.items[i]));
    }
  };
  if (merged.isObject()) take(merged);
  if (merged.isArray())
    for (auto& mapping : merged.items) take(mapping);
}

class TreeBuilder : public YAML::EventHandler {
 public:
  /// After some mistakes yaml-cpp (0.7) begins the same document again and again, and never ends.
  void OnDocumentStart(const YAML::Mark& at) override {
    if (at.pos == started_) throw YAML::ParserException(at, "this belongs to no document");
    started_ = at.pos;
    anchors_.clear();
  }
  void OnDocumentEnd() override { roots.push_back(std::exchange(root_, {})); }
  void OnNull(const YAML::Mark& at, YAML::anchor_t anchor) override {
    if (awaitsKey())
      addKey(at, "null");
    else
      put({}, anchor);
  }
  void OnScalar(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    if (!awaitsKey()) return put(scalar(at, tag, text), anchor);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {Json::ofText(text), {text.size(), 0}};
    addKey(at, text);
  }
  void OnAlias(const YAML::Mark& at, YAML::anchor_t anchor) override {
    auto known = anchors_.find(anchor);
    if (known == anchors_.end()) fail(at, "an alias stands inside of what it stands for");
    const auto& [value, size] = known->second;
    if (awaitsKey() && !value.isText()) fail(at, "the alias of a key stands for no text");
    expanded_ += size.bytes;
    if (expanded_ > kMostExpanded)
      fail(at, fmt::format("aliases stand for more than {} MB in all", kMostExpanded >> 20));
    if (open_.size() + size.levels > kMostLevels) failAtDepth(at);
    if (awaitsKey())
      addKey(at, value.string);
    else
      put(value, YAML::NullAnchor);
  }
  void OnSequenceStart(const YAML::Mark& at, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(at, Json::emptyArray(), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& at, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(at, Json::emptyObject(), anchor);
  }
  void OnMapEnd() override {
    merge(open_.back().value);
    open_.back().value.sortMembers();
    close();
  }

  std::vector<Json> roots;

 private:
  /// A list or a mapping whose end has not come yet.
  struct Open {
    Json value;
    YAML::anchor_t anchor;
    std::set<std::string> keys = {};
  };

  [[noreturn]] static void failAtDepth(const YAML::Mark& at) {
    fail(at, fmt::format("nested too deeply (more than {} levels)", kMostLevels));
  }

  bool awaitsKey() const {
    return !open_.empty() && open_.back().value.isObject() &&
           open_.back().value.names.size() == open_.back().value.items.size();
  }

  void addKey(const YAML::Mark& at, const std::string& name) {
    if (!open_.back().keys.insert(name).second) fail(at, fmt::format("a mapping has two members `{}`", name));
    open_.back().value.names.push_back(name);
  }

  void open(const YAML::Mark& at, Json empty, YAML::anchor_t anchor) {
    if (awaitsKey()) fail(at, "a key is no plain value");
    if (open_.size() == kMostLevels) failAtDepth(at);
    open_.push_back({std::move(empty), anchor});
  }

  void close() {
    auto [value, anchor, keys] = std::move(open_.back());
    open_.pop_back();
    put(std::move(value), anchor);
  }

  void put(Json value, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {value, sizeOf(value)};
    if (open_.empty())
      root_ = std::move(value);
    else
      open_.back().value.items.push_back(std::move(value));
  }

  Json root_;
  int started_ = -1;        ///< where in the text the last document began
  std::vector<Open> open_;  ///< outermost first
  std::map<YAML::anchor_t, std::pair<Json, Size>> anchors_;
  size_t expanded_ = 0;  ///< bytes that aliases have stood for
};

std::string messageAt(const YAML::Mark& at, std::string_view why) {
  return fmt::format("is not YAML: line {}, column {}: {}", at.line + 1, at.column + 1, why);
}

}  // namespace

YamlDocuments parseYamlDocuments(std::string_view text) {
  std::istringstream stream{std::string(text)};
  TreeBuilder builder;
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) continue;
  } catch (const YAML::DeepRecursion& error) {
    return {{}, messageAt(error.mark, "nested too deeply")};
  } catch (const YAML::Exception& error) {
    return {{}, messageAt(error.mark, error.msg)};
  }
  return {std::move(builder.roots), ""};
}

JsonDocument parseYaml(std::string_view text) {
  auto documents = parseYamlDocuments(text);
  if (!documents.error.empty()) return {{}, documents.error};
  if (documents.roots.empty()) return {{}, "is empty"};
  if (documents.roots.size() > 1)
    return {{}, fmt::format("has {} documents where one is expected", documents.roots.size())};
  return {std::move(documents.roots[0]), ""};
}

}  // namespace afdc
