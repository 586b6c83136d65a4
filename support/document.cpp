#include "support/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "support/text.h"

namespace afdc {

namespace {

/// Whole numbers without an exponent, as most readers want counts.
std::string numberText(double v) {
  if (v == std::floor(v) && std::fabs(v) < 9e15) return fmt::format("{:.0f}", v);
  return shortest(v);
}

/// May this text stand without quotes in YAML 1.1 and 1.2 alike, and still be a text?
bool plainYaml(std::string_view t) {
  if (t.empty() || !(std::isalpha(static_cast<unsigned char>(t[0])) || t[0] == '/' || t[0] == '_')) return false;
  for (size_t i = 0; i < t.size(); ++i) {
    char c = t[i];
    bool fine = std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_-./").find(c) != t.npos ||
                (c == ' ' && i + 1 < t.size()) || (c == ':' && i + 1 < t.size() && t[i + 1] != ' ') ||
                (c == '=' && i > 0);
    if (!fine) return false;
  }
  static constexpr std::array<std::string_view, 14> words = {"true", "false", "yes",  "no",   "on",  "off", "null",
                                                             "y",    "n",     ".inf", ".nan", "inf", "nan", "e"};
  return std::find(words.begin(), words.end(), lowerCase(t)) == words.end();
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

Document Document::list(std::vector<Document> items) {
  Document d;
  d.kind_ = Kind::List;
  d.items_ = std::move(items);
  return d;
}

Document Document::map() {
  Document d;
  d.kind_ = Kind::Map;
  return d;
}

Document& Document::operator[](std::string_view name) {
  kind_ = Kind::Map;
  auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    names_.emplace_back(name);
    return items_.emplace_back();
  }
  return items_[static_cast<size_t>(found - names_.begin())];
}

Document& Document::set(std::string_view name, Document value) {
  (*this)[name] = std::move(value);
  return *this;
}

Document& Document::add(Document value) {
  kind_ = Kind::List;
  items_.push_back(std::move(value));
  return *this;
}

std::string Document::scalar() const {
  switch (kind_) {
    case Kind::Null: return "null";
    case Kind::Bool: return truth_ ? "true" : "false";
    case Kind::Number: return std::isfinite(number_) ? numberText(number_) : "null";
    case Kind::Text: return quoted(text_);
    case Kind::List: return "[]";
    case Kind::Map: return "{}";
  }
  return "";
}

void Document::writeJson(std::string& out, size_t indent, bool oneLine) const {
  if (!branch()) {
    out += scalar();
    return;
  }
  bool map = kind_ == Kind::Map;
  // Lists of plain values stay on a line.
  bool flat = oneLine || (!map && std::none_of(items_.begin(), items_.end(), [](const auto& i) { return i.branch(); }));
  auto line = [&](size_t by) { out += flat ? "" : "\n" + std::string(by, ' '); };
  out += map ? '{' : '[';
  for (size_t i = 0; i < items_.size(); ++i) {
    if (i) out += flat ? ", " : ",";
    line(indent + 2);
    if (map) out += quoted(names_[i]) + ": ";
    items_[i].writeJson(out, indent + 2, oneLine);
  }
  line(indent);
  out += map ? '}' : ']';
}

void Document::writeYaml(std::string& out, size_t indent) const {
  std::string pad(indent, ' ');
  bool map = kind_ == Kind::Map;
  for (size_t i = 0; i < items_.size(); ++i) {
    const auto& item = items_[i];
    out += pad;
    if (map) out += (plainYaml(names_[i]) ? names_[i] : quoted(names_[i])) + ":";
    if (!map) out += "-";
    bool text = item.kind_ == Kind::Text;
    if (text && item.text_.find('\n') != std::string::npos && item.text_.back() == '\n') {
      out += " |\n";  // a literal block keeps scripts readable
      for (size_t from = 0; from < item.text_.size();) {
        size_t end = item.text_.find('\n', from);
        auto row = item.text_.substr(from, end - from);
        out += row.empty() ? "\n" : std::string(indent + 2, ' ') + row + "\n";
        from = end + 1;
      }
    } else if (!item.branch()) {
      out += " " + (text && plainYaml(item.text_) ? item.text_ : item.scalar()) + "\n";
    } else if (map) {
      out += "\n";
      item.writeYaml(out, indent + 2);
    } else {
      // The first member of an item stands on the dash's line.
      std::string inner;
      item.writeYaml(inner, indent + 2);
      out += " " + inner.substr(indent + 2);
    }
  }
}

std::string Document::json() const {
  std::string out;
  writeJson(out, 0, false);
  return out + "\n";
}

std::string Document::jsonLine() const {
  std::string out;
  writeJson(out, 0, true);
  return out;
}

std::string Document::yaml() const {
  if (!branch()) return scalar() + "\n";
  std::string out;
  writeYaml(out, 0);
  return out;
}

}  // namespace afdc
