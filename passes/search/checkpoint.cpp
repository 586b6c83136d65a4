#include "passes/search/checkpoint.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstdint>

namespace afdc {

namespace {

constexpr uint64_t kLongestList = 1u << 20;

}

void CheckpointWriter::word(std::string_view text) {
  out_ += '"';
  for (char c : text) {
    if (c == '\n')
      out_ += "\\n";
    else if (c == ' ')
      out_ += "\\s";
    else if (c == '\\')
      out_ += "\\\\";
    else
      out_ += c;
  }
  out_ += ' ';
}

void CheckpointWriter::number(uint64_t n) { out_ += fmt::format("{} ", n); }
// The bits themselves: infinities and unknowns come back as they were.
void CheckpointWriter::real(double x) { out_ += fmt::format("{:x} ", std::bit_cast<uint64_t>(x)); }

void CheckpointWriter::ids(const std::vector<uint32_t>& list) {
  number(list.size());
  for (auto id : list) number(id);
}

void CheckpointWriter::reals(const std::vector<double>& list) {
  number(list.size());
  for (double x : list) real(x);
}

std::string CheckpointReader::word() {
  while (!left_.empty() && (left_.front() == ' ' || left_.front() == '\n')) left_.remove_prefix(1);
  size_t end = std::min(left_.find_first_of(" \n"), left_.size());
  auto raw = left_.substr(0, end);
  left_.remove_prefix(end);
  if (raw.empty()) ok_ = false;
  if (raw.empty() || raw.front() != '"') return std::string(raw);
  std::string out;
  for (size_t i = 1; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 == raw.size()) {
      out += raw[i];
      continue;
    }
    char c = raw[++i];
    out += c == 'n' ? '\n' : c == 's' ? ' ' : c;
  }
  return out;
}

uint64_t CheckpointReader::number() {
  auto text = word();
  uint64_t n = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  ok_ = ok_ && error == std::errc() && end == text.data() + text.size();
  return ok_ ? n : 0;
}

double CheckpointReader::real() {
  auto text = word();
  uint64_t bits = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  ok_ = ok_ && error == std::errc() && end == text.data() + text.size();
  return ok_ ? std::bit_cast<double>(bits) : 0;
}

std::vector<uint32_t> CheckpointReader::ids() {
  std::vector<uint32_t> out;
  uint64_t n = number();
  ok_ = ok_ && n <= kLongestList;
  for (uint64_t i = 0; i < n && ok_; ++i) out.push_back(static_cast<uint32_t>(number()));
  return out;
}

std::vector<double> CheckpointReader::reals() {
  std::vector<double> out;
  uint64_t n = number();
  ok_ = ok_ && n <= kLongestList;
  for (uint64_t i = 0; i < n && ok_; ++i) out.push_back(real());
  return out;
}

}  // namespace afdc
