#include "support/json_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

namespace afdc {

Json Json::ofKind(Kind kind) {
  Json out;
  out.kind = kind;
  return out;
}

Json Json::ofBool(bool truth) {
  Json out = ofKind(Kind::Bool);
  out.truth = truth;
  return out;
}

Json Json::ofNumber(double value) {
  Json out = ofKind(Kind::Number);
  out.value = value;
  return out;
}

Json Json::ofText(std::string text) {
  Json out = ofKind(Kind::Text);
  out.string = std::move(text);
  return out;
}

const std::string* Json::sortMembers() {
  std::vector<size_t> order(names.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return names[a] < names[b]; });
  std::vector<std::string> sortedNames;
  std::vector<Json> sortedItems;
  for (size_t i : order) {
    sortedNames.push_back(std::move(names[i]));
    sortedItems.push_back(std::move(items[i]));
  }
  names = std::move(sortedNames);
  items = std::move(sortedItems);
  auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end() ? nullptr : &*twice;
}

const Json& Json::operator[](std::string_view name) const {
  static const Json none;
  if (kind != Kind::Object) return none;
  auto at = std::lower_bound(names.begin(), names.end(), name);
  return at != names.end() && *at == name ? items[static_cast<size_t>(at - names.begin())] : none;
}

double Json::number(double otherwise) const {
  if (kind == Kind::Number) return value;
  if (kind == Kind::Bool) return truth ? 1 : 0;
  return otherwise;
}

namespace {

/// Builds the tree of a document from what nlohmann's parser reports. Neither of them recurses.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return put({}); }
  bool boolean(bool truth) override { return put(Json::ofBool(truth)); }
  bool number_integer(int64_t number) override { return put(Json::ofNumber(static_cast<double>(number))); }
  bool number_unsigned(uint64_t number) override { return put(Json::ofNumber(static_cast<double>(number))); }
  bool number_float(double number, const std::string&) override { return put(Json::ofNumber(number)); }
  bool string(std::string& text) override { return put(Json::ofText(std::move(text))); }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // JSON has none

  bool start_object(size_t) override { return open(Json::emptyObject()); }
  bool start_array(size_t) override { return open(Json::emptyArray()); }
  bool key(std::string& name) override {
    open_.back().names.push_back(std::move(name));
    return true;
  }
  bool end_object() override {
    if (const auto* name = open_.back().sortMembers())
      return fail(fmt::format("is not JSON: an object has two members `{}`", *name));
    return end_array();
  }
  bool end_array() override {
    Json whole = std::move(open_.back());
    open_.pop_back();
    return put(std::move(whole));
  }

  bool parse_error(size_t, const std::string&, const nlohmann::json::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while …"
    std::string_view what = error.what();
    what.remove_prefix(what.find("] ") + 2);
    constexpr std::string_view kPrefix = "parse error at ";
    if (what.starts_with(kPrefix)) what.remove_prefix(kPrefix.size());
    return fail(fmt::format("is not JSON: {}", what));
  }

  JsonDocument document;

 private:
  bool fail(std::string why) {
    document = {{}, std::move(why)};
    return false;
  }

  bool open(Json empty) {
    if (open_.size() == kMostLevels)
      return fail(fmt::format("is nested too deeply (more than {} levels)", kMostLevels));
    open_.push_back(std::move(empty));
    return true;
  }

  bool put(Json value) {
    if (open_.empty())
      document.root = std::move(value);
    else
      open_.back().items.push_back(std::move(value));
    return true;
  }

  std::vector<Json> open_;  ///< lists and objects whose end has not come yet, outermost first
};

}  // namespace

JsonDocument parseJson(std::string_view text) {
  TreeBuilder builder;
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return std::move(builder.document);
}

}  // namespace afdc
