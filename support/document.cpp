#include "support/document.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "support/escape.h"
#include "support/text.h"

namespace afdc {

namespace {

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

/// Does a literal block (`|`) keep this text to the byte? It takes whole lines of printable characters, of which the
/// first shows the indentation and the last is not empty.
bool fitsLiteralBlock(std::string_view t) {
  if (t.empty() || t[0] == ' ' || t[0] == '\t' || t[0] == '\n' || !t.ends_with('\n') || t.ends_with("\n\n"))
    return false;
  return printable(t) == t;
}

}  // namespace

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

JsonTree Document::tree() const {
  switch (kind_) {
    case Kind::Null: return nullptr;
    case Kind::Bool: return truth_;
    case Kind::Number: return number_;
    case Kind::Text: return text_;
    case Kind::List: {
      auto list = JsonTree::array();
      for (const auto& item : items_) list.push_back(item.tree());
      return list;
    }
    case Kind::Map: {
      auto map = JsonTree::object();
      for (size_t i = 0; i < items_.size(); ++i) map[names_[i]] = items_[i].tree();
      return map;
    }
  }
  return nullptr;
}

void Document::writeYaml(std::string& out, size_t indent) const {
  std::string pad(indent, ' ');
  bool map = kind_ == Kind::Map;
  for (size_t i = 0; i < items_.size(); ++i) {
    const auto& item = items_[i];
    out += pad;
    if (map) out += (plainYaml(names_[i]) ? names_[i] : jsonString(names_[i])) + ":";
    if (!map) out += "-";
    bool text = item.kind_ == Kind::Text;
    if (text && fitsLiteralBlock(item.text_)) {
      out += " |\n";  // a literal block keeps scripts readable
      for (size_t from = 0; from < item.text_.size();) {
        size_t end = item.text_.find('\n', from);
        auto row = item.text_.substr(from, end - from);
        out += row.empty() ? "\n" : std::string(indent + 2, ' ') + row + "\n";
        from = end + 1;
      }
    } else if (!item.branch()) {
      out += " " + (text && plainYaml(item.text_) ? item.text_ : item.jsonLine()) + "\n";
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

std::string Document::json() const { return jsonText(tree(), JsonLayout::Compact) + "\n"; }

std::string Document::jsonLine() const { return jsonText(tree(), JsonLayout::OneLine); }

std::string Document::yaml() const {
  if (!branch()) return jsonLine() + "\n";
  std::string out;
  writeYaml(out, 0);
  return out;
}

}  // namespace afdc
